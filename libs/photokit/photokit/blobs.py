"""The blob store: photos and results by key, in a local folder or an object store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import AzureStore, GCSStore, LocalStore, ObjectStore, S3Store, from_url
from pydantic import Field

from servicekit.errors import Gone
from servicekit.settings import StatelessSettings


class BlobSettings(StatelessSettings):
    """The setting of services that read or write blobs."""

    blob_url: str = Field(
        description="file:///folder, s3://bucket/prefix, gs:// or az:// of the photos"
    )


class BlobStore:
    """Bytes by key. Keys are relative paths, such as `photos/ab/abcd...`."""

    def __init__(self, url: str) -> None:
        """`url`: file:///folder (created if it does not exist), s3://bucket/prefix, gs:// or az://."""
        parsed = urlparse(url)
        self._store: ObjectStore
        if parsed.scheme == "file":
            folder = Path(unquote(parsed.path))
            folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(prefix=folder, automatic_cleanup=False)
        else:
            self._store = from_url(url)

    async def get(self, key: str) -> bytes:
        """Return the bytes under `key`. Raise Gone if there are none."""
        try:
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())
        except FileNotFoundError as error:
            raise Gone(f"nothing is stored under {key}") from error

    async def put_if_absent(self, key: str, data: bytes) -> bool:
        """Store `data` unless something is stored under `key` already. Return whether it was stored."""
        try:
            await obstore.put_async(self._store, key, data, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    async def exists(self, key: str) -> bool:
        """Tell whether something is stored under `key`."""
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True

    async def delete(self, key: str) -> None:
        """Remove what is stored under `key`, if anything."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, prefix: str) -> list[str]:
        """Return every key in the folder `prefix` and its subfolders."""
        listing = obstore.list(self._store, prefix=prefix)
        return [item["path"] async for page in listing for item in page]

    async def url(self, key: str, lifetime: timedelta) -> str:
        """Return an address of the bytes that is valid for `lifetime`, or "" if the store has none (a local folder)."""
        if isinstance(self._store, S3Store | GCSStore | AzureStore):
            return await obstore.sign_async(self._store, "GET", key, lifetime)
        return ""


def photo_key(sha256: bytes) -> str:
    """Return the key of a photo with this SHA-256 (32 bytes)."""
    digest = sha256.hex()
    return f"photos/{digest[:2]}/{digest}"
