"""Erasure: a post is forgotten, by everyone, forever."""

from __future__ import annotations

from collections.abc import Iterable

from crawler.storage.erased_posts import ErasedPosts, Tombstone
from crawler.storage.ledger import Ledger
from crawler.storage.photo_bytes import PhotoBytes
from servicekit import events, topology
from servicekit.app import Publish
from servicekit.events import Publication
from servicekit.photostore import Post
from snsfashion.events.v1.events_pb2 import PostErased


class Erasure:
    """Erases posts: first in the ledger, as one write; then the bytes; then consumers are told.

    The tombstone stays unfinished until all is done: after a crash `finish` does the rest.
    """

    def __init__(
        self,
        publish: Publish,
        erased_posts: ErasedPosts,
        ledger: Ledger,
        photo_bytes: PhotoBytes,
    ) -> None:
        self._publish = publish
        self._erased_posts = erased_posts
        self._ledger = ledger
        self._photo_bytes = photo_bytes

    async def erase(self, posts: Iterable[Post]) -> int:
        """Erase posts, seen or not, and return how many photos had been stored for them.

        Repeating it changes nothing. Raise what the broker or the database raises; what was begun is then finished
        by repeating it, or by `finish` when the service starts.
        """
        photos = 0
        for post in sorted(set(posts)):
            tombstone = await self._erased_posts.erase(post)
            if not tombstone.finished:
                await self._finish(tombstone)
            photos += len(tombstone.image_ids)
        return photos

    async def finish(self) -> None:
        """End erasures that a crash interrupted."""
        for tombstone in await self._erased_posts.find_unfinished():
            await self.erase([tombstone.post])

    async def _finish(self, tombstone: Tombstone) -> None:
        for digest in tombstone.digests:
            await self._photo_bytes.release(digest)
        # Bytes that another post needs too must stay.
        own = [d for d in tombstone.digests if not await self._ledger.find_owners(d)]
        site, post = tombstone.post
        event = PostErased(
            event_id=events.event_id(topology.ERASED, site, post),
            site=site,
            post=post,
            erased_at=events.timestamp(tombstone.erased_at),
            sha256=own,
        )
        # After the bytes are gone: a consumer that is at work on the photo looks for them once more before it keeps a
        # result, so either it sees that they are gone or this event finds the result.
        await self._publish(Publication(topology.ERASED, event))
        await self._erased_posts.mark_finished(tombstone.post)
