"""Results by photo and generation in the blob store: the first one stays, so that redelivery can't change it."""

from __future__ import annotations

from photokit.blobs import BlobStore
from servicekit.errors import Gone
from snsfashion.segmenter.v1.segmenter_pb2 import SegmentResponse

PREFIX = "segments"


class Results:
    """What the segmenter found, kept as long as the photo."""

    def __init__(self, blobs: BlobStore, generation: int) -> None:
        self._blobs = blobs
        self._generation = generation

    async def find(self, sha256: bytes) -> SegmentResponse | None:
        """Return the result for these bytes, if there is one."""
        try:
            return SegmentResponse.FromString(await self._blobs.get(_key(sha256, self._generation)))
        except Gone:
            return None

    async def keep(self, sha256: bytes, photo_key: str, result: SegmentResponse) -> SegmentResponse:
        """Store `result` unless one is stored already, and return the one that is stored.

        Raise Gone if the photo was erased in the meantime; then nothing is kept.
        """
        key = _key(sha256, self._generation)
        stored = await self._blobs.put_if_absent(key, result.SerializeToString(deterministic=True))
        # The erasure deletes the photo first and results afterwards: one of the two sees the other.
        if not await self._blobs.exists(photo_key):
            await self._blobs.delete(key)
            raise Gone(f"{photo_key} was erased during the work on it")
        return result if stored else SegmentResponse.FromString(await self._blobs.get(key))

    async def erase(self, sha256: bytes) -> None:
        """Remove the results for these bytes, of every generation up to this one."""
        for generation in range(1, self._generation + 1):
            await self._blobs.delete(_key(sha256, generation))


def _key(sha256: bytes, generation: int) -> str:
    return f"{PREFIX}/{generation}/{sha256.hex()[:2]}/{sha256.hex()}"
