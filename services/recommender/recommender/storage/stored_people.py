"""What is known of people, in MongoDB: declared profiles and feedback.

`profiles`  what people declare: {_id: user id, preferences: serialized Preferences}.
`feedback`  one document for each person and event id: {_id, user, image, kind, style, at, garments, position, recommendation,
            weights}. `_id` is "<person key>:<event id>"; before, it was the event id alone, and then `event` is missing.
`changes`   {_id: "people", version, recent}: keys of the people who changed last. It grows by one atomic update *after* each write,
            so a reader that has seen version v misses nothing by asking for what came after v. If that is more than is
            kept, everybody may have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from pymongo.errors import BulkWriteError, DuplicateKeyError

from recommender.core.profile import Feedback
from servicekit.mongo import Database, Document
from snsfashion.recommender.v1.recommender_pb2 import Preferences

RECENT = 2000
"""Changes that are kept: at 2 looks a second, memory is dropped only above 4,000 writes a second."""

_CHANGES = {"_id": "people"}
_DUPLICATE = 11000


class StoredPeople:
    """What all replicas know of people."""

    def __init__(self, db: Database) -> None:
        self._profiles = db["profiles"]
        self._feedback = db["feedback"]
        self._changes = db["changes"]

    async def prepare(self) -> None:
        """Create the index and the list of changes; repeating it changes nothing."""
        await self._feedback.create_index("user")
        with suppress(DuplicateKeyError):  # another replica was faster
            empty = {"version": 0, "recent": []}
            await self._changes.update_one(_CHANGES, {"$setOnInsert": empty}, upsert=True)

    async def put_profile(self, user_id: str, preferences: Preferences) -> None:
        """Store what a person declares, in place of what they declared before."""
        document = {"preferences": preferences.SerializeToString()}
        await self._profiles.replace_one({"_id": user_id}, document, upsert=True)
        await self._announce(user_id)

    async def find_profile(self, user_id: str) -> Preferences | None:
        """Return what a person declared, or None."""
        document = await self._profiles.find_one({"_id": user_id})
        return None if document is None else Preferences.FromString(document["preferences"])

    async def add_feedback(self, user_id: str, feedback: Sequence[Feedback]) -> list[bool]:
        """Record events of one person; return for each whether its id was new. Of equal ids the first counts."""
        before = await self._find_event_ids(user_id, feedback)
        documents: dict[str, Document] = {}
        recorded = []
        for event in feedback:
            key = f"{person_key(user_id)}:{event.event_id}"
            new = event.event_id not in before and key not in documents
            recorded.append(new)
            if new:
                documents[key] = _document(key, user_id, event)
        if documents:
            try:
                await self._feedback.insert_many([*documents.values()], ordered=False)
            except BulkWriteError as error:
                lost = {e["op"]["_id"] for e in error.details["writeErrors"]}
                if any(e["code"] != _DUPLICATE for e in error.details["writeErrors"]):
                    raise
                # Another call with the same ids was faster.
                recorded = [
                    new and f"{person_key(user_id)}:{event.event_id}" not in lost
                    for new, event in zip(recorded, feedback, strict=True)
                ]
        # Also if all were recorded before: that call may have died before it announced them.
        await self._announce(user_id)
        return recorded

    async def _find_event_ids(self, user_id: str, feedback: Sequence[Feedback]) -> set[str]:
        ids = [event.event_id for event in feedback]
        keys = [f"{person_key(user_id)}:{event_id}" for event_id in ids]
        # Events of before have their event id alone.
        query = {"_id": {"$in": [*keys, *ids]}, "user": user_id}
        found = [document async for document in self._feedback.find(query, {"event": 1})]
        return {_event_id(document) for document in found}

    async def find_feedback(self, user_id: str) -> list[Feedback]:
        """Return all that a person did."""
        # At once: to await each document takes longer than to read it.
        documents = await self._feedback.find({"user": user_id}).to_list()
        return [_feedback(document) for document in documents]

    async def erase(self, user_id: str) -> int:
        """Remove a person's profile and feedback; return how many documents that were."""
        profiles = await self._profiles.delete_one({"_id": user_id})
        feedback = await self._feedback.delete_many({"user": user_id})
        await self._announce(user_id)
        return profiles.deleted_count + feedback.deleted_count

    async def all_profiles(self) -> AsyncIterator[tuple[str, Preferences]]:
        """Yield everybody's declaration, with the user id."""
        async for document in self._profiles.find():
            yield document["_id"], Preferences.FromString(document["preferences"])

    async def all_feedback(self) -> AsyncIterator[tuple[str, Feedback]]:
        """Yield everybody's feedback, with the user id."""
        async for document in self._feedback.find():
            yield document["user"], _feedback(document)

    async def read_version(self) -> int:
        """Return the number of the last change."""
        document = await self._changes.find_one(_CHANGES, {"version": 1})
        return int(document["version"]) if document else 0

    async def find_changed(self, version: int) -> tuple[int, list[str] | None]:
        """Return the number of the last change and the keys of those who changed after `version`; None if more changed than are kept."""
        document = await self._changes.find_one(_CHANGES)
        if document is None:
            return 0, None
        newest, recent = int(document["version"]), document["recent"]
        behind = newest - version
        if not 0 <= behind <= len(recent):
            return newest, None
        return newest, recent[len(recent) - behind :]

    async def _announce(self, user_id: str) -> None:
        """Tell every replica that what is known of a person may have changed."""
        recent = {"$each": [person_key(user_id)], "$slice": -RECENT}
        await self._changes.update_one(
            _CHANGES, {"$inc": {"version": 1}, "$push": {"recent": recent}}
        )


def person_key(user_id: str) -> str:
    """Return what stands for a person in the list of changes, which outlives them: a hash, 32 hex digits."""
    return hashlib.blake2b(user_id.encode(), digest_size=16).hexdigest()


def _document(key: str, user_id: str, feedback: Feedback) -> Document:
    return {
        "_id": key,
        "event": feedback.event_id,
        "user": user_id,
        "image": feedback.image_id,
        "kind": feedback.kind,
        "style": feedback.style,
        "at": feedback.at,
        "garments": [list(garment) for garment in feedback.garments],
        "position": feedback.position,
        "recommendation": feedback.recommendation_id,
        "weights": feedback.weights_id,
    }


def _event_id(document: Document) -> str:
    # Documents of before have it as their id.
    return str(document["event"] if "event" in document else document["_id"])


def _feedback(document: Document) -> Feedback:
    return Feedback(
        _event_id(document),
        document["image"],
        document["kind"],
        document["style"],
        document["at"],
        # Events from before garments were kept teach styles only.
        tuple((category, family) for category, family in document.get("garments", ())),
        document.get("position", 0),
        document.get("recommendation", ""),
        document.get("weights", ""),
    )
