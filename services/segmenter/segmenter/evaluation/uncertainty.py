"""Which photos are worth a label: those that the network is least sure of."""

from collections.abc import Sequence

from segmenter.core.detection import Detection
from snsfashion.fashion.v1 import fashion_pb2

# Scores this far from the threshold are sure.
_SURE = 0.3
# Of which the open data sets that the shipped weights were trained on have fewest photos.
RARE = frozenset(
    {
        fashion_pb2.CATEGORY_SHORT_SLEEVE_OUTWEAR,
        fashion_pb2.CATEGORY_SLING,
        fashion_pb2.CATEGORY_LONG_SLEEVE_DRESS,
        fashion_pb2.CATEGORY_SLING_DRESS,
    }
)
_RARE_BONUS = 0.25


def uncertainty(detections: Sequence[Detection], threshold: float) -> float:
    """Return how unsure an answer is, in [0, 1.25]: by the score that is nearest to the threshold, more for a rare category.

    `detections`: also those below the threshold, down to a score at which they mean nothing. A photo in which nothing is seen
    at all is sure: 0.
    """
    nearest = max((1 - abs(found.score - threshold) / _SURE for found in detections), default=0.0)
    rare = any(found.category in RARE and found.score >= threshold for found in detections)
    return max(nearest, 0.0) + _RARE_BONUS * rare
