"""The training loop with a network of one layer: steps, the average, checkpoints, judges."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from modelkit.training.distributed import Process
from modelkit.training.loop import (
    CHECKPOINT,
    CURVE,
    BadCheckpoint,
    Loop,
    NonFiniteLoss,
    NoUsablePhoto,
)
from modelkit.training.schedule import Budget
from modelkit.training.task import Judgment, Task


class Line(Task[Tensor]):
    """Learns that the answer is 1 for all inputs, judged by a list of losses."""

    def __init__(self, judgments: Sequence[float | None] = ()) -> None:
        torch.manual_seed(0)
        self.network = self.served = nn.Linear(2, 1)
        groups: list[dict[str, Any]] = [
            {"params": [self.network.weight], "scale": 0.5},
            {"params": [self.network.bias]},
        ]
        self.optimizer = torch.optim.AdamW(groups)
        self.judgments = iter(judgments)
        self.prepared: list[int] = []

    def prepare(self, step: int) -> None:
        self.prepared.append(step)

    def usable(self, batch: Tensor) -> tuple[Tensor | None, Sequence[str]]:
        return (batch, ()) if len(batch) else (None, ["an empty batch"])

    def names(self, batch: Tensor) -> Sequence[str]:
        return [f"row {number}" for number in range(len(batch))]

    def losses(self, forward: nn.Module, batch: Tensor) -> dict[str, Tensor]:
        answers: Tensor = forward(batch)
        return {"square": (answers - 1).square().mean(), "size": answers.abs().mean() / 100}

    def judge(self, served: nn.Module) -> Judgment:
        return Judgment({"judged": 1.0}, next(self.judgments))


def new_loop(
    steps: int = 4, judgments: Sequence[float | None] = (), *, average_every: int = 1
) -> Loop[Tensor]:
    return Loop(
        Line(judgments),
        Budget(most_steps=steps),
        lambda progress: 0.1 * (1 - progress),
        Process("cpu"),
        average_every=average_every,
    )


def batches(first: int = 0) -> Iterator[Tensor]:
    for step in range(first, 100):
        yield torch.randn(3, 2, generator=torch.Generator().manual_seed(step))


@given(st.integers(1, 7), st.integers(1, 3))
def test_a_training_stopped_anywhere_and_resumed_ends_with_the_same_weights(
    tmp_path_factory: pytest.TempPathFactory, stop: int, average_every: int
) -> None:
    file = tmp_path_factory.mktemp("work") / CHECKPOINT
    whole, stopped, resumed = (new_loop(8, average_every=average_every) for _ in range(3))
    for step, batch in zip(range(8), batches(), strict=False):
        whole.step(batch)
        if step < stop:
            stopped.step(batch)
    stopped.save(file)
    resumed.resume(file)
    for _, batch in zip(range(stop, 8), batches(stop), strict=False):
        resumed.step(batch)
    for mine, theirs in (
        (resumed.task.network, whole.task.network),
        (resumed.average, whole.average),
    ):
        torch.testing.assert_close(mine.state_dict(), theirs.state_dict(), rtol=0, atol=0)


def test_the_rate_follows_the_progress_and_the_scale_of_each_group() -> None:
    loop = new_loop(steps=2)
    loop.step(torch.ones(1, 2))
    loop.step(torch.ones(1, 2))
    assert [group["lr"] for group in loop.task.optimizer.param_groups] == pytest.approx(
        [0.025, 0.05]
    )


def test_the_average_forgets_the_start_quickly_and_then_moves_slowly() -> None:
    loop = new_loop(steps=10_000)
    weights = loop.task.network.state_dict()["weight"]
    with torch.no_grad():
        weights.fill_(1.0)
    loop.budget.steps = 1
    loop.average.update_parameters(loop.task.served)
    after_one = loop.averaged().state_dict()["weight"]
    assert torch.all(after_one > 0.9)
    with torch.no_grad():
        weights.fill_(2.0)
    loop.budget.steps = 9_999
    loop.average.update_parameters(loop.task.served)
    torch.testing.assert_close(
        loop.averaged().state_dict()["weight"], after_one + 0.002 * (2 - after_one)
    )


def test_a_training_without_a_batch_that_can_be_used_ends_with_the_reason(tmp_path: Path) -> None:
    empty = repeat(torch.zeros(0, 2))
    with pytest.raises(NoUsablePhoto, match="an empty batch"):
        new_loop().run(empty, tmp_path, judge_every=0)


def test_the_task_is_told_each_step(tmp_path: Path) -> None:
    loop = new_loop(steps=3)
    loop.run(batches(), tmp_path, judge_every=0)
    assert isinstance(loop.task, Line)
    assert loop.task.prepared == [0, 1, 2]
    assert not (tmp_path / CURVE).exists()


def test_judges_are_asked_at_each_interval_and_at_the_end(tmp_path: Path) -> None:
    loop = new_loop(3, [None] * 3)
    loop.run(batches(), tmp_path, judge_every=1e-9)
    rows = [json.loads(line) for line in (tmp_path / CURVE).read_text().splitlines()]
    assert [row["steps"] for row in rows] == [1, 2, 3]
    last = new_loop(3, [None])
    last.run(batches(), tmp_path, judge_every=1000)
    assert json.loads((tmp_path / CURVE).read_text().splitlines()[-1])["steps"] == 3


def test_the_average_of_least_loss_is_the_result_and_a_training_without_better_ones_stops(
    tmp_path: Path,
) -> None:
    loop = new_loop(50, [0.5, 0.4, 0.6, 0.7])
    kept: dict[int, Tensor] = {}

    def watched() -> Iterator[Tensor]:
        for step, batch in enumerate(batches()):
            kept[step] = loop.averaged().state_dict()["weight"].clone()
            yield batch

    loop.run(watched(), tmp_path, judge_every=1e-9, patience=2)
    assert loop.budget.steps == 4
    assert torch.equal(loop.result().state_dict()["weight"], kept[2])


def test_a_budget_in_minutes_ends_and_counts_the_time_before_a_stop(tmp_path: Path) -> None:
    loop = Loop(Line(), Budget(minutes=1e-6), lambda _: 0.1, Process("cpu"))
    loop.run(repeat(torch.ones(1, 2)), tmp_path, judge_every=0)
    assert loop.budget.progress == 1
    again = Loop(Line(), Budget(minutes=1e-6), lambda _: 0.1, Process("cpu"))
    again.resume(tmp_path / CHECKPOINT)
    assert again.budget.seconds == loop.budget.seconds > 0


def test_batches_that_cannot_be_used_are_named_and_take_no_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loop = new_loop(steps=1)
    loop.run(iter([torch.empty(0, 2), torch.ones(1, 2)]), tmp_path, judge_every=0)
    assert loop.budget.steps == 1
    assert "skipped: an empty batch" in capsys.readouterr().err


def test_a_loss_that_is_not_finite_stops_with_the_names_of_the_batch() -> None:
    with pytest.raises(NonFiniteLoss, match="loss nan at step 0 on: row 0, row 1"):
        new_loop().step(torch.full((2, 2), float("nan")))


def test_large_gradients_are_scaled_down() -> None:
    loop = new_loop()
    loop.step(torch.full((1, 2), 1e6))
    gradients = [p.grad for p in loop.task.network.parameters()]
    norm = torch.stack([g.norm() for g in gradients if g is not None]).norm()
    assert float(norm) == pytest.approx(5.0, rel=1e-3)


def test_a_checkpoint_of_an_older_version_is_refused_with_what_to_do(tmp_path: Path) -> None:
    torch.save({"network": {}, "steps": 2}, tmp_path / CHECKPOINT)
    with pytest.raises(BadCheckpoint, match=r"older version .* remove it"):
        new_loop().resume(tmp_path / CHECKPOINT)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    loop = new_loop()
    loop.task.network = nn.Linear(5, 1)
    loop.save(tmp_path / CHECKPOINT)
    with pytest.raises(BadCheckpoint, match="another network"):
        new_loop().resume(tmp_path / CHECKPOINT)
