"""Find the garments of a folder of photos: `python -m segmenter predict --help`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from fashion.words import CATEGORIES
from modelkit.contact_sheet import contact_sheet
from segmenter.core.engine import EngineError
from segmenter.data.annotation import BadData
from segmenter.data.dataset import SUFFIXES, read_photo
from segmenter.engines.open import open_engine
from segmenter.evaluation.coco import Scored
from segmenter.evaluation.pictures import caption, overlay
from segmenter.evaluation.serving import served
from segmenter.evaluation.to_coco import to_coco
from segmenter.evaluation.uncertainty import uncertainty

_PATH = click.Path(path_type=Path)
_DOUBTFUL = 0.2
# Photos on the contact sheet.
_SHOWN = 60


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--weights",
    type=_PATH,
    default=Path("models/segmenter"),
    show_default=True,
    help="Folder with model.safetensors and model.json, or an .h5.",
)
@click.option(
    "--out", type=_PATH, required=True, help="Folder for coco.json, overlays and sheet.png."
)
@click.option(
    "--uncertain",
    type=click.IntRange(1),
    metavar="N",
    help="Keep only the N photos that are most worth a label: answers near the threshold, and rare categories.",
)
@click.option(
    "--limit", type=click.IntRange(1), help="Use only the first photos, at most this many."
)
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def main(
    folder: Path,
    weights: Path,
    out: Path,
    uncertain: int | None,
    limit: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Find the garments of the photos in FOLDER, as the service would.

    Writes coco.json (polygons and scores; CVAT and labelme read it, and `python -m segmenter.data.from_coco` brings it back
    as a data set to train on), an overlay of each photo and a contact sheet.

    \b
    Examples:
      python -m segmenter predict photos --out .run/predicted
      python -m segmenter predict photos --out to_label --uncertain 50
    """  # fmt: skip
    try:
        engine = open_engine(weights, device, doubtful=_DOUBTFUL)
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)[:limit]
    if not files:
        raise click.ClickException(f"{folder} holds no photo: expected {', '.join(SUFFIXES)}")
    info = engine.info
    found: list[tuple[float, Path, Scored]] = []
    skipped = []
    for file in tqdm(files, desc="predict", disable=as_json, leave=False):
        try:
            photo = read_photo(file)
        except BadData as error:
            skipped.append(str(error))
            continue
        doubtful = Scored(file.name, photo.shape[:2], [], engine.predict([photo])[0])
        answer = Scored(
            file.name, doubtful.size, [], served(doubtful, info.threshold, info.most_shared)
        )
        found.append((uncertainty(doubtful.detections, info.threshold), file, answer))
    for problem in skipped:
        print(f"skipped: {problem}", file=sys.stderr)
    if uncertain:
        found = sorted(found, key=lambda row: (-row[0], row[1].name))[:uncertain]
    (out / "overlays").mkdir(parents=True, exist_ok=True)
    (out / "coco.json").write_text(json.dumps(to_coco([answer for _, _, answer in found])))
    tiles: list[tuple[NDArray[np.uint8], str]] = []
    for _, file, answer in found:
        pixels = overlay(read_photo(file), answer, answer.detections)
        Image.fromarray(pixels).save(out / "overlays" / f"{file.name}.jpg", quality=90)
        if len(tiles) < _SHOWN:
            tiles.append((pixels, caption(answer, answer.detections)))
    contact_sheet(tiles).save(out / "sheet.png")
    counts = Counter(
        CATEGORIES[d.category].name for _, _, answer in found for d in answer.detections
    )
    summary = {
        "photos": len(found),
        "skipped": len(skipped),
        "without_garment": sum(not answer.detections for _, _, answer in found),
        "garments": dict(counts.most_common()),
    }
    if as_json:
        print(json.dumps(summary))
        return
    print(
        f"{summary['photos']} photos, {summary['without_garment']} without a garment, {len(skipped)} skipped"
    )
    for name, number in counts.most_common():
        print(f"  {name:22} {number}")
    print(f"{out}/coco.json, {out}/overlays, {out}/sheet.png")


if __name__ == "__main__":
    main()
