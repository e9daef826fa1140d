"""Training on a handful of rendered photos: it stops on bad numbers, resumes and exports."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import click
import pytest
import torch
from torch import Tensor
from torchvision.models import ResNet

from classifier.data.dataset import Example, TrainingPhotos, read_csv
from classifier.nets import model
from classifier.train import main
from classifier.training.batches import draws, input_side
from classifier.training.experiment import FOLDS
from classifier.training.task import Batch, ClassifierTask, label_weights
from modelkit.training.distributed import Process
from modelkit.training.loop import CHECKPOINT, CURVE, Loop, NonFiniteLoss
from modelkit.training.schedule import Budget, cosine
from modelkit.training.table import BadTable

pytestmark = pytest.mark.slow


def train(table: Path, out: Path, *more: str) -> None:
    main(command(table, out, *more), standalone_mode=False)


def command(table: Path, out: Path, *more: str) -> list[str]:
    return ["--csv", str(table), "--out", str(out), "--side", "64", "--batch", "4", "--workers",
            "0", "--held-out", "0", "--device", "cpu", *more]  # fmt: skip


def new_loop(steps: int = 4, *, photos: int = 0, held_out: Sequence[Example] = ()) -> Loop[Batch]:
    torch.manual_seed(0)
    task = ClassifierTask(
        model.build_resnet18(),
        "cpu",
        side=64,
        label_weights=torch.ones(2),
        photos=photos,
        held_out=held_out,
    )
    budget = Budget(most_steps=steps)
    return Loop(task, budget, lambda p: 1e-3 * cosine(p), Process("cpu"))


def batches(loop: Loop[Batch], examples: list[Example]) -> Iterator[Batch]:
    photos = TrainingPhotos(examples)
    for drawn in draws(examples, loop.budget, batch=4, side=64, seed="0"):
        squares, labels, names = zip(*(photos[draw] for draw in drawn), strict=True)
        yield torch.stack(squares), torch.tensor(labels), names


def take_steps(loop: Loop[Batch], examples: list[Example], count: int) -> None:
    for batch in islice(batches(loop, examples), count):
        loop.step(batch)


def test_a_stopped_training_that_is_resumed_ends_with_the_same_weights(
    table: Path, tmp_path: Path
) -> None:
    examples, _ = read_csv(table)
    whole, stopped, resumed = new_loop(), new_loop(), new_loop()
    take_steps(whole, examples, 4)
    take_steps(stopped, examples, 2)
    stopped.note(0.7)
    stopped.note(0.8)
    stopped.save(tmp_path / CHECKPOINT)
    resumed.resume(tmp_path / CHECKPOINT)
    assert (resumed.best_loss, resumed.stale) == (0.7, 1)
    take_steps(resumed, examples, 2)
    assert resumed.budget.steps == 4
    torch.testing.assert_close(resumed.average.state_dict(), whole.average.state_dict())


def test_a_resumed_command_goes_on_from_its_checkpoint(table: Path, tmp_path: Path) -> None:
    train(table, tmp_path, "--epochs", "1")
    train(table, tmp_path, "--epochs", "2", "--resume")
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"] == 4
    assert model.load(tmp_path)[1].side == 64


def test_a_training_learns_from_a_teacher(table: Path, tmp_path: Path) -> None:
    train(table, tmp_path, "--epochs", "0.5", "--teacher", "efficientnet_lite0")
    assert model.load(tmp_path)[1].arch == "resnet18"


def test_a_training_starts_from_weights_of_a_folder(table: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    start = model.build_resnet18()
    model.save(tmp_path / "start", start, model.ModelInfo("resnet18", 1, 64, 0.5))
    more = ["--epochs", "0.5", "--lr", "0", "--init", str(tmp_path / "start")]
    train(table, tmp_path / "out", *more)
    network, _ = model.load(tmp_path / "out")
    torch.testing.assert_close(network.state_dict()["fc.weight"], start.fc.weight.half().float())


def test_a_linear_probe_is_trained_at_once_and_separates_its_photos(
    table: Path, tmp_path: Path
) -> None:
    train(table, tmp_path, "--arch", "efficientnet_lite0")
    assert model.load(tmp_path)[1].arch == "efficientnet_lite0"


def test_two_processes_train_one_network(table: Path, tmp_path: Path) -> None:
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
                "--master-addr", "127.0.0.1", "--master-port", str(free_port()),
                "-m", "classifier.train"]  # fmt: skip
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*torchrun, *command(table, tmp_path, "--epochs", "3", "--batch", "2")],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"] == 6
    model.load(tmp_path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_folds_report_each_fold_and_their_mean(table: Path, tmp_path: Path) -> None:
    train(table, tmp_path, "--folds", "2", "--arch", "efficientnet_lite0")
    result = json.loads((tmp_path / FOLDS).read_text())
    assert sum(row["support"] for row in result["folds"]) == 8
    values = [row["balanced_accuracy"] for row in result["folds"]]
    assert result["mean"]["balanced_accuracy"] == pytest.approx(sum(values) / 2)
    assert result["std"].keys() == result["mean"].keys()


def test_a_source_left_out_is_judged_at_the_end(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = str(table.parent / "labels_sources.csv")
    train(table, tmp_path, "--arch", "efficientnet_lite0", "--sources", sources,
          "--leave-out", "street1")  # fmt: skip
    out = capsys.readouterr().out
    assert "6 photos for training" in out
    assert '"support": 2' in out


def test_a_training_whose_held_out_loss_stays_stops_early(table: Path, tmp_path: Path) -> None:
    examples, _ = read_csv(table)
    loop = new_loop(steps=50, held_out=examples[:2])
    loop.best_loss = 0.0  # nothing is better
    loop.run(batches(loop, examples), tmp_path, judge_every=1e-9, patience=2)
    assert loop.budget.steps == 2
    assert len((tmp_path / CURVE).read_text().splitlines()) == 2


def test_the_best_average_is_exported_not_the_last(table: Path) -> None:
    examples, _ = read_csv(table)
    loop = new_loop()
    take_steps(loop, examples, 1)
    loop.note(0.5)
    best = loop.averaged().state_dict()
    take_steps(loop, examples, 1)
    loop.note(0.6)
    assert not torch.equal(loop.averaged().state_dict()["fc.weight"], best["fc.weight"])
    torch.testing.assert_close(loop.result().state_dict(), best)


def test_unreadable_photos_are_named_and_the_training_goes_on(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples, _ = read_csv(table)
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 not a photo")
    bad = Example(tmp_path / "bad.jpg", "bad.jpg", 1, "bad", share=8)
    loop = new_loop(steps=2, photos=9)
    loop.run(batches(loop, [*examples, bad]), tmp_path, judge_every=0)
    assert f"skipped: {tmp_path / 'bad.jpg'}: can't be decoded" in capsys.readouterr().err


def test_photos_of_which_none_can_be_decoded_are_refused(tmp_path: Path) -> None:
    bad = [Example(tmp_path / f"{n}.jpg", "", n, f"{n}") for n in (0, 1)]
    loop = new_loop(photos=2)
    with pytest.raises(BadTable, match="none of 2 photos"):
        loop.run(batches(loop, bad), tmp_path, judge_every=0)


def test_a_non_finite_loss_stops_with_the_names_of_the_photos() -> None:
    loop = new_loop()
    network = loop.task.served
    assert isinstance(network, ResNet)
    with torch.no_grad():
        network.fc.bias.fill_(float("inf"))
    squares: Tensor = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    with pytest.raises(NonFiniteLoss, match=r"a\.jpg, b\.jpg"):
        loop.step((squares, torch.tensor([0, 1]), ["a.jpg", "b.jpg"]))


def test_the_rarer_label_weighs_more() -> None:
    examples = [Example(Path("x"), "x", label, "x") for label in (1, 1, 1, 0)]
    weights = label_weights(examples)
    assert weights[0] == 3 * weights[1]
    assert weights[torch.tensor([1, 1, 1, 0])].mean() == 1


def test_photos_of_one_label_are_refused() -> None:
    with pytest.raises(BadTable, match="both labels"):
        label_weights([Example(Path("x"), "x", 1, "x")])


def test_pictures_grow_past_the_serving_side() -> None:
    assert [input_side(progress, 160) for progress in (0.0, 0.7, 1.0)] == [128, 160, 192]


@pytest.mark.parametrize(
    "more",
    [
        ["--minutes", "1", "--epochs", "1"],
        ["--folds", "2", "--resume"],
        ["--leave-out", "street1"],
        ["--arch", "efficientnet_lite0", "--resume"],
    ],
)
def test_options_that_exclude_each_other_are_refused(
    table: Path, tmp_path: Path, more: list[str]
) -> None:
    with pytest.raises(click.UsageError):
        train(table, tmp_path, *more)
