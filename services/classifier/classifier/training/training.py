"""The loop of a training: draws, steps, looks at the held-out photos, checkpoints."""

import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from classifier.data.dataset import BadTable, Draw, Example, TrainingPhotos
from classifier.evaluation.metrics import Floats, Labels, figures
from classifier.evaluation.predictions import logits
from classifier.nets.engine import Engine
from classifier.nets.model import RESNET18, ModelInfo
from classifier.training.run import Run

CHECKPOINT = "checkpoint.pt"
CURVE = "curve.jsonl"
SAVE_EVERY = 60  # seconds


@dataclass(frozen=True)
class Plan:
    """How a training goes, apart from its budget and rate."""

    side: int  # at serving
    batch: int  # photos a step and process
    workers: int  # processes that read photos
    seed: int
    evaluate_every: float  # minutes
    patience: int  # evaluations without a better loss that end the training; 0: all of the budget


def input_side(progress: float, serving: int) -> int:
    """Small pictures first (two thirds of the cost), then the serving side, at last larger ones.

    So that the network doesn't depend on one scale; multiples of 32.
    """
    scale = 0.8 if progress < 0.55 else 1.0 if progress < 0.9 else 1.2
    return max(32, round(serving * scale / 32) * 32)


def class_weights(examples: Sequence[Example]) -> Tensor:
    """Weights of label 0 and 1 that make both count the same; their mean over the data is 1.

    Raises BadTable if a label has no photo.
    """
    positives = sum(example.label for example in examples)
    negatives = len(examples) - positives
    if not positives or not negatives:
        raise BadTable("training needs photos of both labels, 1 (fashion) and 0 (not)")
    return torch.tensor([len(examples) / (2 * negatives), len(examples) / (2 * positives)])


def draws(run: Run, examples: Sequence[Example], plan: Plan) -> Iterator[list[Draw]]:
    """Endless batches in proportion to the photos' shares; the side follows the run's progress.

    Each follows from the seed and its step, so that a resumed training draws the same.
    """
    cumulative = np.cumsum([example.share for example in examples]).tolist()
    for step in count(run.budget.steps):
        rng = random.Random(f"{plan.seed} {run.process.rank} {step}")
        side = input_side(run.budget.progress, plan.side)
        chosen = rng.choices(range(len(cumulative)), cum_weights=cumulative, k=plan.batch)
        yield [Draw(index, side, rng.getrandbits(32)) for index in chosen]


def train(
    run: Run,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    plan: Plan,
    work: Path,
) -> None:
    """Train until the budget is spent or the patience is over, with a checkpoint every minute.

    Figures of the held-out photos go to `curve.jsonl`. Raises BadTable if no photo can be decoded,
    or only photos of one label are there.
    """
    weights = class_weights(examples)
    budget, alone = run.budget, run.process.first
    loader = DataLoader(
        TrainingPhotos(examples),
        batch_sampler=draws(run, examples, plan),
        num_workers=plan.workers,
    )
    unreadable: set[str] = set()
    bar = tqdm(total=1000, desc="train", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}",
               mininterval=5, disable=not alone)  # fmt: skip
    smooth = None
    saved = evaluated = budget.seconds
    before = time.monotonic()
    for squares, labels, names in loader:
        unreadable.update(name for name, label in zip(names, labels, strict=True) if label < 0)
        if len(unreadable) == len({example.path for example in examples}):
            raise BadTable(f"none of {len(examples)} photos can be decoded")
        usable = labels >= 0
        # Batch norm needs two photos, and every process of a parallel training each step.
        if run.process.world > 1 and usable.sum() < 2:
            raise SystemExit("error: no usable photos in a batch: " + "; ".join(sorted(unreadable)))
        if usable.sum() > 1:
            kept = [name for name, ok in zip(names, usable, strict=True) if ok]
            loss = run.step(squares[usable], labels[usable], kept, weights[labels[usable]])
            smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
        now = time.monotonic()
        budget.seconds = run.process.agreed(budget.seconds + now - before)
        before = now
        shown = {"steps": budget.steps, "side": squares.shape[-1], "loss": smooth}
        bar.set_postfix(shown, refresh=False)
        bar.update(round(budget.progress * 1000) - bar.n)
        done = budget.progress >= 1
        if held_out and (done or budget.seconds - evaluated > plan.evaluate_every * 60):
            if alone:
                _look(run, held_out, plan, work)
            evaluated, before = budget.seconds, time.monotonic()
            stale = run.process.agreed(run.stale)
            done = done or bool(plan.patience and stale >= plan.patience)
        if alone and (done or budget.seconds - saved > SAVE_EVERY):
            run.save(work / CHECKPOINT)
            saved = budget.seconds
        if done:
            break
    bar.close()
    for name in sorted(unreadable):
        print(f"skipped, unreadable: {name}", file=sys.stderr)


def _look(run: Run, held_out: Sequence[Example], plan: Plan, work: Path) -> None:
    """Judge the moving average by the held-out photos."""
    info = ModelInfo(RESNET18, generation=0, side=plan.side, threshold=0.5)
    # To compile a network that is asked once costs more than it saves.
    engine = Engine(run.averaged(), info, run.process.device, eager=True)
    kept, scores = logits(engine, held_out)
    labels = np.array([example.label for example in kept])
    run.heard(log_loss(labels, scores))
    row = {
        "minutes": round(run.budget.seconds / 60, 1),
        "steps": run.budget.steps,
        "loss": round(log_loss(labels, scores), 4),
    }
    if 0 < labels.sum() < len(labels):
        found = figures(labels, 1 / (1 + np.exp(-scores)), 0.5)
        row["balanced_accuracy"] = round(found.balanced_accuracy, 4)
    with (work / CURVE).open("a") as file:
        file.write(json.dumps(row) + "\n")


def log_loss(labels: Labels, scores: Floats) -> float:
    """Mean negative log likelihood of labels 0 and 1 under logits."""
    return float(np.logaddexp(0, np.where(labels == 1, -scores, scores)).mean())
