"""How the original is configured for inference: the defaults of mrcnn.config.Config."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    """Settings that a weight file does not hold; in brackets their names in mrcnn.config.Config."""

    side: int = 1024  # of the square input, pixels, a multiple of 64 (IMAGE_MAX_DIM)
    min_side: int = 800  # small photos are enlarged to this shorter side (IMAGE_MIN_DIM)
    mean_pixel: tuple[float, float, float] = (123.7, 116.8, 103.9)  # RGB (MEAN_PIXEL)
    threshold: float = 0.7  # a detection if the score is at least this (DETECTION_MIN_CONFIDENCE)
    detections: int = 100  # at most a photo (DETECTION_MAX_INSTANCES)
    detection_overlap: float = 0.3  # IoU of two of one class (DETECTION_NMS_THRESHOLD)
    proposals: int = 1000  # at most a photo (POST_NMS_ROIS_INFERENCE)
    proposal_overlap: float = 0.7  # IoU of two (RPN_NMS_THRESHOLD)
    anchors_kept: int = 6000  # the best by score, before overlaps are dropped (in ProposalLayer)
    most_shared: float = (
        1.0  # the original lets garments share pixels: detection.one_garment_a_pixel
    )
