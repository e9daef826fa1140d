"""The tombstones of erased posts, in MongoDB (`servicekit.photostore`), and which of them still stand for work.

A tombstone has the fields of the photo store and:
{erased_at, digests: of all bytes that were stored for the post's photos, finished: are the bytes gone and all told?}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crawler.core.ledger_entry import blank
from crawler.storage.entry_documents import from_document, to_document
from servicekit.mongo import Document
from servicekit.photostore import PhotoStore, Post, Write, post_key


@dataclass(frozen=True)
class Tombstone:
    """An erased post. `image_ids`: the photos that had been stored for it."""

    post: Post
    erased_at: datetime
    image_ids: tuple[str, ...]
    digests: tuple[bytes, ...]
    finished: bool


class ErasedPosts:
    """The tombstones."""

    def __init__(self, photos: PhotoStore, clock: Callable[[], datetime]) -> None:
        self._photos = photos
        self._clock = clock

    async def prepare(self) -> None:
        """Create the index; repeating it changes nothing."""
        await self._photos.tombstones.create_index("finished")

    async def is_erased(self, post: Post) -> bool:
        """Tell whether a post is erased."""
        return bool(await self._photos.find_erased([post]))

    async def erase(self, post: Post) -> Tombstone:
        """Set the post's tombstone and leave of its entries only that they are erased, as one write.

        The tombstone is unfinished, unless the post was erased before and nothing has come since.
        """
        return await self._photos.write(lambda write: self._erase(write, post))

    async def find_unfinished(self) -> list[Tombstone]:
        """Return the tombstones whose work a crash or an error has interrupted."""
        return [_tombstone(d) async for d in self._photos.tombstones.find({"finished": False})]

    async def mark_finished(self, post: Post) -> None:
        """Note that the bytes are gone and that consumers are told."""
        await self._photos.tombstones.update_one(
            {"_id": post_key(*post)}, {"$set": {"finished": True}}
        )

    async def _erase(self, write: Write, post: Post) -> Tombstone:
        now = self._clock()
        found = self._photos.photos.find(
            {"site": post.site, "post": post.post, "erased": False}, session=write.session
        )
        documents = {document["_id"]: document async for document in found}
        entries = [from_document(document) for document in documents.values()]
        (document,) = await write.set_tombstones([post])
        digests = {bytes(digest) for digest in document.get("digests", ())}
        document |= {
            "erased_at": document.get("erased_at", now),
            "digests": sorted(digests.union(*(entry.digests for entry in entries))),
            "finished": document.get("finished", False) and not entries,
        }
        await self._photos.tombstones.replace_one(
            {"_id": document["_id"]}, document, session=write.session
        )
        blanked = [to_document(blank(entry, now)) for entry in entries]
        await write.replace(blanked, documents)
        return _tombstone(document)


def _tombstone(document: Document) -> Tombstone:
    return Tombstone(
        Post(document["site"], document["post"]),
        document["erased_at"],
        tuple(document["image_ids"]),
        tuple(bytes(digest) for digest in document["digests"]),
        document["finished"],
    )
