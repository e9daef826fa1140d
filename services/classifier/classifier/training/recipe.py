"""From photos to a trained network, by one of two recipes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.models import ResNet

from classifier.data.dataset import Example, TrainingPhotos
from classifier.nets import model
from classifier.training import probe
from classifier.training.batches import draws
from classifier.training.distillation import Teacher
from classifier.training.task import Batch, ClassifierTask, label_weights
from modelkit import imagenet_features
from modelkit.precision import fast_dtype
from modelkit.training.distributed import Process
from modelkit.training.fit import fit
from modelkit.training.loop import Loop
from modelkit.training.options import TrainOptions
from modelkit.training.schedule import cosine
from modelkit.weights import BadWeights


@dataclass(frozen=True)
class Recipe:
    """How a network is made; `init` and `teacher` are for a ResNet18."""

    arch: str  # one of model.ARCHITECTURES
    init: Path | None = None  # folder of weights to start from
    teacher: str | None = None  # an ImageNet network whose linear probe it learns from


def train(
    recipe: Recipe,
    options: TrainOptions,
    process: Process,
    photos: Sequence[Example],
    held_out: Sequence[Example],
    work: Path,
) -> nn.Module:
    """Return a network that has seen `photos` and has been chosen by those held out.

    Checkpoint and curve of a ResNet18 are in `work`. Raise BadTable, BadWeights, LookupError for
    ImageNet weights that are not installed, and what `modelkit.training.fit` raises.
    """
    if recipe.arch != model.RESNET18:
        features = imagenet_features.load(recipe.arch)
        return probe.network(features, probe.train(features, photos, options.side, options.seed))
    teacher = None
    if recipe.teacher and not options.export_only:
        features = imagenet_features.load(recipe.teacher)
        teacher = Teacher(features, probe.train(features, photos, options.side, options.seed))
    torch.manual_seed(options.seed)  # of a network that starts from nothing
    task = ClassifierTask(
        _initial(recipe.init),
        process.device,
        side=options.side,
        label_weights=label_weights(photos),
        photos=len({example.path for example in photos}),
        held_out=held_out,
        teacher=teacher,
        seed=options.seed,
    )
    loop = Loop(
        task,
        options.budget(len(photos), process.world),
        lambda progress: options.lr * cosine(progress),
        process,
        dtype=fast_dtype(process.device),
    )

    def batches() -> Iterable[Batch]:
        order = draws(
            photos,
            loop.budget,
            batch=options.batch,
            side=options.side,
            seed=f"{options.seed} {process.rank}",
        )
        return DataLoader(TrainingPhotos(photos), batch_sampler=order, num_workers=options.workers)

    judge_every = options.evaluate_every if held_out else 0
    return fit(loop, options, work, batches, judge_every=judge_every)


def _initial(folder: Path | None) -> ResNet:
    """Return a ResNet18 with the weights of a folder, or random ones; raise BadWeights."""
    if folder is None:
        return model.build_resnet18()
    network, info = model.load(folder)
    if not isinstance(network, ResNet):
        raise BadWeights(f"{folder} holds {info.arch}: a ResNet18 can't start from it")
    return network
