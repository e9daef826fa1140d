"""What a garment is drawn from: pieces of cloth and the soft lines inside them, in body units."""

from dataclasses import dataclass, field
from typing import Literal

from lookbook.draw.outline import Points, Shape

Layer = Literal["back", "body", "sleeve_left", "sleeve_right", "over"]


@dataclass(frozen=True)
class Stroke:
    """A soft line inside a garment: a seam, an edge, a crease. Negative strength lightens."""

    line: Points
    width: float
    strength: float


@dataclass(frozen=True)
class Piece:
    """A part of a garment that is drawn at once. `angle` in radians from straight down turns its cloth."""

    layer: Layer
    shape: Shape
    angle: float = 0.0
    offset: int = 0
    pleats: float = 0.0
    dim: float = 1.0
    strokes: list[Stroke] = field(default_factory=list)
