"""The loop of a training: steps, the average of the weights, checkpoints, looks at held-out photos."""

from __future__ import annotations

import copy
import json
import math
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import PARAM_LIST, AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from modelkit.training.distributed import Process
from modelkit.training.schedule import Budget
from modelkit.training.task import Batch, Task

CHECKPOINT = "checkpoint.pt"
CURVE = "curve.jsonl"
SAVE_EVERY = 60  # seconds
LARGEST_GRADIENT = 5.0  # norm; larger ones are scaled down to it
MOST_UNUSABLE = 200  # batches in a row without a photo that can be read; then there is none
LONGEST_DECAY = 0.998  # of the average, for a step


class TrainingError(Exception):
    """A training can't go on; the message says why, and what to do."""


class NonFiniteLoss(TrainingError):
    """The loss became NaN or infinite; the message names the photos of the batch."""


class NoUsablePhoto(TrainingError):
    """No photo can be trained on, or none of the first batch of one of several processes."""


class BadCheckpoint(TrainingError):
    """A checkpoint can't be resumed; the message says why."""


class Loop(Generic[Batch]):
    """One training, saved and resumed as a whole: the same steps follow as without the stop."""

    def __init__(
        self,
        task: Task[Batch],
        budget: Budget,
        rate: Callable[[float], float],
        process: Process,
        *,
        dtype: torch.dtype = torch.float32,
        average_every: int = 1,
    ) -> None:
        """Prepare the first step of `task`.

        `rate` gives the learning rate at a progress in [0, 1], `dtype` is what layers multiply in,
        `average_every` counts the steps between updates of the moving average of the weights.
        """
        self.task = task
        self.budget = budget
        self.rate = rate
        self.process = process
        self.dtype = dtype
        self.average_every = average_every
        # With buffers: the statistics of batch norms are averaged like the weights that they belong to.
        self.average = AveragedModel(task.served, multi_avg_fn=self._blend, use_buffers=True)
        self.average.update_parameters(task.served)  # the weights at the start are the first ones
        self.parallel = process.parallel(task.network)
        self.device = torch.device(process.device).type
        self.scaler = torch.amp.GradScaler(self.device, enabled=dtype == torch.float16)
        self.best_loss = math.inf  # on held-out photos
        self.best: dict[str, Tensor] = {}  # the average of the weights that had it
        self.stale = 0  # judgments since

    def step(self, batch: Batch) -> dict[str, float]:
        """Take one optimizer step; return the parts of the loss. Raise NonFiniteLoss."""
        task, optimizer = self.task, self.task.optimizer
        task.network.train()
        task.prepare(self.budget.steps)
        rate = self.rate(self.budget.progress)
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
        with torch.autocast(self.device, self.dtype, enabled=self.dtype != torch.float32):
            parts = task.losses(self.parallel, batch)
        loss = torch.stack([part.float() for part in parts.values()]).sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            names = ", ".join(task.names(batch))
            raise NonFiniteLoss(f"loss {value} at step {self.budget.steps} on: {names}")
        optimizer.zero_grad()
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        self.scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(task.network.parameters(), LARGEST_GRADIENT)
        self.scaler.step(optimizer)
        self.scaler.update()
        self.budget.steps += 1
        if self.budget.steps % self.average_every == 0:
            self.average.update_parameters(task.served)
        return {name: float(part.detach()) for name, part in parts.items()}

    def _blend(self, averages: PARAM_LIST, tensors: PARAM_LIST, count: Tensor | int) -> None:
        """Move the averages towards the tensors: at first quickly, so that the start is forgotten."""
        if not averages[0].is_floating_point():  # counters of batch norms
            torch._foreach_copy_(averages, tensors)
            return
        steps = self.budget.steps
        decay = min(LONGEST_DECAY, steps / (steps + 20)) ** self.average_every
        get_ema_multi_avg_fn(decay)(averages, tensors, count)  # type: ignore[no-untyped-call]

    def averaged(self) -> nn.Module:
        """Return a copy of the served network with averaged weights, in evaluation mode."""
        network = copy.deepcopy(self.average.module)
        return network.eval().to(memory_format=torch.contiguous_format)

    def note(self, loss: float) -> None:
        """Note the loss of the averaged weights on held-out photos."""
        self.stale += 1
        if loss < self.best_loss:
            self.best_loss, self.stale = loss, 0
            self.best = {n: t.clone() for n, t in self.average.module.state_dict().items()}

    def result(self) -> nn.Module:
        """Return what to export: the average with the least noted loss, else the last average."""
        network = self.averaged()
        if self.best:
            network.load_state_dict(self.best)
        return network

    def save(self, file: Path) -> None:
        """Write a checkpoint; never leaves half a file."""
        state = {
            "network": self.task.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.task.optimizer.state_dict(),
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
        """Go on from a checkpoint; the data may have changed, the budget too.

        Checkpoints of version 0.1, before both networks shared this loop, don't load. Raise BadCheckpoint.
        """
        state = torch.load(file, map_location=self.process.device, weights_only=True)
        if "optimizer" not in state:
            raise BadCheckpoint(
                f"{file} is of an older version and can't be resumed: remove it to start over"
            )
        try:
            self.task.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.task.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            raise BadCheckpoint(f"{file} is of another network: {error}") from error
        self.scaler.load_state_dict(state["scaler"])
        self.budget.seconds, self.budget.steps = float(state["seconds"]), int(state["steps"])
        self.best_loss, self.best = float(state["best_loss"]), state["best"]
        self.stale = int(state["stale"])

    def run(
        self, batches: Iterable[Batch], work: Path, *, judge_every: float, patience: int = 0
    ) -> None:
        """Train until the budget is spent, or the patience is over, with a checkpoint every minute.

        Every `judge_every` minutes and at the end, unless 0, held-out photos judge the averaged
        weights, and a line goes to the curve. `patience`: judgments without a lower loss that end
        the training; 0: no limit. Both files are in `work`. Photos that can't be used are named on
        stderr at the end. Raise NonFiniteLoss and NoUsablePhoto, and what the task raises.
        """
        budget, first = self.budget, self.process.first
        bar = tqdm(total=1000, desc="train", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}",
                   mininterval=5, disable=not first)  # fmt: skip
        smooth: dict[str, float] = {}
        unusable: set[str] = set()
        last: Batch | None = None
        without = 0  # batches in a row
        saved = judged = budget.seconds
        before = time.monotonic()
        for batch in batches:
            usable, problems = self.task.usable(batch)
            unusable.update(problems)
            if self.process.world > 1:
                # Every process takes part in every step: one without a usable photo takes its last batch again.
                usable = last = last if usable is None else usable
                if usable is None:
                    raise NoUsablePhoto("no usable photo at the start: " + "; ".join(problems))
            without = 0 if usable is not None else without + 1
            if without == MOST_UNUSABLE:
                raise NoUsablePhoto(
                    f"no photo of {without} batches in a row can be read: "
                    + "; ".join(sorted(unusable)[:3])
                )
            if usable is not None:
                for name, value in self.step(usable).items():
                    smooth[name] = 0.98 * smooth.get(name, value) + 0.02 * value
            now = time.monotonic()
            budget.seconds = self.process.agreed(budget.seconds + now - before)
            before = now
            shown = {name: f"{value:.3f}" for name, value in smooth.items()}
            bar.set_postfix({"steps": budget.steps, **shown}, refresh=False)
            bar.update(round(budget.progress * 1000) - bar.n)
            done = budget.progress >= 1
            if judge_every and (done or budget.seconds - judged > judge_every * 60):
                self._judge(work)
                judged, before = budget.seconds, time.monotonic()
                stale = self.process.agreed(self.stale)
                done = done or bool(patience and stale >= patience)
            if first and (done or budget.seconds - saved > SAVE_EVERY):
                self.save(work / CHECKPOINT)
                saved = budget.seconds
            if done:
                break
        bar.close()
        for problem in sorted(unusable):
            print(f"skipped: {problem}", file=sys.stderr)

    def _judge(self, work: Path) -> None:
        # In all processes: they may share the work, and those that only waited for it would time out.
        judgment = self.task.judge(self.averaged())
        if judgment.loss is not None:
            self.note(judgment.loss)
        if not self.process.first:
            return
        row = {
            "minutes": round(self.budget.seconds / 60, 1),
            "steps": self.budget.steps,
            **judgment.figures,
        }
        with (work / CURVE).open("a") as file:
            file.write(json.dumps(row) + "\n")
