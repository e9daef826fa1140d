"""Outfits as messages of the contract: with measured colors, and named again by another palette."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from color.core import generation, pattern, white_balance
from color.core.extract import extract
from color.core.naming import Named, Namer
from fashion.lab import Float
from photokit import mask
from servicekit import topology
from servicekit.events import photo_event_id
from snsfashion.events.v1.events_pb2 import OutfitDescribed
from snsfashion.fashion.v1 import fashion_pb2


class BadMask(ValueError):
    """A garment whose mask can't be used; `index` is its place in the list."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index


def measure(
    pixels: NDArray[np.uint8], garments: Sequence[fashion_pb2.Garment]
) -> tuple[list[fashion_pb2.Garment], fashion_pb2.WhiteBalance]:
    """Return copies of `garments` of one photo (RGB uint8 H x W x 3) with pattern and unnamed colors. Raise BadMask."""
    masks = []
    for index, garment in enumerate(garments):
        try:
            masks.append(mask.decode(garment.mask))
            if masks[-1].shape != pixels.shape[:2]:
                raise ValueError(f"the mask is {masks[-1].shape}, the photo {pixels.shape[:2]}")
            if not masks[-1].any():
                raise ValueError("the mask is empty")
        except ValueError as error:
            raise BadMask(index, str(error)) from error
    balance = white_balance.estimate(pixels, masks)
    measured = []
    for garment, inside in zip(garments, masks, strict=True):
        found = extract(pixels, inside, balance.gains)
        copy = fashion_pb2.Garment()
        copy.CopyFrom(garment)
        del copy.colors[:]
        copy.colors.extend(unnamed_color(c.lab, c.rgb, c.share) for c in found.colors)
        lab = np.array([color.lab for color in found.colors])
        copy.pattern = _PATTERNS[pattern.find(pixels, inside, lab, balance.gains)]
        measured.append(copy)
    return measured, fashion_pb2.WhiteBalance(
        outcome=_OUTCOMES[balance.outcome], light=balance.light
    )


def unnamed_color(lab: Float, rgb: NDArray[np.uint8], share: float) -> fashion_pb2.Color:
    """Return a color without a name. `lab`: L*a*b* (3,); `rgb`: sRGB uint8 (3,); `share` of the garment in (0, 1]."""
    light, a, b = (float(value) for value in lab)
    return fashion_pb2.Color(
        rgb=int.from_bytes(rgb.tobytes(), "big"),
        lab=fashion_pb2.Lab(l=light, a=a, b=b),
        share=share,
    )


def name_colors(colors: Iterable[fashion_pb2.Color], namer: Namer) -> list[Named]:
    """Name colors in place and return the names.

    They are found by L*a*b* as the message holds it, so what was stored gets the same name as what was just measured.
    """
    every = list(colors)
    if not every:
        return []
    found = namer.find(np.array([(c.lab.l, c.lab.a, c.lab.b) for c in every]))
    for one, named in zip(every, found, strict=True):
        one.name, one.name_ko = named.name, named.name_ko
        one.family, one.family_ko = named.family.name, named.family.name_ko
        one.confidence = named.confidence
    return found


def name_garments(garments: Iterable[fashion_pb2.Garment], namer: Namer) -> None:
    """Name all colors of garments in place."""
    name_colors((c for garment in garments for c in garment.colors), namer)


def renamed(outfit: OutfitDescribed, namer: Namer, number: int) -> OutfitDescribed:
    """Return the outfit as the palette with this number names it. What was measured stays, and so does its method."""
    copy = OutfitDescribed()
    copy.CopyFrom(outfit)
    name_garments(copy.garments, namer)
    method, _ = generation.split(outfit.generations.color)
    copy.generations.color = generation.join(number, method)
    copy.event_id = photo_event_id(topology.DESCRIBED, copy.image, copy.generations)
    return copy


_OUTCOMES = {
    white_balance.Outcome.APPLIED: fashion_pb2.WHITE_BALANCE_OUTCOME_APPLIED,
    white_balance.Outcome.NEUTRAL: fashion_pb2.WHITE_BALANCE_OUTCOME_NEUTRAL,
    white_balance.Outcome.UNCERTAIN: fashion_pb2.WHITE_BALANCE_OUTCOME_UNCERTAIN,
    white_balance.Outcome.EXTREME: fashion_pb2.WHITE_BALANCE_OUTCOME_EXTREME,
}
_PATTERNS = {
    pattern.Pattern.PLAIN: fashion_pb2.PATTERN_PLAIN,
    pattern.Pattern.PATTERNED: fashion_pb2.PATTERN_PATTERNED,
    pattern.Pattern.STRIPED: fashion_pb2.PATTERN_STRIPED,
    pattern.Pattern.CHECKED: fashion_pb2.PATTERN_CHECKED,
    pattern.Pattern.DOTTED: fashion_pb2.PATTERN_DOTTED,
}
