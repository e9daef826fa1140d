"""Labeled photos from CSV files."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from classifier.data.augmentation import augment
from modelkit.training.table import BadTable, read_table, relative_path, truth_value
from photokit.photo import BadPhoto, decode

NAME_COLUMNS = ("image", "image_name")
LABEL_COLUMNS = ("label", "isImage")


@dataclass(frozen=True)
class Example:
    """One labeled photo; photos of one group are never split between training and held out."""

    path: Path
    name: str  # as the table has it
    label: int  # 1 = fashion, 0 = not
    group: str  # the post, or the author
    source: str = ""  # the collection that it came from; empty if it is not known
    share: float = 1.0  # how often it is drawn in training, relative to the others


def read_csv(
    table: Path,
    root: Path | None = None,
    *,
    sources: Mapping[str, str] | None = None,
    by_author: bool = False,
    share: float = 1.0,
) -> tuple[list[Example], list[str]]:
    """Read `image,label` or the notebooks' `image_name,isImage`.

    Names are relative to `root` (None: the CSV's folder). `sources`: by name, from `read_sources`.
    Photos are grouped by post, or by author. `share`: how often each is drawn. Return the usable
    examples and a line for each row that was skipped: a photo that is listed twice counts once, and
    not at all if its labels contradict. Raise BadTable.
    """
    root = root or table.parent
    sources = sources or {}
    examples: dict[Path, Example] = {}
    lines: dict[Path, int] = {}
    contradicted: set[Path] = set()
    problems = []
    for row in read_table(table, {"name": NAME_COLUMNS, "label": LABEL_COLUMNS}):
        name, text = relative_path(row.values["name"]), row.values["label"]
        path, label = root / name, truth_value(text)
        if label is None:
            problems.append(f"{table}:{row.line}: label {text!r} of {name} is neither 0 nor 1")
        elif not path.is_file():
            problems.append(f"{table}:{row.line}: {path} does not exist")
        elif path not in examples:
            group = _group(path, by_author=by_author)
            source = sources.get(name, "")
            examples[path] = Example(path, name, int(label), group, source, share)
            lines[path] = row.line
        elif examples[path].label == label:
            problems.append(f"{table}:{row.line}: {name} is also in line {lines[path]}")
        else:
            contradicted.add(path)
            problems.append(
                f"{table}:{row.line}: {name} has another label in line {lines[path]}: neither counts"
            )
    usable = [example for path, example in examples.items() if path not in contradicted]
    if not usable:
        raise BadTable(
            f"{table}: no usable row; are the photos below {root}? " + "; ".join(problems[:3])
        )
    return usable, problems


def read_sources(table: Path) -> dict[str, str]:
    """Return the source of each photo by its name, from a CSV with `image,source`; raise BadTable."""
    rows = read_table(table, {"name": NAME_COLUMNS, "source": ("source",)})
    return {relative_path(row.values["name"]): row.values["source"] for row in rows}


def read_with_sources(entry: str, sources: Path | None = None) -> tuple[list[Example], list[str]]:
    """Read `FILE[:ROOT]` as `read_csv` does.

    Without a table of sources, one beside FILE is taken: val_sources.csv for val.csv. Raise
    BadTable.
    """
    name, _, root = entry.partition(":")
    table = Path(name)
    beside = table.with_name(f"{table.stem}_sources.csv")
    if sources is None and beside.exists():
        sources = beside
    of_photo = read_sources(sources) if sources else None
    return read_csv(table, Path(root) if root else None, sources=of_photo)


def _group(path: Path, *, by_author: bool) -> str:
    """Return the post or the author of `<author>_<post>_<n>.jpg`; other names are groups of their own."""
    parts = path.stem.rsplit("_", 2)
    if len(parts) == 3 and parts[2].isdigit() and len(parts[2]) <= 2:
        return parts[0] if by_author else "_".join(parts[:2])
    return path.stem


def read_photo(path: Path) -> NDArray[np.uint8]:
    """Return RGB uint8 H x W x 3, decoded as in serving; raise OSError or photokit.photo.BadPhoto."""
    return decode(path.read_bytes()).pixels


@dataclass(frozen=True)
class Draw:
    """One draw of a training photo: everything random about it follows from the seed."""

    index: int
    side: int
    seed: int


class TrainingPhotos(Dataset[tuple[Tensor, int, str]]):
    """Augmented squares, labels and paths by `Draw`; a photo that can't be decoded has the label -1."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples

    def __getitem__(self, draw: Draw) -> tuple[Tensor, int, str]:
        example = self.examples[draw.index]
        try:
            photo = read_photo(example.path)
        except (OSError, BadPhoto):
            return torch.zeros(3, draw.side, draw.side, dtype=torch.uint8), -1, str(example.path)
        return augment(photo, draw.side, random.Random(draw.seed)), example.label, str(example.path)
