"""Training on a handful of rendered photos: it stops on bad numbers, resumes and exports."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from classifier.data.dataset import BadTable, Example, TrainingPhotos, read_csv
from classifier.nets import model
from classifier.train import FOLDS, main
from classifier.training.run import NonFiniteLoss, Run
from classifier.training.training import (
    CHECKPOINT,
    CURVE,
    Plan,
    class_weights,
    draws,
    input_side,
    train,
)
from modelkit.distributed import Process
from modelkit.schedule import Budget, cosine

PLAN = Plan(side=64, batch=4, workers=0, seed=0, evaluate_every=1e-9, patience=0)


def command(table: Path, out: Path, *more: str) -> list[str]:
    return ["--csv", str(table), "--out", str(out), "--side", "64", "--batch", "4", "--workers",
            "0", "--held-out", "0", "--device", "cpu", *more]  # fmt: skip


def new_run(steps: int = 4) -> Run:
    torch.manual_seed(0)
    budget = Budget(most_steps=steps)
    return Run(model.build_resnet18(), budget, lambda p: 1e-3 * cosine(p), Process("cpu"))


def steps(run: Run, examples: list[Example], count: int) -> None:
    photos, batches = TrainingPhotos(examples), draws(run, examples, PLAN)
    for _ in range(count):
        squares, labels, names = zip(*(photos[draw] for draw in next(batches)), strict=True)
        run.step(torch.stack(squares), torch.tensor(labels), names, torch.ones(len(labels)))


def test_a_stopped_training_that_is_resumed_ends_with_the_same_weights(
    table: Path, tmp_path: Path
) -> None:
    examples, _ = read_csv(table)
    whole, stopped, resumed = new_run(), new_run(), new_run()
    steps(whole, examples, 4)
    steps(stopped, examples, 2)
    stopped.heard(0.7)
    stopped.heard(0.8)
    stopped.save(tmp_path / CHECKPOINT)
    resumed.resume(tmp_path / CHECKPOINT)
    assert (resumed.best_loss, resumed.stale) == (0.7, 1)
    steps(resumed, examples, 2)
    assert resumed.budget.steps == 4
    torch.testing.assert_close(resumed.average, whole.average)


def test_a_resumed_command_goes_on_from_its_checkpoint(table: Path, tmp_path: Path) -> None:
    main(command(table, tmp_path, "--epochs", "1"))
    main(command(table, tmp_path, "--epochs", "2", "--resume"))
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["steps"] == 4
    assert model.load(tmp_path)[1].side == 64


def test_a_training_learns_from_a_teacher(table: Path, tmp_path: Path) -> None:
    main(command(table, tmp_path, "--epochs", "0.5", "--teacher", "efficientnet_lite0"))
    assert model.load(tmp_path)[1].arch == "resnet18"


def test_a_training_starts_from_weights_of_a_folder(table: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    start = model.build_resnet18()
    model.save(tmp_path / "start", start, model.ModelInfo("resnet18", 1, 64, 0.5))
    more = ["--epochs", "0.5", "--lr", "0", "--init", str(tmp_path / "start")]
    main(command(table, tmp_path / "out", *more))
    network, _ = model.load(tmp_path / "out")
    torch.testing.assert_close(network.state_dict()["fc.weight"], start.fc.weight.half().float())


def test_a_linear_probe_is_trained_at_once_and_separates_its_photos(
    table: Path, tmp_path: Path
) -> None:
    main(command(table, tmp_path, "--arch", "efficientnet_lite0"))
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
    main(command(table, tmp_path, "--folds", "2", "--arch", "efficientnet_lite0"))
    result = json.loads((tmp_path / FOLDS).read_text())
    assert sum(row["support"] for row in result["folds"]) == 8
    values = [row["balanced_accuracy"] for row in result["folds"]]
    assert result["mean"]["balanced_accuracy"] == pytest.approx(sum(values) / 2)
    assert result["std"].keys() == result["mean"].keys()


def test_a_source_left_out_is_judged_at_the_end(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = str(table.parent / "labels_sources.csv")
    main(command(table, tmp_path, "--arch", "efficientnet_lite0", "--sources", sources,
                 "--leave-out", "street1"))  # fmt: skip
    out = capsys.readouterr().out
    assert "6 photos for training" in out
    assert '"support": 2' in out


def test_a_training_whose_held_out_loss_stays_stops_early(table: Path, tmp_path: Path) -> None:
    examples, _ = read_csv(table)
    run = new_run(steps=50)
    run.best_loss = 0.0  # nothing is better
    plan = Plan(side=64, batch=4, workers=0, seed=0, evaluate_every=1e-9, patience=2)
    train(run, examples, examples[:2], plan, tmp_path)
    assert run.budget.steps == 2
    assert len((tmp_path / CURVE).read_text().splitlines()) == 2


def test_the_best_average_is_exported_not_the_last(table: Path) -> None:
    examples, _ = read_csv(table)
    run = new_run()
    steps(run, examples, 1)
    run.heard(0.5)
    best = {name: tensor.clone() for name, tensor in run.average.items()}
    steps(run, examples, 1)
    run.heard(0.6)
    torch.testing.assert_close(dict(run.result().state_dict()), best)


def test_unreadable_photos_are_named_and_the_training_goes_on(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples, _ = read_csv(table)
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 not a photo")
    bad = Example(tmp_path / "bad.jpg", "bad.jpg", 1, "bad", share=8)
    train(new_run(steps=2), [*examples, bad], [], PLAN, tmp_path)
    assert f"skipped, unreadable: {tmp_path / 'bad.jpg'}" in capsys.readouterr().err


def test_photos_of_which_none_can_be_decoded_are_refused(tmp_path: Path) -> None:
    bad = [Example(tmp_path / f"{n}.jpg", "", n, f"{n}") for n in (0, 1)]
    with pytest.raises(BadTable, match="none of 2 photos"):
        train(new_run(), bad, [], PLAN, tmp_path)


def test_a_non_finite_loss_stops_with_the_names_of_the_photos() -> None:
    run = new_run()
    with torch.no_grad():
        run.network.fc.bias.fill_(float("inf"))
    squares: Tensor = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    with pytest.raises(NonFiniteLoss, match=r"a\.jpg, b\.jpg"):
        run.step(squares, torch.tensor([0, 1]), ["a.jpg", "b.jpg"], torch.ones(2))


def test_the_rarer_label_weighs_more() -> None:
    examples = [Example(Path("x"), "x", label, "x") for label in (1, 1, 1, 0)]
    weights = class_weights(examples)
    assert weights[0] == 3 * weights[1]
    assert weights[torch.tensor([1, 1, 1, 0])].mean() == 1


def test_photos_of_one_label_are_refused() -> None:
    with pytest.raises(BadTable, match="both labels"):
        class_weights([Example(Path("x"), "x", 1, "x")])


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
    with pytest.raises(SystemExit):
        main(command(table, tmp_path, *more))
