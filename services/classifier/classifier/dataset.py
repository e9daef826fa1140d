"""Labelled photos from CSV files, and the augmentation that hides where a photo came from."""

import csv
import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from classifier.preprocess import to_square
from servicekit.photo import BadPhoto, decode

NAME_COLUMNS = ("image", "image_name")
LABEL_COLUMNS = ("label", "isImage")


@dataclass(frozen=True)
class Example:
    """One labelled photo; photos of one group are never split between training and validation."""

    path: Path
    label: int  # 1 = fashion, 0 = not
    group: str


class BadTable(Exception):
    """The CSV as a whole can't be used."""


def read_csv(table: Path, root: Path | None = None) -> tuple[list[Example], list[str]]:
    """Read `image,label` or the notebooks' `image_name,isImage`.

    Names are relative to `root` (default: the CSV's folder). Returns the usable examples and one
    line for every row that was skipped. Raises BadTable.
    """
    root = root or table.parent
    examples, problems = [], []
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        columns = reader.fieldnames or []
        name_column = next((c for c in NAME_COLUMNS if c in columns), None)
        label_column = next((c for c in LABEL_COLUMNS if c in columns), None)
        if name_column is None or label_column is None:
            raise BadTable(
                f"{table}: needs columns image,label or image_name,isImage, has {columns}"
            )
        for line, row in enumerate(reader, start=2):
            name, label = row[name_column] or "", row[label_column]
            path = root / name
            if label not in ("0", "1"):
                problems.append(f"{table}:{line}: label {label!r} of {name} is neither 0 nor 1")
            elif not path.is_file():
                problems.append(f"{table}:{line}: {path} does not exist")
            else:
                examples.append(Example(path, int(label), _group(path)))
    if not examples:
        raise BadTable(f"{table}: no usable row; " + "; ".join(problems[:3]))
    return examples, problems


def _group(path: Path) -> str:
    """`<author>_<post>_<n>.jpg` groups by post; other names stand alone."""
    parts = path.stem.rsplit("_", 2)
    if len(parts) == 3 and parts[2].isdigit() and len(parts[2]) <= 2:
        return "_".join(parts[:2])
    return path.stem


def hold_out(examples: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Split into training and validation by a hash of the group: stable when photos are added."""
    cut = int(share * 2**32)
    parts: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        digest = hashlib.sha256(example.group.encode()).digest()
        parts[int.from_bytes(digest[:4], "big") < cut].append(example)
    return parts


def read_photo(path: Path) -> NDArray[np.uint8]:
    """RGB uint8 H x W x 3, decoded as in serving; raises OSError or servicekit.photo.BadPhoto."""
    return decode(path.read_bytes()).pixels


def augment(photo: NDArray[np.uint8], side: int, rng: random.Random) -> Tensor:
    """A random crop as uint8 3 x side x side, with the source's marks blurred.

    The label of the training photos follows their source, so aspect ratio, resolution and JPEG
    history would give it away: crops take random aspects, some photos are shrunk first, and half
    are compressed again.
    """
    height, width = photo.shape[:2]
    for _ in range(10):
        area = height * width * rng.uniform(0.3, 1.0)
        aspect = (width / height) ** rng.uniform(0, 1) * np.exp(rng.uniform(-0.35, 0.35))
        w, h = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if 0 < w <= width and 0 < h <= height:
            x, y = rng.randint(0, width - w), rng.randint(0, height - h)
            photo = photo[y : y + h, x : x + w]
            break
    if rng.random() < 0.3:
        photo = to_square(photo, rng.randint(side // 3, side)).permute(1, 2, 0).numpy()
    square = to_square(photo, side)
    if rng.random() < 0.5:
        square = square.flip(2)
    if rng.random() < 0.5:
        buffer = io.BytesIO()
        Image.fromarray(square.permute(1, 2, 0).numpy()).save(
            buffer, "JPEG", quality=rng.randint(25, 95)
        )
        square = torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)
    if rng.random() < 0.8:
        square = _jitter(square, rng)
    return square


def _jitter(square: Tensor, rng: random.Random) -> Tensor:
    pixels = square.float()
    grey = pixels.mean(0, keepdim=True)
    pixels = grey + (pixels - grey) * rng.uniform(0.5, 1.4)
    level = pixels.mean()
    pixels = level + (pixels - level) * rng.uniform(0.7, 1.3)
    tint = torch.tensor([rng.uniform(0.85, 1.15) for _ in range(3)]).view(3, 1, 1) * rng.uniform(
        0.75, 1.25
    )
    return (pixels * tint).clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True)
class Draw:
    """One draw of a training photo: everything random about it follows from the seed."""

    index: int
    side: int
    seed: int


class TrainingPhotos(Dataset[tuple[Tensor, int, str]]):
    """Augmented squares, labels and paths by `Draw`; an unreadable photo has the label -1."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __getitem__(self, draw: Draw) -> tuple[Tensor, int, str]:
        example = self.examples[draw.index]
        try:
            photo = read_photo(example.path)
        except (OSError, BadPhoto):
            return torch.zeros(3, draw.side, draw.side, dtype=torch.uint8), -1, str(example.path)
        return augment(photo, draw.side, random.Random(draw.seed)), example.label, str(example.path)


def shuffled_for_ever(count: int, rng: random.Random) -> Iterator[int]:
    """Indices in a new order each epoch."""
    order = list(range(count))
    while True:
        rng.shuffle(order)
        yield from order
