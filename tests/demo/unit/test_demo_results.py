"""What a run writes: outfits.jsonl, report.html, and the folder of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner

from demo import html_page
from demo.__main__ import main
from demo.html_page import sparkline
from demo.outfit_lines import write
from demo.report import Person, Report, Stage
from demo.run_folder import run_folder
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Product
from snsfashion.recommender.v1.recommender_pb2 import Outfit, Recommendation, RecommendResponse
from snsfashion.trends.v1.trends_pb2 import GetTrendsResponse


def test_markup_in_what_comes_from_outside_is_shown_as_text(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    outfit = Outfit(
        image=ImageRef(image_id=script),
        product=Product(title=f"Dress {script}", price_micros=39_900_000, currency="EUR"),
    )
    answer = RecommendResponse(recommendations=[Recommendation(outfit=outfit)])
    report = Report(
        source=script,
        as_of=datetime(2026, 11, 22, tzinfo=UTC),
        stages=[Stage("crawler", 1, 1, script)],
        rising=[],
        pairs=GetTrendsResponse(),
        items=GetTrendsResponse(),
        colors=GetTrendsResponse(),
        people=[Person("minji", "Minji", answer)],
        not_said=[script],
        truth={},
        family_rgb={},
    )
    html_page.write(tmp_path / "report.html", report, lambda key: None)
    page = (tmp_path / "report.html").read_text()
    assert "<script" not in page
    assert "Dress &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "39.90 EUR" in page


def test_a_sparkline_ends_at_the_last_day_and_its_highest_point_is_named() -> None:
    line = sparkline([0.0, 0.1, 0.4], window=1, width=100)
    assert line.startswith("<svg")
    assert "100.0,2.0" in line
    assert "highest 40%" in line


def test_lines_are_json_each(tmp_path: Path) -> None:
    write(tmp_path / "outfits.jsonl", [{"image_id": "a"}, {"image_id": "오"}])
    lines = (tmp_path / "outfits.jsonl").read_text().splitlines()
    assert [json.loads(line)["image_id"] for line in lines] == ["a", "오"]


def test_two_runs_side_by_side_get_two_folders(tmp_path: Path) -> None:
    with run_folder(tmp_path / ".run") as first, run_folder(tmp_path / ".run") as second:
        assert (first.name, second.name) == (".run", ".run-2")
    with run_folder(tmp_path / ".run") as third:
        assert third == first


def test_help_has_examples() -> None:
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    assert "python -m demo --once" in done.output


def test_a_folder_of_photos_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--photos", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "nowhere' does not exist" in done.output
