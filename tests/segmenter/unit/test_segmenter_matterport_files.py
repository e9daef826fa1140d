"""Which Matterport files are read, and what the error of others says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
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


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_precisions_are_read_as_float32(dtype: str) -> None:
    _, arrays = recognize(holding(Architecture(50, 14).shapes(), dtype))
    assert {array.dtype for array in arrays.values()} == {np.dtype("float32")}


def test_whole_numbers_are_an_error_that_names_them() -> None:
    with pytest.raises(EngineError, match="conv1/kernel int32"):
        recognize(holding(Architecture(50, 14).shapes(), "int32"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_name(value: float) -> None:
    file = holding(Architecture(50, 14).shapes())
    broken = np.full((256,), value, np.float32)
    changed = replace(file, arrays={**file.arrays, ("fpn_p3", "fpn_p3/bias:0"): broken})
    with pytest.raises(EngineError, match="not finite: fpn_p3/bias"):
        recognize(changed)


def renamed(file: WeightFile, place: Callable[[str, str], tuple[str, str]]) -> WeightFile:
    """Return a file with its arrays at other places: (layer, name) to (layer, name)."""
    layers: dict[str, list[str]] = {}
    arrays = {}
    for (layer, name), array in file.arrays.items():
        new_layer, new_name = place(layer, name)
        layers.setdefault(new_layer, []).append(new_name)
        arrays[new_layer, new_name] = array
    return replace(file, layers=layers, arrays=arrays)


@pytest.mark.parametrize(
    "place",
    [
        # Saved on several GPUs: the whole network is one layer.
        lambda _, name: ("mask_rcnn", name),
        lambda _, name: ("mask_rcnn", f"tower_0/mask_rcnn/{name}"),
        # Forks on TensorFlow 2: scopes around and inside, and numbers of repeated names.
        lambda layer, name: (layer, f"{name.split('/')[0]}/{name}"),
        lambda layer, name: (layer, f"model_1/{name}"),
        lambda layer, name: (layer, name.replace("/", "_3/")),
        lambda layer, name: (layer if layer == "rpn_model" else f"{layer}_1", name.replace("/", "_1/")),
        lambda layer, name: (layer, name.removesuffix(":0")),
    ],
)  # fmt: skip
def test_arrays_are_found_under_the_scopes_of_forks(
    place: Callable[[str, str], tuple[str, str]],
) -> None:
    shapes = Architecture(50, 14).shapes()
    _, arrays = recognize(renamed(holding(shapes), place))
    assert {key: array.shape for key, array in arrays.items()} == shapes


def test_anchors_that_a_fork_keeps_as_a_constant_are_left_out() -> None:
    shapes = Architecture(50, 14).shapes()
    file = holding(shapes)
    anchors = np.zeros((1, 12, 4), np.float32)
    for name in ("Variable:0", "anchors/Variable:0"):
        layers = {**file.layers, "anchors": [name]}
        changed = replace(file, layers=layers, arrays={**file.arrays, ("anchors", name): anchors})
        assert recognize(changed)[1].keys() == shapes.keys()


def test_lists_of_names_that_keras_splits_are_read_and_written(tmp_path: Path) -> None:
    names = [f"a_layer_with_a_long_name_{n}/kernel:0" for n in range(3000)]
    arrays: dict[tuple[str, str], weight_file.Array] = {
        ("mask_rcnn", name): np.full((1,), n, np.float32) for n, name in enumerate(names)
    }
    file = WeightFile(tmp_path / "split.h5", {"mask_rcnn": names}, arrays, {}, whole_model=False)
    weight_file.write(file, file.path)
    with h5py.File(file.path) as root:
        assert {"weight_names0", "weight_names1"} <= root["mask_rcnn"].attrs.keys()
    assert weight_file.read(file.path).layers == file.layers


@pytest.mark.parametrize("name", ["model.weights.h5", "model.keras"])
def test_files_of_keras_3_are_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    with h5py.File(tmp_path / name, "w") as root:
        root["layers/conv2d/vars/0"] = np.zeros((3, 3), np.float32)
    with pytest.raises(EngineError, match=r"Keras 3.*TF_USE_LEGACY_KERAS=1"):
        weight_file.read(tmp_path / name)


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
    named = dict(read.named({"conv1", "rpn_class_raw"}))
    assert named.keys() == {("conv1", "kernel"), ("rpn_class_raw", "kernel")}
    np.testing.assert_array_equal(named["conv1", "kernel"], kernel)
    assert read.whole_model == (root is not None)


def test_a_file_that_is_absent_or_no_hdf5_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.h5 is missing"):
        weight_file.read(tmp_path / "absent.h5")
    (tmp_path / "text.h5").write_text("weights")
    with pytest.raises(EngineError, match=r"text\.h5 is not a file of Keras weights"):
        weight_file.read(tmp_path / "text.h5")
