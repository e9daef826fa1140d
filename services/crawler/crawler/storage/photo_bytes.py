"""The bytes of photos in the blob store: stored once, and deleted with the last ledger entry that needs them."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from crawler.storage.ledger import Ledger
from photokit.blobs import BlobStore, photo_key


class PhotoBytes:
    """Stores and releases bytes by SHA-256.

    An entry is made before its bytes are stored, so no bytes are ever without an owner. Storing and deleting the
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

    async def store(self, digest: bytes, data: bytes, image_id: str) -> bool:
        """Store the bytes of a photo that is in the ledger; return False, and store nothing, if its post was erased since."""
        async with self._lock(digest):
            entry = (await self._ledger.find([image_id])).get(image_id)
            if entry is None or entry.facts.erased:
                return False
            await self._blobs.put_if_absent(photo_key(digest), data)
            return True

    async def release(self, digest: bytes, image_id: str = "") -> None:
        """Delete the bytes unless a photo other than `image_id` still needs them."""
        async with self._lock(digest):
            owners = await self._ledger.find_owners(digest)
            if not any(o.image_id != image_id and not o.facts.expired for o in owners):
                await self._blobs.delete(photo_key(digest))

    async def has(self, digest: bytes) -> bool:
        """Tell whether the bytes are there."""
        return await self._blobs.exists(photo_key(digest))
