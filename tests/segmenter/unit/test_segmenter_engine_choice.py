"""Which engine opens which weights, and under which names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fashion.words import CATEGORIES
from segmenter.core.categories import numbered
from segmenter.core.engine import EngineError
from segmenter.engines.open import open_engine

WEIGHTS = Path("some.h5")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("weights", [Path(__file__).parents[3] / "models" / "segmenter", WEIGHTS])
def test_a_gpu_that_is_not_there_is_an_error_with_a_sentence(weights: Path) -> None:
    with pytest.raises(EngineError, match="no GPU is visible"):
        open_engine(weights, "cuda")


def test_the_13_categories_are_the_default() -> None:
    assert numbered([], 13, WEIGHTS) == list(CATEGORIES)


def test_names_are_known_in_any_order_and_spelling_and_others_are_no_category() -> None:
    assert numbered(["Skirt", "hat", "short_sleeve_top"], 3, WEIGHTS) == [9, None, 1]


def test_another_number_of_names_than_of_classes_is_an_error_that_names_the_setting() -> None:
    with pytest.raises(EngineError, match=r"80 classes .* 13 names .* SEGMENTER_CLASSES"):
        numbered([], 80, WEIGHTS)


def test_names_of_which_none_is_a_category_are_refused() -> None:
    with pytest.raises(EngineError, match="none of the classes cat, dog"):
        numbered(["cat", "dog"], 2, WEIGHTS)


def test_a_folder_has_classes_and_generation_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"model\.json"):
        open_engine(tmp_path, generation=3)


def test_a_folder_without_weights_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"model\.json is missing"):
        open_engine(tmp_path)


def test_a_file_that_is_absent_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.h5 is missing"):
        open_engine(tmp_path / "absent.h5")
