"""What feedback teaches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.profile import NOTHING_LEARNED, Feedback, learn
from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_BOUGHT,
    FEEDBACK_KIND_CLICKED,
    FEEDBACK_KIND_DISLIKE_UNDONE,
    FEEDBACK_KIND_DISLIKED,
    FEEDBACK_KIND_LIKED,
    FEEDBACK_KIND_SHOWN,
)

NOW = 1_800_000_000.0
DAY = 86400.0

events = st.lists(
    st.builds(
        Feedback,
        event_id=st.integers(0, 30).map(str),
        image_id=st.integers(0, 5).map(str),
        kind=st.sampled_from(
            [
                FEEDBACK_KIND_SHOWN,
                FEEDBACK_KIND_CLICKED,
                FEEDBACK_KIND_LIKED,
                FEEDBACK_KIND_BOUGHT,
                FEEDBACK_KIND_DISLIKED,
            ]
        ),
        style=st.integers(0, 6),
        at=st.floats(NOW - 400 * DAY, NOW + DAY),
        garments=st.lists(
            st.tuples(st.integers(1, 13), st.sampled_from(["", "red", "navy"])), max_size=3
        ).map(tuple),
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
    learned = learn(history, NOW)
    for affinities in (learned.styles, learned.categories, learned.families):
        assert all(-1 < affinity < 1 for affinity in affinities.values())


def event(kind: int, number: int = 0, style: int = 1, age_days: float = 0.0) -> Feedback:
    return Feedback(f"e{number}", f"shop:p{number}:0", kind, style, NOW - age_days * DAY)


def test_buying_says_more_than_liking_which_says_more_than_a_click() -> None:
    bought, liked, clicked = (
        learn([event(kind)], NOW).styles[1]
        for kind in (FEEDBACK_KIND_BOUGHT, FEEDBACK_KIND_LIKED, FEEDBACK_KIND_CLICKED)
    )
    assert bought > liked > clicked > 0 > learn([event(FEEDBACK_KIND_DISLIKED)], NOW).styles[1]


def test_being_shown_something_and_leaving_it_says_little_and_a_dislike_much() -> None:
    left, disliked = (
        learn([event(kind)], NOW).styles[1]
        for kind in (FEEDBACK_KIND_SHOWN, FEEDBACK_KIND_DISLIKED)
    )
    assert disliked < 4 * left < 0
    assert left > -0.1


def test_an_old_click_weighs_less() -> None:
    new, old, forgotten = (
        learn([event(FEEDBACK_KIND_CLICKED, age_days=days)], NOW).styles[1]
        for days in (0, 60, 6000)
    )
    assert new > old > forgotten
    assert forgotten == pytest.approx(0, abs=1e-9)


def test_a_dislike_can_be_taken_back_and_given_again() -> None:
    def act(kind: int, at: float) -> Feedback:
        return Feedback(f"{kind}-{at}", "shop:p0:0", kind, 1, NOW + at)

    disliked, undone = act(FEEDBACK_KIND_DISLIKED, 0), act(FEEDBACK_KIND_DISLIKE_UNDONE, 1)
    assert learn([disliked], NOW).disliked == {"shop:p0:0"}
    for history in ([disliked, undone], [undone, disliked]):
        assert learn(history, NOW) == NOTHING_LEARNED
    again = act(FEEDBACK_KIND_DISLIKED, 2)
    assert learn([undone, again, disliked], NOW).disliked == {"shop:p0:0"}


def test_a_click_without_an_impression_teaches_as_much_as_one_with_it() -> None:
    click, look = event(FEEDBACK_KIND_CLICKED), replace(event(FEEDBACK_KIND_SHOWN), event_id="look")
    alone, both = learn([click], NOW), learn([click, look], NOW)
    assert alone.styles == pytest.approx(both.styles)
    assert alone.shown == both.shown
    assert (alone.acts, alone.impressions, both.impressions) == (1, 0, 1)


def test_what_stood_far_down_and_was_left_alone_says_less() -> None:
    first, tenth = (
        learn([replace(event(FEEDBACK_KIND_SHOWN), position=position)], NOW).styles[1]
        for position in (1, 10)
    )
    assert first < tenth < 0


def dressed(kind: int, number: int, *garments: tuple[int, str]) -> Feedback:
    return Feedback(f"e{number}-{kind}", f"shop:p{number}:0", kind, 1, NOW, garments)


def test_what_is_clicked_is_told_from_what_hangs_in_every_outfit() -> None:
    # Every outfit has a navy top; red skirts are clicked, black ones not.
    history = []
    for number in range(20):
        garments = ((2, "navy"), (9, "red" if number % 2 else "black"))
        history.append(dressed(FEEDBACK_KIND_SHOWN, number, *garments))
        if number % 2:
            history.append(dressed(FEEDBACK_KIND_CLICKED, number, *garments))
    learned = learn(history, NOW)
    assert learned.families["red"] > learned.families["navy"] > learned.families["black"]
    assert learned.families["red"] > 0.2 > -0.1 > learned.families["black"]


def test_being_shown_a_favorite_more_often_does_not_make_it_less_liked() -> None:
    def history(times: int) -> list[Feedback]:
        events = []
        for number in range(times):
            family = "red" if number % 10 else "black"
            events.append(dressed(FEEDBACK_KIND_SHOWN, number, (9, family)))
            if family == "red" and number % 2:
                events.append(dressed(FEEDBACK_KIND_CLICKED, number, (9, family)))
        return events

    few, many = (learn(history(times), NOW).families["red"] for times in (20, 200))
    assert many > few > 0


def test_events_of_before_garments_were_kept_teach_styles_only() -> None:
    learned = learn([event(FEEDBACK_KIND_LIKED)], NOW)
    assert set(learned.styles) == {1}
    assert not learned.categories
    assert not learned.families


def test_what_was_shown_is_counted_and_what_was_clicked_must_have_been_shown() -> None:
    learned = learn(
        [
            event(FEEDBACK_KIND_SHOWN, 1),
            event(FEEDBACK_KIND_CLICKED, 1),
            event(FEEDBACK_KIND_LIKED, 2),
        ],
        NOW,
    )
    assert learned.shown == {"shop:p1:0": 1, "shop:p2:0": 1}


def test_a_disliked_outfit_is_remembered() -> None:
    assert learn([event(FEEDBACK_KIND_DISLIKED, 3)], NOW).disliked == {"shop:p3:0"}
