"""`python -m lookbook` as a person and `make models` call it."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from lookbook.__main__ import main


def test_the_command_writes_photos_and_labels(tmp_path: Path) -> None:
    options = ["--outfits", "2", "--scenes", "1", "--split", "run", "--seed", "5"]
    done = CliRunner().invoke(main, ["write", *options, "--out", str(tmp_path), "--csv"])
    assert done.exit_code == 0, done.output
    assert f"3 photos in {tmp_path}" in done.output
    assert len(list((tmp_path / "annos").glob("*.json"))) == 3
    with (tmp_path / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["1", "1", "0"]
    assert all((tmp_path / row["image"]).is_file() for row in rows)


def test_the_command_refuses_to_write_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["write", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "give --outfits or --scenes" in done.output


@pytest.mark.parametrize("command", [[], ["write"], ["serve"]])
def test_help_has_examples(command: list[str]) -> None:
    done = CliRunner().invoke(main, [*command, "--help"])
    assert done.exit_code == 0
    assert "Examples:" in done.output
    assert "python -m lookbook" in done.output
