"""What the original says about photos, and how long it takes: `.venv-mrcnn/bin/python -m segmenter.engines.mrcnn_oracle`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from segmenter.engines.engine import FOREIGN_GENERATION, EngineError
from segmenter.engines.matterport.config import Config
from segmenter.engines.mrcnn_engine import MrcnnEngine


def inside(engine: MrcnnEngine, photo: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """What happens inside MaskRCNN.detect: the molded photo, its window, proposals and detections
    (y1, x1, y2, x2, class, score) in [0, 1] of the square; N x 28 x 28 masks of the classes found."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        prog="python -m segmenter.engines.mrcnn_oracle",
        description="Run the original mrcnn over photos: the time of each, and what it says.",
        epilog="example: .venv-mrcnn/bin/python -m segmenter.engines.mrcnn_oracle weights.h5 photos/*.jpg --json",
    )
    parser.add_argument("weights", type=Path, help="Matterport .h5")
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--side", type=int, default=Config().side, help="of the square input")
    parser.add_argument("--save", type=Path, help="write what happens inside to this .npz")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    args = parser.parse_args(arguments)

    config = replace(Config(), side=args.side, min_side=min(args.side, Config().min_side))
    try:
        engine = MrcnnEngine.load(args.weights, generation=FOREIGN_GENERATION, config=config)
    except EngineError as error:
        raise SystemExit(f"error: {error}") from error
    photos = [np.array(Image.open(path).convert("RGB")) for path in args.photos]
    engine.detect(photos[0])  # the first one builds what the others reuse
    seconds, answers = [], []
    for photo in tqdm(photos, desc="detect", leave=False):
        start = time.perf_counter()
        answers.append(engine.detect(photo))
        seconds.append(round(time.perf_counter() - start, 4))
    if args.save:
        arrays: dict[str, Any] = {
            f"{number}/{name}": array
            for number, (photo, answer) in enumerate(zip(photos, answers, strict=True))
            for name, array in (*inside(engine, photo).items(), *_final(answer))
        }
        np.savez(args.save, **arrays)
    counts = [len(answer["scores"]) for answer in answers]
    if args.json:
        print(json.dumps({"side": config.side, "seconds": seconds, "detections": counts}))
        return
    for path, duration, count in zip(args.photos, seconds, counts, strict=True):
        print(f"{path}: {duration:.2f} s, {count} detections")


def _final(answer: dict[str, Any]) -> list[tuple[str, NDArray[Any]]]:
    """The answer of MaskRCNN.detect under names of its own."""
    return [(f"final/{name}", np.asarray(array)) for name, array in answer.items()]


if __name__ == "__main__":
    main()
