"""A folder of weights: `model.safetensors` (half precision), `model.json` (metadata), `card.md`.

The metadata holds the hash of the weights, so that two pairs can't be mixed up. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

WEIGHTS = "model.safetensors"
METADATA = "model.json"


class BadWeights(Exception):
    """Weights are incomplete, damaged or of another network; the message says what to do."""


if TYPE_CHECKING:

    class Metadata(DataclassInstance, Protocol):
        """A dataclass of what a reader must know to serve the weights as they were trained."""

        @property
        def sha256(self) -> str:
            """The SHA-256 of model.safetensors."""


M = TypeVar("M", bound="Metadata")


def write(folder: Path, tensors: Mapping[str, Tensor], metadata: M) -> M:
    """Write tensors (floating point in half precision) and metadata; return it with the hash."""
    folder.mkdir(parents=True, exist_ok=True)
    halved = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous().cpu()
        for name, tensor in tensors.items()
    }
    save_file(halved, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors writes for the owner only
    digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    metadata = replace(metadata, sha256=digest)
    (folder / METADATA).write_text(json.dumps(asdict(metadata), indent=2) + "\n")
    return metadata


def read(folder: Path, metadata: type[M]) -> tuple[dict[str, Tensor], M]:
    """Return tensors in fp32 and metadata of a folder, checked by hash; raise BadWeights."""
    try:
        found = metadata(**json.loads((folder / METADATA).read_text()))
        content = (folder / WEIGHTS).read_bytes()
    except FileNotFoundError as error:
        raise BadWeights(f"{error.filename} is missing: train, or name another folder") from error
    except (OSError, TypeError, ValueError) as error:
        raise BadWeights(f"{folder / METADATA} can't be read: {error}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != found.sha256:
        raise BadWeights(f"{folder / WEIGHTS} has sha256 {digest}, {METADATA} says {found.sha256}")
    try:
        tensors = load(content)
    except SafetensorError as error:
        raise BadWeights(f"{folder / WEIGHTS} can't be read: {error}") from error
    return {n: t.float() if t.dtype == torch.half else t for n, t in tensors.items()}, found
