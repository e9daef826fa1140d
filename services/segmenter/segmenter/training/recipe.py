"""From folders of photos to weights that are served."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from modelkit.precision import has_fast_bf16
from modelkit.pretrained import packaged
from modelkit.training.distributed import Process
from modelkit.training.draws import draw
from modelkit.training.fit import fit
from modelkit.training.loop import Loop
from modelkit.training.options import TrainOptions
from modelkit.training.record import fingerprint, write_record
from modelkit.training.schedule import SCHEDULES, Budget
from segmenter.data.annotation import BadData
from segmenter.data.dataset import Entry, scan, scan_without_garments
from segmenter.data.samples import Draw, Sample, TrainingPhotos, hold_out, repeat_factors
from segmenter.nets import backbones
from segmenter.training.export import export
from segmenter.training.task import Batch, SegmenterTask

AVERAGE_EVERY = 4  # steps between updates of the moving average of the weights


@dataclass(frozen=True)
class Recipe:
    """How a network is made."""

    backbone: str  # one of backbones.BACKBONES
    init: str | None = None  # packaged, download, or a file: see `start`
    schedule: str = "cosine"  # one of SCHEDULES


@dataclass(frozen=True)
class Photos:
    """Those that train, how often each is drawn against others, and those that judge."""

    training: Sequence[Entry]
    weights: NDArray[np.float64]
    held_out: Sequence[Entry]


@dataclass(frozen=True)
class Sources:
    """Where photos come from, as the command line names it."""

    folders: Sequence[str]  # FOLDER[:SHARE]
    negatives: Sequence[str] = ()  # CSV[:SHARE]: photos without garments
    left_out: Sequence[str] = ()  # sources of the latter that are not taken
    validation: Sequence[str] = ()  # FOLDER: photos that judge; none: those that are held out


def read(sources: Sources, held_out: float, *, quiet: bool) -> Photos:
    """Read the photos, and print what can't be used. `held_out`: the share that judges, without a validation folder.

    Rare categories are drawn more often. Shares are relative; without one, it is the number of photos. Raise BadData.
    """

    def tell(path: Path, entries: Sequence[Entry], problems: Sequence[str]) -> None:
        if not quiet:
            print(
                "\n".join([*problems, f"{path}: {len(entries)} photos, {len(problems)} problems"])
            )

    training: list[Entry] = []
    judges: list[Entry] = []
    weights: list[NDArray[np.float64]] = []
    for number, source in enumerate((*sources.folders, *sources.negatives)):
        path, share = _path_and_share(source)
        if number < len(sources.folders):
            entries, problems = scan(path)
        else:
            empty, problems = scan_without_garments(path, sources.left_out)
            entries = empty.entries
        tell(path, entries, problems)
        kept, held = hold_out(entries, 0 if sources.validation else held_out)
        factors = repeat_factors(kept)
        weights.append(factors / (factors.sum() or 1.0) * (len(kept) if share is None else share))
        training += kept
        judges += held
    for folder in map(Path, sources.validation):
        entries, problems = scan(folder)
        tell(folder, entries, problems)
        judges += entries
    if not training:
        raise BadData("every photo is held out: lower --held-out")
    return Photos(training, np.concatenate(weights), judges)


def _path_and_share(source: str) -> tuple[Path, float | None]:
    """Take `PATH[:SHARE]` apart. A colon with no number behind it belongs to the path. Raise BadData."""
    path, colon, share = source.rpartition(":")
    try:
        number = float(share) if colon else None
    except ValueError:
        number = None
    if number is None:
        return Path(source), None
    if not 0 < number < math.inf:
        raise BadData(f"{source}: the share must be a number above 0")
    return Path(path), number


def train_and_export(
    recipe: Recipe, options: TrainOptions, process: Process, photos: Photos
) -> dict[str, Any]:
    """Train and write the weights; return their metadata and figures.

    Only the first process writes; the others return nothing. Raise backbones.BadInit, LookupError
    for ImageNet weights that are not installed, and what `modelkit.training.fit` raises.
    """
    schedule = SCHEDULES[recipe.schedule]
    task = SegmenterTask(
        recipe.backbone,
        process,
        side=options.side,
        held_out=photos.held_out,
        init=start(recipe.init, recipe.backbone),
        seed=options.seed,
    )
    loop = new_loop(
        task,
        options.budget(len(photos.training), process.world),
        lambda progress: options.lr * schedule(progress),
        process,
    )
    if process.first:
        print(f"{len(photos.training)} photos for training, {len(photos.held_out)} held out")

    def batches() -> Iterable[Batch]:
        seed = f"{options.seed} {process.rank}"
        return DataLoader(
            TrainingPhotos(photos.training, options.side),
            batch_sampler=draws(photos.weights, options.batch, seed, loop.budget.steps),
            num_workers=options.workers,
            collate_fn=_as_they_are,
        )

    judge_every = options.evaluate_every if photos.held_out else 0
    work = options.work or options.out
    data: dict[str, Any] = {}
    if process.first and not options.export_only:
        files = (f for one in (*photos.training, *photos.held_out) for f in one.files)
        data = {
            "training": len(photos.training),
            "held_out": len(photos.held_out),
            "fingerprint": fingerprint(files),
        }
        write_record(work, options, data, None)
    network = fit(loop, options, work, batches, judge_every=judge_every)
    if not process.first:
        return {}
    result = export(network, recipe.backbone, photos.held_out, options, process.device)
    if not options.export_only:
        write_record(work, options, data, result)
    return result


def new_loop(
    task: SegmenterTask, budget: Budget, rate: Callable[[float], float], process: Process
) -> Loop[Batch]:
    """Return the loop of a task, in bf16 where the device is fast at it."""
    dtype = torch.bfloat16 if has_fast_bf16(process.device) else torch.float32
    return Loop(task, budget, rate, process, dtype=dtype, average_every=AVERAGE_EVERY)


def draws(weights: NDArray[np.float64], batch: int, seed: str, first: int) -> Iterator[list[Draw]]:
    """Yield endless batches of draws from step `first` on; see `modelkit.training.draws`."""
    for chosen in draw(weights, batch, seed, first):
        yield [Draw(index, number) for index, number in chosen]


def start(wanted: str | None, backbone: str) -> Path | None:
    """Return the file of weights to start from.

    `packaged`: ImageNet's of an installed package; `download`: torchvision's own over the internet
    (COCO's for the heavy backbones, else ImageNet's); else a file. Raise LookupError and
    backbones.BadInit.
    """
    if wanted == "packaged":
        return packaged(backbone)
    if wanted == "download":
        return backbones.download(backbone)
    return Path(wanted) if wanted else None


def _as_they_are(batch: list[Sample]) -> list[Sample]:
    """Return the list: torchvision's detectors take lists, since photos differ in size."""
    return batch
