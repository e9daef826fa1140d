"""Photos behind numbers, saved to look at."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Sequence
from pathlib import Path

import click

from snsfashion.trends.v1.trends_pb2 import ShownPhoto
from snsfashion_client.client import Client


def save_photos(client: Client, photos: Sequence[ShownPhoto], folder: Path) -> None:
    """Save the photos in a folder, each under its image id. Say so on stderr, and how many can't be looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = [photo for photo in photos if photo.token]
    for photo in kept:
        found = client.get_evidence_photo(photo.token)
        name = re.sub(r"[^\w.-]+", "_", photo.image.image_id)
        ending = mimetypes.guess_extension(found.media_type) or ""
        (folder / f"{name}{ending}").write_bytes(found.photo)
    click.echo(f"{folder}: {len(kept)} photos", err=True)
    if hidden := len(photos) - len(kept):
        text = "1 photo" if hidden == 1 else f"{hidden} photos"
        click.echo(f"{text} can't be looked at: the trends service has no BLOB_URL", err=True)
