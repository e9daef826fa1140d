"""Options that the commands of both networks share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path
from typing import Any

import click
import torch

from modelkit.training.distributed import Process, process
from modelkit.training.schedule import Budget

DEFAULT_MINUTES = 60.0
Command = Callable[..., Any]


@dataclass(frozen=True)
class TrainOptions:
    """How long a training goes, on what, and where its files are."""

    out: Path
    work: Path | None
    minutes: float | None
    epochs: float | None
    side: int
    batch: int
    lr: float
    held_out: float
    evaluate_every: float
    generation: int
    resume: bool
    export_only: bool
    device: str
    workers: int
    threads: int
    seed: int

    def budget(self, photos: int, world: int) -> Budget:
        """Return what a training on this number of photos may spend, in `world` processes."""
        if self.epochs:
            return Budget(most_steps=ceil(self.epochs * photos / (self.batch * world)))
        return Budget(minutes=self.minutes or DEFAULT_MINUTES)

    @contextmanager
    def process(self) -> Iterator[Process]:
        """Join the training's processes, with the device and the threads that were asked for."""
        if self.threads:
            torch.set_num_threads(self.threads)
        with process(self.device) as this:
            yield this


def train_options(
    *, side: int, batch: int, lr: float, held_out: float, evaluate_every: float
) -> Callable[[Command], Command]:
    """Add the options of a training, with these defaults; the command gets them as `options`."""
    shown = functools.partial(click.option, show_default=True)
    choices = [
        click.option("--out", type=_PATH, required=True, help="Folder of the weights."),
        click.option("--work", type=_PATH, help="Folder of the checkpoint and the curve.  [default: --out]"),
        click.option("--minutes", type=float, help=f"Time budget.  [default: {DEFAULT_MINUTES:g}]"),
        click.option("--epochs", type=float, help="Passes over the photos, instead of minutes."),
        shown("--side", default=side, help="Input side at serving, in pixels (the longer one)."),
        shown("--batch", default=batch, help="Photos for each step and process."),
        shown("--lr", type=float, default=lr, help="Peak learning rate of AdamW."),
        shown("--held-out", type=float, default=held_out, help="Share of the photos that judge instead of training."),
        shown("--evaluate-every", type=float, default=evaluate_every, metavar="MINUTES",
              help="Judge the held-out photos and add a line to curve.jsonl; 0: never."),
        shown("--generation", default=1, help="Results of a greater generation supersede."),
        click.option("--resume", is_flag=True, help="Go on from the checkpoint, if there is one."),
        click.option("--export-only", is_flag=True, help="Write the weights of the checkpoint as it is."),
        shown("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cpu or cuda."),
        shown("--workers", default=1, help="Processes that read photos."),
        click.option("--threads", default=0, help="Threads of torch.  [default: as many as torch takes]"),
        shown("--seed", default=0, help="Of everything random."),
    ]  # fmt: skip

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(**values: Any) -> Any:
            shared = TrainOptions(**{f.name: values.pop(f.name) for f in fields(TrainOptions)})
            if shared.minutes and shared.epochs:
                raise click.UsageError("--minutes or --epochs, not both")
            return command(options=shared, **values)

        return _with(choices, with_options)

    return decorate


@dataclass(frozen=True)
class EvaluateOptions:
    """What is evaluated, and what is written."""

    weights: Path
    device: str
    predictions: Path | None
    pictures: Path | None
    json: bool


def evaluate_options(
    *, weights: str, predictions: str, pictures: str
) -> Callable[[Command], Command]:
    """Add the options of an evaluation, with these help texts; the command gets them as `options`."""
    choices = [
        click.option("--weights", type=_PATH, required=True, help=weights),
        click.option("--device", default="cpu", show_default=True, help="cpu or cuda."),
        click.option("--predictions", type=_PATH, metavar="FILE", help=predictions),
        click.option("--pictures", type=_PATH, metavar="FOLDER", help=pictures),
        click.option("--json", is_flag=True, help="Print one JSON document and nothing else."),
    ]

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(**values: Any) -> Any:
            shared = EvaluateOptions(
                **{f.name: values.pop(f.name) for f in fields(EvaluateOptions)}
            )
            return command(options=shared, **values)

        return _with(choices, with_options)

    return decorate


_PATH = click.Path(path_type=Path)


def _with(choices: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """Add options in their order."""
    for choice in reversed(choices):
        command = choice(command)
    return command
