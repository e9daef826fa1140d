"""Settings of the crawler, from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from crawler.core.authors import AuthorKeys
from photokit.blobs import BlobSettings
from servicekit.settings import ServiceSettings


class Settings(ServiceSettings, BlobSettings):
    """A field's name in capitals is its variable."""

    instagram_graph_url: str = Field(
        "https://graph.facebook.com/v23.0", description="base address of the Graph API"
    )
    instagram_user_id: str = Field("", description="Instagram professional account that queries")
    instagram_access_token: SecretStr = Field(
        SecretStr(""), description="its token; without it StartCrawl refuses instagram"
    )
    author_keys: SecretStr = Field(
        SecretStr(""),
        description=(
            "keys for handles, `id:hex` with commas between, newest first, at least 16 bytes each; "
            "put a new one in front at 00:00 UTC, since people are counted by day; "
            "without any, no author is kept"
        ),
    )
    crawl_folder_root: Path | None = Field(
        None, description="folders outside it are refused; unset: any folder"
    )
    crawl_allow_private: bool = Field(
        False, description="connect to private and loopback addresses too: on one machine only"
    )
    crawl_concurrency: float = Field(
        1.0, gt=0, le=16, description="requests in flight that AutoThrottle aims at, per site"
    )
    crawl_contact_url: str = Field("", description="page about this crawler, for its user agent")
    social_photo_days: int = Field(
        30, ge=1, description="days that photos of social posts are kept"
    )

    @field_validator("author_keys")
    @classmethod
    def _keys_are_well_formed(cls, value: SecretStr) -> SecretStr:
        AuthorKeys.parse(value.get_secret_value())
        return value
