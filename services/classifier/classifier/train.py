"""Train the classifier: `python -m classifier.train --csv FILE ... --out DIR --minutes M`."""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from tqdm import tqdm

from classifier import model
from classifier.dataset import (
    Draw,
    Example,
    TrainingPhotos,
    hold_out,
    read_csv,
    shuffled_for_ever,
)
from classifier.engine import Engine
from classifier.evaluate import probabilities
from classifier.metrics import best_threshold, figures
from classifier.preprocess import normalise
from modelkit.precision import has_fast_bf16

CHECKPOINT = "checkpoint.pt"


class NonFiniteLoss(Exception):
    """The loss became NaN or infinite; the message names the photos of the batch."""


def learning_rate(progress: float, peak: float) -> float:
    """Linear warm-up over the first 5% of the time, then a cosine to zero; progress in [0, 1]."""
    if progress < 0.05:
        return peak * max(progress / 0.05, 0.02)
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - 0.05) / 0.95)))


def input_side(progress: float, final: int) -> int:
    """Small pictures first (a third of the cost), the serving side for the last part."""
    if progress < 0.4:
        return round(final * 0.57 / 32) * 32
    if progress < 0.7:
        return round(final * 0.72 / 32) * 32
    return final


class Run:
    """The state of one training, saved and resumed as a whole. The schedule follows the time."""

    def __init__(self, minutes: float, side: int, peak: float, device: str) -> None:
        self.budget = minutes * 60
        self.side = side
        self.peak = peak
        self.device = device
        self.spent = 0.0
        self.steps = 0
        self.network = model.build().to(torch.device(device)).to(memory_format=torch.channels_last)
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}],
            lr=peak,
        )
        average = get_ema_multi_avg_fn(0.99)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.network, multi_avg_fn=average, use_buffers=True)
        self.bf16 = has_fast_bf16(device)

    @property
    def progress(self) -> float:
        """Share of the time budget that is spent, in [0, 1]."""
        return min(1.0, self.spent / self.budget)

    def step(self, squares: Tensor, labels: Tensor, names: Sequence[str], weight: Tensor) -> float:
        """One optimiser step on uint8 N x 3 x S x S; returns the loss."""
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.progress, self.peak)
        inputs = normalise(squares.to(self.device)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.split(":")[0], torch.bfloat16, enabled=self.bf16):
            logits = self.network(inputs)[:, 0]
        target = (
            labels.float().to(self.device) * 0.96 + 0.02
        )  # label smoothing: some labels are wrong
        loss = F.binary_cross_entropy_with_logits(
            logits.float(), target, weight=weight.to(self.device)
        )
        value = float(loss.detach())
        if not math.isfinite(value):
            raise NonFiniteLoss(f"loss {value} at step {self.steps} on: " + ", ".join(names))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update_parameters(self.network)
        self.steps += 1
        return value

    def save(self, file: Path) -> None:
        """Write a checkpoint; never leaves half a file."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "spent": self.spent,
            "steps": self.steps,
        }
        torch.save(state, file.with_suffix(".tmp"))
        file.with_suffix(".tmp").replace(file)

    def resume(self, file: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(file, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.spent, self.steps = float(state["spent"]), int(state["steps"])


def class_weights(examples: Sequence[Example]) -> Tensor:
    """Weights of label 0 and 1 that make both count the same; their mean over the data is 1."""
    positives = sum(example.label for example in examples)
    negatives = len(examples) - positives
    if not positives or not negatives:
        raise SystemExit("training needs photos of both labels, 1 (fashion) and 0 (not)")
    return torch.tensor([len(examples) / (2 * negatives), len(examples) / (2 * positives)])


def draws(run: Run, count: int, batch: int, rng: random.Random) -> Iterator[list[Draw]]:
    """Endless batches of draws; the side follows the run's progress."""
    order = shuffled_for_ever(count, rng)
    while True:
        side = input_side(run.progress, run.side)
        yield [Draw(next(order), side, rng.getrandbits(32)) for _ in range(batch)]


