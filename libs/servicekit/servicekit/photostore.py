"""What services know about photos, in MongoDB: for each photo the greatest tuple wins, and an erased post stays erased.

The crawler, color, trends and recommender store their photos in this way, each in its own database:

`photos`  one document for each photo: {_id: image_id, site, post, order: the tuple, seq, ...}. The rest is the service's own.
`erased`  one tombstone for each erased post: {_id: `post_key`, site, post, image_ids, seq, ...}. Tombstones stay forever.
`meta`    {_id: "writes", seq, ...}; of a service with one replica {_id: "writer", session}.

Every write is a transaction that first takes the next `seq`. All of them change that one document, so the transactions of
all replicas run one after another. No photo can be stored between the check of the tombstones and an erasure, and after
reading `seq` = n, every write up to n is there. So memory follows by reading what has a greater `seq` than it knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from pymongo import DeleteMany, ReplaceOne, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from servicekit.errors import StartError
from servicekit.events import Order, supersedes
from servicekit.mongo import Database, Document

OLD_COLLECTIONS = frozenset(("outfits", "observations", "tombstones"))
"""Collections in which version 0.1 stored photos and tombstones; `servicekit.migration` moves their content and drops them."""

T = TypeVar("T")


class Post(NamedTuple):
    """A post: its site, and its id on the site."""

    site: str
    post: str


@dataclass(frozen=True)
class Result:
    """A new result for a photo. `fields`: what the service stores with it, without the store's own fields."""

    image_id: str
    post: Post
    order: Order
    fields: Document


@dataclass(frozen=True)
class Put:
    """The effect of `put`."""

    before: Mapping[str, Document]
    """The documents of the photos before the write, by image_id."""
    stored: Sequence[Document]
    """The documents that were written."""
    erased: frozenset[Post]
    """Those of the posts that are erased: nothing was written for them."""


@dataclass(frozen=True)
class Changes:
    """What writes changed: documents of photos as they are now, and the tombstones that were set."""

    photos: Sequence[Document]
    tombstones: Sequence[Document]


def post_key(site: str, post: str) -> str:
    """Return the `_id` of a post's tombstone: `site:post`, with ':' and '%' of the site quoted, so that it is unique."""
    return f"{site.replace('%', '%25').replace(':', '%3A')}:{post}"


