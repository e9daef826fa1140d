"""The examples run as their users would run them, against a real system."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from system.running import System, write_photos

from demo.commands import lines
from snsfashion.crawler.v1 import crawler_pb2
from snsfashion.recommender.v1 import recommender_pb2

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.fixture(scope="module")
def environment(system: System, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The environment of a program beside a system that has counted some dated photos."""
    folder = tmp_path_factory.mktemp("photos")
    write_photos(folder, note="examples", outfits=24, scenes=1)
    table = folder / "photos.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "author", "posted_at"])
        for number, photo in enumerate(sorted(folder.rglob("*.jpg"))):
            day = datetime.now(UTC) - timedelta(days=number % 2)
            rows.writerow([photo.name, f"author{number}", day.date().isoformat()])
    source = crawler_pb2.FolderSource(path=str(folder), site="examples", csv=str(table))
    request = crawler_pb2.StartCrawlRequest(folder=source, request_id="examples")
    system.finish(system.crawler.StartCrawl(request, timeout=30).crawl.crawl_id)
    found = {f"{name.upper()}_ADDRESS": where for name, where in system.stack.addresses.items()}
    return {**os.environ, **found}


def run(script: str, *arguments: str, environment: Mapping[str, str], folder: Path) -> str:
    """Return what an example prints; fail with what it said if it ends with an error."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        env=dict(environment),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_back_end_gets_outfits_with_reasons(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    options = ("kim", "--style", "casual", "--k", "2")
    lines = run("recommend.py", *options, environment=environment, folder=tmp_path).splitlines()
    assert sum(line.startswith("0.") for line in lines) == 2
    assert any(line.startswith("      ") for line in lines)


def test_a_merchandiser_gets_a_report_and_a_table(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    out = run("trends.py", "--csv", "shares.csv", environment=environment, folder=tmp_path)
    assert "Worn most:" in out
    with (tmp_path / "shares.csv").open() as file:
        assert csv.DictReader(file).fieldnames == ["value", "day", "share"]


def test_the_commands_that_a_run_prints_work_as_printed(
    system: System, environment: Mapping[str, str], tmp_path: Path
) -> None:
    answer = system.recommender.Recommend(recommender_pb2.RecommendRequest(user_id="kim"))
    image_id = answer.recommendations[0].outfit.image.image_id
    printed = lines(system.stack, tmp_path, image_id, datetime.now(UTC).date())
    assert len(printed) > 8
    script = "\n".join(["set -e", *printed])
    # Without the addresses of the fixture: those that are printed must do.
    plain = {k: v for k, v in environment.items() if not k.endswith("_ADDRESS")}
    done = subprocess.run(
        ["bash", "-c", script], env=plain, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert image_id in done.stdout


def test_the_notebook_on_trends_runs(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    file = EXAMPLES / "notebooks" / "explore_trends.ipynb"
    notebook = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=120).execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ())
    )
    assert "contributor-days in the window" in printed
