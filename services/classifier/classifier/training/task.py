"""The classifier in the training loop: its optimizer, its loss, and its judges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import ResNet

from classifier.data.dataset import Example
from classifier.evaluation.metrics import Floats, Labels, figures
from classifier.evaluation.predictions import logits
from classifier.nets.engine import Engine
from classifier.nets.model import RESNET18, ModelInfo
from classifier.nets.preprocess import normalize
from classifier.training.distillation import Student, Teacher, feature_loss
from modelkit.training.table import BadTable
from modelkit.training.task import Judgment, Task

CERTAINTY = 0.98  # of a label: some are wrong (label smoothing)
WEIGHT_DECAY = 0.05  # of matrices and kernels

Batch = tuple[Tensor, Tensor, Sequence[str]]  # uint8 N x 3 x S x S, labels, paths


class ClassifierTask(Task[Batch]):
    """A ResNet18 that learns labels, and a teacher's answers and features if there is one."""

    def __init__(
        self,
        network: ResNet,
        device: str,
        *,
        side: int,
        label_weights: Tensor,
        photos: int = 0,
        held_out: Sequence[Example] = (),
        teacher: Teacher | None = None,
        seed: int = 0,
    ) -> None:
        """Move the network to its device and give it an optimizer.

        `side`: of the input when held-out photos are judged; `label_weights`: of labels 0 and 1 in
        the loss; `photos`: how many different ones there are, 0 if that is not known.
        """
        torch.manual_seed(seed)  # of the projection
        self.device = torch.device(device)
        self.side = side
        self.label_weights = label_weights
        self.photos = photos
        self.held_out = held_out
        self.served = network.to(self.device).to(memory_format=torch.channels_last)
        self.teacher = teacher.to(self.device) if teacher else None
        self.network = Student(network).to(self.device)
        # Without a teacher no loss uses the projection: then it must not wait for gradients of other processes.
        self.network.projection.requires_grad_(teacher is not None)
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
                {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
            ]
        )
        self._undecodable: set[str] = set()

    def usable(self, batch: Batch) -> tuple[Batch | None, Sequence[str]]:
        """Return the photos that could be decoded, if at least two: batch norm needs them.

        Raise BadTable if none of all photos can be decoded.
        """
        squares, labels, names = batch
        decoded = labels >= 0
        lost = [name for name, ok in zip(names, decoded, strict=True) if not ok]
        self._undecodable.update(lost)
        if len(self._undecodable) == self.photos > 0:
            raise BadTable(f"none of {self.photos} photos can be decoded")
        problems = [f"{name}: can't be decoded" for name in lost]
        if decoded.sum() < 2:
            return None, problems
        kept = [name for name, ok in zip(names, decoded, strict=True) if ok]
        return (squares[decoded], labels[decoded], kept), problems

    def names(self, batch: Batch) -> Sequence[str]:
        """Return the paths of a batch's photos."""
        return batch[2]

    def losses(self, forward: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """Return the loss of the answers and, with a teacher, of the features."""
        weight = self.label_weights[batch[1]].to(self.device)
        squares, labels = batch[0].to(self.device), batch[1].float().to(self.device)
        inputs = normalize(squares).contiguous(memory_format=torch.channels_last)
        answers, features = forward(inputs)
        target = labels * (2 * CERTAINTY - 1) + 1 - CERTAINTY
        if self.teacher is None:
            return {"answers": _answer_loss(answers, target, weight)}
        taught, wanted = self.teacher(squares)
        return {
            "answers": _answer_loss(answers, (target + taught) / 2, weight),
            "features": feature_loss(features.float(), wanted),
        }

    def judge(self, served: nn.Module) -> Judgment:
        """Return log loss and balanced accuracy on the held-out photos, at a probability of 0.5."""
        info = ModelInfo(RESNET18, generation=0, side=self.side, threshold=0.5)
        # Compiling a network that is used once costs more than it saves.
        engine = Engine(served, info, str(self.device), eager=True)
        kept, scores = logits(engine, self.held_out)
        labels = np.array([example.label for example in kept])
        loss = log_loss(labels, scores)
        found = {"loss": round(loss, 4)}
        if 0 < labels.sum() < len(labels):
            judged = figures(labels, 1 / (1 + np.exp(-scores)), 0.5)
            found["balanced_accuracy"] = round(judged.balanced_accuracy, 4)
        return Judgment(found, loss)


def _answer_loss(answers: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(answers.float(), target, weight=weight)


def log_loss(labels: Labels, scores: Floats) -> float:
    """Return the mean negative log likelihood of labels 0 and 1 under logits."""
    return float(np.logaddexp(0, np.where(labels == 1, -scores, scores)).mean())


def label_weights(examples: Sequence[Example]) -> Tensor:
    """Return weights of label 0 and 1 that make both count the same; their mean over the data is 1.

    Raise BadTable if a label has no photo.
    """
    positives = sum(example.label for example in examples)
    negatives = len(examples) - positives
    if not positives or not negatives:
        raise BadTable("training needs photos of both labels, 1 (fashion) and 0 (not)")
    return torch.tensor([len(examples) / (2 * negatives), len(examples) / (2 * positives)])
