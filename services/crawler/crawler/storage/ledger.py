"""The ledger in MongoDB: one record a photo with all that is known of it and its fate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import IndexModel, InsertOne, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from crawler.core import fate
from crawler.core.fate import Death, Facts, Outcome
from crawler.core.provenance import merge
from crawler.core.record import NEVER, Record, from_document, to_document
from snsfashion.crawler.v1.crawler_pb2 import Fate
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

_DUPLICATE_KEY = 11000
# Real MongoDB and SecantusDB take far more, but a batch should not hold the server for long.
_CHUNK = 500

# Computes the record that should be there from the one that is; None leaves it absent. It must be idempotent: after a
# lost race it is asked again.
Rule = Callable[[Record | None], Record | None]


class Ledger:
    """Reads and changes records. Writers in several processes may work at once."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]], clock: Callable[[], datetime]) -> None:
        self._photos = db["photos"]
        self._clock = clock

    async def prepare(self) -> None:
        """Creates the indexes."""
        keys = ("fate", "digests", "author_key", "expires_at", "unannounced")
        await self._photos.create_indexes([IndexModel([(key, 1)]) for key in keys])
        await self._photos.create_indexes([IndexModel([("site", 1), ("post", 1)])])

    async def get(self, image_ids: Iterable[str]) -> dict[str, Record]:
        """The records among `image_ids`."""
        found: dict[str, Record] = {}
        for chunk in _chunks(list(image_ids)):
            async for document in self._photos.find({"_id": {"$in": chunk}}):
                found[document["_id"]] = from_document(document)
        return found

    async def change(self, rules: dict[str, Rule]) -> dict[str, Record]:
        """Applies a rule to each record and returns the records as they are then; absent ones are left out."""
        result: dict[str, Record] = {}
        pending = rules
        while pending:
            found = await self.get(pending)
            writes: list[InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]] = []
            tried: dict[str, Rule] = {}
            for image_id, rule in pending.items():
                old = found.get(image_id)
                new = rule(old)
                if new is None:
                    continue
                result[image_id] = new
                if new == old:
                    continue
                if old is None or new.fate != old.fate:
                    new = replace(new, updated_at=self._clock())
                new = replace(new, version=old.version + 1 if old else 1)
                result[image_id] = new
                tried[image_id] = rule
                writes.append(
                    ReplaceOne({"_id": image_id, "version": old.version}, to_document(new))
                    if old
                    else InsertOne(to_document(new))
                )
            if not writes or await self._all_won(writes):
                break
            pending = tried
        return result

    async def _all_won(
        self, writes: Sequence[InsertOne[dict[str, Any]] | ReplaceOne[dict[str, Any]]]
    ) -> bool:
        try:
            done = await self._photos.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != _DUPLICATE_KEY for e in error.details["writeErrors"]):
                raise
            return False
        return done.matched_count + done.inserted_count == len(writes)

    async def see(
        self,
        image: ImageRef,
        provenance: Provenance,
        *,
        crawl_id: str,
        expires_at: datetime | None,
    ) -> Record:
        """Enters a sighting: a new record, or one whose provenance or bytes changed and whose revision grew by one, or
        the record unchanged. Erased and expired photos stay as they are."""
        now = self._clock()

        def rule(old: Record | None) -> Record:
            if old is None:
                return Record(
                    image_id=image.image_id,
                    image=image,
                    provenance=provenance,
                    digests=(image.sha256,),
                    expires_at=expires_at,
                    stored_by=crawl_id,
                    changed_by=crawl_id,
                    recorded_at=now,
                )
            if old.facts.erased or old.facts.expired:
                return old
            merged = merge(old.provenance, provenance)
            same_bytes = image.sha256 == old.image.sha256
            if merged == old.provenance and same_bytes:
                return old
            return replace(
                old,
                image=old.image if same_bytes else image,
                provenance=merged,
                facts=replace(old.facts, revision=old.facts.revision + 1),
                digests=(*(d for d in old.digests if d != image.sha256), image.sha256),
                changed_by=crawl_id,
                recorded_at=now,
            )

        return (await self.change({image.image_id: rule}))[image.image_id]

    async def announced(self, revisions: dict[str, int]) -> None:
        """Notes the revisions whose ImageCrawled the broker has acknowledged."""

        def rule(revision: int) -> Rule:
            return lambda old: old and replace(old, announced=max(old.announced, revision))

        await self.change({image_id: rule(revision) for image_id, revision in revisions.items()})

    async def unannounced(self, older_than: timedelta) -> list[Record]:
        """Records whose ImageCrawled may never have reached the broker."""
        limit = self._clock() - older_than
        found = self._photos.find({"unannounced": True}).limit(_CHUNK)
        return [r for r in [from_document(d) async for d in found] if r.recorded_at <= limit]

    async def outcomes(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Enters what the pipeline found, by photo; the greatest tuple stays. Photos never seen are left out."""
        best: dict[str, Outcome] = {}
        for image_id, outcome in outcomes:
            best[image_id] = fate.better(best.get(image_id), outcome)
        await self._facts(
            {
                image_id: lambda facts, new=new: replace(  # type: ignore[misc]
                    facts, outcome=fate.better(facts.outcome, new)
                )
                for image_id, new in best.items()
            }
        )

    async def deaths(self, deaths: Sequence[tuple[str, Death]]) -> None:
        """Enters dead letters, by photo."""
        new: dict[str, set[Death]] = {}
        for image_id, death in deaths:
            new.setdefault(image_id, set()).add(death)
        await self._facts(
            {
                image_id: lambda facts, new=dead: replace(facts, deaths=facts.deaths | new)  # type: ignore[misc]
                for image_id, dead in new.items()
            }
        )

    async def retried(self, image_id: str, dead_letter: str) -> None:
        """Notes that a dead letter was sent again, whether it has been entered yet or not."""
        await self._facts(
            {image_id: lambda facts: replace(facts, retried=facts.retried | {dead_letter})}
        )

    async def expired(self, image_id: str) -> None:
        """Notes that the photo's bytes were deleted because their time was over."""
        await self._facts({image_id: lambda facts: replace(facts, expired=True)})

    async def _facts(self, changes: dict[str, Callable[[Facts], Facts]]) -> None:
        def rule(change: Callable[[Facts], Facts]) -> Rule:
            def apply(old: Record | None) -> Record | None:
                if old is None or old.facts.erased:
                    return old
                return replace(old, facts=change(old.facts))

            return apply

        await self.change({image_id: rule(change) for image_id, change in changes.items()})

    async def erase(self, image_ids: Iterable[str]) -> None:
        """Leaves of the records nothing but that they were erased."""

        def rule(old: Record | None) -> Record | None:
            return old and Record(
                image_id=old.image_id,
                image=ImageRef(),
                provenance=Provenance(),
                facts=Facts(revision=old.facts.revision, erased=True),
                announced=old.facts.revision,
                updated_at=old.updated_at,
                version=old.version,
            )

        await self.change(dict.fromkeys(image_ids, rule))

    async def due(self, now: datetime) -> list[Record]:
        """Records whose time is over and whose bytes are still there; at most some hundred."""
        # Bounded at both ends: `limit` does not stop an index scan.
        found = self._photos.find({"expires_at": {"$gt": NEVER, "$lte": now}}).limit(_CHUNK)
        return [from_document(document) async for document in found]

    async def of_posts(self, posts: Iterable[tuple[str, str]]) -> list[Record]:
        """All records of the posts (site, post), erased ones left out."""
        found = [
            from_document(document)
            for site, post in posts
            async for document in self._photos.find({"site": site, "post": post})
        ]
        return [record for record in found if not record.facts.erased]

    async def posts_by(self, site: str, author_keys: Sequence[str]) -> set[tuple[str, str]]:
        """Posts of a site whose author has one of the keys."""
        found = self._photos.find({"author_key": {"$in": list(author_keys)}, "site": site})
        return {(document["site"], document["post"]) async for document in found}

    async def sharing(self, digest: bytes) -> list[Record]:
        """Records, erased ones left out, for which these bytes were stored."""
        found = [
            from_document(document) async for document in self._photos.find({"digests": digest})
        ]
        return [record for record in found if not record.facts.erased]

    async def count(self, image_ids: Iterable[str] | None = None) -> Counter[Fate.ValueType]:
        """How many photos have which fate: of all, or of `image_ids`."""
        counts: Counter[Fate.ValueType] = Counter()
        if image_ids is None:
            groups = await self._photos.aggregate(
                [{"$group": {"_id": "$fate", "photos": {"$sum": 1}}}]
            )
            async for group in groups:
                counts[group["_id"]] = group["photos"]
            return counts
        for chunk in _chunks(list(image_ids)):
            async for document in self._photos.find({"_id": {"$in": chunk}}, {"fate": 1}):
                counts[document["fate"]] += 1
        return counts


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK))
