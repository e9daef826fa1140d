"""Four weeks of a made-up world: social posts and a shop's products, with a truth that is known exactly."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from lookbook.spec.garment_sampling import sample_garment
from lookbook.spec.photo import STYLES, PhotoSpec
from lookbook.spec.sampling import sample_outfit, sample_scene
from lookbook.world.posts import Post, bad_posts, number_posts, sample_posts
from lookbook.world.quotas import RISING_COLORS, WEEKS, Pair, Quotas, quotas
from lookbook.world.shop import SITE_SHOP, Product, products
from lookbook.world.true_shares import Truth, measure
from lookbook.world.wardrobe import Outfit, outfits
from lookbook.write.photos import Photo

_NOT_FASHION = 0.15
"""Part of the posts that are not about fashion."""
_CAROUSELS = 3
"""Posts of two photos a week."""


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
        """Build a world; the same arguments give the same world. With `bad_files`, some posts of the last day carry bad files.

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
            posts += sample_posts(rng, [*ones, *twos], days)
        posts = number_posts(posts)
        if bad_files:
            posts += bad_posts(seed, end)
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
        """The item-color pairs that truly rise in the last week."""
        return self.quotas.risers

    def week(self, day: date) -> int:
        """Return the week of a day, 0 to 3: week 3 is the last seven days, week 2 the seven before, and so on."""
        return WEEKS - 1 - (self.end - day).days // 7

    def truth(self) -> Truth:
        """Measure what people truly wear in each week; reposts count once."""
        weeks: list[list[PhotoSpec]] = [[] for _ in range(WEEKS)]
        for post in self.posts:
            if post.repost_of is None:
                for photo in post.photos:
                    if photo.expected == "read" and photo.spec is not None and photo.spec.fashion:
                        weeks[self.week(post.posted_at.date())].append(photo.spec)
        return measure(weeks, self.risers)


def _wear(rng: np.random.Generator, outfit: Outfit, number: int) -> PhotoSpec:
    """Return a person in the outfit. Rising pairs are plain; nothing short hides under a long coat."""
    style = STYLES[int(rng.integers(len(STYLES)))]
    coat = outfit[0][0] in {3, 4} and len(outfit) > 1
    worn = []
    for i, (category, color) in enumerate(outfit):
        under = coat and i == 1
        pattern = None if rng.random() < 0.5 else "plain"
        if category in {1, 8, 9}:
            pattern = "plain" if rng.random() < 0.8 or color in RISING_COLORS else pattern
        g = sample_garment(rng, "run", category, style, color, pattern, under)
        if category == 4 and g.cut in {"coat", "trench"}:
            g = replace(g, cut="blazer")
        if category in {1, 2, 5} and g.cut in {"boxy", "regular"} and outfit[-1][0] == 7:
            g = replace(g, cut="tucked")
        worn.append(g)
    return sample_outfit(number, "run", style, worn)
