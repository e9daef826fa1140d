"""Settings of the color service and of its commands."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from photokit.blobs import BlobSettings
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings, BlobSettings):
    """What every service reads; the color service has nothing of its own."""


class PaletteSettings(BaseSettings):
    """What the palette commands read."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    mongodb_uri: str = Field(description="mongodb://... of the database")


class RecolorSettings(PaletteSettings):
    """What recolor reads."""

    nats_url: str = Field(description="nats://host:port of the broker")
