"""Pictures of an evaluation: curves, reliability, and the worst mistakes."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from classifier.data.dataset import read_photo
from classifier.evaluation.metrics import figures, reliability
from classifier.evaluation.predictions import Predictions
from modelkit.contact_sheet import contact_sheet

SHOWN = 24


def write(folder: Path, predictions: Predictions) -> None:
    """Write roc.png, precision_recall.png, reliability.png and mistakes.png (the surest ones first)."""
    folder.mkdir(parents=True, exist_ok=True)
    labels, probabilities = predictions.labels, predictions.probabilities
    found = figures(labels, probabilities, predictions.threshold)
    false, true, _ = roc_curve(labels, probabilities)
    _plot(folder / "roc.png", false, true, "share of the rest taken for fashion",
          "share of fashion found", f"ROC-AUC {found.roc_auc:.4f}")  # fmt: skip
    precision, recall, _ = precision_recall_curve(labels, probabilities)
    _plot(folder / "precision_recall.png", recall, precision, "recall", "precision",
          f"average precision {found.average_precision:.4f}")  # fmt: skip
    _reliability(folder / "reliability.png", predictions, found.ece)
    wrong = np.flatnonzero(~predictions.right)
    surest = wrong[np.argsort(-np.abs(probabilities[wrong] - predictions.threshold))][:SHOWN]
    contact_sheet(
        (
            read_photo(predictions.examples[i].path),
            f"is {'fashion' if labels[i] else 'not fashion'}, predicted {probabilities[i]:.3f}\n"
            f"{predictions.examples[i].path.name}",
        )
        for i in surest
    ).save(folder / "mistakes.png")


def _plot(
    file: Path,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    across: str,
    up: str,
    title: str,
) -> None:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(x, y)
    axes.set(xlabel=across, ylabel=up, title=title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.grid(alpha=0.3)
    figure.savefig(file, dpi=110)


def _reliability(file: Path, predictions: Predictions, ece: float) -> None:
    mean, share, counts = reliability(predictions.labels, predictions.probabilities)
    figure = Figure(figsize=(5, 6), layout="constrained")
    upper, lower = figure.subplots(2, height_ratios=(3, 1), sharex=True)
    upper.plot([0, 1], [0, 1], color="gray", linewidth=1)
    upper.plot(mean, share, marker="o")
    upper.set(ylabel="share of fashion", title=f"expected calibration error {ece:.4f}")
    upper.grid(alpha=0.3)
    lower.bar(mean, counts, width=0.03)
    lower.set(xlabel="probability of fashion", ylabel="photos", yscale="log")
    figure.savefig(file, dpi=110)
