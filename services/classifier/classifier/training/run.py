"""The state of a training: network, moving average, optimiser, and how far it is."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import ResNet

from classifier.nets import model
from classifier.nets.preprocess import normalise
from classifier.training.distillation import Student, Teacher, feature_loss
from modelkit.distributed import Process
from modelkit.precision import training_dtype
from modelkit.schedule import Budget

CERTAINTY = 0.98  # of a label: some are wrong (label smoothing)


class NonFiniteLoss(Exception):
    """The loss became NaN or infinite; the message names the photos of the batch."""


class Run:
    """One training, saved and resumed as a whole: the same steps follow as without the stop."""

    def __init__(
        self,
        network: ResNet,
        budget: Budget,
        rate: Callable[[float], float],
        process: Process,
        *,
        teacher: Teacher | None = None,
        seed: int = 0,
    ) -> None:
        """`rate` gives the learning rate at a progress in [0, 1]."""
        torch.manual_seed(seed)  # of the projection
        self.budget = budget
        self.rate = rate
        self.process = process
        device = torch.device(process.device)
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.teacher = teacher.to(device) if teacher else None
        self.student = Student(self.network).to(device)
        # What no loss looks at must not wait for gradients of other processes.
        self.student.projection.requires_grad_(teacher is not None)
        self.parallel = process.parallel(self.student)
        self.average = {n: t.detach().clone() for n, t in self.network.state_dict().items()}
        trained = [p for p in self.student.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.05},
                {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
            ]
        )
        self.dtype = training_dtype(process.device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.dtype == torch.float16)
        self.best_loss = math.inf  # on held-out photos
        self.best: dict[str, Tensor] = {}  # the moving average that had it
        self.stale = 0  # evaluations since

    def step(self, squares: Tensor, labels: Tensor, names: Sequence[str], weight: Tensor) -> float:
        """One optimiser step on uint8 N x 3 x S x S, labels and their weights; returns the loss."""
        self.student.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(self.budget.progress)
        device = self.process.device
        squares, labels, weight = squares.to(device), labels.float().to(device), weight.to(device)
        inputs = normalise(squares).contiguous(memory_format=torch.channels_last)
        mixed = self.dtype != torch.float32
        with torch.autocast(device.split(":")[0], self.dtype, enabled=mixed):
            logits, features = self.parallel(inputs)
            taught = self.teacher(squares) if self.teacher else None
        target = labels * (2 * CERTAINTY - 1) + 1 - CERTAINTY
        if taught:
            target = (target + taught[0]) / 2
        loss = F.binary_cross_entropy_with_logits(logits.float(), target, weight=weight)
        if taught:
            loss = loss + feature_loss(features.float(), taught[1])
        value = float(loss.detach())
        if not math.isfinite(value):
            listed = ", ".join(names)
            raise NonFiniteLoss(f"loss {value} at step {self.budget.steps} on: {listed}")
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.budget.steps += 1
        self._update_average()
        return value

    def _update_average(self) -> None:
        decay = min(0.998, self.budget.steps / (self.budget.steps + 20))
        with torch.no_grad():
            for name, tensor in self.network.state_dict().items():
                if tensor.is_floating_point():
                    self.average[name].lerp_(tensor, 1 - decay)
                else:
                    self.average[name].copy_(tensor)

    def averaged(self) -> ResNet:
        """A network with the moving average of the weights."""
        network = model.build_resnet18()
        network.load_state_dict(self.average)
        return network.eval()

    def heard(self, held_out_loss: float) -> None:
        """Note the loss of the moving average on the held-out photos."""
        self.stale += 1
        if held_out_loss < self.best_loss:
            self.best_loss, self.stale = held_out_loss, 0
            self.best = {name: tensor.clone() for name, tensor in self.average.items()}

    def result(self) -> ResNet:
        """What to export: the best average on held-out photos, else the last one."""
        network = self.averaged()
        if self.best:
            network.load_state_dict(self.best)
        return network

    def save(self, file: Path) -> None:
        """Write a checkpoint; never leaves half a file."""
        state = {
            "student": self.student.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "seconds": self.budget.seconds,
            "steps": self.budget.steps,
            "best_loss": self.best_loss,
            "best": self.best,
            "stale": self.stale,
        }
        torch.save(state, file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from a checkpoint; the data may have changed, the budget too."""
        state = torch.load(file, map_location=self.process.device, weights_only=True)
        self.student.load_state_dict(state["student"])
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self.budget.seconds, self.budget.steps = float(state["seconds"]), int(state["steps"])
        self.best_loss, self.best = float(state["best_loss"]), state["best"]
        self.stale = int(state["stale"])
