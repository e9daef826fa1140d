"""Two sets of weights side by side: what people did is told apart from where outfits stood, and chance from a difference."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from recommender.core.profile import Feedback
from recommender.evaluate import main
from recommender.evaluation.experiment import compare, examination, impressions
from recommender.evaluation.history import History
from snsfashion.recommender.v1.recommender_pb2 import (
    FEEDBACK_KIND_BOUGHT,
    FEEDBACK_KIND_CLICKED,
    FEEDBACK_KIND_DISLIKED,
    FEEDBACK_KIND_SHOWN,
)

LOOKED = {position: 1 / position for position in range(1, 7)}


def feedback(
    number: int,
    kind: int,
    image: str = "a",
    answer: str = "r1",
    position: int = 1,
    weights: str = "",
) -> Feedback:
    return Feedback(
        f"e{number}", image, kind, 1, 0.0, (), position, answer, weights
    )  # fmt: skip


def experiment(seed: int, better: float, people: int = 400, answers: int = 5) -> History:
    """Return answers to people of two groups who look at a position as LOOKED says; B's outfits appeal more by `better`.

    Good outfits stand further up, mostly.
    """
    rng = random.Random(seed)
    appeal = {f"o{n}": 0.1 + 0.4 * n / 30 for n in range(30)}
    history, number = History(), 0
    for person in range(people):
        weights = "AB"[person % 2]
        for answer in range(answers):
            chosen = rng.sample(sorted(appeal), len(LOOKED))
            chosen.sort(key=lambda name: -appeal[name] + rng.gauss(0, 0.15))
            for position, name in enumerate(chosen, 1):
                liked = appeal[name] * (better if weights == "B" else 1.0)
                kinds = [FEEDBACK_KIND_SHOWN]
                if rng.random() < LOOKED[position] and rng.random() < liked:
                    kinds.append(FEEDBACK_KIND_CLICKED)
                for kind in kinds:
                    number += 1
                    history.feedback[f"p{person}"].append(
                        feedback(number, kind, name, f"r{person}-{answer}", position, weights)
                    )
    return history


def test_attention_is_told_apart_from_what_stands_at_the_top() -> None:
    found = examination(impressions(experiment(1, 1.0, people=1500)).every)
    assert found == pytest.approx(LOOKED, abs=0.07)
    assert found[1] == 1


def test_better_weights_lead_by_an_interval_above_0() -> None:
    every = impressions(experiment(2, 1.5)).every
    result = compare(every, examination(every))
    assert [group.weights_id for group in result.groups] == ["B", "A"]
    assert [group.people for group in result.groups] == [200, 200]
    [lead] = result.leads
    assert lead.low > 0
    assert lead.mean == pytest.approx(result.groups[0].gain.mean - result.groups[1].gain.mean)


def test_the_same_weights_twice_rarely_seem_to_differ() -> None:
    worlds = [impressions(experiment(seed, 1.0, people=120)).every for seed in range(40)]
    seems = sum(compare(every, LOOKED).leads[0].low > 0 for every in worlds)
    # The greater one is first, so this happens by chance in 5 of 100.
    assert seems <= 6


def test_an_outfit_of_an_answer_counts_once_and_its_greatest_act_stands() -> None:
    history = History()
    history.feedback["kim"] = [
        feedback(1, FEEDBACK_KIND_SHOWN, position=2, weights="A"),
        feedback(2, FEEDBACK_KIND_SHOWN),
        feedback(3, FEEDBACK_KIND_CLICKED, position=0),
        feedback(4, FEEDBACK_KIND_BOUGHT, position=0),
        feedback(5, FEEDBACK_KIND_SHOWN, answer="r2"),
        feedback(6, FEEDBACK_KIND_CLICKED, image="b"),
        feedback(7, FEEDBACK_KIND_DISLIKED, image="c"),
    ]
    found = impressions(history)
    assert [(one.image_id, one.gain, one.position, one.weights_id) for one in found.every] == [
        ("a", 3.0, 2, "A"),
        ("a", 0.0, 1, ""),
        ("b", 1.0, 1, ""),
    ]
    assert found.implied == 1


def test_people_who_saw_both_are_left_out_and_counted() -> None:
    history = experiment(3, 1.0, people=10)
    history.feedback["p0"].append(feedback(10**6, FEEDBACK_KIND_SHOWN, answer="x", weights="B"))
    every = impressions(history).every
    result = compare(every, LOOKED)
    assert result.mixed_people == 1
    assert sum(group.people for group in result.groups) == 9


@given(st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(rng: random.Random) -> None:
    history = experiment(4, 1.2, people=8, answers=2)
    before = impressions(history)
    for events in history.feedback.values():
        rng.shuffle(events)
    after = impressions(history)
    assert sorted(map(repr, after.every)) == sorted(map(repr, before.every))
    assert after.implied == before.implied


def test_the_report_says_what_is_missing(tmp_path: Path) -> None:
    outfit = {
        "image": {"imageId": "shop:p1:0"},
        "garments": [{"category": "CATEGORY_SKIRT", "colors": [{"rgb": 1, "share": 1}]}],
    }
    events: list[dict[str, Any]] = [
        {"eventId": "1", "kind": "FEEDBACK_KIND_SHOWN", "weightsId": "aa", "position": 1},
        {"eventId": "2", "kind": "FEEDBACK_KIND_CLICKED"},
    ]
    common = {"imageId": "shop:p1:0", "occurredAt": "2026-11-02T10:00:00Z"}
    lines = [{"outfit": outfit}] + [
        {"feedback": {**common, **event, "userId": f"u{n}"}} for n, event in enumerate(events)
    ]
    file = tmp_path / "history.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    shown = CliRunner().invoke(main, ["--file", str(file), "--experiment"])
    assert shown.exit_code == 0, shown.output
    assert "2 impressions; of them 1 not reported as shown, 1 without a position" in shown.output
    assert "aa " in shown.output
    told = json.loads(
        CliRunner().invoke(main, ["--file", str(file), "--experiment", "--json"]).output
    )
    assert told["without_weights_id"] == 1
    assert told["examination"] == {"1": 1.0}
    assert told["groups"][0]["weights_id"] == "aa"
