"""What a training is run for: weights to serve, or figures of cross-validation."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from classifier.data.dataset import Example
from classifier.data.splits import folds, hold_out, leave_out
from classifier.evaluation.metrics import figures
from classifier.evaluation.predictions import predict
from classifier.nets import model
from classifier.nets.engine import Engine
from classifier.training.export import export
from classifier.training.recipe import Recipe, train
from modelkit.training.distributed import Process
from modelkit.training.options import TrainOptions
from modelkit.training.record import fingerprint, write_record

FOLDS = "folds.json"


def train_and_export(
    recipe: Recipe,
    options: TrainOptions,
    process: Process,
    examples: Sequence[Example],
    left_out: str | None = None,
) -> dict[str, Any]:
    """Train once and write the weights; return their metadata and figures.

    `left_out`: a source that is not trained on, but judged at the end. Only the first process
    writes; the others return nothing. Raise as `recipe.train`.
    """
    unseen: list[Example] = []
    if left_out:
        examples, unseen = leave_out(examples, left_out)
    training, held_out = hold_out(examples, options.held_out)
    if process.first:
        print(f"{len(training)} photos for training, {len(held_out)} held out")
    work = options.work or options.out
    data: dict[str, Any] = {}
    if process.first and not options.export_only:
        data = {
            "training": len(training),
            "held_out": len(held_out),
            "fingerprint": fingerprint(example.path for example in examples),
        }
        write_record(work, options, data, None)
    network = train(recipe, options, process, training, held_out, work)
    if not process.first:
        return {}
    info = model.ModelInfo(recipe.arch, options.generation, options.side, threshold=0.5)
    result = export(network, info, held_out, options.out, process.device)
    if unseen:
        right = predict(Engine.load(options.out, process.device), unseen).right
        result["left_out"] = {
            "source": left_out,
            "recall": float(right.mean()),
            "support": len(right),
        }
    if not options.export_only:
        write_record(work, options, data, result)
    return result


def cross_validate(
    recipe: Recipe,
    options: TrainOptions,
    process: Process,
    examples: Sequence[Example],
    count: int,
) -> dict[str, Any]:
    """Train and judge `count` folds; return the figures of each, their mean and standard deviation.

    At a probability of 0.5 and with the last weights: nothing is chosen by the photos that judge.
    The first process writes the result to `folds.json`. Raise as `recipe.train`.
    """
    info = model.ModelInfo(recipe.arch, options.generation, options.side, threshold=0.5)
    rows = []
    for number, (training, held_out) in enumerate(folds(examples, count, options.seed), start=1):
        work = options.out / f"fold-{number}"
        network = train(recipe, options, process, training, [], work)
        predictions = predict(Engine(network, info, process.device), held_out)
        rows.append(
            asdict(figures(predictions.labels, predictions.probabilities, predictions.threshold))
        )
        if process.first:
            print(f"fold {number}: {json.dumps(rows[-1])}")
    names = [name for name in rows[0] if name not in ("support", "positives")]
    values = np.array([[row[name] for name in names] for row in rows])
    result = {
        "folds": rows,
        "mean": dict(zip(names, values.mean(0).tolist(), strict=True)),
        "std": dict(zip(names, values.std(0, ddof=1).tolist(), strict=True)),
    }
    if process.first:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / FOLDS).write_text(json.dumps(result, indent=2) + "\n")
    return result
