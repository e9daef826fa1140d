"""All figures of an evaluation, for programs and for people."""

from dataclasses import asdict
from typing import Any

import numpy as np

from classifier.evaluation.metrics import figures, intervals, share_right
from classifier.evaluation.predictions import Predictions
from modelkit.training.table import BadTable


def report(predictions: Predictions) -> dict[str, Any]:
    """Return the figures at the serving threshold with their 95% intervals, for all and by source.

    The `recall` of a source is the share of its photos that are judged right: they have one label.
    Raise BadTable without photos of both labels.
    """
    labels, probabilities, right = predictions.labels, predictions.probabilities, predictions.right
    if not 0 < labels.sum() < len(labels):
        raise BadTable("an evaluation needs photos of both labels, 1 (fashion) and 0 (not)")
    sources = np.array([example.source for example in predictions.examples])
    per_source = {}
    for source in sorted(set(sources) - {""}):
        own = sources == source
        share, interval = share_right(right[own])
        per_source[source] = {
            "recall": share,
            "interval": interval,
            "support": int(own.sum()),
            "positives": int(labels[own].sum()),
        }
    return {
        "threshold": predictions.threshold,
        **asdict(figures(labels, probabilities, predictions.threshold)),
        "intervals": intervals(labels, probabilities, predictions.threshold),
        "per_source": per_source,
    }


def show(result: dict[str, Any]) -> None:
    """Print a report for a person."""
    print(f"{result['support']} photos, {result['positives']} fashion; "
          f"threshold {result['threshold']:.3f}")  # fmt: skip
    for name, (low, high) in result["intervals"].items():
        print(f"{name:18} {result[name]:.4f}  [{low:.4f}, {high:.4f}]")
    for title, rows in (
        ("recall by source", result["per_source"]),
        ("by a probe that never saw the source", result.get("leave_one_source_out", {})),
    ):
        if rows:
            print(f"{title}:")
        for source, row in rows.items():
            low, high = row["interval"]
            print(f"  {source:34} {row['recall']:.3f}  [{low:.3f}, {high:.3f}]  "
                  f"of {row['support']}")  # fmt: skip
