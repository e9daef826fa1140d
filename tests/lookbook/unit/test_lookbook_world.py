"""The world: three pairs rise from 8% to 40%, the rest hold still, and the posts are as Instagram would have them."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookbook.spec.photo import STYLES
from lookbook.world.four_weeks import World
from lookbook.world.posts import HASHTAGS, SITE_SOCIAL
from lookbook.world.shop import SITE_SHOP
from lookbook.write.photos import encode

END = date(2026, 11, 22)


@pytest.fixture(scope="module", params=[7, 8, 21])
def world(request: pytest.FixtureRequest) -> World:
    return World.build(request.param, END)


def test_the_same_arguments_give_the_same_world() -> None:
    assert World.build(7, END) == World.build(7, END)
    assert World.build(7, END).posts != World.build(8, END).posts


def test_three_pairs_rise_from_8_to_40_per_cent(world: World) -> None:
    assert len(set(world.risers)) == 3
    truth = world.truth()
    assert truth.risers == world.risers
    for riser in world.risers:
        shares = [week.pairs[riser] for week in truth.weeks]
        assert shares[:3] == pytest.approx([0.08] * 3, abs=0.005)
        assert shares[3] == pytest.approx(0.40, abs=0.005)


def test_every_item_holds_steady(world: World) -> None:
    first, *later = world.truth().weeks
    for week in later:
        assert week.photos == first.photos
        assert week.items == pytest.approx(first.items)


def test_no_other_pair_rises(world: World) -> None:
    weeks = world.truth().weeks
    others = {pair for week in weeks for pair in week.pairs} - set(world.risers)
    for pair in others:
        before = [week.pairs.get(pair, 0.0) for week in weeks[:3]]
        assert before == pytest.approx([before[0]] * 3)
        now = weeks[3].pairs.get(pair, 0.0)
        assert now <= before[0] + 1e-9
        assert before[0] - now < 0.08
        if pair[0] not in {category for category, _ in world.risers}:
            assert now == pytest.approx(before[0])


def test_the_rising_pairs_are_of_three_items_and_three_colors(world: World) -> None:
    assert len({c for c, _ in world.risers}) == len({n for _, n in world.risers}) == 3


def test_each_week_has_sixty_posts_and_some_that_are_not_fashion(world: World) -> None:
    fashion: Counter[int] = Counter()
    other: Counter[int] = Counter()
    for post in world.posts:
        assert post.photos[0].spec is not None
        kind = fashion if post.photos[0].spec.fashion else other
        kind[world.week(post.posted_at.date())] += 1
    for week in range(4):
        assert fashion[week] >= 60
        assert 0.1 < other[week] / (fashion[week] + other[week]) < 0.2


def test_posts_fill_28_days_evenly(world: World) -> None:
    days = Counter(p.posted_at.date() for p in world.posts)
    assert set(days) == {END - timedelta(days=n) for n in range(28)}
    assert min(days.values()) >= 9


def test_a_world_has_about_400_photos_and_a_shop_of_every_style(world: World) -> None:
    assert 380 <= len(world.photos) <= 420
    styles = Counter(p.style for p in world.products)
    assert set(styles) == set(STYLES)
    assert min(styles.values()) >= 14


def test_every_post_can_be_found_by_a_crawled_hashtag(world: World) -> None:
    assert all(set(p.hashtags) & set(HASHTAGS) for p in world.posts)
    assert any(len(set(p.hashtags) & set(HASHTAGS)) > 1 for p in world.posts)


def test_reposts_show_the_same_bytes_later_on_the_same_day(world: World) -> None:
    by_id = {p.id: p for p in world.posts}
    reposts = [p for p in world.posts if p.repost_of]
    assert len(reposts) >= 6
    for repost in reposts:
        original = by_id[repost.repost_of or ""]
        assert repost.posted_at > original.posted_at
        assert repost.posted_at.date() == original.posted_at.date()
        assert repost.photos == original.photos
    first = reposts[0]
    assert encode(first.photos[0]) == encode(by_id[first.repost_of or ""].photos[0])


def test_only_reposts_share_a_photo(world: World) -> None:
    seen = Counter(photo for p in world.posts if p.repost_of is None for photo in p.photos)
    seen.update(p.photo for p in world.products)
    assert max(seen.values()) == 1


def test_some_posts_are_carousels_of_two(world: World) -> None:
    assert {len(p.photos) for p in world.posts} == {1, 2}


def test_photos_have_the_ids_that_a_crawl_gives(world: World) -> None:
    ids = [p.image_id for p in world.photos]
    assert len(set(ids)) == len(ids)
    assert ids[0] == f"{SITE_SOCIAL}:{world.posts[0].id}:0"
    assert ids[-1] == f"{SITE_SHOP}:{world.products[-1].id}:0"


def test_truth_can_be_sent_as_json(world: World) -> None:
    data = world.truth().to_json()
    category, color = world.risers[0]
    assert data["risers"][0] == {"category": category, "color": color}
    assert data["weeks"][3]["item_colors"][f"{category}:{color}"] > 0.39


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 500), st.integers(7, 120))
def test_a_world_of_any_size_rises(seed: int, posts_per_week: int) -> None:
    world = World.build(seed, END, posts_per_week, products_per_style=1)
    weeks = world.truth().weeks
    for riser in world.risers:
        assert weeks[3].pairs[riser] >= 2 * weeks[0].pairs[riser]
    assert all(week.items == pytest.approx(weeks[0].items) for week in weeks)
    assert all(week.photos == world.quotas.photos for week in weeks)


def test_an_impossible_world_is_refused() -> None:
    with pytest.raises(ValueError, match="posts_per_week 3"):
        World.build(1, END, posts_per_week=3)
    with pytest.raises(ValueError, match="per_style 0"):
        World.build(1, END, products_per_style=0)
    with pytest.raises(ValueError, match="seed -1"):
        World.build(-1, END)
