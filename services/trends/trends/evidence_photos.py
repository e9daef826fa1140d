"""Photos behind numbers: which may be shown, and how they are looked at for a while: by a signed address, or by a token."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta

import numpy as np

from photokit.blobs import BlobStore
from servicekit.errors import FailedPrecondition, Gone, InvalidArgument, NotFound
from snsfashion.fashion.v1.fashion_pb2 import ImageRef
from snsfashion.trends.v1 import trends_pb2
from trends.core.counts import Counts, Span, Week
from trends.core.disclosure import Shown, draw_evidence
from trends.core.observation import Value
from trends.storage.photos import Photos

LIFETIME = timedelta(hours=1)


class EvidencePhotos:
    """The photos behind numbers. A token names a photo and when it ends, and is signed (HMAC-SHA-256): nobody else can make one."""

    def __init__(
        self,
        photos: Photos,
        blobs: BlobStore | None,
        key: Callable[[], Awaitable[bytes]],
        clock: Callable[[], datetime],
    ) -> None:
        """`blobs`: None where the service has no blob store. `key` reads what all replicas sign with. `clock`: aware time of now."""
        self._photos = photos
        self._blobs = blobs
        self._key = key
        self._clock = clock

    async def find(
        self, counts: Counts, window: Span, value: Value, hashtag: str, wanted: int
    ) -> list[tuple[date, str]]:
        """Return (Monday, image_id) of a sample of the photos that show the value, newest week first.

        At least so many as wanted, and one more if there is one. From the database, so that what was erased is gone at once.
        """
        photos: list[tuple[date, str]] = []
        for monday in reversed(list(window.mondays())):
            days = [monday + timedelta(days=day) for day in range(7)]
            found = await self._photos.find_showing(value, counts.families, hashtag, days)
            for stratum in window.strata:
                photos += [
                    (monday, image_id)
                    for image_id in _drawn(
                        counts, window.week(stratum, monday), value, found.get(stratum, ())
                    )
                ]
            if len(photos) > wanted:
                break
        return photos

    async def shown(self, image: ImageRef) -> trends_pb2.ShownPhoto:
        """Return a photo with what it can be looked at by; with neither if the service has no blob store."""
        photo = trends_pb2.ShownPhoto(image=image)
        if self._blobs is not None:
            photo.url = await self._blobs.url(image.key, LIFETIME)
            photo.token = await self._token(image.image_id)
        return photo

    async def read(self, token: str) -> tuple[bytes, str]:
        """Return the bytes and the media type of the photo of a token.

        Raise InvalidArgument for a token that is not of this service, NotFound if it has ended or the photo is gone, and
        FailedPrecondition without a blob store.
        """
        if self._blobs is None:
            raise FailedPrecondition("BLOB_URL is not set, so there are no photos")
        image_id, ends = await self._checked(token)
        if ends <= self._clock().timestamp():
            raise NotFound("the token has ended: ask for the evidence again")
        # From the database, so that what was erased is gone at once.
        outfit = (await self._photos.find_outfits([image_id])).get(image_id)
        if outfit is None:
            raise NotFound(f"the photo {image_id!r} is gone")
        try:
            return await self._blobs.get(outfit.image.key), outfit.image.media_type
        except Gone:
            raise NotFound(f"the photo {image_id!r} is gone") from None

    async def _token(self, image_id: str) -> str:
        ends = int((self._clock() + LIFETIME).timestamp())
        body = json.dumps([image_id, ends]).encode()
        return base64.urlsafe_b64encode(await self._sign(body) + body).decode()

    async def _checked(self, token: str) -> tuple[str, int]:
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        signature, body = raw[: hashlib.sha256().digest_size], raw[hashlib.sha256().digest_size :]
        if not body or not hmac.compare_digest(signature, await self._sign(body)):
            raise InvalidArgument("token", "is not a token of this service")
        image_id, ends = json.loads(body)
        return image_id, ends

    async def _sign(self, body: bytes) -> bytes:
        return hmac.digest(await self._key(), body, "sha256")


def _drawn(counts: Counts, week: Week | None, value: Value, photos: Sequence[Shown]) -> list[str]:
    """Return the image_ids of a stratum's week that may be shown."""
    place = counts.place(value)
    if week is None or place is None or place >= len(week.distinct) or not week.distinct[place]:
        return []
    told = {counts.values[place] for place in np.flatnonzero(week.distinct)}
    return draw_evidence(photos, int(week.distinct[place]), told)
