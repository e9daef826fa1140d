"""Photos in the DeepFashion2 layout (`image/NAME.jpg`, `annos/NAME.json`), read one at a time."""

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pycocotools.mask as coco_mask
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm

from fashion.words import CATEGORIES
from photokit.photo import BadPhoto, decode
from segmenter.nets.preprocess import fit

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


class BadData(Exception):
    """A folder, or one photo of it, can't be used."""


@dataclass(frozen=True)
class Item:
    """One labelled garment: polygons are flat [x, y, x, y, ...] lists in pixels of the photo."""

    category: int
    polygons: list[list[float]]
    scale: int = 0  # 1 small, 2 modest, 3 large; 0: not said
    occlusion: int = 0  # 1 slight, 2 medium, 3 heavy; 0: not said


@dataclass(frozen=True, slots=True)
class Entry:
    """A usable photo: what memory holds for each, while pixels and polygons stay on disk.

    Folder and categories are shared between entries: DeepFashion2's 190,000 photos take 30 MB.
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
    """Usable garments of an annotation and a line for each that is not; BadData if none is."""
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
    """The usable photos of a folder in name order, and a line for whatever is skipped."""
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
    """RGB uint8 H x W x 3, decoded as in serving."""
    try:
        return decode(path.read_bytes()).pixels
    except (OSError, BadPhoto) as error:
        raise BadData(f"{path}: can't be decoded: {error}") from error


def item_mask(item: Item, height: int, width: int) -> NDArray[np.bool_]:
    """The union of the polygons as bool H x W."""
    parts = coco_mask.frPyObjects(item.polygons, height, width)
    return np.asarray(coco_mask.decode(coco_mask.merge(parts)), dtype=bool)


def truth(entry: Entry) -> tuple[NDArray[np.uint8], list[Item], list[NDArray[np.bool_]]]:
    """Photo, garments with any pixel, and their masks at the photo's own size."""
    photo = read_photo(entry.photo)
    items, _ = read_items(entry.annotation)
    masks = [item_mask(item, *photo.shape[:2]) for item in items]
    seen = [(item, mask) for item, mask in zip(items, masks, strict=True) if mask.any()]
    return photo, [item for item, _ in seen], [mask for _, mask in seen]


@dataclass(frozen=True)
class Draw:
    """One draw of a training photo: everything random about it follows from the seed."""

    index: int
    seed: int


Sample = tuple[Tensor, dict[str, Tensor], str]


class TrainingPhotos(Dataset[Sample]):
    """Augmented photos and targets by `Draw`, as torchvision's detectors take them.

    A photo that can't be used comes without boxes; its name then says why.
    """

    def __init__(self, entries: Sequence[Entry], side: int) -> None:
        self.entries = entries
        self.side = side

    def __getitem__(self, draw: Draw) -> Sample:
        entry = self.entries[draw.index]
        try:
            photo, items, masks = truth(entry)
        except BadData as error:
            return torch.zeros(3, 32, 32), targets([], []), str(error)
        categories = [item.category for item in items]
        image, target = augment(photo, categories, masks, self.side, random.Random(draw.seed))
        return image, target, str(entry.photo)


def targets(categories: Sequence[int], masks: Sequence[NDArray[np.bool_]]) -> dict[str, Tensor]:
    """torchvision's training target; garments of less than 3 x 3 pixels are left out."""
    boxes, labels, kept = [], [], []
    for category, mask in zip(categories, masks, strict=True):
        ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if len(xs) and xs[-1] - xs[0] > 2 and ys[-1] - ys[0] > 2:
            boxes.append([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1])
            labels.append(category)
            kept.append(mask)
    return {
        "boxes": torch.tensor(np.array(boxes), dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor(labels, dtype=torch.int64),
        "masks": torch.from_numpy(
            np.array(kept, dtype=np.uint8).reshape(len(kept), *masks[0].shape)
        )
        if kept
        else torch.zeros(0, 1, 1, dtype=torch.uint8),
    }


def augment(
    photo: NDArray[np.uint8],
    categories: Sequence[int],
    masks: Sequence[NDArray[np.bool_]],
    side: int,
    rng: random.Random,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Random crop, scale (0.7-1.1 of the serving side), mirror and light.

    Returns float32 3 x h x w in [0, 1] and torchvision's target.
    """
    height, width = photo.shape[:2]
    if rng.random() < 0.5:
        w, h = round(width * rng.uniform(0.6, 1)), round(height * rng.uniform(0.6, 1))
        x, y = rng.randint(0, width - w), rng.randint(0, height - h)
        # A garment cut to a sliver no longer shows its category.
        shown = [mask[y : y + h, x : x + w] for mask in masks]
        if all(part.sum() > 0.4 * mask.sum() for part, mask in zip(shown, masks, strict=True)):
            photo, masks = photo[y : y + h, x : x + w], shown
            side = round(side * max(h, w) / max(height, width))
    image = fit(photo, max(64, round(side * rng.uniform(0.7, 1.1))))
    rows = ((np.arange(image.shape[1]) + 0.5) * photo.shape[0] / image.shape[1]).astype(int)
    columns = ((np.arange(image.shape[2]) + 0.5) * photo.shape[1] / image.shape[2]).astype(int)
    masks = [mask[np.ix_(rows, columns)] for mask in masks]
    if rng.random() < 0.5:
        image = image.flip(2)
        masks = [mask[:, ::-1] for mask in masks]
    image = recolour(image, turn=rng.uniform(-0.35, 0.35), saturation=rng.uniform(0.3, 1.5))
    tint = torch.tensor([rng.uniform(0.9, 1.1) for _ in range(3)]).view(3, 1, 1)
    image = (image * tint * rng.uniform(0.7, 1.3) + rng.uniform(-0.08, 0.08)).clamp(0, 1)
    return image, targets(categories, masks)


def recolour(image: Tensor, turn: float, saturation: float) -> Tensor:
    """Turn the hues by `turn` radians and multiply the saturation; float 3 x H x W.

    A rotation of chroma in YIQ, after Haeberli's "Matrix operations for image processing" (1993).
    """
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    cos, sin = saturation * math.cos(turn), saturation * math.sin(turn)
    chroma = torch.tensor([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
    return torch.einsum("ij,jhw->ihw", torch.linalg.inv(to_yiq) @ chroma @ to_yiq, image)


def repeat_factors(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """How often to draw each photo, by its rarest category: sqrt(1 / frequency), at most 4.

    After the repeat factors of LVIS (Gupta et al. 2019).
    """
    counts = dict.fromkeys(CATEGORIES, 0)
    for entry in entries:
        for category in entry.categories:
            counts[category] += 1
    return np.array(
        [
            min(4.0, max((len(entries) / counts[c]) ** 0.5 for c in entry.categories))
            for entry in entries
        ]
    )
