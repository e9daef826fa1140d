"""Training on a handful of rendered photos: it learns, stops on bad numbers, resumes and exports."""

import json
import os
import shutil
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from lookbook.spec.sampling import sample_outfit
from lookbook.write import deepfashion2
from modelkit.training.distributed import Process
from modelkit.training.loop import CHECKPOINT, CURVE, Loop, NonFiniteLoss
from modelkit.training.record import RUN
from modelkit.training.schedule import Budget, cosine
from modelkit.weights import WEIGHTS, BadWeights
from segmenter.data.dataset import scan
from segmenter.data.samples import Draw, TrainingPhotos, repeat_factors
from segmenter.nets import backbones, model
from segmenter.train import main
from segmenter.training.recipe import draws, new_loop
from segmenter.training.task import Batch, SegmenterTask

pytestmark = [pytest.mark.slow, pytest.mark.training]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lookbook")
    deepfashion2.write(folder, [sample_outfit(seed, "train") for seed in range(4)])
    return folder


def train(photos: Path, out: Path, *more: str) -> None:
    main(command(photos, out, *more), standalone_mode=False)


def command(photos: Path, out: Path, *more: str) -> list[str]:
    return ["--data", str(photos), "--out", str(out), "--side", "96", "--workers", "0",
            "--held-out", "0", "--device", "cpu", *more]  # fmt: skip


def loop_of(budget: Budget) -> Loop[Batch]:
    this = Process("cpu")
    task = SegmenterTask("mobilenet_v2", this)
    return new_loop(task, budget, lambda progress: 6e-4 * cosine(progress), this)


def take_steps(loop: Loop[Batch], photos: Path, count: int) -> None:
    entries, _ = scan(photos)
    batches = draws(repeat_factors(entries), 2, "seed", loop.budget.steps)
    for _ in range(count):
        loop.step([TrainingPhotos(entries, 96)[draw] for draw in next(batches)])


def test_a_stopped_training_that_is_resumed_ends_with_the_same_weights(
    photos: Path, tmp_path: Path
) -> None:
    whole, stopped, resumed = (loop_of(Budget(most_steps=4)) for _ in range(3))
    take_steps(whole, photos, 4)
    take_steps(stopped, photos, 2)
    stopped.save(tmp_path / CHECKPOINT)
    resumed.resume(tmp_path / CHECKPOINT)
    take_steps(resumed, photos, 2)
    assert resumed.budget.steps == 4
    torch.testing.assert_close(resumed.averaged().state_dict(), whole.averaged().state_dict())


def test_a_resumed_command_goes_on_from_its_checkpoint(photos: Path, tmp_path: Path) -> None:
    train(photos, tmp_path, "--epochs", "1")
    train(photos, tmp_path, "--epochs", "2", "--resume")
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"] == 4


def test_a_training_in_minutes_writes_weights_that_load(photos: Path, tmp_path: Path) -> None:
    train(photos, tmp_path, "--minutes", "0.001")
    _, info = model.load(tmp_path)
    assert info.side == 96
    assert info.threshold == 0.5


