"""The ledger in MongoDB (`servicekit.photostore`): one entry for each photo, with all that is known of it and its fate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

from pymongo import IndexModel

from crawler.core import fate
from crawler.core.fate import Death, Facts, Outcome
from crawler.core.ledger_entry import NEVER, LedgerEntry
from crawler.core.provenance import merge
from crawler.storage.entry_documents import from_document, to_document
from crawler.storage.group_commit import GroupCommit
from servicekit.photostore import PhotoStore, Post, Write
from snsfashion.crawler.v1.crawler_pb2 import Fate
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Provenance

_CHUNK = 500
"""Entries that one query is about at most."""

Rule: TypeAlias = Callable[[LedgerEntry | None], LedgerEntry | None]
"""Returns the entry that must replace the given one; None means no entry. It may be called more than once."""


class Ledger:
    """The entries of photos. Several processes may write at once."""

    def __init__(self, photos: PhotoStore, clock: Callable[[], datetime]) -> None:
        self._photos = photos
        self._clock = clock
        self._sightings = GroupCommit[Rule, LedgerEntry](self._change)

    async def prepare(self) -> None:
        """Create the indexes; repeating it changes nothing."""
        keys = ("fate", "digests", "author_key", "expires_at", "unannounced")
        await self._photos.photos.create_indexes([IndexModel([(key, 1)]) for key in keys])

    async def find(self, image_ids: Iterable[str]) -> dict[str, LedgerEntry]:
        """Return the entries of photos, by image_id; those that were never seen are missing."""
        return _entries(await self._photos.find(image_ids))

    async def enter(
        self,
        image: ImageRef,
        provenance: Provenance,
        *,
        crawl_id: str,
        expires_at: datetime | None,
    ) -> LedgerEntry | None:
        """Enter a sighting, and return the entry that stands then; None if the post is erased.

        A photo that is new gets an entry. If provenance or bytes of a known one have changed, its revision grows by one.
        An expired photo stays as it is.
        """
        image_id, now = image.image_id, self._clock()

        def rule(old: LedgerEntry | None) -> LedgerEntry | None:
            if old is None:
                return LedgerEntry(
                    image_id=image_id,
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

        # Most sightings change nothing, and a look costs less than a write.
        entry = (await self.find([image_id])).get(image_id)
        if entry is None or rule(entry) != entry:
            entry = await self._sightings.change(image_id, rule)
        return None if entry is None or entry.facts.erased else entry

    async def mark_announced(self, revisions: Mapping[str, int]) -> None:
        """Note the revisions whose ImageCrawled the broker has acknowledged, by image_id."""

        def rule(revision: int) -> Rule:
            return lambda old: old and replace(old, announced=max(old.announced, revision))

        await self._change({image_id: rule(revision) for image_id, revision in revisions.items()})

    async def enter_outcomes(self, outcomes: Sequence[tuple[str, Outcome]]) -> None:
        """Enter what the pipeline found, by image_id; the greatest tuple stays. Photos that were never seen are left out."""
        best: dict[str, Outcome] = {}
        for image_id, outcome in outcomes:
            best[image_id] = fate.better(best.get(image_id), outcome)

        def change(new: Outcome) -> Callable[[Facts], Facts]:
            return lambda facts: replace(facts, outcome=fate.better(facts.outcome, new))

        await self._change_facts({image_id: change(new) for image_id, new in best.items()})

    async def enter_deaths(self, deaths: Sequence[tuple[str, Death]]) -> None:
        """Enter dead letters, by image_id. Photos that were never seen are left out."""
        new: dict[str, set[Death]] = {}
        for image_id, death in deaths:
            new.setdefault(image_id, set()).add(death)

        def change(dead: set[Death]) -> Callable[[Facts], Facts]:
            return lambda facts: replace(facts, deaths=facts.deaths | dead)

        await self._change_facts({image_id: change(dead) for image_id, dead in new.items()})

    async def mark_retried(self, image_id: str, dead_letter: str) -> None:
        """Note that a dead letter was sent again, whether it has been entered yet or not."""
        await self._change_facts(
            {image_id: lambda facts: replace(facts, retried=facts.retried | {dead_letter})}
        )

    async def mark_expired(self, image_id: str) -> None:
        """Note that the photo's bytes were deleted because their time was over."""
        await self._change_facts({image_id: lambda facts: replace(facts, expired=True)})

    async def find_unannounced(self, older_than: timedelta) -> list[LedgerEntry]:
        """Return entries whose ImageCrawled may never have reached the broker."""
        limit = self._clock() - older_than
        found = self._photos.photos.find({"unannounced": True}).limit(_CHUNK)
        entries = [from_document(document) async for document in found]
        return [entry for entry in entries if entry.recorded_at <= limit]

    async def find_due(self, now: datetime) -> list[LedgerEntry]:
        """Return entries whose time is over and whose bytes are still there; at most a few hundred."""
        # Bounded at both ends: `limit` does not stop an index scan.
        found = self._photos.photos.find({"expires_at": {"$gt": NEVER, "$lte": now}}).limit(_CHUNK)
        return [from_document(document) async for document in found]

    async def find_posts(self, site: str, author_keys: Sequence[str]) -> set[Post]:
        """Return the posts of a site whose author has one of the keys."""
        found = self._photos.photos.find(
            {"author_key": {"$in": list(author_keys)}, "site": site}, {"site": 1, "post": 1}
        )
        return {Post(document["site"], document["post"]) async for document in found}

    async def find_owners(self, digest: bytes) -> list[LedgerEntry]:
        """Return the entries, erased ones left out, for which these bytes were stored."""
        found = self._photos.photos.find({"digests": digest})
        entries = [from_document(document) async for document in found]
        return [entry for entry in entries if not entry.facts.erased]

    async def count(self, image_ids: Iterable[str] | None = None) -> Counter[Fate.ValueType]:
        """Count the photos by fate: all, or those among `image_ids`."""
        counts: Counter[Fate.ValueType] = Counter()
        if image_ids is None:
            groups = await self._photos.photos.aggregate(
                [{"$group": {"_id": "$fate", "photos": {"$sum": 1}}}]
            )
            async for group in groups:
                counts[group["_id"]] = group["photos"]
            return counts
        ids = list(image_ids)
        for start in range(0, len(ids), _CHUNK):
            chunk = {"_id": {"$in": ids[start : start + _CHUNK]}}
            async for document in self._photos.photos.find(chunk, {"fate": 1}):
                counts[document["fate"]] += 1
        return counts

    async def _change_facts(self, changes: Mapping[str, Callable[[Facts], Facts]]) -> None:
        def rule(change: Callable[[Facts], Facts]) -> Rule:
            def apply(old: LedgerEntry | None) -> LedgerEntry | None:
                if old is None or old.facts.erased:
                    return old
                return replace(old, facts=change(old.facts))

            return apply

        await self._change({image_id: rule(change) for image_id, change in changes.items()})

    async def _change(self, rules: Mapping[str, Rule]) -> dict[str, LedgerEntry]:
        """Apply a rule to each entry, as one write, and return the entries that stand then. Erased posts get no new ones."""
        if not rules:
            return {}
        return await self._photos.write(lambda write: self._apply(write, rules))

    async def _apply(self, write: Write, rules: Mapping[str, Rule]) -> dict[str, LedgerEntry]:
        documents = await write.find(rules)
        before = _entries(documents)
        after = {image_id: rule(before.get(image_id)) for image_id, rule in rules.items()}
        erased = await write.find_erased(
            {_post(entry) for name, entry in after.items() if entry and name not in before}
        )
        standing = {
            image_id: self._dated(before.get(image_id), entry)
            for image_id, entry in after.items()
            if entry and (image_id in before or _post(entry) not in erased)
        }
        changed = [entry for name, entry in standing.items() if entry != before.get(name)]
        await write.replace([to_document(entry) for entry in changed], documents)
        return standing

    def _dated(self, old: LedgerEntry | None, new: LedgerEntry) -> LedgerEntry:
        if old is None or new.fate != old.fate:
            return replace(new, updated_at=self._clock())
        return new


def _entries(documents: Mapping[str, dict[str, object]]) -> dict[str, LedgerEntry]:
    return {image_id: from_document(document) for image_id, document in documents.items()}


def _post(entry: LedgerEntry) -> Post:
    return Post(entry.provenance.site, entry.provenance.post)
