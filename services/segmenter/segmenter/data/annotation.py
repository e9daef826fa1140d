"""One annotation file in the DeepFashion2 layout: which of its garments can be used, and why the others can't.

Format: github.com/switchablenorms/DeepFashion2, "Data Description". What public reports tell of files that look like it and are
not (see `read_annotation`) is named and left out, never guessed.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from fashion.words import CATEGORIES
from segmenter.core.categories import find_category

# A tool may set a point a little outside; what lies further out belongs to another photo, or to another size of this one.
_OUTSIDE = 0.05
# EXIF orientations that swap width and height.
_TURNED = (5, 6, 7, 8)
_ORIENTATION = 0x0112
_LEAST_AREA = 1.0  # pixels
_FAR = 1e12  # pixels; what is further out is told as this


class BadData(Exception):
    """A folder, or one photo of it, can't be used."""


class _BadItem(Exception):
    """One garment can't be used; the message says why."""


@dataclass(frozen=True)
class Item:
    """One labeled garment: polygons are flat [x, y, x, y, ...] lists in pixels of the photo as it is shown."""

    category: int
    polygons: list[list[float]]
    scale: int = 0  # 1 small, 2 modest, 3 large; 0: not known
    occlusion: int = 0  # 1 slight, 2 medium, 3 heavy; 0: not known


@dataclass(frozen=True)
class Frame:
    """Width and height of a photo in pixels: as it is shown, and as its file has it before the EXIF rotation."""

    shown: tuple[int, int]
    stored: tuple[int, int]


def read_frame(photo: Path) -> Frame:
    """Return the size of a photo from the head of its file. Raise BadData."""
    try:
        with Image.open(photo) as image:
            stored = image.size
            turned = image.getexif().get(_ORIENTATION) in _TURNED
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise BadData(f"{photo}: can't be decoded: {error}") from error
    return Frame(stored[::-1] if turned else stored, stored)


@dataclass(frozen=True)
class Annotation:
    """What a file says of a photo, as far as it can be used."""

    items: list[Item]
    pair: int
    """DeepFashion2's `pair_id`: photos of the same garments have the same one; 0: not known."""


def read_annotation(annotation: Path, frame: Frame) -> tuple[Annotation, list[str]]:
    """Return the usable garments of a photo, and a line for each other one; BadData if none is usable.

    Left out is a garment without an outline, with an outline in another form than flat polygons (run lengths, pairs), with
    coordinates that are not finite or outside the photo, with a category that is not one of 1 to 13 or that its own
    `category_name` contradicts, and one that is annotated twice: as different categories neither counts, as the same one the first.
    """
    content = _read_json(annotation)
    found: dict[str, Item] = {}
    problems = []
    for key, value in content.items():
        if not key.startswith("item"):
            continue
        try:
            found[key], notes = _item(value, frame)
        except _BadItem as error:
            notes = [str(error)]
        problems += [f"{annotation}: {key}: {note}" for note in notes]
    for key, note in _find_repeated(found).items():
        del found[key]
        problems.append(f"{annotation}: {key}: {note}")
    if not found:
        raise BadData("; ".join(problems) or f"{annotation}: has no items")
    pair = content.get("pair_id")
    return Annotation([*found.values()], pair if type(pair) is int else 0), problems


