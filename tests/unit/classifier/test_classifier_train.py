"""Training on a handful of pictures: it stops on bad numbers, resumes and exports."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from classifier import model
from classifier.dataset import Example
from classifier.train import CHECKPOINT, NonFiniteLoss, Run, class_weights, input_side, main
from modelkit.weights import WEIGHTS, BadWeights


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = ["image,label"]
    for number in range(4):
        pixels = rng.integers(0, 255, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{number % 2}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    return tmp_path / "labels.csv"


def test_a_training_writes_weights_that_load_and_goes_on_where_it_stopped(
    table: Path, tmp_path: Path
) -> None:
    command = ["--csv", str(table), "--out", str(tmp_path), "--side", "64", "--batch", "4",
               "--workers", "0", "--held-out", "0", "--device", "cpu", "--minutes", "1e-9"]  # fmt: skip
    main(command)
    first = torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"]
    main([*command, "--resume"])
    second = torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"]
    assert (first, second) == (1, 2)
    assert model.load(tmp_path)[1].side == 64


def test_a_non_finite_loss_stops_with_the_names_of_the_photos() -> None:
    run = Run(1, 64, 1e-3, "cpu")
    with torch.no_grad():
        run.network.fc.bias.fill_(float("inf"))  # type: ignore[union-attr, operator]
    squares = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    with pytest.raises(NonFiniteLoss, match=r"a\.jpg, b\.jpg"):
        run.step(squares, torch.tensor([0, 1]), ["a.jpg", "b.jpg"], torch.ones(2))


def test_the_rarer_label_weighs_more() -> None:
    examples = [Example(Path("x"), label, "x") for label in (1, 1, 1, 0)]
    weights = class_weights(examples)
    assert weights[0] == 3 * weights[1]
    assert weights[torch.tensor([1, 1, 1, 0])].mean() == 1


def test_pictures_grow_to_the_serving_side() -> None:
    sides = [input_side(progress, 224) for progress in (0.0, 0.5, 1.0)]
    assert sides == sorted(sides)
    assert sides[-1] == 224


def test_damaged_weights_are_refused_by_hash(tmp_path: Path) -> None:
    model.save(tmp_path, model.build(), generation=1, side=64, threshold=0.5)
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(BadWeights, match="sha256"):
        model.load(tmp_path)
