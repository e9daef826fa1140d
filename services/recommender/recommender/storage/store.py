"""MongoDB: the catalog, what erased posts were, declared profiles and feedback.

`outfits`   one document a shop photo; the greater `order` wins. A rejected or empty photo keeps its document without
            an outfit, so that an older event can't bring it back.
`erased`    one tombstone a post. A reader leaves out outfits whose post has one: whatever order writes end in.
`changes`   two documents, {version, recent}: image ids, and keys of people, in the order in which their writes became
            visible. They grow by one atomic update *after* each write, so a reader that has seen version v misses
            nothing by asking for what came after v; if that is more than is kept, it reloads everything.
`profiles`  what people declare.   `feedback`  one document an event id.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from recommender.core.profile import Feedback
from snsfashion.recommender.v1 import recommender_pb2

RECENT = 2000
"""Changes kept: at 1 poll a second that is a reload only above 2,000 photos a second."""

_DUPLICATE_KEY = 11000
_CATALOG, _PEOPLE = "catalog", "people"


@dataclass(frozen=True)
class Record:
    """What an event says about a shop photo. `payload`: a serialised Outfit, None if the photo shows none."""

    image_id: str
    order: tuple[int, int, int, int]
    site: str
    post: str
    author_key: str
    payload: bytes | None


@dataclass(frozen=True)
class StoredOutfit:
    """An outfit of the catalog."""

    image_id: str
    site: str
    author_key: str
    payload: bytes


class Store:
    """The recommender's database."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._outfits = db["outfits"]
        self._erased = db["erased"]
        self._changes = db["changes"]
        self._profiles = db["profiles"]
        self._feedback = db["feedback"]

    async def prepare(self) -> None:
        """Creates indexes and the documents of `changes`; repeating it changes nothing."""
        await self._outfits.create_index([("post", ASCENDING)])
        await self._feedback.create_index([("user", ASCENDING)])
        for name in (_CATALOG, _PEOPLE):
            try:
                await self._changes.update_one(
                    {"_id": name}, {"$setOnInsert": {"version": 0, "recent": []}}, upsert=True
                )
            except DuplicateKeyError:
                continue  # another replica was faster

    # -- the catalog

    async def put(self, records: Sequence[Record]) -> None:
        """Writes each record unless one with the same or a greater order stands. Erased posts are left out."""
        erased = await self.erased({(r.site, r.post) for r in records})
        kept = [r for r in records if (r.site, r.post) not in erased]
        if not kept:
            return
        try:
            await self._outfits.bulk_write([_write(r, upsert=True) for r in kept], ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if not failures or any(failure["code"] != _DUPLICATE_KEY for failure in failures):
                raise
            # A document is there already, perhaps since a moment ago and with a smaller order: without upsert the
            # comparison decides.
            again = [_write(kept[failure["index"]], upsert=False) for failure in failures]
            await self._outfits.bulk_write(again, ordered=False)
        # An erasure may have come between the check above and the write.
        late = await self.erased({(r.site, r.post) for r in kept})
        if late:
            await self._delete(late)

    async def announce(self, image_ids: Sequence[str]) -> None:
        """Tells every replica that these photos may have changed. To be called after the write, before the ack."""
        if image_ids:
            await self._announce(_CATALOG, image_ids)

    async def erase_posts(self, posts: Collection[tuple[str, str]]) -> None:
        """Forgets posts, by (site, post), for ever, and announces it."""
        await self._erased.bulk_write(
            [
                UpdateOne({"_id": _post(*post)}, {"$setOnInsert": {"erased": True}}, upsert=True)
                for post in posts
            ],
            ordered=False,
        )
        keys = [_post(*post) for post in posts]
        found = self._outfits.find({"post": {"$in": keys}}, {"_id": 1})
        # Before the delete: if this process dies in between, a repetition would no longer know the image ids.
        await self.announce([document["_id"] async for document in found])
        await self._delete(posts)

    async def _delete(self, posts: Collection[tuple[str, str]]) -> None:
        await self._outfits.delete_many({"post": {"$in": [_post(*post) for post in posts]}})

    async def erased(self, posts: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of `posts` have been erased."""
        by_key = {_post(*post): post for post in posts}
        found = self._erased.find({"_id": {"$in": list(by_key)}}, {"_id": 1})
        return {by_key[document["_id"]] async for document in found}

    async def outfits(self, image_ids: Collection[str] | None = None) -> list[StoredOutfit]:
        """The outfits of the catalog among `image_ids`, or all of them."""
        query: dict[str, Any] = {} if image_ids is None else {"_id": {"$in": list(image_ids)}}
        documents = [d async for d in self._outfits.find(query) if d["payload"] is not None]
        posts = list({d["post"] for d in documents})
        tombstones = self._erased.find(
            {} if image_ids is None else {"_id": {"$in": posts}}, {"_id": 1}
        )
        erased = {document["_id"] async for document in tombstones}
        return [
            StoredOutfit(d["_id"], d["site"], d["author"], d["payload"])
            for d in documents
            if d["post"] not in erased
        ]

    async def version(self) -> int:
        """Number of the catalog's last change."""
        return await self._version(_CATALOG)

    async def changed_since(self, version: int) -> tuple[int, list[str] | None]:
        """Number of the last change and the photos that changed after `version`; None if too many to be known."""
        return await self._since(_CATALOG, version)

    async def _announce(self, name: str, changed: Sequence[str]) -> None:
        await self._changes.update_one(
            {"_id": name},
            {
                "$inc": {"version": len(changed)},
                "$push": {"recent": {"$each": list(changed), "$slice": -RECENT}},
            },
        )

    async def _version(self, name: str) -> int:
        document = await self._changes.find_one({"_id": name}, {"version": 1})
        return int(document["version"]) if document else 0

    async def _since(self, name: str, version: int) -> tuple[int, list[str] | None]:
        document = await self._changes.find_one({"_id": name})
        if document is None:
            return 0, None if version else []
        new, recent = int(document["version"]), document["recent"]
        behind = new - version
        if not 0 <= behind <= len(recent):
            return new, None
        return new, recent[len(recent) - behind :]

    # -- people

    async def announce_person(self, user_id: str) -> None:
        """Tells every replica that what is known of a person may have changed. To be called after the write."""
        await self._announce(_PEOPLE, [person_key(user_id)])

    async def people_version(self) -> int:
        """Number of the last change of any person."""
        return await self._version(_PEOPLE)

    async def people_since(self, version: int) -> tuple[int, list[str] | None]:
        """Number of the last change and the keys of those who changed after `version`; None if too many to be known."""
        return await self._since(_PEOPLE, version)

    async def put_profile(self, user_id: str, preferences: recommender_pb2.Preferences) -> None:
        """Stores what a person declares."""
        await self._profiles.replace_one(
            {"_id": user_id}, {"preferences": preferences.SerializeToString()}, upsert=True
        )

    async def profile(self, user_id: str) -> recommender_pb2.Preferences | None:
        """What a person declared, or None."""
        document = await self._profiles.find_one({"_id": user_id})
        if document is None:
            return None
        return recommender_pb2.Preferences.FromString(document["preferences"])

    async def add_feedback(self, user_id: str, feedback: Feedback) -> bool:
        """Records an event. False if its id was recorded before, for whomever."""
        try:
            await self._feedback.insert_one(
                {
                    "_id": feedback.event_id,
                    "user": user_id,
                    "image": feedback.image_id,
                    "kind": feedback.kind,
                    "style": feedback.style,
                    "at": feedback.at,
                    "garments": [list(garment) for garment in feedback.garments],
                }
            )
        except DuplicateKeyError:
            return False
        return True

    async def feedback(self, user_id: str) -> list[Feedback]:
        """All that a person did."""
        return [_feedback(d) async for d in self._feedback.find({"user": user_id})]

    async def all_profiles(self) -> AsyncIterator[tuple[str, recommender_pb2.Preferences]]:
        """Everybody's declaration, with the user id."""
        async for document in self._profiles.find():
            yield (
                document["_id"],
                recommender_pb2.Preferences.FromString(document["preferences"]),
            )

    async def all_feedback(self) -> AsyncIterator[tuple[str, Feedback]]:
        """Everybody's feedback, with the user id."""
        async for document in self._feedback.find():
            yield document["user"], _feedback(document)

    async def erase_person(self, user_id: str) -> int:
        """Removes a person's profile and feedback; the number of documents removed."""
        profiles = await self._profiles.delete_one({"_id": user_id})
        feedback = await self._feedback.delete_many({"user": user_id})
        return profiles.deleted_count + feedback.deleted_count


def person_key(user_id: str) -> str:
    """Stands for a person in the list of changes, which outlives them: a hash, 32 hex digits."""
    return hashlib.blake2b(user_id.encode(), digest_size=16).hexdigest()


def _feedback(document: Mapping[str, Any]) -> Feedback:
    return Feedback(
        document["_id"],
        document["image"],
        document["kind"],
        document["style"],
        document["at"],
        # Events of before garments were kept teach styles only.
        tuple((category, family) for category, family in document.get("garments", ())),
    )


def _post(site: str, post: str) -> str:
    # A site may hold a colon (host:port), but no line break: no two posts share a key.
    return f"{site}\n{post}"


def _write(record: Record, *, upsert: bool) -> UpdateOne:
    # Zero-padded hex compares as text the way the tuple compares.
    order = "".join(f"{number:016x}" for number in record.order)
    values: Mapping[str, Any] = {
        "order": order,
        "post": _post(record.site, record.post),
        "site": record.site,
        "author": record.author_key,
        "payload": record.payload,
    }
    return UpdateOne(
        {"_id": record.image_id, "order": {"$lt": order}}, {"$set": values}, upsert=upsert
    )
