"""Photos in the DeepFashion2 layout (`image/NAME.jpg`, `annos/NAME.json`), read one at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pycocotools.mask as coco_mask
from numpy.typing import NDArray
from tqdm import tqdm

from modelkit.training.table import BadTable, read_table, relative_path, truth_value
from photokit.photo import BadPhoto, decode
from segmenter.data.annotation import BadData, Frame, Item, read_annotation, read_frame

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class Entry:
    """A usable photo: what memory holds for each, while pixels and polygons stay on disk.

    Entries share folders and sets of categories: reading 190,000 photos takes less than 200 MB.
    """

    folder: Path
    name: str  # of the photo's file, relative to the folder
    categories: frozenset[int]  # of its garments; empty: a photo that is known to have none
    pair: int = 0  # the same for photos of the same garments; 0: not known

    @property
    def photo(self) -> Path:
        """The file with the pixels."""
        return self.folder / self.name

    @property
    def annotation(self) -> Path:
        """The file with the garments of a photo that has any."""
        return self.folder / "annos" / f"{self.photo.stem}.json"

    @property
    def group(self) -> str:
        """What is never split between training and validation: photos of the same garments, or one photo."""
        return f"{self.pair:06}" if self.pair else self.photo.stem

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of this photo."""
        return (self.photo, self.annotation) if self.categories else (self.photo,)


def scan(folder: Path) -> tuple[list[Entry], list[str]]:
    """Return the usable photos of a folder in name order, and a line for each that is skipped; or BadData.

    Photos are opened to learn their size, and decoded only when they are used.
    """
    # Names, not paths, which take more memory.
    annotations = sorted(path.name for path in (folder / "annos").glob("*.json"))
    if not annotations:
        raise BadData(
            f"{folder}: no annos/*.json; expected the DeepFashion2 layout (image/, annos/)"
        )
    photos: dict[str, list[str]] = {}
    for name in sorted(path.name for path in (folder / "image").glob("*")):
        if not name.lower().endswith(SUFFIXES):
            continue
        photos.setdefault(Path(name).stem, []).append(name)
    entries, problems = [], []
    combinations: dict[frozenset[int], frozenset[int]] = {}
    for name in tqdm(annotations, desc=f"read {folder}", delay=2, leave=False):
        annotation = folder / "annos" / name
        named = photos.pop(annotation.stem, [])
        try:
            if not named:
                raise BadData(f"{annotation}: no photo of that name in {folder / 'image'}")
            if len(named) > 1:
                raise BadData(f"{annotation}: {' and '.join(named)} both have that name")
            found, skipped = read_annotation(annotation, read_frame(folder / "image" / named[0]))
        except BadData as error:
            problems.append(str(error))
            continue
        problems += skipped
        categories = frozenset(item.category for item in found.items)
        shared = combinations.setdefault(categories, categories)
        entries.append(Entry(folder, f"image/{named[0]}", shared, found.pair))
    left = [folder / "image" / name for names in photos.values() for name in names]
    problems += [f"{photo}: has no annotation" for photo in left]
    if not entries:
        raise BadData(
            f"{folder}: none of its {len(annotations)} photos can be used; "
            + "; ".join(problems[:3])
        )
    return entries, problems


@dataclass(frozen=True)
class WithoutGarments:
    """Photos that are known to have no garment, and where each comes from."""

    entries: list[Entry]
    sources: list[str]
    """One for each of `entries`; "" where it is not known."""


def scan_without_garments(
    file: Path, left_out: Collection[str] = ()
) -> tuple[WithoutGarments, list[str]]:
    """Return the photos that a CSV with the columns `image,label` labels 0, and a line for each that is skipped; or BadData.

    `image` is a path relative to the CSV's folder. Photos with the label 1 may have garments, and are left alone. So are those
    whose `source` or `source_class`, where the table has these columns, is one of `left_out`.
    """
    needed = {"name": ("image", "image_name"), "label": ("label", "isImage")}
    try:
        rows = read_table(file, needed, optional=("source", "source_class"))
    except BadTable as error:
        raise BadData(str(error)) from error
    found = WithoutGarments([], [])
    seen: set[str] = set()
    problems = []
    for row in rows:
        entry = Entry(file.parent, relative_path(row.values["name"]), frozenset())
        label = truth_value(row.values["label"])
        if label is None:
            text = row.values["label"]
            problems.append(f"{file}:{row.line}: label {text!r} of {entry.name} is neither 0 nor 1")
        elif label or {row.values["source"], row.values["source_class"]} & {*left_out}:
            continue
        elif entry.name in seen:
            problems.append(f"{file}:{row.line}: {entry.name} is listed twice")
        elif entry.photo.is_file():
            seen.add(entry.name)
            found.entries.append(entry)
            found.sources.append(row.values["source"])
        else:
            problems.append(f"{file}:{row.line}: {entry.photo} does not exist")
    if not found.entries:
        raise BadData("; ".join([f"{file}: no photo with label 0 can be used", *problems[:3]]))
    return found, problems


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
    items: list[Item] = []
    if entry.categories:
        size = (photo.shape[1], photo.shape[0])
        items = read_annotation(entry.annotation, Frame(size, size))[0].items
    masks = [item_mask(item, *photo.shape[:2]) for item in items]
    seen = [(item, mask) for item, mask in zip(items, masks, strict=True) if mask.any()]
    return photo, [item for item, _ in seen], [mask for _, mask in seen]
