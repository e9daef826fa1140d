"""Settings of the trends service."""

from __future__ import annotations

from pydantic import Field

from servicekit.settings import ServiceSettings


class Settings(ServiceSettings):
    """What every service reads, and where photos are."""

    blob_url: str = Field(
        default="",
        description="file:///folder, s3://bucket/prefix, gs:// or az:// of the photos; without it evidence has no photos to look at",
    )
