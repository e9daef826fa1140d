"""Four weeks of a made-up world: social posts and a shop's products, with a truth that is known exactly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from lookbook.spec.specs import STYLES, PhotoSpec, sample_garment, sample_outfit, sample_scene
from lookbook.world.quotas import WEEKS, Pair, Quotas, quotas
from lookbook.world.shop import Product, products
from lookbook.world.truth import Truth, measure
from lookbook.world.wardrobe import Outfit, outfits
from lookbook.write.bad_files import KINDS
from lookbook.write.deepfashion2 import jpeg_quality
from lookbook.write.photos import Photo

SITE_SOCIAL = "instagram"
SITE_SHOP = "lookbook-shop"

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
_NOT_FASHION = 0.15
_REPOSTS = 2
"""Reposts of the same bytes a week, on the day of the original."""
_CAROUSELS = 3
"""Posts of two photos a week."""


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
        """The id that the crawler gives to photo n (from 0)."""
        return f"{SITE_SOCIAL}:{self.id}:{n}"

    @property
    def caption(self) -> str:
        """Text and hashtags, as a person writes them."""
        return " ".join([self.text, *(f"#{t}" for t in self.hashtags)])


@dataclass(frozen=True)
class CrawledPhoto:
    """A photo under the id that a crawl gives to it. `day` is None for the shop's."""

    image_id: str
    day: date | None
    photo: Photo


@dataclass(frozen=True)
class World:
    """28 days ending on `end`, in weeks of seven days counted back from it."""

    seed: int
    end: date
    quotas: Quotas
    posts: tuple[Post, ...]
    products: tuple[Product, ...]

    @staticmethod
    def build(
        seed: int,
        end: date,
        posts_per_week: int = 72,
        products_per_style: int = 14,
        bad_files: bool = False,
    ) -> "World":
        """A world; the same arguments give the same world. With `bad_files`, some posts of the last day carry bad files.

        Raises:
            ValueError: negative seed, fewer than 7 posts a week, or no products.
        """
        if seed < 0:
            raise ValueError(f"seed {seed}: must be 0 or more")
        if posts_per_week < 7:
            raise ValueError(f"posts_per_week {posts_per_week}: must be 7 or more")
        rng = np.random.default_rng([seed, 1])
        scenes = max(1, round(posts_per_week * _NOT_FASHION))
        pairs = min(_CAROUSELS, posts_per_week // 16)
        numbers = iter(range(seed * 10_000, (seed + 1) * 10_000))
        # One carousel a week ends in a scene, the others in a second outfit.
        more_outfits, more_scenes = max(0, pairs - 1), min(1, pairs)
        plan = quotas(rng, posts_per_week - scenes + more_outfits)
        posts: list[Post] = []
        for week in range(WEEKS):
            looks = [_wear(rng, o, next(numbers)) for o in outfits(rng, plan, week)]
            places = [sample_scene(next(numbers), "run") for _ in range(scenes + more_scenes)]
            first, second = looks[more_outfits:], looks[:more_outfits] + places[:more_scenes]
            twos = list(zip(first[:pairs], second, strict=True))
            ones = [(spec,) for spec in first[pairs:] + places[more_scenes:]]
            days = [end - timedelta(days=7 * (WEEKS - week) - 1 - d) for d in range(7)]
            posts += _week(rng, [*ones, *twos], days)
        posts = _number(posts)
        if bad_files:
            posts += _bad_posts(seed, end)
        shop = products(np.random.default_rng([seed, 2]), STYLES, products_per_style, numbers)
        return World(seed, end, plan, tuple(posts), tuple(shop))

    @property
    def photos(self) -> tuple[CrawledPhoto, ...]:
        """Every photo that a crawl of everything meets, reposts too."""
        social = (
            CrawledPhoto(p.image_id(n), p.posted_at.date(), photo)
            for p in self.posts
            for n, photo in enumerate(p.photos)
        )
        shop = (CrawledPhoto(f"{SITE_SHOP}:{p.id}:0", None, p.photo) for p in self.products)
        return (*social, *shop)

    @property
    def risers(self) -> tuple[Pair, ...]:
        """The item-colour pairs that truly rise in the last week."""
        return self.quotas.risers

    def week(self, day: date) -> int:
        """0 to 3: the week of a day. Weeks are the last seven days, the seven before, and so on."""
        return WEEKS - 1 - (self.end - day).days // 7

    def truth(self) -> Truth:
        """What each week's people truly wear; reposts count once."""
        weeks: list[list[PhotoSpec]] = [[] for _ in range(WEEKS)]
        for post in self.posts:
            if post.repost_of is None:
                for photo in post.photos:
                    if photo.expected == "read" and photo.spec is not None and photo.spec.fashion:
                        weeks[self.week(post.posted_at.date())].append(photo.spec)
        return measure(weeks, self.risers)


def _wear(rng: np.random.Generator, outfit: Outfit, number: int) -> PhotoSpec:
    """A person in the outfit. Rising pairs are plain; nothing short hides under a long coat."""
    style = STYLES[int(rng.integers(len(STYLES)))]
    coat = outfit[0][0] in {3, 4} and len(outfit) > 1
    worn = []
    for i, (category, color) in enumerate(outfit):
        under = coat and i == 1
        pattern = None if rng.random() < 0.5 else "plain"
        if category in {1, 8, 9}:
            pattern = "plain" if rng.random() < 0.8 or color in _RISING else pattern
        g = sample_garment(rng, "run", category, style, color, pattern, under)
        if category == 4 and g.cut in {"coat", "trench"}:
            g = replace(g, cut="blazer")
        if category in {1, 2, 5} and g.cut in {"boxy", "regular"} and outfit[-1][0] == 7:
            g = replace(g, cut="tucked")
        worn.append(g)
    return sample_outfit(number, "run", style, worn)


_RISING = frozenset({"red", "green", "blue", "purple"})


def _photo(spec: PhotoSpec) -> Photo:
    return Photo(spec=spec, quality=jpeg_quality(spec))


def _week(
    rng: np.random.Generator, sets: Sequence[tuple[PhotoSpec, ...]], days: Sequence[date]
) -> list[Post]:
    """The posts of a week, as many a day as on any other, give or take one, and the reposts."""
    order = rng.permutation(len(sets))
    posts = []
    for place, i in enumerate(order):
        photos = tuple(_photo(s) for s in sets[i])
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


def _number(posts: Iterable[Post]) -> list[Post]:
    """Posts in order of time, with ids such as the Graph API gives."""
    ordered = sorted(posts, key=lambda p: (p.posted_at, p.id))
    ids = {p.id: f"1790{n:013d}" for n, p in enumerate(ordered, 1)}
    return [replace(p, id=ids[p.id], repost_of=p.repost_of and ids[p.repost_of]) for p in ordered]


def _bad_posts(seed: int, end: date) -> list[Post]:
    """A post for each kind of bad file, at noon of the last day."""
    at = datetime.combine(end, time(12), UTC)
    posts = []
    for n, kind in enumerate(KINDS):
        spec = sample_outfit((seed + 1) * 10_000_000 + n, "run") if KINDS[kind] == "read" else None
        photo = Photo(spec=spec, quality=90, bad=kind)
        posts.append(
            Post(f"1799{n:013d}", at + timedelta(minutes=n), "look", HASHTAGS[:1], (photo,))
        )
    return posts
