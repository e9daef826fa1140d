"""Options that the commands of both networks share."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from math import ceil, isfinite
from pathlib import Path
from typing import Any

import click
import torch

from modelkit.precision import NoDevice, check_device
from modelkit.training.distributed import Process, process
from modelkit.training.schedule import Budget
from modelkit.weights import METADATA, WEIGHTS

DEFAULT_MINUTES = 60.0


class _Finite(click.FloatRange):
    """A number in a range; neither NaN nor infinite."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


_ABOVE_0 = _Finite(min=0, min_open=True)
_AT_LEAST_0 = _Finite(min=0)
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
    patience: int
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
    *,
    side: int,
    batch: int,
    lr: float,
    held_out: float,
    evaluate_every: float,
    patience: int,
    served: Path,
) -> Callable[[Command], Command]:
    """Add the options of a training, with these defaults; the command gets them as `options`.

    `served`: the folder of the weights that ship, relative to the working folder; the default generation is above theirs.
    """  # fmt: skip
    shown = functools.partial(click.option, show_default=True)
    choices = [
        click.option("--out", type=_PATH, required=True, help="Folder of the weights."),
        click.option("--work", type=_PATH, help="Folder of the checkpoint and the curve.  [default: --out]"),
        click.option("--minutes", type=_ABOVE_0, help=f"Time budget.  [default: {DEFAULT_MINUTES:g}]"),
        click.option("--epochs", type=_ABOVE_0, help="Passes over the photos, instead of minutes."),
        shown("--side", type=click.IntRange(32, 4096), default=side, help="Input side at serving, in pixels (the longer one)."),
        shown("--batch", type=click.IntRange(1), default=batch, help="Photos for each step and process."),
        shown("--lr", type=_AT_LEAST_0, default=lr, help="Peak learning rate of AdamW."),
        shown("--held-out", type=_Finite(0, 1, max_open=True), default=held_out, help="Share of the photos that judge instead of training."),
        shown("--evaluate-every", type=_AT_LEAST_0, default=evaluate_every, metavar="MINUTES",
              help="Judge the held-out photos and add a line to curve.jsonl; 0: never."),
        shown("--patience", type=click.IntRange(0), default=patience,
              help="Judgments without a better result that end the training; 0: no limit."),
        click.option("--generation", type=click.IntRange(1), help="Results of a greater generation supersede.  "
                     f"[default: one above that of {served}]"),
        click.option("--resume", is_flag=True, help="Go on from the checkpoint, if there is one."),
        click.option("--export-only", is_flag=True, help="Write the weights of the checkpoint as it is."),
        shown("--device", default="cuda" if torch.cuda.is_available() else "cpu", callback=_device, help="cpu or cuda."),
        shown("--workers", type=click.IntRange(0), default=1, help="Processes that read photos."),
        click.option("--threads", type=click.IntRange(0), default=0, help="Threads of torch.  [default: as many as torch takes]"),
        shown("--seed", default=0, help="Of everything random."),
    ]  # fmt: skip

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_options(**values: Any) -> Any:
            values["generation"] = values["generation"] or _generation(served) + 1
            shared = TrainOptions(**{f.name: values.pop(f.name) for f in fields(TrainOptions)})
            if shared.minutes and shared.epochs:
                raise click.UsageError("--minutes or --epochs, not both")
            if (shared.out / WEIGHTS).exists() and not (shared.resume or shared.export_only):
                raise click.UsageError(
                    f"{shared.out} holds weights: choose another --out, or go on with --resume"
                )
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
        click.option("--device", default="cpu", show_default=True, callback=_device, help="cpu or cuda."),
        click.option("--predictions", type=_PATH, metavar="FILE", help=predictions),
        click.option("--pictures", type=_PATH, metavar="FOLDER", help=pictures),
        click.option("--json", is_flag=True, help="Print one JSON document and nothing else."),
    ]  # fmt: skip

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


def _device(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Return the name of a device that this machine has."""
    try:
        check_device(value)
    except NoDevice as error:
        raise click.BadParameter(str(error)) from error
    return value


def _generation(weights: Path) -> int:
    """Return the generation of a folder of weights; 0 without one."""
    try:
        return int(json.loads((weights / METADATA).read_text())["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _with(choices: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """Add options in their order."""
    for choice in reversed(choices):
        command = choice(command)
    return command