def test_two_processes_train_one_network_in_spite_of_a_broken_photo(
    photos: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(photos, tmp_path / "data")
    names = [entry.photo for entry in scan(data)[0]]
    orders = [draws(repeat_factors(scan(data)[0]), 1, f"0 {rank}", 0) for rank in (0, 1)]
    drawn = [[next(order)[0].index for _ in range(4)] for order in orders]
    broken = next(i for i in drawn[0][1:] + drawn[1][1:] if i not in (drawn[0][0], drawn[1][0]))
    names[broken].write_bytes(names[broken].read_bytes()[:2000])  # the head, without the pixels
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
                "--master-addr", "127.0.0.1", "--master-port", str(free_port()),
                "-m", "segmenter.train"]  # fmt: skip
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*torchrun, *command(data, tmp_path, "--epochs", "2", "--batch", "1")],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"skipped: {names[broken]}" in done.stderr
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"] == 4
    model.load(tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_curve_holds_the_held_out_figures_on_the_way(photos: Path, tmp_path: Path) -> None:
    arguments = command(photos, tmp_path, "--epochs", "2", "--evaluate-every", "1e-9")
    arguments[arguments.index("--held-out") + 1] = "0.5"
    main(arguments, standalone_mode=False)
    rows = [json.loads(line) for line in (tmp_path / CURVE).read_text().splitlines()]
    assert [row["steps"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(0 <= row["mask_ap"] <= 1 for row in rows)


def test_held_out_photos_choose_the_threshold_of_weights_that_load(
    photos: Path, tmp_path: Path
) -> None:
    arguments = command(photos, tmp_path, "--epochs", "1")
    arguments[arguments.index("--held-out") + 1] = "0.5"
    main(arguments, standalone_mode=False)
    network, info = model.load(tmp_path)
    checkpoint = torch.load(tmp_path / CHECKPOINT, weights_only=True)
    learned = checkpoint["average"]["module.roi_heads.box_predictor.cls_score.weight"]
    stored = network.state_dict()["roi_heads.box_predictor.cls_score.weight"]
    assert torch.equal(stored, learned.half().float())
    assert 0.2 <= info.threshold <= 0.9


def test_a_training_takes_photos_without_garments_and_keeps_a_record(
    photos: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "wall.png")
    (tmp_path / "t.csv").write_text("image,label\nwall.png,0\n")
    train(photos, tmp_path / "out", "--negatives", f"{tmp_path / 't.csv'}:2", "--epochs", "1")
    record = json.loads((tmp_path / "out" / RUN).read_text())
    assert record["data"]["training"] == 5
    assert len(record["data"]["fingerprint"]) == 64
    assert record["options"]["epochs"] == 1
    assert record["versions"]["torch"] == version("torch")
    assert record["result"]["generation"] == record["options"]["generation"]


def test_a_training_on_photos_of_which_none_can_be_read_ends(photos: Path, tmp_path: Path) -> None:
    data = shutil.copytree(photos, tmp_path / "data")
    for entry in scan(data)[0]:
        entry.photo.write_bytes(entry.photo.read_bytes()[:2000])
    with pytest.raises(click.ClickException, match=r"batches in a row.*damaged"):
        train(data, tmp_path / "out", "--epochs", "1")


def test_weights_are_not_trained_over(photos: Path, tmp_path: Path) -> None:
    (tmp_path / WEIGHTS).write_bytes(b"precious")
    with pytest.raises(click.UsageError, match="holds weights"):
        train(photos, tmp_path, "--epochs", "1")
    assert (tmp_path / WEIGHTS).read_bytes() == b"precious"


def test_a_new_generation_is_above_that_of_the_weights_that_ship(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models" / "segmenter").mkdir(parents=True)
    (tmp_path / "models" / "segmenter" / "model.json").write_text('{"generation": 7}')
    train(photos, tmp_path / "out", "--minutes", "0.001")
    assert model.load(tmp_path / "out")[1].generation == 8


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--minutes", "0"], "minutes"),
        (["--epochs", "-1"], "epochs"),
        (["--batch", "0"], "batch"),
        (["--side", "1"], "side"),
        (["--lr", "-1"], "lr"),
        (["--lr", "nan"], "not a finite number"),
        (["--epochs", "inf"], "not a finite number"),
        (["--held-out", "1"], "held-out"),
        (["--held-out", "0.999999"], "every photo is held out"),
        (["--workers", "-1"], "workers"),
        (["--threads", "-1"], "threads"),
        (["--generation", "0"], "generation"),
        (["--device", "tpu"], "is not cpu or cuda"),
        (["--data", "nowhere"], "nowhere"),
        (["--data", "{photos}:0"], "share must be a number above 0"),
        (["--data", "{photos}:nan"], "share must be a number above 0"),
        (["--negatives", "nowhere.csv"], "can't be read"),
        (["--init", "nowhere.pt"], "can't be read"),
        (["--export-only"], "nothing to export"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused_in_a_line(
    photos: Path, tmp_path: Path, arguments: list[str], reason: str
) -> None:
    given = [argument.format(photos=photos) for argument in arguments]
    result = CliRunner().invoke(main, command(photos, tmp_path, *given))
    assert (result.exit_code, "Traceback" in result.output) in ((1, False), (2, False))
    assert isinstance(result.exception, SystemExit)
    assert reason in result.output


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_named(photos: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, command(photos, tmp_path, "--device", "cuda"))
    assert "no GPU is visible" in result.output


def test_a_folder_can_judge_instead_of_photos_that_are_held_out(
    photos: Path, tmp_path: Path
) -> None:
    arguments = command(photos, tmp_path / "out", "--epochs", "1", "--validation", str(photos))
    arguments[arguments.index("--held-out") + 1] = "0.5"
    main(arguments, standalone_mode=False)
    data = json.loads((tmp_path / "out" / RUN).read_text())["data"]
    assert (data["training"], data["held_out"]) == (4, 4)


def test_minutes_and_epochs_together_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="not both"):
        train(photos, tmp_path, "--epochs", "1", "--minutes", "1")


def test_a_non_finite_loss_stops_with_the_names_of_the_photos(photos: Path) -> None:
    loop = loop_of(Budget(minutes=1))
    network: Any = loop.task.network
    sample = TrainingPhotos(scan(photos)[0], 96)[Draw(0, 0)]
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias.fill_(float("nan"))
    with pytest.raises(NonFiniteLoss, match=r"000001\.jpg"):
        loop.step([sample])


def test_damaged_weights_are_refused_by_hash(tmp_path: Path) -> None:
    network = backbones.build("mobilenet_v2", 14)
    info = model.ModelInfo.of("mobilenet_v2", generation=1, side=96, threshold=0.5)
    model.save(tmp_path, network, info)
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    with pytest.raises(BadWeights, match="sha256"):
        model.load(tmp_path)


def test_missing_weights_say_how_to_train_them(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match="train, or name"):
        model.load(tmp_path)
