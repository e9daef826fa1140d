"""The engine that is trained here: torchvision's Mask R-CNN."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.image_list import ImageList

from modelkit.compiled import compiled, to_device
from segmenter.core.detection import Detection, encode_mask, one_garment_a_pixel
from segmenter.nets import model
from segmenter.nets.paste import paste
from segmenter.nets.preprocess import fit, of_one_shape


@dataclass(frozen=True)
class Shortcuts:
    """What is left out to be fast; docs/inference.md has measurements. The weights say which proposals they need."""

    compiled: bool = True  # by modelkit.compiled; otherwise eager torch in fp32
    bf16: bool = True  # in compiled layers, where the device is fast at it
    finest: bool = False  # whether the finest level (stride 4) proposes boxes as well
    proposals: int = 50  # boxes that are looked at, those of the best objectness


NONE = Shortcuts(
    compiled=False, bf16=False, finest=True, proposals=150
)  # what shortcuts are measured against


class TorchvisionEngine:
    """torchvision's Mask R-CNN, trained by `segmenter.train`.

    A CPU runs one photo in each forward pass, so that neither batch size nor neighbors move a score
    across the threshold: the same photo always has the same result. A GPU takes photos of one shape as a
    batch, so that none gets more padding in company.
    """

    def __init__(
        self,
        network: MaskRCNN,
        info: model.ModelInfo,
        device: str,
        doubtful: float | None = None,
        shortcuts: Shortcuts | None = None,
    ) -> None:
        shortcuts = shortcuts or Shortcuts(finest=info.finest, proposals=info.proposals)
        self.generation = info.generation
        self.info = info
        self.device = device
        self.most_shared = info.most_shared if doubtful is None else 1.0
        self.network = network.eval().to(torch.device(device))
        self.network.roi_heads.score_thresh = info.threshold if doubtful is None else doubtful
        self.network.rpn._post_nms_top_n["testing"] = shortcuts.proposals
        self.proposing = slice(0 if shortcuts.finest else 1, None)  # levels of the pyramid
        anchors = self.network.rpn.anchor_generator
        anchors.sizes = anchors.sizes[self.proposing]
        anchors.aspect_ratios = anchors.aspect_ratios[self.proposing]
        anchors.cell_anchors = anchors.cell_anchors[self.proposing]
        if shortcuts.compiled:
            self._compile(bf16=shortcuts.bf16)

    @classmethod
    def load(
        cls,
        folder: Path,
        device: str = "cpu",
        *,
        doubtful: float | None = None,
        shortcuts: Shortcuts | None = None,
    ) -> "TorchvisionEngine":
        """Load model.safetensors and model.json of a folder, checked by hash.

        `doubtful`: return every detection from this score on, also those that share pixels, instead
        of what the service answers; average precision is measured on these. `shortcuts`: None: those
        of the service, as model.json says.
        Raise modelkit.weights.BadWeights.
        """
        network, info = model.load(folder)
        return cls(network, info, device, doubtful, shortcuts)

    def predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Return the garments of each RGB uint8 H x W x 3 photo, best score first; at most 20 each."""
        if self.device == "cpu":
            return [self._predict([photo])[0] for photo in photos]
        found: list[list[Detection]] = [[] for _ in photos]
        for places in of_one_shape([photo.shape[:2] for photo in photos], self.info.side):
            answers = self._predict([photos[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        return found

    @torch.inference_mode()
    def _compile(self, *, bf16: bool) -> None:
        """Compile the convolutions; what chooses boxes stays torchvision's, in fp32.

        So does the box head: OpenVINO takes twice torch's time for products of so few rows.
        """
        network, device, heads = self.network, self.device, self.network.roi_heads
        channels = network.backbone.out_channels
        photo = torch.zeros(1, 3, 64, 64, device=device)
        levels = list(network.backbone(photo).values())[self.proposing]
        any_size = (0, 2, 3)
        network.backbone = compiled(network.backbone, [photo], device, any_size, bf16=bf16)
        network.rpn.head = compiled(network.rpn.head, [levels], device, any_size, bf16=bf16)
        boxes = torch.zeros(2, channels, *heads.mask_roi_pool.output_size, device=device)
        heads.mask_head = compiled(heads.mask_head, [boxes], device, bf16=bf16)

    @torch.inference_mode()
    def _predict(self, photos: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        inputs = [fit(photo, self.info.side) for photo in photos]
        # The parts of MaskRCNN.forward without the first, which would resize again, and without the
        # last, which would paste a full-size float mask for every box, also for those dropped here.
        transform = self.network.transform
        batch = transform.batch_images([transform.normalize(image) for image in inputs])
        sizes = [(image.shape[1], image.shape[2]) for image in inputs]
        images = ImageList(to_device(batch, self.device), sizes)
        features = self.network.backbone(images.tensors)
        proposing = dict(list(features.items())[self.proposing])
        proposals, _ = self.network.rpn(images, proposing)
        results, _ = self.network.roi_heads(features, proposals, sizes)
        return [
            self._detections(result, size, photo)
            for result, size, photo in zip(results, sizes, photos, strict=True)
        ]

    def _detections(
        self, result: dict[str, Tensor], size: tuple[int, int], photo: NDArray[np.uint8]
    ) -> list[Detection]:
        height, width = photo.shape[:2]
        scale = torch.tensor([width / size[1], height / size[0]] * 2)
        boxes = (result["boxes"].cpu() * scale).tolist()
        masks = result["masks"].cpu()[:, 0]
        found = []
        for box, label, score, mask in zip(
            boxes, result["labels"].tolist(), result["scores"].tolist(), masks, strict=True
        ):
            x1, y1, x2, y2 = box
            pixels = encode_mask(paste(mask, box, height, width))
            found.append(Detection(int(label), float(score), (x1, y1, x2, y2), pixels))
        return one_garment_a_pixel(found, self.most_shared)
