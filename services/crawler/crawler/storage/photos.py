"""The bytes of photos in the blob store: stored once, and deleted with the last record that needs them."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from crawler.storage.ledger import Ledger
from photokit.blobs import BlobStore, photo_key


class Photos:
    """Stores and releases bytes by SHA-256.

    A record is entered before its bytes are stored, so no bytes are ever without an owner. Storing and deleting the
    same bytes exclude each other in this process, which is why the crawler runs as one replica.
    """

    def __init__(self, blobs: BlobStore, ledger: Ledger) -> None:
        self._blobs = blobs
        self._ledger = ledger
        self._locks: WeakValueDictionary[bytes, asyncio.Lock] = WeakValueDictionary()

    def _lock(self, digest: bytes) -> asyncio.Lock:
        lock = self._locks.get(digest)
        if lock is None:
            lock = self._locks[digest] = asyncio.Lock()
        return lock

    async def store(self, digest: bytes, data: bytes) -> None:
        """Stores bytes whose record is in the ledger."""
        async with self._lock(digest):
            await self._blobs.put_if_absent(photo_key(digest), data)

    async def release(self, digest: bytes, image_ids: set[str]) -> None:
        """Deletes the bytes unless a record other than `image_ids` still needs them."""
        async with self._lock(digest):
            sharing = await self._ledger.sharing(digest)
            if not any(r.image_id not in image_ids and not r.facts.expired for r in sharing):
                await self._blobs.delete(photo_key(digest))

    async def has(self, digest: bytes) -> bool:
        """Are the bytes there?"""
        return await self._blobs.exists(photo_key(digest))
