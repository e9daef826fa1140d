"""A training as the command line asks for it."""

from collections.abc import Callable, Iterable
from pathlib import Path

from torch import nn

from modelkit.training.loop import CHECKPOINT, Loop, TrainingError
from modelkit.training.options import TrainOptions
from modelkit.training.task import Batch


class NothingToExport(TrainingError):
    """`--export-only` without a checkpoint."""


def fit(
    loop: Loop[Batch],
    options: TrainOptions,
    work: Path,
    batches: Callable[[], Iterable[Batch]],
    *,
    judge_every: float,
) -> nn.Module:
    """Resume and train as the options say; return the network to export.

    `batches` is called once, after the checkpoint is loaded. `judge_every` as in `Loop.run`. Raise NothingToExport, and what `Loop.resume` and `Loop.run` raise.
    """
    work.mkdir(parents=True, exist_ok=True)
    if options.export_only and not (work / CHECKPOINT).exists():
        raise NothingToExport(f"{work / CHECKPOINT} does not exist: there is nothing to export")
    if (options.resume or options.export_only) and (work / CHECKPOINT).exists():
        loop.resume(work / CHECKPOINT)
        if loop.process.first:
            spent = loop.budget
            print(f"resumed at step {spent.steps}, {spent.seconds / 60:.1f} minutes spent")
    if not options.export_only:
        loop.run(batches(), work, judge_every=judge_every, patience=options.patience)
    return loop.result()
