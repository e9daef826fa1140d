"""The evaluation: figures, files and what it refuses."""

import csv
import json
from pathlib import Path
from typing import Any

import click
import pytest
import torch
from PIL import Image

from classifier.evaluate import main
from classifier.nets import model
from classifier.nets.model import ModelInfo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    model.save(folder, model.build("resnet18"), ModelInfo("resnet18", 1, 64, 0.5))
    return folder


def run(
    weights: Path, table: Path, capsys: pytest.CaptureFixture[str], *more: str
) -> dict[str, Any]:
    main(["--weights", str(weights), "--csv", str(table), "--json", *more], standalone_mode=False)
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_figures_come_with_support_intervals_and_by_source(
    weights: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(weights, table, capsys)
    assert (result["support"], result["positives"]) == (8, 4)
    for name, (low, high) in result["intervals"].items():
        assert 0 <= low <= high <= 1, name
    assert {"balanced_accuracy", "roc_auc", "average_precision", "ece"} < result["intervals"].keys()
    sources = result["per_source"]
    assert {name: row["support"] for name, row in sources.items()} == dict.fromkeys(
        ("rooms0", "rooms1", "street0", "street1"), 2
    )
    right = sum(row["recall"] * row["support"] for row in sources.values())
    assert right / 8 == pytest.approx(result["accuracy"])


def test_a_person_reads_every_figure_with_its_interval_and_every_source(
    weights: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--weights", str(weights), "--csv", str(table)], standalone_mode=False)
    printed = capsys.readouterr().out
    for wanted in ("8 photos", "balanced_accuracy", "ece", "recall by source", "  of "):
        assert wanted in printed


def test_predictions_and_pictures_are_written(
    weights: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(weights, table, capsys, "--predictions", str(tmp_path / "p" / "predicted.csv"),
                 "--pictures", str(tmp_path / "pictures"))  # fmt: skip
    with (tmp_path / "p" / "predicted.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "label", "probability", "fashion", "source"]
    right = sum(row["label"] == row["fashion"] for row in rows)
    assert right / len(rows) == result["accuracy"]
    pictures = {"roc.png", "precision_recall.png", "reliability.png", "mistakes.png"}
    assert {file.name for file in (tmp_path / "pictures").iterdir()} == pictures
    for name in pictures:
        with Image.open(tmp_path / "pictures" / name) as picture:
            assert picture.width > 100


def test_every_source_is_judged_by_a_probe_that_never_saw_it(
    weights: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(weights, table, capsys, "--leave-one-source-out", str(table))
    found = result["leave_one_source_out"]
    assert found.keys() == result["per_source"].keys()
    assert all(row["support"] == 2 and 0 <= row["recall"] <= 1 for row in found.values())


def test_training_photos_without_sources_cannot_leave_one_out(weights: Path, table: Path) -> None:
    bare = table.with_name("bare.csv")
    bare.write_text(table.read_text())
    with pytest.raises(click.ClickException, match="needs the sources"):
        main(
            ["--weights", str(weights), "--csv", str(table), "--leave-one-source-out", str(bare)],
            standalone_mode=False,
        )


def test_rows_without_a_photo_and_damaged_photos_are_named_and_skipped(
    weights: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = table.with_name("more.csv")
    table.with_name("bad.jpg").write_bytes(b"\xff\xd8 not a photo")
    more.write_text(table.read_text() + "gone.jpg,1\nbad.jpg,1\n")
    main(["--weights", str(weights), "--csv", str(more), "--json"], standalone_mode=False)
    captured = capsys.readouterr()
    assert json.loads(captured.out)["support"] == 8
    assert "gone.jpg does not exist" in captured.err
    assert "bad.jpg" in captured.err


def test_a_folder_without_the_photos_is_refused(weights: Path, table: Path, tmp_path: Path) -> None:
    with pytest.raises(click.ClickException, match=f".*are the photos below {tmp_path}"):
        main(["--weights", str(weights), "--csv", f"{table}:{tmp_path}"], standalone_mode=False)


def test_photos_of_one_label_are_refused(weights: Path, table: Path) -> None:
    one = table.with_name("one.csv")
    rows = table.read_text().splitlines()
    one.write_text("\n".join([rows[0], *(row for row in rows[1:] if row.endswith(",1"))]))
    with pytest.raises(click.ClickException, match="both labels"):
        main(["--weights", str(weights), "--csv", str(one)], standalone_mode=False)
