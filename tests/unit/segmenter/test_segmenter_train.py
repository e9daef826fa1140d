"""Training on a handful of rendered photos: it learns, stops on bad numbers, resumes and exports."""

from pathlib import Path

import pytest
import torch

from lookbook import deepfashion2
from lookbook.specs import sample_outfit
from modelkit.weights import WEIGHTS, BadWeights
from segmenter import backbones, model
from segmenter.dataset import Draw, TrainingPhotos, scan
from segmenter.train import CHECKPOINT, NonFiniteLoss, Run, learning_rate, main


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookbook")
    deepfashion2.write(folder, [sample_outfit(seed, "train") for seed in range(4)])
    return folder


def command(photos: Path, out: Path, minutes: float) -> list[str]:
    return ["--data", str(photos), "--out", str(out), "--minutes", str(minutes), "--side", "96",
            "--workers", "0", "--held-out", "0", "--device", "cpu"]  # fmt: skip


def test_a_training_writes_weights_that_load_and_goes_on_where_it_stopped(
    photos: Path, tmp_path: Path
) -> None:
    main(command(photos, tmp_path, 0.001))
    first = torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"]
    _, info = model.load(tmp_path)
    main([*command(photos, tmp_path, 1e-9), "--resume"])
    second = torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"]
    assert first >= 1
    assert second == first + 1
    assert info.side == 96
    assert info.threshold == 0.5


def test_a_non_finite_loss_stops_with_the_names_of_the_photos(photos: Path) -> None:
    run = Run("mobilenet_v2", 1, 1e-3, "cpu", None)
    sample = TrainingPhotos(scan(photos)[0], 96)[Draw(0, 0)]
    with torch.no_grad():
        run.network.roi_heads.box_predictor.cls_score.bias.fill_(float("nan"))
    with pytest.raises(NonFiniteLoss, match=r"000001\.jpg"):
        run.step([sample])


def test_the_schedule_warms_up_and_ends_near_zero() -> None:
    assert learning_rate(0.0, 1.0) < 0.1
    assert learning_rate(0.04, 1.0) == pytest.approx(1.0)
    assert learning_rate(1.0, 1.0) == pytest.approx(0.01)


def test_damaged_weights_are_refused_by_hash(tmp_path: Path) -> None:
    network = backbones.build("mobilenet_v2", 14)
    model.save(tmp_path, network, backbone="mobilenet_v2", generation=1, side=96, threshold=0.5)
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(BadWeights, match="sha256"):
        model.load(tmp_path)


def test_missing_weights_say_how_to_train_them(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="train, or name"):
        model.load(tmp_path)
