"""A Keras weight file, as `.h5` or as `.safetensors` with the same arrays under the same names.

This module needs only h5py, safetensors and NumPy, so the environment of the original can use it too.
Nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from segmenter.core.engine import EngineError

KERAS = "keras"  # metadata of the .safetensors: what an .h5 keeps in attributes
MODEL = "model_weights"  # the group of a whole saved model; a file of weights has none
Array = NDArray[np.generic]


@dataclass(frozen=True)
class WeightFile:
    """Layers in the file's order, with the names of their arrays in Keras's order."""

    path: Path
    layers: dict[str, list[str]]  # layer -> names such as "conv1/kernel:0"; often none
    arrays: dict[tuple[str, str], Array]  # (layer, name) -> array
    attributes: dict[str, str]  # backend and keras_version, where the file has them
    whole_model: bool  # the arrays lie under model_weights

    def named(self) -> Iterator[tuple[tuple[str, str], Array]]:
        """Yield ((layer, variable), array); the former is such as ("conv1", "kernel").

        The layers of a nested model, Matterport's `rpn_model`, come under their own names.
        """
        for layer, names in self.layers.items():
            for name in names:
                scope, variable = name.split(":")[0].rsplit("/", 1)
                inner = scope.rsplit("/", 1)[-1]
                yield (inner if layer == "rpn_model" else layer, variable), self.arrays[layer, name]


def read(path: Path) -> WeightFile:
    """Read an `.h5` or `.safetensors` by its ending; raise EngineError with what is wrong."""
    try:
        return _read_safetensors(path) if path.suffix == ".safetensors" else _read_h5(path)
    except FileNotFoundError as error:
        raise EngineError(f"{path} is missing") from error
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise EngineError(f"{path} is not a file of Keras weights: {error}") from error


def write(file: WeightFile, path: Path) -> None:
    """Write an `.h5` or `.safetensors` by its ending; arrays keep their bytes."""
    (_write_safetensors if path.suffix == ".safetensors" else _write_h5)(file, path)


def _read_h5(path: Path) -> WeightFile:
    with h5py.File(path) as root:
        whole_model = "layer_names" not in root.attrs and MODEL in root
        group = root[MODEL] if whole_model else root
        layers = {
            layer: _texts(group[layer].attrs["weight_names"])
            for layer in _texts(group.attrs["layer_names"])
        }
        arrays = {
            (layer, name): np.asarray(group[layer][name])
            for layer, names in layers.items()
            for name in names
        }
        attributes = {
            name: _text(group.attrs[name])
            for name in ("backend", "keras_version")
            if name in group.attrs
        }
    return WeightFile(path, layers, arrays, attributes, whole_model)


def _write_h5(file: WeightFile, path: Path) -> None:
    with h5py.File(path, "w") as root:
        group = root.create_group(MODEL) if file.whole_model else root
        group.attrs["layer_names"] = np.array([layer.encode() for layer in file.layers])
        for name, value in file.attributes.items():
            group.attrs[name] = value.encode()
        for layer, names in file.layers.items():
            inside = group.create_group(layer)
            inside.attrs["weight_names"] = np.array([name.encode() for name in names], dtype="S")
            for name in names:
                inside[name] = file.arrays[layer, name]


def _read_safetensors(path: Path) -> WeightFile:
    with safe_open(path, framework="np") as tensors:
        keras = json.loads((tensors.metadata() or {})[KERAS])
        layers: dict[str, list[str]] = keras["layers"]
        arrays = {
            (layer, name): tensors.get_tensor(f"{layer}/{name}")
            for layer, names in layers.items()
            for name in names
        }
    return WeightFile(path, layers, arrays, keras["attributes"], keras["whole_model"])


def _write_safetensors(file: WeightFile, path: Path) -> None:
    keras = {
        "layers": file.layers,
        "attributes": file.attributes,
        "whole_model": file.whole_model,
    }
    tensors = {
        f"{layer}/{name}": np.ascontiguousarray(array)
        for (layer, name), array in file.arrays.items()
    }
    save_file(tensors, path, metadata={KERAS: json.dumps(keras)})
    path.chmod(0o644)  # safetensors writes for the owner only


def _texts(values: object) -> list[str]:
    return [_text(value) for value in np.asarray(values).ravel()]


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
