"""Requests to the classifier."""

from __future__ import annotations

from snsfashion.classifier.v1.classifier_pb2 import ClassifyRequest
from snsfashion_client.messages.arguments import picture


def classify(photo: bytes) -> ClassifyRequest:
    """Ask whether a photo is a fashion photo. `photo`: bytes of a JPEG, PNG, WebP or GIF."""
    return ClassifyRequest(photo=picture("photo", photo))
