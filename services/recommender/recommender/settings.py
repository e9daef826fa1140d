"""The recommender's settings."""

from __future__ import annotations

from pydantic import Field

from photokit.blobs import BlobSettings
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings, BlobSettings):
    """What the recommender reads from the environment."""

    trends_address: str = Field(description="host:port of the trends service")
