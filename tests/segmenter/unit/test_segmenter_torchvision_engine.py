"""The engine on the weights that ship."""

from pathlib import Path

import numpy as np
import pycocotools.mask as coco_mask
import pytest
import torch
from numpy.typing import NDArray

from lookbook.draw.render import render
from lookbook.spec.sampling import sample_outfit
from modelkit.precision import has_fast_bf16
from segmenter.engines.torchvision_engine import NONE, Shortcuts, TorchvisionEngine
from segmenter.nets.preprocess import of_one_shape

pytestmark = pytest.mark.slow

Photo = NDArray[np.uint8]
WEIGHTS = Path(__file__).parents[3] / "models" / "segmenter"


@pytest.fixture(scope="module")
def engine() -> TorchvisionEngine:
    return TorchvisionEngine.load(WEIGHTS)


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    return [render(sample_outfit(seed, "run")).image for seed in (3, 4)]


def test_photos_are_batched_by_the_shape_that_they_are_padded_to() -> None:
    sizes = [(800, 600), (400, 300), (600, 800), (1000, 760), (800, 560), (3, 2)]
    # 384 x 288, 384 x 288, 288 x 384, 384 x 292 (padded to 320), 384 x 269 (to 288), 384 x 256
    assert of_one_shape(sizes, 384) == [[0, 1, 4], [2], [3], [5]]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_gives_a_photo_the_same_garments_alone_and_in_company(
    photos: list[Photo],
) -> None:
    engine = TorchvisionEngine.load(WEIGHTS, "cuda")
    mixed = [*photos, photos[0][: photos[0].shape[0] // 2], photos[1][:, :200]]
    together = engine.predict(mixed)
    for photo, answer in zip(mixed, together, strict=True):
        alone = engine.predict([photo])[0]
        assert [d.category for d in alone] == [d.category for d in answer]


def test_a_photo_gives_the_same_result_alone_again_and_in_company(
    engine: TorchvisionEngine, photos: list[Photo]
) -> None:
    alone = [engine.predict([photo])[0] for photo in photos]
    assert engine.predict(photos) == alone
    assert engine.predict(photos[::-1]) == alone[::-1]


def test_an_outfit_has_its_garments_with_masks_of_the_photos_size(
    engine: TorchvisionEngine, photos: list[Photo]
) -> None:
    for photo, detections in zip(photos, engine.predict(photos), strict=True):
        assert detections
        scores = [detection.score for detection in detections]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= engine.info.threshold
        for detection in detections:
            assert 1 <= detection.category <= 13
            mask = coco_mask.decode(detection.mask).astype(bool)
            assert mask.shape == photo.shape[:2]
            x1, y1, x2, y2 = detection.box
            ys, xs = np.nonzero(mask)
            assert x1 - 1 <= xs.min() <= xs.max() <= x2 + 1
            assert y1 - 1 <= ys.min() <= ys.max() <= y2 + 1


def test_compiled_and_eager_layers_give_the_same_garments(photos: list[Photo]) -> None:
    eager, fast = (
        TorchvisionEngine.load(WEIGHTS, shortcuts=Shortcuts(compiled=compiled))
        for compiled in (False, True)
    )
    precise = not has_fast_bf16("cpu")
    for wanted, found in zip(eager.predict(photos), fast.predict(photos), strict=True):
        assert [d.category for d in found] == [d.category for d in wanted]
        for one, other in zip(wanted, found, strict=True):
            assert one.score == pytest.approx(other.score, abs=1e-4 if precise else 0.05)
            assert one.box == pytest.approx(other.box, abs=0.02 if precise else 4)
            overlap = coco_mask.iou([one.mask], [other.mask], [0])[0][0]
            assert overlap >= (0.999 if precise else 0.95)


def test_what_the_shortcuts_leave_out_is_not_missed(photos: list[Photo]) -> None:
    whole = TorchvisionEngine.load(WEIGHTS, shortcuts=NONE)
    short = TorchvisionEngine.load(WEIGHTS)
    for wanted, found in zip(whole.predict(photos), short.predict(photos), strict=True):
        assert [d.category for d in found] == [d.category for d in wanted]


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_photo_has_no_garment(engine: TorchvisionEngine, value: int) -> None:
    assert engine.predict([np.full((640, 480, 3), value, dtype=np.uint8)]) == [[]]


def test_photos_of_any_shape_are_read(engine: TorchvisionEngine) -> None:
    shapes = [(32, 900, 3), (900, 32, 3), (40, 40, 3)]
    assert len(engine.predict([np.zeros(shape, dtype=np.uint8) for shape in shapes])) == 3


def test_a_strip_as_the_first_photo_does_not_spoil_those_after_it(
    engine: TorchvisionEngine, photos: list[Photo]
) -> None:
    fresh = TorchvisionEngine.load(WEIGHTS)
    fresh.predict([np.zeros((32, 900, 3), dtype=np.uint8)])
    assert fresh.predict(photos) == engine.predict(photos)


def test_no_photo_gives_no_result(engine: TorchvisionEngine) -> None:
    assert engine.predict([]) == []


def test_a_gray_photo_is_refused_by_shape(engine: TorchvisionEngine) -> None:
    with pytest.raises(ValueError, match="RGB uint8"):
        engine.predict([np.zeros((50, 50), dtype=np.uint8)])
