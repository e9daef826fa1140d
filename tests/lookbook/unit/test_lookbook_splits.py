"""What a run renders is disjoint from what training saw, and looks alike."""

from datetime import date
from functools import cache

import numpy as np
import pytest

from lookbook.spec.cells import CELLS, cell_split
from lookbook.spec.photo import PhotoSpec, Split
from lookbook.spec.sampling import sample_outfit, sample_scene
from lookbook.world.four_weeks import World

pytestmark = pytest.mark.slow  # thousands of people are drawn up
COUNT = 2000


@cache
def drawn(split: Split) -> tuple[list[PhotoSpec], list[PhotoSpec]]:
    return (
        [sample_outfit(seed, split) for seed in range(COUNT)],
        [sample_scene(seed, split) for seed in range(COUNT)],
    )


def both() -> tuple[tuple[list[PhotoSpec], list[PhotoSpec]], ...]:
    return drawn("train"), drawn("run")


def test_no_pose_is_in_both_splits() -> None:
    train, run = ({s.pose_id for s in specs[0]} for specs in both())
    assert not train & run
    assert len(train) == CELLS["pose"] * 2 // 3
    assert len(run) == CELLS["pose"] // 3


def test_no_cloth_is_in_both_splits() -> None:
    train, run = (set().union(*(s.cloth_ids for s in specs[0])) for specs in both())
    assert not train & run
    assert len(train | run) == CELLS["cloth"]


def test_no_background_is_in_both_splits() -> None:
    for kind in (0, 1):
        train, run = ({s.background_id for s in specs[kind]} for specs in both())
        assert not train & run


def test_no_seed_is_in_both_splits() -> None:
    train, run = ({s.seed_id for kind in specs for s in kind} for specs in both())
    assert len(train) == len(run) == 2 * COUNT
    assert not train & run


def test_no_camera_or_person_is_in_both_splits() -> None:
    train, run = ({(s.camera, s.person) for s in specs[0]} for specs in both())
    assert not train & run


def test_the_world_of_a_run_shows_the_run_split_only() -> None:
    world = World.build(7, date(2026, 11, 22), bad_files=True)
    for crawled in world.photos:
        spec = crawled.photo.spec
        if spec is None:
            continue
        assert spec.split == "run"
        assert cell_split(spec.background_id) == "run"
        assert spec.pose_id is None or cell_split(spec.pose_id) == "run"
        assert all(cell_split(c) == "run" for c in spec.cloth_ids)


def test_both_splits_have_the_same_distribution() -> None:
    def shares(specs: list[PhotoSpec]) -> np.ndarray:
        counts = np.bincount([g.category for s in specs for g in s.garments], minlength=14)
        return np.asarray(counts / counts.sum())

    assert np.abs(shares(drawn("train")[0]) - shares(drawn("run")[0])).max() < 0.02
    for side in ("width", "height"):
        means = [np.mean([getattr(s, side) for s in specs[0]]) for specs in both()]
        assert abs(means[0] - means[1]) < 6
        scenes = np.mean([getattr(s, side) for s in drawn("run")[1]])
        assert abs(means[1] - scenes) < 6