def _read_json(annotation: Path) -> dict[str, Any]:
    try:
        # utf-8-sig: some editors put a byte order mark before the text.
        content = json.loads(annotation.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadData(f"{annotation}: can't be read: {error}") from error
    if not isinstance(content, dict):
        raise BadData(f"{annotation}: can't be read: expected an object with item1, item2, ...")
    return content


def _item(value: Any, frame: Frame) -> tuple[Item, list[str]]:
    """Return a garment, and what of it is left out. Raise _BadItem."""
    if not isinstance(value, Mapping):
        raise _BadItem("is not an object")
    category = _category(value)
    polygons, notes = _polygons(value, frame)
    return Item(
        category, polygons, _attribute(value, "scale"), _attribute(value, "occlusion")
    ), notes


def _category(value: Mapping[str, Any]) -> int:
    number = value.get("category_id")
    # JSON's true is 1 to Python.
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number // 1:
        raise _BadItem(f"category_id {number!r} is not a whole number")
    if number not in CATEGORIES:
        hint = "; numbers from 0 are shifted: add 1" if number == 0 else ""
        raise _BadItem(f"category {number} is not one of 1-{len(CATEGORIES)}{hint}")
    category = int(number)
    name = value.get("category_name")
    if name is not None and find_category(str(name)) != category:
        raise _BadItem(
            f"category_id {category} is {CATEGORIES[category].name!r}, but category_name is {name!r}"
        )
    return category


def _attribute(value: Mapping[str, Any], name: str) -> int:
    """Return scale or occlusion; 0, not known, for anything else than 1 to 3."""
    number = value.get(name)
    return number if type(number) is int and 1 <= number <= 3 else 0


def _polygons(value: Mapping[str, Any], frame: Frame) -> tuple[list[list[float]], list[str]]:
    outline = value.get("segmentation")
    if outline is None or outline == []:
        raise _BadItem("segmentation is missing or empty")
    if isinstance(outline, Mapping):
        raise _BadItem("segmentation is run lengths (RLE); expected polygons")
    if not isinstance(outline, list) or not all(isinstance(part, list) for part in outline):
        raise _BadItem("segmentation is not a list of polygons [x, y, x, y, ...]")
    good, notes = [], []
    for number, polygon in enumerate(outline, 1):
        reason = _fault(polygon, frame)
        if reason:
            notes.append(f"polygon {number} of its segmentation {reason}")
        else:
            good.append(_inside(polygon, *frame.shown))
    if not good:
        raise _BadItem("; ".join(notes))
    return good, notes


def _fault(polygon: Sequence[Any], frame: Frame) -> str:
    """Return what is wrong with a polygon; "" if nothing is."""
    if any(isinstance(value, list) for value in polygon):
        return "is a list of pairs; expected [x, y, x, y, ...]"
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in polygon):
        return "has a coordinate that is not a number"
    if len(polygon) < 6 or len(polygon) % 2:
        return f"has fewer than three points, or half a point: {len(polygon)} numbers"
    # A whole number may be too large for a float; it is outside anyway.
    if not all(isinstance(value, int) or math.isfinite(value) for value in polygon):
        return "has a coordinate that is not finite"
    if not _fits(polygon, frame.shown):
        width, height = frame.shown
        if frame.stored != frame.shown and _fits(polygon, frame.stored):
            return (
                f"fits the photo before its EXIF rotation, not as it is shown, {width} x {height}"
            )
        return f"lies outside the photo, {width} x {height}: x {_range(polygon[::2])}, y {_range(polygon[1::2])}"
    if _area(_inside(polygon, *frame.shown)) < _LEAST_AREA:
        return "has no area"
    return ""


def _range(values: Sequence[float]) -> str:
    low, high = (max(-_FAR, min(value, _FAR)) for value in (min(values), max(values)))
    return f"{low:g} to {high:g}"


def _fits(polygon: Sequence[float], size: tuple[int, int]) -> bool:
    """Tell whether a polygon lies in a photo of this width and height, but for a little."""
    return all(
        -_OUTSIDE * side <= min(values) and max(values) <= (1 + _OUTSIDE) * side
        for values, side in zip((polygon[::2], polygon[1::2]), size, strict=True)
    )


def _inside(polygon: Sequence[float], width: int, height: int) -> list[float]:
    """Return a polygon with every point moved into the photo."""
    sides = (width, height) * (len(polygon) // 2)
    return [min(max(float(v), 0.0), float(s)) for v, s in zip(polygon, sides, strict=True)]


def _area(polygon: Sequence[float]) -> float:
    """Return the area in pixels, by the shoelace formula; loops in opposite directions cancel out."""
    xs, ys = polygon[::2], polygon[1::2]
    following = zip([*xs[1:], xs[0]], [*ys[1:], ys[0]], strict=True)
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(zip(xs, ys, strict=True), following, strict=True))) / 2  # fmt: skip


def _find_repeated(items: Mapping[str, Item]) -> dict[str, str]:
    """Return which garments have the outline of another one, and why each does not count."""
    by_outline: dict[tuple[tuple[float, ...], ...], list[str]] = defaultdict(list)
    for key, item in items.items():
        by_outline[tuple(map(tuple, item.polygons))].append(key)
    repeated = {}
    for keys in by_outline.values():
        categories = sorted({items[key].category for key in keys})
        if len(categories) > 1:
            text = f"the same outline as {' and '.join(keys)}, with the contradicting categories {categories}"
            repeated.update(dict.fromkeys(keys, text))
        else:
            repeated.update(dict.fromkeys(keys[1:], f"repeats {keys[0]}"))
    return repeated
