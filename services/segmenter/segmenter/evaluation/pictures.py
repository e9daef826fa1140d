"""Pictures of an evaluation: the best and the worst photos, and which category is taken for which."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from fashion.words import CATEGORIES
from modelkit.contact_sheet import contact_sheet
from segmenter.core.detection import Detection
from segmenter.data.dataset import Entry, read_photo
from segmenter.evaluation.coco import Scored
from segmenter.evaluation.serving import NOTHING, match

SHOWN = 18
# Colors of categories 1-13, easy to tell apart: tab20 of matplotlib without its grays.
COLORS = [(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189)]
COLORS += [(140, 86, 75), (227, 119, 194), (188, 189, 34), (23, 190, 207), (174, 199, 232)]
COLORS += [(255, 187, 120), (152, 223, 138), (197, 176, 213)]


def write(
    folder: Path,
    entries: Sequence[Entry],
    scored: Sequence[Scored],
    answers: Sequence[Sequence[Detection]],
    confusion: dict[str, dict[str, int]],
) -> None:
    """Write best.png and worst.png (by F1 of the garments of a photo) and confusion.png."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {entry.photo.name: entry.photo for entry in entries}
    ranked = sorted(
        (
            (_f1(photo, detections), photo, detections)
            for photo, detections in zip(scored, answers, strict=True)
        ),
        key=lambda row: (row[0], row[1].name),
    )
    for name, rows in (("worst", ranked[:SHOWN]), ("best", ranked[::-1][:SHOWN])):
        tiles = [
            (
                overlay(read_photo(files[photo.name]), photo, detections),
                caption(photo, detections),
            )
            for _, photo, detections in rows
        ]
        contact_sheet(tiles).save(folder / f"{name}.png")
    _confusion(confusion, folder / "confusion.png")


def _f1(photo: Scored, detections: Sequence[Detection]) -> float:
    hits = len(match(photo.true, detections, category=True))
    return 2 * hits / max(len(photo.true) + len(detections), 1)


def caption(photo: Scored, detections: Sequence[Detection]) -> str:
    """Return what a photo is, where that is known, and what was predicted."""
    true = sorted({CATEGORIES[t.category].name for t in photo.true})
    answer = [f"{CATEGORIES[d.category].name} {d.score:.2f}" for d in detections]
    is_ = f"is {', '.join(true)}\n" if true else ""
    return f"{is_}predicted {', '.join(answer) or NOTHING}"


def overlay(
    pixels: NDArray[np.uint8], photo: Scored, detections: Sequence[Detection]
) -> NDArray[np.uint8]:
    """Return the photo with answers as tinted areas and the truth as outlines, in their category's color."""
    shown = pixels.astype(np.float32)
    for detection in detections:
        mask = coco_mask.decode(detection.mask).astype(bool)
        shown[mask] = 0.5 * shown[mask] + 0.5 * np.array(COLORS[detection.category - 1])
    for garment in photo.true:
        mask = coco_mask.decode(garment.mask).astype(bool)
        shown[mask & ~binary_erosion(mask, iterations=2)] = COLORS[garment.category - 1]
    return shown.astype(np.uint8)


def _confusion(table: dict[str, dict[str, int]], file: Path) -> None:
    from matplotlib.figure import Figure

    names = [
        n
        for n in [*(category.name for category in CATEGORIES.values()), NOTHING]
        if n in table or any(n in r for r in table.values())
    ]
    counts = np.array([[table.get(row, {}).get(column, 0) for column in names] for row in names])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("is")
    for row, column in np.argwhere(counts):
        dark = shares[row, column] > 0.5
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            color="w" if dark else "k",
        )
    figure.savefig(file, dpi=110)
