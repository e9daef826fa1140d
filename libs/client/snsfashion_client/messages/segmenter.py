"""Requests to the segmenter."""

from __future__ import annotations

from snsfashion.segmenter.v1.segmenter_pb2 import SegmentRequest
from snsfashion_client.messages.arguments import picture


def segment(photo: bytes) -> SegmentRequest:
    """Ask for the garments of a photo, with masks. `photo`: bytes of a JPEG, PNG, WebP or GIF."""
    return SegmentRequest(photo=picture("photo", photo))