class PhotoStore:
    """The photos and the tombstones of one service."""

    def __init__(self, db: Database, *, leave_out: Sequence[str] = ()) -> None:
        """`leave_out`: fields that are too large to read with each document of a photo."""
        self._db = db
        self.photos = db["photos"]
        self.tombstones = db["erased"]
        self.meta = db["meta"]
        self.projection: dict[str, int] | None = dict.fromkeys(leave_out, 0) or None
        # Transactions of one process wait here, so that they don't conflict in the database.
        self._lock = asyncio.Lock()
        self._own_session: AsyncClientSession | None = None

    async def take_over(self) -> None:
        """Abort the write that a killed predecessor left open: else the database waits a minute for its end.

        Only for a service of one replica, since the predecessor's session is taken to be dead.
        """
        session = self._db.client.start_session()
        predecessor = await self.meta.find_one_and_replace(
            {"_id": "writer"}, {"session": session.session_id}, upsert=True
        )
        if predecessor:
            await self._db.client.admin.command("killSessions", [predecessor["session"]])
        self._own_session = session

    async def prepare(self) -> None:
        """Create the indexes. Repeating it changes nothing. Raise StartError if the data is in the format of version 0.1."""
        await self.create_indexes()
        await self.check_format()

    async def check_format(self) -> None:
        """Raise StartError if the data is in the format of version 0.1."""
        if OLD_COLLECTIONS & set(await self._db.list_collection_names()):
            service = self._db.name.removeprefix("snsfashion_")
            raise StartError(
                f"the database {self._db.name} has the format of version 0.1; run `snsfashion-admin {service} migrate` once"
            )

    async def create_indexes(self) -> None:
        """Create the indexes. Repeating it changes nothing."""
        await self.photos.create_index([("site", 1), ("post", 1)])
        await self.photos.create_index("seq")
        await self.tombstones.create_index("seq")

    async def write(self, work: Callable[[Write], Awaitable[T]]) -> T:
        """Run `work` as one write: all of it happens or nothing, and no other write happens in between.

        `work` is called again if the transaction must be repeated.
        """

        async def transaction(session: AsyncClientSession) -> T:
            head = await self.meta.find_one_and_update(
                {"_id": "writes"},
                {"$inc": {"seq": 1}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            assert head is not None  # an upsert returns the document
            return await work(Write(self, session, head))

        async with self._lock:
            if self._own_session:
                return await self._own_session.with_transaction(transaction)
            async with self._db.client.start_session() as session:
                return await session.with_transaction(transaction)

    async def put(self, results: Sequence[Result]) -> Put:
        """Store each result, unless a greater or equal tuple is stored or its post is erased, as one write."""
        return await self.write(lambda write: write.put(results))

    async def erase(self, posts: Iterable[Post]) -> list[Document]:
        """Remove every photo of the posts and mark the posts as erased forever, as one write. Return the tombstones."""
        chosen = sorted(set(posts))
        return await self.write(lambda write: write.erase(chosen))

    async def read_head(self) -> Document:
        """Return the document of `meta`: the `seq` of the last write, and what the service stores there."""
        return await self.meta.find_one({"_id": "writes"}) or {}

    async def find(self, image_ids: Iterable[str]) -> dict[str, Document]:
        """Return the documents of photos, by image_id. A photo that is not stored is missing."""
        return await self._find(list(image_ids), None)

    async def find_erased(self, posts: Iterable[Post]) -> frozenset[Post]:
        """Return which of the posts are erased."""
        return await self._find_erased(posts, None)

    async def find_changes(
        self, after: int, until: int, session: AsyncClientSession | None = None
    ) -> Changes:
        """Return the changes of the writes with `after` < `seq` <= `until`. What was written again later is not among them."""
        # Limited at both ends: an open range of an index would be scanned to its end.
        between = {"seq": {"$gt": after, "$lte": until}}
        return Changes(
            [d async for d in self.photos.find(between, self.projection, session=session)],
            [d async for d in self.tombstones.find(between, session=session)],
        )

    async def _find(
        self, image_ids: Sequence[str], session: AsyncClientSession | None
    ) -> dict[str, Document]:
        found = self.photos.find({"_id": {"$in": image_ids}}, self.projection, session=session)
        return {document["_id"]: document async for document in found}

    async def _find_erased(
        self, posts: Iterable[Post], session: AsyncClientSession | None
    ) -> frozenset[Post]:
        by_key = {post_key(*post): Post(*post) for post in posts}
        found = self.tombstones.find({"_id": {"$in": list(by_key)}}, {"_id": 1}, session=session)
        return frozenset([by_key[document["_id"]] async for document in found])


class Write:
    """A write that is in progress."""

    def __init__(self, store: PhotoStore, session: AsyncClientSession, head: Document) -> None:
        self._store = store
        self.session = session
        self.head = head
        """The document of `meta`, with the `seq` of this write."""

    @property
    def seq(self) -> int:
        """The number of this write."""
        return int(self.head["seq"])

    async def find(self, image_ids: Iterable[str]) -> dict[str, Document]:
        """Return the documents of photos, by image_id."""
        return await self._store._find(list(image_ids), self.session)

    async def find_erased(self, posts: Iterable[Post]) -> frozenset[Post]:
        """Return which of the posts are erased."""
        return await self._store._find_erased(posts, self.session)

    async def put(self, results: Sequence[Result]) -> Put:
        """Store each result, unless a greater or equal tuple is stored or its post is erased."""
        greatest: dict[str, Result] = {}
        for result in results:
            rival = greatest.get(result.image_id)
            if supersedes(result.order, rival.order if rival else None):
                greatest[result.image_id] = result
        before = await self.find(greatest)
        erased = await self.find_erased({result.post for result in greatest.values()})
        stored = [
            {
                "_id": result.image_id,
                "site": result.post.site,
                "post": result.post.post,
                "order": list(result.order),
                **result.fields,
            }
            for result in greatest.values()
            if result.post not in erased
            and supersedes(result.order, order_of(before.get(result.image_id)))
        ]
        await self.replace(stored, before)
        return Put(before, stored, erased)

    async def replace(self, documents: Sequence[Document], before: Mapping[str, Any]) -> None:
        """Write documents of photos with the `seq` of this write. `before`: those that are stored already, by image_id."""
        for document in documents:
            document["seq"] = self.seq
        new = [document for document in documents if document["_id"] not in before]
        # Inserting is two to three times as fast as an upsert.
        if new:
            await self._store.photos.insert_many(new, session=self.session)
        changed = [
            ReplaceOne({"_id": document["_id"]}, document)
            for document in documents
            if document["_id"] in before
        ]
        if changed:
            await self._store.photos.bulk_write(changed, session=self.session)

    async def erase(self, posts: Sequence[Post]) -> list[Document]:
        """Remove every photo of the posts and mark the posts as erased forever. Return the tombstones."""
        removed = await self.set_tombstones(posts)
        if posts:
            await self._store.photos.bulk_write(
                [DeleteMany({"site": site, "post": post}) for site, post in posts],
                session=self.session,
            )
        return removed

    async def set_tombstones(self, posts: Sequence[Post]) -> list[Document]:
        """Mark posts as erased and return the tombstones. Each lists all photos that were ever removed with its post."""
        keys = [post_key(*post) for post in posts]
        known = {
            tombstone["_id"]: tombstone
            async for tombstone in self._store.tombstones.find(
                {"_id": {"$in": keys}}, session=self.session
            )
        }
        tombstones = []
        for key, (site, post) in zip(keys, posts, strict=True):
            photos = self._store.photos.find(
                {"site": site, "post": post}, {"_id": 1}, session=self.session
            )
            image_ids = {photo["_id"] async for photo in photos}
            old = known.get(key, {})
            tombstones.append(
                {
                    **old,
                    "_id": key,
                    "site": site,
                    "post": post,
                    "image_ids": sorted(image_ids.union(old.get("image_ids", ()))),
                    "seq": self.seq,
                }
            )
        if tombstones:
            await self._store.tombstones.bulk_write(
                [ReplaceOne({"_id": t["_id"]}, t, upsert=True) for t in tombstones],
                session=self.session,
            )
        return tombstones

    async def update_head(self, fields: Document) -> None:
        """Change what the service stores in the document of `meta`."""
        await self._store.meta.update_one({"_id": "writes"}, {"$set": fields}, session=self.session)
        self.head |= fields


def order_of(document: Mapping[str, Any] | None) -> Order | None:
    """Return the tuple of a photo's document, or None if there is no document."""
    if document is None:
        return None
    provenance, classifier, segmenter, color = document["order"]
    return (provenance, classifier, segmenter, color)
