"""A Keras weight file, as `.h5` or as `.safetensors` with the same arrays under the same names.

This module needs only h5py, safetensors and NumPy, so the environment of the original can use it too.
Nothing is unpickled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count, takewhile
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
_MOST_BYTES = 64_000  # of an attribute of HDF5, less its head
_KERAS_3 = (
    "is of Keras 3, whose files keep no names of layers. Load it where it was trained, with TF_USE_LEGACY_KERAS=1 and tf_keras, "
    "and save it again by model.keras_model.save_weights('weights.h5')"
)


@dataclass(frozen=True)
class WeightFile:
    """Layers in the file's order, with the names of their arrays in Keras's order."""

    path: Path
    layers: dict[str, list[str]]  # layer -> names such as "conv1/kernel:0"; often none
    arrays: dict[tuple[str, str], Array]  # (layer, name) -> array
    attributes: dict[str, str]  # backend and keras_version, where the file has them
    whole_model: bool  # the arrays lie under model_weights

    def named(self, known: Collection[str]) -> Iterator[tuple[tuple[str, str], Array]]:
        """Yield ((layer, variable), array); the former is such as ("conv1", "kernel").

        `known`: names of layers. An array belongs to the innermost scope of its name that is one of them, with or without the
        number that Keras adds to a repeated name ("conv1_2"), or else to the layer that it lies in: so do the arrays of nested
        models, Matterport's `rpn_model` and the whole network in a file that was saved on several GPUs.
        """
        for layer, names in self.layers.items():
            for name in names:
                *scopes, variable = name.split(":")[0].split("/")
                found = (_known(scope, known) for scope in (*reversed(scopes), layer))
                yield (next(filter(None, found), layer), variable), self.arrays[layer, name]


def _known(scope: str, known: Collection[str]) -> str | None:
    if scope in known:
        return scope
    without_number = re.sub(r"_\d+$", "", scope)
    return without_number if without_number in known else None


def read(path: Path) -> WeightFile:
    """Read an `.h5` or `.safetensors` by its ending; raise EngineError with what is wrong."""
    if path.suffix == ".keras":
        raise EngineError(f"{path} {_KERAS_3}")
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
        if not _texts(group, "layer_names") and {"layers", "_layer_checkpoint_dependencies"} & {
            *group
        }:
            raise EngineError(f"{path} {_KERAS_3}")
        layers = {
            layer: _texts(group[layer], "weight_names") for layer in _texts(group, "layer_names")
        }
        if not layers:
            raise KeyError("layer_names")
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
        _write_texts(group, "layer_names", [*file.layers])
        for name, value in file.attributes.items():
            group.attrs[name] = value.encode()
        for layer, names in file.layers.items():
            inside = group.create_group(layer)
            _write_texts(inside, "weight_names", names)
            for name in names:
                inside[name] = file.arrays[layer, name]


def _write_texts(group: h5py.Group, name: str, texts: list[str]) -> None:
    """Write a list of texts as Keras does: in one attribute, or in several if it is too long for one."""
    whole = np.array([text.encode() for text in texts], dtype="S")
    if whole.nbytes < _MOST_BYTES:
        group.attrs[name] = whole
        return
    for number, piece in enumerate(np.array_split(whole, whole.nbytes // _MOST_BYTES + 1)):
        group.attrs[f"{name}{number}"] = piece


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


def _texts(group: h5py.Group, name: str) -> list[str]:
    """Return a list of texts that is an attribute, or, since one holds 64 KB at most, several: name0, name1, ..."""
    pieces = [name] if name in group.attrs else []
    pieces += takewhile(group.attrs.__contains__, (f"{name}{n}" for n in count()))
    return [_text(value) for piece in pieces for value in np.asarray(group.attrs[piece]).ravel()]


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
