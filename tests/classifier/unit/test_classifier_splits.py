"""Who trains and who is held out."""

from pathlib import Path

import pytest

from classifier.data.dataset import Example
from classifier.data.splits import folds, hold_out, leave_out
from modelkit.training.table import BadTable

EXAMPLES = [
    Example(Path(f"{author}_{n}_{i}.jpg"), "", int(author == "kim"), f"{author}_{n}", author)
    for author in ("kim", "lee")
    for n in range(50)
    for i in range(3)
]


def test_photos_of_one_post_stay_on_one_side_of_the_split() -> None:
    training, held_out = hold_out(EXAMPLES, 0.2)
    assert not {e.group for e in training} & {e.group for e in held_out}
    assert 0.1 < len(held_out) / len(EXAMPLES) < 0.3


def test_every_photo_is_held_out_in_one_fold_and_never_beside_its_post() -> None:
    splits = list(folds(EXAMPLES, 5, seed=0))
    assert sorted(e.path for _, held_out in splits for e in held_out) == sorted(
        e.path for e in EXAMPLES
    )
    for training, held_out in splits:
        assert not {e.group for e in training} & {e.group for e in held_out}


def test_every_fold_has_the_same_share_of_fashion() -> None:
    for _, held_out in folds(EXAMPLES, 5, seed=0):
        assert sum(e.label for e in held_out) == pytest.approx(len(held_out) / 2, abs=3)


def test_more_folds_than_posts_are_refused() -> None:
    with pytest.raises(BadTable, match="1 groups"):
        list(folds(EXAMPLES[:3], 2, seed=0))


def test_a_source_is_left_out_whole() -> None:
    training, unseen = leave_out(EXAMPLES, "kim")
    assert {e.source for e in training} == {"lee"}
    assert {e.source for e in unseen} == {"kim"}


def test_an_unknown_source_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadTable, match="known: kim, lee"):
        leave_out(EXAMPLES, "park")
