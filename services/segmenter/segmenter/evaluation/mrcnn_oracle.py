"""What the original answers about photos, and how long it takes: `.venv-mrcnn/bin/python -m segmenter.evaluation.mrcnn_oracle --help`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from segmenter.core.engine import EngineError
from segmenter.engines.matterport.config import Config, FileConfig
from segmenter.engines.mrcnn_engine import MrcnnEngine
from segmenter.engines.open import FOREIGN_GENERATION

FILE = click.Path(path_type=Path)


def inside(engine: MrcnnEngine, photo: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Return what happens inside MaskRCNN.detect.

    The molded photo, its window, proposals and detections (y1, x1, y2, x2, class, score) in [0, 1]
    of the square, and N x 28 x 28 masks of the classes found.
    """
    model = engine.model
    with engine.graph.as_default(), engine.session.as_default():
        molded, metas, windows = model.mold_inputs([photo])
        anchors = model.get_anchors(molded[0].shape)[None]
        answers = model.keras_model.predict([molded, metas, anchors], verbose=0)
    detections, masks, proposals = answers[0][0], answers[3][0], answers[4][0]
    detections = detections[detections[:, 4] > 0]
    masks = masks[np.arange(len(detections)), :, :, detections[:, 4].astype(int)]
    return {
        "molded": molded[0].astype(np.float32),
        "window": windows[0],
        "proposals": proposals,
        "detections": detections,
        "masks": masks,
    }


@click.command()
@click.argument("weights", type=FILE)
@click.argument("photos", type=FILE, nargs=-1, required=True)
@click.option(
    "--side", default=Config().side, show_default=True, help="Of the square input, in pixels."
)
@click.option("--save", type=FILE, metavar="FILE", help="Write what happens inside to this .npz.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def main(
    weights: Path, photos: tuple[Path, ...], side: int, save: Path | None, as_json: bool
) -> None:
    """Run the original mrcnn with WEIGHTS, a Matterport .h5, over PHOTOS: the time of each, and its answer.

    \b
    Example:
      .venv-mrcnn/bin/python -m segmenter.evaluation.mrcnn_oracle weights.h5 photos/*.jpg --json
    """
    config = replace(Config(), side=side, min_side=min(side, Config().min_side))
    try:
        settings = FileConfig(config)
        engine = MrcnnEngine.load(weights, generation=FOREIGN_GENERATION, config=settings)
    except EngineError as error:
        raise click.ClickException(str(error)) from error
    pixels = [np.array(Image.open(path).convert("RGB")) for path in photos]
    engine.detect(pixels[0])  # the first one builds what the others reuse
    seconds, answers = [], []
    with click.progressbar(pixels, label="detect", file=sys.stderr) as shown:
        for photo in shown:
            start = time.perf_counter()
            answers.append(engine.detect(photo))
            seconds.append(round(time.perf_counter() - start, 4))
    if save:
        arrays: dict[str, Any] = {
            f"{number}/{name}": array
            for number, (photo, answer) in enumerate(zip(pixels, answers, strict=True))
            for name, array in (*inside(engine, photo).items(), *_final(answer))
        }
        np.savez(save, **arrays)
    counts = [len(answer["scores"]) for answer in answers]
    if as_json:
        print(json.dumps({"side": config.side, "seconds": seconds, "detections": counts}))
        return
    for path, duration, count in zip(photos, seconds, counts, strict=True):
        print(f"{path}: {duration:.2f} s, {count} detections")


def _final(answer: dict[str, Any]) -> list[tuple[str, NDArray[Any]]]:
    """Return the answer of MaskRCNN.detect under its own names."""
    return [(f"final/{name}", np.asarray(array)) for name, array in answer.items()]


if __name__ == "__main__":
    main()
