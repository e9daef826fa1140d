"""Which Matterport files are read, and what the error of others says."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from segmenter.core.engine import EngineError
from segmenter.engines.matterport import weight_file
from segmenter.engines.matterport.architecture import Architecture, Key, recognize
from segmenter.engines.matterport.weight_file import WeightFile

Shapes = dict[Key, tuple[int, ...]]


def holding(shapes: Shapes, dtype: str = "float32") -> WeightFile:
    """Return a file of zeros with these arrays, the region proposal network nested as Keras nests it."""
    layers: dict[str, list[str]] = {}
    arrays = {}
    for (layer, variable), shape in shapes.items():
        place = "rpn_model" if layer.startswith("rpn_") else layer
        layers.setdefault(place, []).append(f"{layer}/{variable}:0")
        arrays[place, f"{layer}/{variable}:0"] = np.broadcast_to(np.zeros((), dtype), shape)
    return WeightFile(Path("some.h5"), layers, arrays, {}, whole_model=False)


@pytest.mark.parametrize("architecture", [Architecture(50, 14), Architecture(101, 4)])
def test_depth_and_number_of_classes_are_recognized(architecture: Architecture) -> None:
    shapes = architecture.shapes()
    found, arrays = recognize(holding(shapes))
    assert found == architecture
    assert {key: array.shape for key, array in arrays.items()} == shapes


def test_everything_that_does_not_fit_is_one_error() -> None:
    shapes: Shapes = Architecture(50, 14).shapes()
    del shapes["fpn_p3", "bias"]
    del shapes["rpn_class_raw", "kernel"]
    shapes["mrcnn_bbox_fc", "kernel"] = (1024, 20)
    shapes["extra_head", "kernel"] = (3, 3)
    with pytest.raises(EngineError) as error:
        recognize(holding(shapes))
    lines = str(error.value).splitlines()
    assert "some.h5" in lines[0]
    assert sorted(line.strip() for line in lines[1:]) == [
        "extra: extra_head/kernel (3, 3)",
        "misshapen: mrcnn_bbox_fc/kernel float32 (1024, 20), not float32 (1024, 56)",
        "missing: fpn_p3/bias (256,)",
        "missing: rpn_class_raw/kernel (1, 1, 512, 6)",
    ]


def test_half_precision_is_an_error_that_names_it() -> None:
    with pytest.raises(EngineError, match="conv1/kernel float16"):
        recognize(holding(Architecture(50, 14).shapes(), "float16"))


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(EngineError, match="not a Mask R-CNN of Matterport"):
        recognize(holding({("conv1", "kernel"): (7, 7, 3, 64)}))


@pytest.mark.parametrize("root", [None, "model_weights"])
def test_a_file_of_weights_and_a_whole_saved_model_are_read(
    tmp_path: Path, root: str | None
) -> None:
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    with h5py.File(tmp_path / "model.h5", "w") as file:
        group = file.create_group(root) if root else file
        group.attrs["layer_names"] = np.array([b"input_image", b"conv1", b"rpn_model"])
        group.create_group("input_image").attrs["weight_names"] = np.array([], dtype="S")
        group.create_group("conv1").attrs["weight_names"] = np.array([b"conv1_2/kernel:0"])
        group["conv1"]["conv1_2/kernel:0"] = kernel
        group.create_group("rpn_model").attrs["weight_names"] = np.array(
            [b"rpn_class_raw/kernel:0"]
        )
        group["rpn_model"]["rpn_class_raw/kernel:0"] = kernel + 1
    read = weight_file.read(tmp_path / "model.h5")
    named = dict(read.named())
    assert named.keys() == {("conv1", "kernel"), ("rpn_class_raw", "kernel")}
    np.testing.assert_array_equal(named["conv1", "kernel"], kernel)
    assert read.whole_model == (root is not None)


def test_a_file_that_is_absent_or_no_hdf5_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.h5 is missing"):
        weight_file.read(tmp_path / "absent.h5")
    (tmp_path / "text.h5").write_text("weights")
    with pytest.raises(EngineError, match=r"text\.h5 is not a file of Keras weights"):
        weight_file.read(tmp_path / "text.h5")
