"""The segmenter in the training loop: its optimizer, its loss, and its judges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from fashion.words import CATEGORIES
from modelkit.training.distributed import Process
from modelkit.training.task import Judgment, Task
from segmenter.data.dataset import Entry
from segmenter.data.samples import Sample
from segmenter.engines.torchvision_engine import NONE, TorchvisionEngine
from segmenter.evaluation import coco
from segmenter.evaluation.predictions import DOUBTFUL, predict_all
from segmenter.nets import backbones, model

BODY_RATE = 0.5  # of the learning rate, for layers that were learned on ImageNet
CURVE_FIGURES = ("photos", "mask_ap", "mask_ap50", "box_ap50")

Batch = Sequence[Sample]


class SegmenterTask(Task[Batch]):
    """A Mask R-CNN that learns garments."""

    def __init__(
        self,
        backbone: str,
        process: Process,
        *,
        side: int = 384,
        held_out: Sequence[Entry] = (),
        init: Path | None = None,
        seed: int = 0,
    ) -> None:
        """Build the network on its device and give it an optimizer.

        `side`: of the input when held-out photos are judged; `init`: weights to start from. Raise
        backbones.BadInit.
        """
        torch.manual_seed(seed)
        self.backbone = backbone
        self.device = process.device
        self.process = process
        self.seed = seed
        self.side = side
        self.held_out = held_out
        network = backbones.build(backbone, len(CATEGORIES) + 1)
        if init:
            taken = backbones.init(network, init)
            if process.first:
                print(f"{taken} tensors from {init}")
        # A third faster on CPUs.
        network.to(torch.device(self.device)).to(memory_format=torch.channels_last)
        backbones.freeze(network, backbone)
        self.network = self.served = network
        trained = {n: p for n, p in network.named_parameters() if p.requires_grad}
        body = [p for n, p in trained.items() if n.startswith("backbone.body.")]
        rest = [p for n, p in trained.items() if not n.startswith("backbone.body.")]
        self.optimizer = torch.optim.AdamW(
            [{"params": body, "scale": BODY_RATE}, {"params": rest, "scale": 1.0}],
            weight_decay=0.01,
            fused=True,
        )

    def prepare(self, step: int) -> None:
        """Freeze what stays as it came, and seed the network's own draws of proposals.

        The seed follows from the step, so that a resumed training does the same.
        """
        backbones.freeze(self.network, self.backbone)
        torch.manual_seed(hash((self.seed, self.process.rank, step)))

    def usable(self, batch: Batch) -> tuple[Batch | None, Sequence[str]]:
        """Return the photos without a problem."""
        problems = [sample.problem for sample in batch if sample.problem]
        return [sample for sample in batch if not sample.problem] or None, problems

    def names(self, batch: Batch) -> Sequence[str]:
        """Return the paths of a batch's photos."""
        return [sample.name for sample in batch]

    def losses(self, forward: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the parts of torchvision's loss by their names, such as `mask`."""
        images = [sample.image.to(self.device) for sample in batch]
        wanted = [
            {key: value.to(self.device) for key, value in sample.target.items()} for sample in batch
        ]
        parts: dict[str, Tensor] = forward(images, wanted)
        return {name.removeprefix("loss_"): part for name, part in parts.items()}

    def judge(self, served: nn.Module) -> Judgment:
        """Return the AP on the held-out photos; every category counts."""
        info = model.ModelInfo.of(self.backbone, generation=0, side=self.side, threshold=0.5)
        engine = TorchvisionEngine(served, info, self.device, DOUBTFUL, NONE)
        scored = predict_all(engine, self.process.share(self.held_out))
        figures = coco.figures(self.process.gathered(scored), least_support=1)
        chosen = {name: figures[name] for name in CURVE_FIGURES}
        score = figures["mask_ap"]
        return Judgment(chosen, None if score is None else 1 - score)
