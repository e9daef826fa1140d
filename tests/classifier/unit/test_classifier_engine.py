"""The engine on the weights that ship."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.nets import model
from classifier.nets.engine import Engine
from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit, sample_scene
from modelkit.precision import has_fast_bf16

pytestmark = pytest.mark.slow

Photo = NDArray[np.uint8]
WEIGHTS = Path(__file__).parents[3] / "models" / "classifier"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(WEIGHTS)


def test_a_photo_gives_the_same_probability_alone_again_and_in_company(engine: Engine) -> None:
    photos = [render(sample_outfit(3, "run")).image, render(sample_scene(4, "run")).image]
    alone = [engine.predict([photo])[0] for photo in photos]
    assert engine.predict(photos) == alone
    assert engine.predict(photos[::-1]) == alone[::-1]


def test_outfits_are_fashion_and_scenes_are_not(engine: Engine) -> None:
    outfits = [render(sample_outfit(seed, "run")).image for seed in range(6)]
    scenes = [render(sample_scene(seed, "run")).image for seed in range(6)]
    said = [p >= engine.threshold for p in engine.predict([*outfits, *scenes])]
    wrong = said[:6].count(False) + said[6:].count(True)
    assert wrong <= 1


def test_a_blank_photo_is_not_fashion(engine: Engine) -> None:
    assert engine.predict([np.full((300, 200, 3), 128, dtype=np.uint8)])[0] < engine.threshold


def test_a_gray_photo_is_refused_by_shape(engine: Engine) -> None:
    with pytest.raises(ValueError, match="RGB uint8"):
        engine.predict([np.zeros((50, 50), dtype=np.uint8)])


def test_compiled_and_eager_layers_give_the_same_probability(engine: Engine) -> None:
    photos = [render(sample_outfit(3, "run")).image, render(sample_scene(4, "run")).image]
    eager = Engine(*model.load(WEIGHTS), eager=True).predict(photos)
    tolerance = 0.02 if has_fast_bf16("cpu") else 1e-4
    assert engine.predict(photos) == pytest.approx(eager, abs=tolerance)
