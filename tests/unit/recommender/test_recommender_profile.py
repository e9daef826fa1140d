"""What feedback teaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.profile import BOUGHT, CLICKED, DISLIKED, LIKED, SHOWN, Feedback, learn

NOW = 1_800_000_000.0
DAY = 86400.0

events = st.lists(
    st.builds(
        Feedback,
        event_id=st.integers(0, 30).map(str),
        image_id=st.integers(0, 5).map(str),
        kind=st.sampled_from([SHOWN, CLICKED, LIKED, BOUGHT, DISLIKED]),
        style=st.integers(0, 6),
        at=st.floats(NOW - 400 * DAY, NOW + DAY),
    ),
    unique_by=lambda event: event.event_id,
    max_size=20,
)


@given(events, st.data())
def test_order_and_repetition_of_events_change_nothing(
    history: list[Feedback], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(history))
    repeated = data.draw(st.lists(st.sampled_from(history), max_size=5)) if history else []
    assert learn([*shuffled, *repeated], NOW) == learn(history, NOW)


@given(events)
def test_affinities_stay_between_minus_1_and_1(history: list[Feedback]) -> None:
    assert all(-1 < affinity < 1 for affinity in learn(history, NOW).styles.values())


def event(kind: int, number: int = 0, style: int = 1, age_days: float = 0.0) -> Feedback:
    return Feedback(f"e{number}", f"shop:p{number}:0", kind, style, NOW - age_days * DAY)


def test_buying_says_more_than_liking_which_says_more_than_a_click() -> None:
    bought, liked, clicked = (
        learn([event(kind)], NOW).styles[1] for kind in (BOUGHT, LIKED, CLICKED)
    )
    assert bought > liked > clicked > 0 > learn([event(DISLIKED)], NOW).styles[1]


def test_being_shown_something_teaches_no_taste() -> None:
    assert learn([event(SHOWN)], NOW).styles == {}


def test_an_old_click_weighs_less() -> None:
    assert learn([event(CLICKED, age_days=60)], NOW).styles[1] == pytest.approx(0.5 / 5.5)


def test_what_was_shown_is_counted_and_what_was_clicked_must_have_been_shown() -> None:
    learned = learn([event(SHOWN, 1), event(CLICKED, 1), event(LIKED, 2)], NOW)
    assert learned.shown == {"shop:p1:0": 1, "shop:p2:0": 1}


def test_a_disliked_outfit_is_remembered() -> None:
    assert learn([event(DISLIKED, 3)], NOW).disliked == {"shop:p3:0"}