def export(run: Run, held_out: Sequence[Example], out: Path, generation: int) -> None:
    """Write the averaged weights with the threshold that the held-out photos choose."""
    network = run.average.module
    model.save(out, network, generation=generation, side=run.side, threshold=0.5)
    labels = np.array([example.label for example in held_out])
    if not 0 < labels.sum() < len(labels):
        print("both labels are not among the photos held out: the threshold stays at 0.5")
        return
    scores = probabilities(Engine.load(out, run.device), held_out)
    threshold = best_threshold(labels, scores)
    info = model.save(out, network, generation=generation, side=run.side, threshold=threshold)
    print(json.dumps({**asdict(info), **asdict(figures(labels, scores, info.threshold))}, indent=2))


def train(
    run: Run,
    examples: Sequence[Example],
    batch: int,
    out: Path,
    seed: int,
    workers: int,
    save_every: float,
) -> None:
    """Train until the time budget is spent, with a checkpoint every `save_every` seconds."""
    weights = class_weights(examples)
    rng = random.Random(seed + run.steps)
    loader = DataLoader(
        TrainingPhotos(examples),
        batch_sampler=draws(run, len(examples), batch, rng),
        num_workers=workers,
    )
    unreadable: set[str] = set()
    bar = tqdm(total=round(run.budget), initial=round(run.spent), unit="s", desc="train")
    smooth, last_save, before = math.nan, run.spent, time.monotonic()
    for squares, labels, names in loader:
        unreadable.update(name for name, label in zip(names, labels, strict=True) if label < 0)
        usable = labels >= 0
        if usable.sum() > 1:
            kept = [name for name, ok in zip(names, usable, strict=True) if ok]
            loss = run.step(squares[usable], labels[usable], kept, weights[labels[usable]])
            smooth = loss if math.isnan(smooth) else 0.98 * smooth + 0.02 * loss
        now = time.monotonic()
        run.spent, before = run.spent + now - before, now
        bar.set_postfix(
            loss=f"{smooth:.3f}", steps=run.steps, side=squares.shape[-1], refresh=False
        )
        bar.update(round(run.spent) - bar.n)
        if run.spent - last_save > save_every or run.spent >= run.budget:
            run.save(out / CHECKPOINT)
            last_save = run.spent
        if run.spent >= run.budget:
            break
    bar.close()
    for name in sorted(unreadable):
        print(f"skipped, unreadable: {name}")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m classifier.train",
        description="Train the fashion classifier and write model.safetensors and model.json.",
        epilog="example: python -m classifier.train --csv ../shared/data/binary/train.csv "
        "--csv labels.csv:photos --out models/classifier --minutes 25",
    )
    parser.add_argument(
        "--csv",
        action="append",
        required=True,
        metavar="FILE[:ROOT]",
        help="labels; names are relative to ROOT or to the file's folder; repeatable",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the weights")
    parser.add_argument("--work", type=Path, help="folder of the checkpoint (default: --out)")
    parser.add_argument("--minutes", type=float, default=25, help="time budget (default 25)")
    parser.add_argument("--side", type=int, default=224, help="input side at serving (default 224)")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.5e-3, help="peak learning rate of AdamW")
    parser.add_argument(
        "--held-out", type=float, default=0.1, help="share kept for choosing the threshold"
    )
    parser.add_argument("--generation", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    parser.add_argument(
        "--export-only", action="store_true", help="write the weights of the checkpoint as it is"
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes that read photos")
    parser.add_argument("--threads", type=int, default=0, help="torch threads (default: torch's)")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    args = parse(arguments)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    work: Path = args.work or args.out
    work.mkdir(parents=True, exist_ok=True)
    examples: list[Example] = []
    for entry in args.csv:
        table, _, root = entry.partition(":")
        found, problems = read_csv(Path(table), Path(root) if root else None)
        print("\n".join([*problems, f"{table}: {len(found)} photos, {len(problems)} rows skipped"]))
        examples += found
    training, held_out = hold_out(examples, args.held_out)
    print(f"{len(training)} photos for training, {len(held_out)} held out")
    run = Run(args.minutes, args.side, args.lr, args.device)
    if (args.resume or args.export_only) and (work / CHECKPOINT).exists():
        run.resume(work / CHECKPOINT)
        print(
            f"resumed at step {run.steps}, {run.spent / 60:.1f} of {args.minutes:g} minutes spent"
        )
    if not args.export_only:
        train(run, training, args.batch, work, args.seed, args.workers, save_every=60)
    export(run, held_out, args.out, args.generation)


if __name__ == "__main__":
    main()
