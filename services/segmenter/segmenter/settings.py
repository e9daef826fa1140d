"""Settings of the segmenter service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from servicekit.settings import StatelessSettings


class Settings(StatelessSettings):
    """Read from the environment."""

    segmenter_weights: Path = Field(description="folder with model.safetensors and model.json")
    segmenter_device: str = Field("cpu", pattern="^(cpu|cuda(:[0-9]+)?)$")
    segmenter_queue: int = Field(32, ge=1, description="photos that wait before RPCs are refused")
