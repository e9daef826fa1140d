"""What a data set holds, and what of it is there twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from fashion.words import CATEGORIES
from modelkit.contact_sheet import contact_sheet
from modelkit.training.duplicates import find_near
from photokit.photo import phash
from segmenter.core.detection import encode_mask
from segmenter.data.annotation import BadData, read_annotation, read_frame
from segmenter.data.dataset import Entry, read_photo, truth
from segmenter.evaluation.coco import Scored, Truth
from segmenter.evaluation.pictures import overlay

_SHOWN = 60


@dataclass(frozen=True)
class Duplicate:
    """Photos that should not both be there."""

    photos: list[str]
    reason: str
    leak: bool
    """Whether they are in different folders."""


def summarize(entries: Sequence[Entry], problems: Sequence[str]) -> dict[str, Any]:
    """Return the number of photos, of garments by category with their median share of the photo, and the problems."""
    shares: dict[int, list[float]] = defaultdict(list)
    for entry in tqdm(entries, desc="measure", delay=2, leave=False):
        frame = read_frame(entry.photo)
        for item in read_annotation(entry.annotation, frame)[0].items:
            corners = [_box(polygon) for polygon in item.polygons]
            x1, y1 = (min(c[i] for c in corners) for i in (0, 1))
            x2, y2 = (max(c[i] for c in corners) for i in (2, 3))
            shares[item.category].append((x2 - x1) * (y2 - y1) / (frame.shown[0] * frame.shown[1]))
    return {
        "photos": len(entries),
        "categories": {
            category.name: {
                "garments": len(shares[number]),
                "median_share": round(median(shares[number]), 3) if shares[number] else 0.0,
            }
            for number, category in CATEGORIES.items()
        },
        "problems": list(problems),
    }


def _box(polygon: Sequence[float]) -> tuple[float, float, float, float]:
    return min(polygon[::2]), min(polygon[1::2]), max(polygon[::2]), max(polygon[1::2])


def duplicates(folders: Mapping[str, Sequence[Entry]]) -> list[Duplicate]:
    """Return photos that are there twice, or nearly, and pairs that stand in two folders.

    Nearly: by their perceptual hashes, as in `find_near`.
    """
    seen: list[tuple[str, Entry]] = []
    hashes: list[int] = []
    by_pair: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for folder, entries in folders.items():
        for entry in tqdm(entries, desc=f"compare {folder}", delay=2, leave=False):
            if entry.pair:
                by_pair[entry.pair][folder].append(str(entry.photo))
            try:
                hashes.append(phash(read_photo(entry.photo)))
            except BadData:
                continue  # `scan` has opened it; training names it
            seen.append((folder, entry))
    pairs = [(seen[first], seen[second]) for first, second in find_near(hashes)]
    found = [
        Duplicate([str(a.photo), str(b.photo)], "nearly the same photo", one != other)
        for (one, a), (other, b) in pairs
    ]
    found += [
        Duplicate(
            [own[0] for own in photos.values()], f"pair_id {pair} in several folders", leak=True
        )
        for pair, photos in by_pair.items()
        if len(photos) > 1
    ]
    return found


def annotated(folders: Mapping[str, Sequence[Entry]]) -> Image.Image:
    """Return a contact sheet of photos from all folders, evenly drawn, with their annotations as outlines."""
    everything = [entry for entries in folders.values() for entry in entries]
    chosen = np.linspace(0, len(everything) - 1, min(_SHOWN, len(everything))).astype(int)
    tiles = []
    for entry in (everything[number] for number in chosen):
        try:
            photo, items, masks = truth(entry)
        except BadData:
            continue
        true = [Truth(i.category, encode_mask(m)) for i, m in zip(items, masks, strict=True)]
        names = ", ".join(sorted({CATEGORIES[item.category].name for item in items}))
        answer = Scored(entry.photo.name, photo.shape[:2], true, [])
        tiles.append((overlay(photo, answer, []), f"{entry.photo.name}\n{names}"))
    return contact_sheet(tiles)
