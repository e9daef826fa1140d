"""Labels in COCO's format, brought into the DeepFashion2 layout: `python -m segmenter.data.from_coco --help`.

Format: cocodataset.org, "Data format", object detection.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from fashion.words import CATEGORIES
from segmenter.core.categories import find_category
from segmenter.data.annotation import BadData


def from_coco(labels: Path, photos: Path, out: Path) -> tuple[int, list[str]]:
    """Write the DeepFashion2 layout to `out`: a link or a copy of each labeled photo, and its annotation.

    Categories go by their names (`find_category`); what has no name of ours, is a crowd or has no polygons is left out. Return how
    many photos were written, and a line for everything that is left out. Raise BadData if nothing can be used.
    """
    content = _read(labels)
    names = {c["id"]: str(c["name"]) for c in content["categories"]}
    by_image: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    problems = []
    for garment in content["annotations"]:
        name = names.get(garment.get("category_id"), "")
        reason = ""
        if find_category(name) is None:
            reason = f"category {name or garment.get('category_id')!r} is not one of ours"
        elif garment.get("iscrowd") or not isinstance(garment.get("segmentation"), list):
            reason = "its segmentation is not polygons"
        if reason:
            problems.append(f"{labels}: annotation {garment.get('id')}: {reason}")
        else:
            by_image[garment.get("image_id")].append(garment)
    for folder in ("image", "annos"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    for image in content["images"]:
        photo = photos / str(image.get("file_name"))
        garments = by_image.pop(image.get("id"), [])
        if not garments:
            problems.append(f"{labels}: {photo.name} has no garment that can be used")
        elif not photo.is_file():
            problems.append(f"{labels}: {photo} does not exist")
        elif photo.stem in written:
            problems.append(f"{labels}: {photo} has the name of {written[photo.stem]}")
        else:
            _place(photo, out / "image" / photo.name)
            items = {
                f"item{number}": {
                    "category_id": find_category(names[one["category_id"]]),
                    "category_name": CATEGORIES[find_category(names[one["category_id"]]) or 0].name,
                    "segmentation": one["segmentation"],
                }
                for number, one in enumerate(garments, 1)
            }
            (out / "annos" / f"{photo.stem}.json").write_text(json.dumps({"source": "", **items}))
            written[photo.stem] = photo
    problems += [
        f"{labels}: image {one} of {len(own)} annotations is not in images"
        for one, own in by_image.items()
    ]
    if not written:
        raise BadData("; ".join([f"{labels}: no photo can be used", *problems[:3]]))
    return len(written), problems


def _read(labels: Path) -> dict[str, Any]:
    try:
        content = json.loads(labels.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadData(f"{labels}: can't be read: {error}") from error
    for name in ("images", "annotations", "categories"):
        rows = content.get(name) if isinstance(content, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadData(f"{labels}: is not COCO: it has no list of {name}")
    if not all("name" in category for category in content["categories"]):
        raise BadData(f"{labels}: is not COCO: a category has no name")
    ids = [("categories", "id"), ("images", "id"), ("annotations", "image_id")]
    for name, key in [*ids, ("annotations", "category_id")]:
        if not all(isinstance(row.get(key), int | str) for row in content[name]):
            raise BadData(f"{labels}: is not COCO: one of {name} has no {key}, a number or a text")
    return dict(content)


def _place(photo: Path, target: Path) -> None:
    """Put a photo into the layout without taking its space again, where the file system can."""
    if target.exists() and target.samefile(photo):
        return
    target.unlink(missing_ok=True)
    try:
        os.link(photo, target)
    except OSError:
        shutil.copyfile(photo, target)


@click.command()
@click.argument("labels", type=click.Path(path_type=Path))
@click.argument("photos", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def main(labels: Path, photos: Path, out: Path) -> None:
    """Bring LABELS, a COCO file, with its PHOTOS into OUT, a folder to train on.

    \b
    Example:
      python -m segmenter.data.from_coco corrected.json photos labeled
      python -m segmenter.train --data ../shared/data/flat/train --data labeled:200 --out weights
    """
    try:
        written, problems = from_coco(labels, photos, out)
    except BadData as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        click.echo(f"skipped: {problem}", err=True)
    click.echo(f"{out}: {written} photos, {len(problems)} problems")


if __name__ == "__main__":
    main()
