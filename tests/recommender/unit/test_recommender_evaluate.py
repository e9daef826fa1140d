"""`python -m recommender.evaluate`: the ranking that serves, judged by what it could not see."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from recommender.core.profile import Feedback
from recommender.core.trend_table import NO_TRENDS
from recommender.evaluate import main
from recommender.evaluation import replay
from recommender.evaluation.history_file import BadLine, read
from snsfashion.recommender.v1.recommender_pb2 import FEEDBACK_KIND_CLICKED

pytestmark = pytest.mark.slow

FAMILIES = {"red": 0xCA1C26, "navy": 0x1F2852, "black": 0x1A1A1C, "ivory": 0xF3EAD4}
SPLIT = "2026-11-15T00:00:00+00:00"


def outfit(number: int, family: str) -> dict[str, Any]:
    garments = [
        {
            "category": "CATEGORY_SKIRT",
            "colors": [{"rgb": FAMILIES[family], "family": family, "share": 1}],
        }
    ]
    return {
        "outfit": {
            "image": {"imageId": f"shop:p{number}:0"},
            "style": "STYLE_CASUAL",
            "postedAt": "2026-11-01T00:00:00Z",
            "garments": garments,
        }
    }


def click(user: str, number: int, day: int, kind: str = "CLICKED") -> dict[str, Any]:
    return {
        "feedback": {
            "eventId": f"{user}-{number}-{day}-{kind}",
            "userId": user,
            "imageId": f"shop:p{number}:0",
            "kind": f"FEEDBACK_KIND_{kind}",
            "occurredAt": f"2026-11-{day:02}T10:00:00Z",
        }
    }


def lines() -> list[str]:
    """Return lines about people who each like one color, before the split and after it, in outfits that they have not clicked on before."""
    random_ = random.Random(0)
    families = sorted(FAMILIES)
    entries = [outfit(n, families[n % 4]) for n in range(200)]
    for person in range(20):
        user, liked = f"user-{person}", person % 4
        entries.append(
            {
                "profile": {
                    "userId": user,
                    "preferences": {"personalColor": "PERSONAL_COLOR_WINTER" if person % 2 else 0},
                }
            }
        )
        own = [n for n in range(200) if n % 4 == liked]
        random_.shuffle(own)
        entries += [click(user, n, 3) for n in own[:8]]
        entries += [click(user, n, 20) for n in own[8:40]]
    random_.shuffle(entries)
    return [json.dumps(entry) for entry in entries]


@pytest.fixture
def history_file(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(lines()))
    return path


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recommender.evaluate", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_people_who_click_on_one_color_are_recommended_it_better_than_by_chance(
    history_file: Path,
) -> None:
    done = evaluate("--file", str(history_file), "--split", "2026-11-15", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    rankers = result["rankers"]
    assert (result["outfits"], result["split"]) == (200, SPLIT)
    assert set(rankers) == {"recommender", "trend only", "most popular", "random"}
    assert rankers["recommender"]["ndcg"] > rankers["random"]["ndcg"]
    assert rankers["recommender"]["ndcg"] > rankers["most popular"]["ndcg"]
    slices = rankers["recommender"]["ndcg_by_personal_color"]
    assert {color: one["people"] for color, one in slices.items()} == {"0": 10, "4": 10}
    assert rankers["most popular"]["popularity_bias"] > rankers["random"]["popularity_bias"]


def test_the_table_is_for_people(history_file: Path) -> None:
    done = evaluate("--file", str(history_file), "--split", "0.5", "-k", "5")
    assert done.returncode == 0, done.stderr
    for text in ("nDCG@5", "20 people, 200 outfits", "most popular", "none declared", "winter"):
        assert text in done.stdout


def test_nothing_after_the_split_reaches_the_ranking() -> None:
    """Whatever people do after the split, what would have been recommended at it stays the same."""
    history, _ = read(lines())
    changed, _ = read(lines())
    split = history.split_at(0.3)
    for user, events in changed.feedback.items():
        before = [event for event in events if event.at < split]
        other = (int(user.rpartition("-")[2]) + 1) % 4
        after = [
            Feedback(
                f"other-{user}-{n}",
                f"shop:p{n}:0",
                FEEDBACK_KIND_CLICKED,
                1,
                split + n,
                ((9, "black"),),
            )
            for n in range(other, 200, 4)
        ]
        changed.feedback[user] = before + after
    lists = [
        {one.user_id: one.shown for one in replay.replay(h, split, 10, NO_TRENDS).judged[ranker]}
        for h in (history, changed)
        for ranker in ("recommender",)
    ]
    assert lists[0] == lists[1] != {}


def test_outfits_of_after_the_split_are_not_recommended() -> None:
    history, _ = read(lines())
    split = history.split_at(0.3)
    posted = history.outfits[0].posted_at
    assert posted < split
    found = replay.replay(history, posted - 1, 10, NO_TRENDS)
    assert found.judged["recommender"] == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "is not JSON"),
        ("[]", "one key of outfit, profile, feedback, trend"),
        ('{"outfit": {}, "profile": {}}', "one key of"),
        ('{"outfit": {"image": {"imageId": "x"}}}', "no garments"),
        ('{"outfit": {"fabric": 1}}', "fabric"),
        ('{"profile": {"userId": ""}}', "user_id"),
        ('{"feedback": {"eventId": "e", "userId": "u", "imageId": "i", "kind": 2}}', "occurredAt"),
        (json.dumps(click("kim", 999, 3)), "no line has the outfit 'shop:p999:0'"),
        (json.dumps(click("kim", 1, 3, "LOVED")), "FEEDBACK_KIND_LOVED"),
    ],
)
def test_a_bad_line_is_named_with_its_number(line: str, says: str) -> None:
    with pytest.raises(BadLine) as error:
        read([json.dumps(outfit(1, "red")), "", line])
    assert "line 3: " in str(error.value)
    assert says in str(error.value)


def test_a_file_that_cannot_be_used_ends_with_one_clear_line(tmp_path: Path) -> None:
    missing = evaluate("--file", str(tmp_path / "none.jsonl"))
    assert (missing.returncode, len(missing.stderr.splitlines())) == (2, 1)
    empty = tmp_path / "empty.jsonl"
    empty.write_text(json.dumps(outfit(1, "red")))
    nothing = evaluate("--file", str(empty))
    assert nothing.returncode == 2
    assert "there is no feedback" in nothing.stderr


def test_help_has_examples_and_the_format() -> None:
    done = evaluate("--help")
    assert done.returncode == 0
    assert "python -m recommender.evaluate --file feedback.jsonl" in done.stdout
    assert '{"feedback":' in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "give either --file or --mongodb-uri"),
        (("--file", "x", "--mongodb-uri", "y"), "give either --file or --mongodb-uri"),
        (("--file", "x", "-k", "51"), "51 is not in the range 1<=x<=50"),
    ],
)
def test_options_that_do_not_fit_are_told(arguments: tuple[str, ...], says: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert says in done.output
