"""What an engine answers about labeled photos."""

import sys
from collections.abc import Sequence

from tqdm import tqdm

from segmenter.core.detection import encode_mask
from segmenter.core.engine import SegmenterEngine
from segmenter.data.annotation import BadData
from segmenter.data.dataset import Entry, truth
from segmenter.evaluation.coco import Scored, Truth

DOUBTFUL = 0.05  # detections below this score are left out of the evaluation, as in torchvision


def predict_all(engine: SegmenterEngine, entries: Sequence[Entry]) -> list[Scored]:
    """Run the engine over photos; photos that can't be decoded are named on stderr and skipped."""
    scored = []
    for entry in tqdm(entries, desc="predict", leave=False):
        try:
            photo, items, masks = truth(entry)
        except BadData as error:
            print(f"skipped: {error}", file=sys.stderr)
            continue
        true = [
            Truth(item.category, encode_mask(mask), item.scale, item.occlusion)
            for item, mask in zip(items, masks, strict=True)
        ]
        height, width = photo.shape[:2]
        scored.append(Scored(entry.photo.name, (height, width), true, engine.predict([photo])[0]))
    return scored
