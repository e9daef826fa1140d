"""The engine that is trained here: torchvision's Mask R-CNN. Pure: no gRPC, no events."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.image_list import ImageList

from modelkit.precision import has_fast_bf16
from segmenter import model
from segmenter.detection import Detection, encode_mask, one_garment_a_pixel
from segmenter.paste import paste
from segmenter.preprocess import fit


class TorchvisionEngine:
    """torchvision's Mask R-CNN, trained by `segmenter.train`.

    A CPU runs one photo a forward pass, so that neither batch size nor neighbours move a score
    across the threshold: the same photo always gives the same result. A GPU takes the photos of a
    call as one batch. Arithmetic is bf16 where the hardware has it, fp32 elsewhere.
    """

    def __init__(
        self, network: MaskRCNN, info: model.ModelInfo, device: str, doubtful: float | None = None
    ) -> None:
        self.generation = info.generation
        self.info = info
        self.device = device
        self.bf16 = has_fast_bf16(device)
        self.network = network.to(torch.device(device)).to(memory_format=torch.channels_last).eval()
        self.network.roi_heads.score_thresh = info.threshold if doubtful is None else doubtful
        self.most_shared = info.most_shared if doubtful is None else 1.0

    @classmethod
    def load(
        cls, folder: Path, device: str = "cpu", *, doubtful: float | None = None
    ) -> "TorchvisionEngine":
        """Load model.safetensors and model.json of a folder, checked by hash.

        `doubtful`: give every detection from this score on, also where several share their pixels,
        instead of what the service says; average precision is measured on these.
        Raises modelkit.weights.BadWeights.
        """
        network, info = model.load(folder)
        return cls(network, info, device, doubtful)

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Garments of each RGB uint8 H x W x 3 photo, best score first; at most 20 a photo."""
        if self.device == "cpu":
            return [self._predict([photo])[0] for photo in photos]
        return self._predict(photos) if photos else []

    @torch.inference_mode()
    def _predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        inputs = [fit(photo, self.info.side).to(self.device) for photo in photos]
        with self._precision():
            # The parts of MaskRCNN.forward, without the first, which would resize once more, and
            # without the last, which would paste a full-size float mask for every box, also of
            # those that are dropped here.
            transform = self.network.transform
            batch = transform.batch_images([transform.normalize(image) for image in inputs])
            images = ImageList(batch, [(image.shape[1], image.shape[2]) for image in inputs])
            features = self.network.backbone(images.tensors)
            proposals, _ = self.network.rpn(images, features)
            results, _ = self.network.roi_heads(features, proposals, images.image_sizes)
        return [
            self._detections(result, size, photo)
            for result, size, photo in zip(results, images.image_sizes, photos, strict=True)
        ]

    def _precision(self) -> AbstractContextManager[None]:
        return torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16)

    def _detections(
        self, result: dict[str, Tensor], size: tuple[int, int], photo: NDArray[np.uint8]
    ) -> list[Detection]:
        height, width = photo.shape[:2]
        scale = torch.tensor([width / size[1], height / size[0]] * 2)
        boxes = (result["boxes"].float().cpu() * scale).tolist()
        masks = result["masks"].float().cpu()[:, 0]
        found = []
        for box, label, score, mask in zip(
            boxes, result["labels"].tolist(), result["scores"].float().tolist(), masks, strict=True
        ):
            x1, y1, x2, y2 = box
            pixels = encode_mask(paste(mask, box, height, width))
            found.append(Detection(int(label), float(score), (x1, y1, x2, y2), pixels))
        return one_garment_a_pixel(found, self.most_shared)
