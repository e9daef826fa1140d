"""Photos in the DeepFashion2 layout (`image/NAME.jpg`, `annos/NAME.json`), read one at a time."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray
from tqdm import tqdm

from fashion.words import CATEGORIES
from photokit.photo import BadPhoto, decode

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class BadData(Exception):
    """A folder, or one photo of it, can't be used."""


@dataclass(frozen=True)
class Item:
    """One labeled garment: polygons are flat [x, y, x, y, ...] lists in pixels of the photo."""

    category: int
    polygons: list[list[float]]
    scale: int = 0  # 1 small, 2 modest, 3 large; 0: not known
    occlusion: int = 0  # 1 slight, 2 medium, 3 heavy; 0: not known


@dataclass(frozen=True, slots=True)
class Entry:
    """A usable photo: what memory holds for each, while pixels and polygons stay on disk.

    Entries share folders and sets of categories: DeepFashion2's 190,000 photos take 30 MB.
    """

    folder: Path
    name: str  # of the file in image/
    categories: frozenset[int]

    @property
    def photo(self) -> Path:
        """The file with the pixels."""
        return self.folder / "image" / self.name

    @property
    def annotation(self) -> Path:
        """The file with the garments."""
        return (self.folder / "annos" / self.name).with_suffix(".json")


def read_items(annotation: Path) -> tuple[list[Item], list[str]]:
    """Return the usable garments of an annotation, and a line for each other one; BadData if none is usable."""
    try:
        content: dict[str, Any] = json.loads(annotation.read_text())
        raw = {key: value for key, value in content.items() if key.startswith("item")}
    except (OSError, ValueError, AttributeError) as error:
        raise BadData(f"{annotation}: can't be read: {error}") from error
    items, problems = [], []
    for key, value in raw.items():
        try:
            category = int(value["category_id"])
            polygons = [[float(v) for v in p] for p in value["segmentation"]]
            scale, occlusion = int(value.get("scale", 0)), int(value.get("occlusion", 0))
        except (KeyError, TypeError, ValueError) as error:
            problems.append(f"{annotation}: {key}: {type(error).__name__} {error}")
            continue
        drawable = [p for p in polygons if len(p) >= 6 and len(p) % 2 == 0]
        if len(drawable) < len(polygons):
            problems.append(f"{annotation}: {key}: a polygon with fewer than three points")
        if category not in CATEGORIES:
            problems.append(
                f"{annotation}: {key}: category {category} is not one of 1-{len(CATEGORIES)}"
            )
        elif drawable:
            items.append(Item(category, drawable, scale, occlusion))
    if not items:
        raise BadData("; ".join(problems) or f"{annotation}: has no items")
    return items, problems


def scan(folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the usable photos of a folder in name order, and a line for each that is skipped; or BadData."""
    annotations = sorted((folder / "annos").glob("*.json"))
    if not annotations:
        raise BadData(
            f"{folder}: no annos/*.json; expected the DeepFashion2 layout (image/, annos/)"
        )
    entries, problems = [], []
    combinations: dict[frozenset[int], frozenset[int]] = {}
    for annotation in tqdm(annotations, desc=f"read {folder}", delay=2, leave=False):
        named = (folder / "image" / (annotation.stem + suffix) for suffix in SUFFIXES)
        photo = next((path for path in named if path.is_file()), None)
        if photo is None:
            problems.append(f"{annotation}: no photo of that name in {folder / 'image'}")
            continue
        try:
            items, skipped = read_items(annotation)
        except BadData as error:
            problems.append(str(error))
            continue
        problems += skipped
        categories = frozenset(item.category for item in items)
        shared = combinations.setdefault(categories, categories)
        entries.append(Entry(folder, photo.name, shared))
    if not entries:
        raise BadData(
            f"{folder}: none of its {len(annotations)} photos can be used; "
            + "; ".join(problems[:3])
        )
    return entries, problems


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Return RGB uint8 H x W x 3, decoded as in serving; raise BadData."""
    try:
        return decode(path.read_bytes()).pixels
    except (OSError, BadPhoto) as error:
        raise BadData(f"{path}: can't be decoded: {error}") from error


def item_mask(item: Item, height: int, width: int) -> NDArray[np.bool_]:
    """Return the union of the polygons as bool H x W."""
    parts = coco_mask.frPyObjects(item.polygons, height, width)
    return np.asarray(coco_mask.decode(coco_mask.merge(parts)), dtype=bool)


def truth(entry: Entry) -> tuple[NDArray[np.uint8], list[Item], list[NDArray[np.bool_]]]:
    """Return the photo, its garments with any pixel, and their masks at the photo's size; raise BadData."""
    photo = read_photo(entry.photo)
    items, _ = read_items(entry.annotation)
    masks = [item_mask(item, *photo.shape[:2]) for item in items]
    seen = [(item, mask) for item, mask in zip(items, masks, strict=True) if mask.any()]
    return photo, [item for item, _ in seen], [mask for _, mask in seen]
