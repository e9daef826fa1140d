"""`make run ONCE=1` as a newcomer sees it, on a small world."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from devstack.processes import tied

COUNTS = ("photos_crawled", "fashion", "rejected", "garments", "outfits", "dead")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / ".run"


@pytest.fixture(scope="module")
def first(folder: Path) -> dict[str, Any]:
    return run(folder)


def run(folder: Path) -> dict[str, Any]:
    """Run to the end; return summary.json."""
    command = [sys.executable, "-m", "demo", "--once", "--run-dir", str(folder)]
    done = subprocess.run(
        tied([*command, "--posts-per-week", "12"]),
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What happened" in done.stdout
    return dict(json.loads((folder / "summary.json").read_text()))


def test_every_photo_has_a_fate_and_none_is_dead(first: dict[str, Any], folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "outfits.jsonl").read_text().splitlines()]
    assert first["dead"] == 0
    assert first["photos_crawled"] == first["fashion"] + first["rejected"] == len(lines)
    assert {line["fate"] for line in lines} <= {"described", "empty", "rejected"}
    assert sum(len(line["garments"]) for line in lines) == first["garments"]


def test_what_is_measured_comes_near_the_truth(first: dict[str, Any]) -> None:
    truth = first["truth"]
    assert truth["fashion_balanced_accuracy"] >= 0.9
    assert truth["item_recall"] >= 0.6
    assert truth["color_family_accuracy"] >= 0.8
    assert truth["false_risers"] == 0


def test_two_people_get_different_outfits_with_reasons(first: dict[str, Any]) -> None:
    by_person: dict[str, list[str]] = {}
    styles: dict[str, list[tuple[float, set[str]]]] = {}
    for one in first["recommendations"]:
        by_person.setdefault(one["user_id"], []).append(one["outfit"]["image"]["image_id"])
        codes = {reason["code"] for reason in one["reasons"]}
        styles.setdefault(one["user_id"], []).append((one["parts"]["style"], codes))
        assert sum(one["parts"].values()) == pytest.approx(one["score"], abs=1e-5)
    # A shop of a dozen outfits has some of which nothing is to be said. But who gets a style that they chose is told so.
    for answer in styles.values():
        most = max(part for part, _ in answer)
        assert most > 0.5
        assert all("REASON_CODE_STYLE" in codes for part, codes in answer if part == most)
    assert len(by_person) == 2
    one, other = by_person.values()
    assert one != other


def test_the_report_shows_photos_and_loads_nothing_from_elsewhere(
    first: dict[str, Any], folder: Path
) -> None:
    page = (folder / "report.html").read_text()
    assert "data:image/jpeg;base64," in page
    assert 'src="http' not in page


def test_nothing_is_left_running(first: dict[str, Any], folder: Path) -> None:
    mine = [p.cmdline() for p in psutil.process_iter() if str(folder) in " ".join(_command(p))]
    assert mine == []
    assert not (folder / "services.json").exists()


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def test_a_second_run_on_the_same_data_counts_nothing_twice(
    first: dict[str, Any], folder: Path
) -> None:
    second = run(folder)
    assert {name: second[name] for name in COUNTS} == {name: first[name] for name in COUNTS}
    assert second["trends"] == first["trends"]
    assert second["truth"] == first["truth"]
