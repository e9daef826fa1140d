"""Social posts: who posts what on which day, with captions, reposts and broken files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from lookbook.spec.photo import PhotoSpec
from lookbook.spec.sampling import sample_outfit
from lookbook.write.bad_files import KINDS
from lookbook.write.photos import Photo, plain_photo

SITE_SOCIAL = "instagram"

HASHTAGS = ("ootd", "오오티디", "fashion")
"""The hashtags that a run crawls: every post has at least one."""

_OTHER_TAGS = (
    "dailylook",
    "데일리룩",
    "style",
    "streetstyle",
    "whatiwore",
    "weekend",
    "vscocam",
    "코디",
)
_TEXTS = (
    "today",
    "new week, new look",
    "오늘의 코디",
    "on my way",
    "which one?",
    "주말",
    "mood",
    "sunny day",
)
_REPOSTS = 2
"""Reposts of the same bytes a week, on the day of the original."""


@dataclass(frozen=True)
class Post:
    """A social post. `posted_at` is UTC; `hashtags` without '#'; `repost_of` names the post it repeats."""

    id: str
    posted_at: datetime
    text: str
    hashtags: tuple[str, ...]
    photos: tuple[Photo, ...]
    repost_of: str | None = None

    def image_id(self, n: int) -> str:
        """Return the id that the crawler gives to photo n (from 0)."""
        return f"{SITE_SOCIAL}:{self.id}:{n}"

    @property
    def caption(self) -> str:
        """Text and hashtags, as a person writes them."""
        return " ".join([self.text, *(f"#{t}" for t in self.hashtags)])


def sample_posts(
    rng: np.random.Generator, sets: Sequence[tuple[PhotoSpec, ...]], days: Sequence[date]
) -> list[Post]:
    """Return the posts of a week and its reposts, spread evenly over the days.

    `sets` are the photos of each post, `days` the seven days of the week.
    """
    order = rng.permutation(len(sets))
    posts = []
    for place, i in enumerate(order):
        photos = tuple(plain_photo(spec) for spec in sets[i])
        posts.append(_post(rng, days[place % 7], photos, earliest=0.02, latest=0.7))
    originals = [p for p in posts if len(p.photos) == 1 and p.photos[0].spec.fashion]  # type: ignore[union-attr]
    for i in rng.permutation(len(originals))[: min(_REPOSTS, len(originals) // 3)]:
        original = originals[i]
        later = _post(rng, original.posted_at.date(), original.photos, earliest=0.72, latest=0.98)
        posts.append(replace(later, repost_of=original.id))
    return posts


def _post(
    rng: np.random.Generator, day: date, photos: tuple[Photo, ...], earliest: float, latest: float
) -> Post:
    at = datetime.combine(day, time(), UTC) + timedelta(
        seconds=int(86_400 * rng.uniform(earliest, latest))
    )
    main = [HASHTAGS[i] for i in sorted(rng.permutation(3)[: int(rng.integers(1, 4))])]
    other = [_OTHER_TAGS[i] for i in rng.permutation(len(_OTHER_TAGS))[: int(rng.integers(0, 4))]]
    text = _TEXTS[int(rng.integers(len(_TEXTS)))]
    draft = f"{int(rng.integers(2**62)):019d}"
    return Post(draft, at, text, tuple(main + other), photos)


def number_posts(posts: Iterable[Post]) -> list[Post]:
    """Return the posts in order of time, with ids like those of the Graph API."""
    ordered = sorted(posts, key=lambda p: (p.posted_at, p.id))
    ids = {p.id: f"1790{n:013d}" for n, p in enumerate(ordered, 1)}
    return [replace(p, id=ids[p.id], repost_of=p.repost_of and ids[p.repost_of]) for p in ordered]


def bad_posts(seed: int, end: date) -> list[Post]:
    """Return a post for each kind of bad file, at noon of the last day."""
    at = datetime.combine(end, time(12), UTC)
    posts = []
    for n, kind in enumerate(KINDS):
        spec = sample_outfit((seed + 1) * 10_000_000 + n, "run") if KINDS[kind] == "read" else None
        photo = Photo(spec=spec, quality=90, bad=kind)
        posts.append(
            Post(f"1799{n:013d}", at + timedelta(minutes=n), "look", HASHTAGS[:1], (photo,))
        )
    return posts
