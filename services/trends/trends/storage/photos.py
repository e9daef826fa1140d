"""Photos in MongoDB, as trends count them (`servicekit.photostore`).

A document of `photos` has, besides the store's own fields, those of an observation, `shows` (what the photo can be found by) and
`outfit` (the event); without all of these if the photo was rejected. The photos are the truth that everything is counted of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pymongo.asynchronous.client_session import AsyncClientSession

from servicekit.mongo import Document
from servicekit.photostore import PhotoStore, Post, Result, order_of
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2
from trends.core.disclosure import Shown
from trends.core.observation import Observation, PhotoState, Stratum, Value, Worn

LEAVE_OUT = ("outfit",)
"""Fields that only evidence reads."""
_PAGE = 1000


@dataclass(frozen=True)
class Written:
    """What was written after one `seq` and up to another."""

    states: Sequence[PhotoState]
    erased: Sequence[Post]


class Photos:
    """The photos of a `PhotoStore`, as states and as evidence."""

    def __init__(self, store: PhotoStore) -> None:
        self._store = store

    async def prepare(self) -> None:
        """Create the indexes that evidence and hashtags need; repeating it changes nothing."""
        await self._store.photos.create_index([("shows", 1), ("day", 1)])
        await self._store.photos.create_index("hashtags")

    async def count(self) -> int:
        """Return about how many photos there are."""
        return await self._store.photos.estimated_document_count()

    async def pages(self, hashtag: str = "") -> AsyncIterator[list[PhotoState]]:
        """Yield the states of all photos, or of those with one hashtag, in pages."""
        page: list[PhotoState] = []
        async for document in self._store.photos.find(
            {"hashtags": hashtag} if hashtag else {}, self._store.projection, batch_size=_PAGE
        ):
            page.append(state_of_document(document))
            if len(page) == _PAGE:
                yield page
                page = []
        yield page

    async def find_written(
        self, after: int, until: int, session: AsyncClientSession | None = None
    ) -> Written:
        """Return what was written in between. What was written again since comes with a later `seq`."""
        changes = await self._store.find_changes(after, until, session)
        return Written(
            [state_of_document(document) for document in changes.photos],
            [Post(tombstone["site"], tombstone["post"]) for tombstone in changes.tombstones],
        )

    async def find_of_posts(
        self, posts: Sequence[Post], session: AsyncClientSession
    ) -> list[PhotoState]:
        """Return the states of all photos of posts."""
        return [
            state_of_document(document)
            for site, post in posts
            async for document in self._store.photos.find(
                {"site": site, "post": post}, self._store.projection, session=session
            )
        ]

    async def find_showing(
        self, value: Value, families: Sequence[str], hashtag: str, days: Sequence[date]
    ) -> Mapping[Stratum, list[Shown]]:
        """Return the photos of some days that show the value, by stratum. `families`: the color families that occur."""
        query: Document = {
            "shows": {"$in": _searched(value, families)},
            "day": {"$in": [day.isoformat() for day in days]},
        }
        if hashtag:
            query["hashtags"] = hashtag
        found: dict[Stratum, list[Shown]] = defaultdict(list)
        async for document in self._store.photos.find(query, self._store.projection):
            seen = state_of_document(document).observation
            if seen is not None:
                shown = Shown(document["_id"], seen.contributor, seen.values())
                found[seen.stratum].append(shown)
        return found

    async def find_offers(
        self, value: Value, families: Sequence[str], site: str, most: int
    ) -> list[str]:
        """Return the image_ids of at most so many photos that offer the value, of one shop or of all ("")."""
        query: Document = {
            "shows": {"$in": _searched(value, families)},
            "kind": fashion_pb2.SOURCE_KIND_SHOP,
            "offered": {"$ne": False},
        }
        if site:
            query["site"] = site
        found = self._store.photos.find(query, {"_id": 1}).limit(most)
        return [document["_id"] async for document in found]

    async def find_outfits(self, image_ids: Sequence[str]) -> Mapping[str, OutfitDescribed]:
        """Return the outfits of photos by image_id; those that are gone are missing."""
        found = self._store.photos.find({"_id": {"$in": list(image_ids)}}, {"outfit": 1})
        return {
            document["_id"]: OutfitDescribed.FromString(document["outfit"])
            async for document in found
            if document.get("outfit")
        }


def result(state: PhotoState, outfit: OutfitDescribed | None) -> Result:
    """Return what the photo store keeps of a photo; `outfit` is None if it was rejected."""
    fields: Document = {}
    seen = state.observation
    if seen is not None and outfit is not None:
        fields = {
            "kind": seen.stratum.kind,
            "day": seen.day.isoformat(),
            "contributor": seen.contributor,
            "authored": seen.authored,
            "garments": [list(garment) for garment in seen.garments],
            "style": seen.style,
            "hashtags": sorted(seen.hashtags),
            "dated": seen.dated,
            "offered": seen.offered,
            "shows": _shows(seen),
            "outfit": outfit.SerializeToString(deterministic=True),
        }
    return Result(state.image_id, Post(state.site, state.post), state.order, fields)


def state_of_document(document: Document) -> PhotoState:
    """Return the state that a document of `photos` holds."""
    order = order_of(document)
    assert order is not None  # it is None only without a document
    observation = None
    if "day" in document:
        observation = Observation(
            stratum=Stratum(document["kind"], document["site"]),
            day=date.fromisoformat(document["day"]),
            contributor=document["contributor"],
            authored=document["authored"],
            garments=tuple(Worn(*garment) for garment in document["garments"]),
            style=document["style"],
            hashtags=frozenset(document["hashtags"]),
            order=order,
            dated=document["dated"],
            # Before it was kept, every photo of a shop was taken for an offer.
            offered=document.get("offered", document["kind"] == fashion_pb2.SOURCE_KIND_SHOP),
        )
    return PhotoState(document["_id"], document["site"], document["post"], order, observation)


def _shows(seen: Observation) -> list[str]:
    """Return what a photo can be found by.

    "<category>:<family>" and "pattern:<category>:<pattern>" of each garment, and "style:<style>".
    """
    shows = {f"{worn.category}:{worn.color}" for worn in seen.garments}
    shows.update(
        f"pattern:{worn.category}:{worn.pattern}" for worn in seen.garments if worn.pattern
    )
    shows.update(f"style:{v.style}" for v in seen.values() if v.style)
    return sorted(shows)


def _searched(value: Value, families: Sequence[str]) -> list[str]:
    """Return the entries of `shows` that show a value."""
    if value.style:
        return [f"style:{value.style}"]
    categories = [value.category] if value.category else fashion_pb2.Category.values()
    if value.pattern:
        return [f"pattern:{category}:{value.pattern}" for category in categories]
    return [
        f"{category}:{family}"
        for category in categories
        for family in ([value.color] if value.color else ["", *families])
    ]
