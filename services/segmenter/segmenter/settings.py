"""Settings of the segmenter service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from photokit.blobs import BlobSettings
from segmenter.engines.open import EngineName


class Settings(BlobSettings):
    """Read from the environment."""

    segmenter_weights: Path = Field(
        description="folder with model.safetensors and model.json, or a Matterport .h5"
    )
    segmenter_engine: EngineName | None = Field(
        None, description="torchvision for a folder and matterport for a file unless set"
    )
    segmenter_classes: str = Field(
        "", description="of an .h5 with others than the 13 categories: names in order, with commas"
    )
    segmenter_generation: int | None = Field(
        None, ge=1, description="of an .h5, 10 unless set; raise it whenever the file changes"
    )
    segmenter_config: Path | None = Field(
        None,
        description="of an .h5: what config.display() of its training printed, or the same names as YAML",
    )
    segmenter_device: str = Field("cpu", pattern="^(cpu|cuda(:[0-9]+)?)$")
    segmenter_queue: int = Field(32, ge=1, description="photos that wait before RPCs are refused")

    @property
    def class_names(self) -> list[str]:
        """SEGMENTER_CLASSES as a list."""
        return [name.strip() for name in self.segmenter_classes.split(",") if name.strip()]
