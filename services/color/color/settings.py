"""Settings of the color service."""

from __future__ import annotations

from photokit.blobs import BlobSettings
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings, BlobSettings):
    """What every service reads; the color service has nothing of its own."""
