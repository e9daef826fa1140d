"""Settings of the classifier service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from photokit.blobs import BlobSettings


class Settings(BlobSettings):
    """Read from the environment."""

    classifier_weights: Path = Field(
        description="folder with model.safetensors and model.json, or the notebooks' "
        "MultiLabelResnet as a state dict (.pt, .pth)"
    )
    classifier_generation: int = Field(
        1, ge=1, description="of the notebooks' weights; a folder states its own"
    )
    classifier_device: str = Field("cpu", pattern="^(cpu|cuda(:[0-9]+)?)$")
    classifier_queue: int = Field(64, ge=1, description="photos that wait before RPCs are refused")
