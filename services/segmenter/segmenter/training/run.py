"""The state of a training: network, moving average, optimiser, and how far it is."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN

from fashion.words import CATEGORIES
from modelkit.distributed import Process
from modelkit.precision import autocast, has_fast_bf16
from modelkit.schedule import Budget
from segmenter.data.dataset import Sample
from segmenter.nets import backbones

BODY_RATE = 0.5  # of the learning rate, for layers that were learnt on ImageNet
AVERAGE_EVERY = 4  # steps between updates of the moving average of the weights


class NonFiniteLoss(Exception):
    """The loss became NaN or infinite; the message names the photos of the batch."""


class Run:
    """One training, saved and resumed as a whole: the same steps follow as without the stop."""

    def __init__(
        self,
        backbone: str,
        budget: Budget,
        rate: Callable[[float], float],
        process: Process,
        *,
        init: Path | None = None,
        seed: int = 0,
    ) -> None:
        """`rate` gives the learning rate at a progress in [0, 1]; `init`: weights to start from."""
        torch.manual_seed(seed)
        self.backbone = backbone
        self.budget = budget
        self.rate = rate
        self.process = process
        self.seed = seed
        self.network = backbones.build(backbone, len(CATEGORIES) + 1)
        if init:
            taken = backbones.init(self.network, init)
            if process.first:
                print(f"{taken} tensors from {init}")
        # A third faster on CPUs.
        self.network.to(torch.device(process.device)).to(memory_format=torch.channels_last)
        backbones.freeze(self.network, backbone)
        self.parallel = process.parallel(self.network)
        self.trained = {n: p for n, p in self.network.named_parameters() if p.requires_grad}
        self.average = {n: p.detach().clone() for n, p in self.trained.items()}
        body = [p for n, p in self.trained.items() if n.startswith("backbone.body.")]
        rest = [p for n, p in self.trained.items() if not n.startswith("backbone.body.")]
        self.optimiser = torch.optim.AdamW(
            [{"params": body, "scale": BODY_RATE}, {"params": rest, "scale": 1.0}],
            weight_decay=0.01,
            fused=True,
        )
        self.bf16 = has_fast_bf16(process.device)

    def step(self, batch: Sequence[Sample]) -> dict[str, float]:
        """One optimiser step; returns the parts of the loss."""
        self.network.train()
        backbones.freeze(self.network, self.backbone)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(self.budget.progress) * group["scale"]
        # The network draws proposals at random: by step, so that a resumed training does the same.
        torch.manual_seed(hash((self.seed, self.process.rank, self.budget.steps)))
        device = self.process.device
        images = [image.to(device) for image, _, _ in batch]
        wanted = [
            {key: value.to(device) for key, value in target.items()} for _, target, _ in batch
        ]
        with autocast(device, bf16=self.bf16):
            parts: dict[str, Tensor] = self.parallel(images, wanted)
        loss = torch.stack([part.float() for part in parts.values()]).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            names = ", ".join(name for _, _, name in batch)
            raise NonFiniteLoss(f"loss {value} at step {self.budget.steps} on: {names}")
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(list(self.trained.values()), 5.0)
        self.optimiser.step()
        self.budget.steps += 1
        if self.budget.steps % AVERAGE_EVERY == 0:
            steps = self.budget.steps
            decay = min(0.998, steps / (steps + 20)) ** AVERAGE_EVERY
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self.average.values()), list(self.trained.values()), 1 - decay
                )
        return {key: float(part.detach()) for key, part in parts.items()}

    def averaged(self) -> MaskRCNN:
        """A network with the moving average of the weights: the one that is exported."""
        network = backbones.build(self.backbone, len(CATEGORIES) + 1)
        network.load_state_dict({**self.network.state_dict(), **self.average})
        return network.eval()

    def save(self, file: Path) -> None:
        """Write a checkpoint; never leaves half a file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "seconds": self.budget.seconds,
            "steps": self.budget.steps,
        }
        torch.save(state, file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from a checkpoint; the data may have changed, the budget too."""
        state = torch.load(file, map_location=self.process.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.budget.seconds, self.budget.steps = float(state["seconds"]), int(state["steps"])
