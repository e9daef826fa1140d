"""Garments of the contract, with colours: the core's results as messages."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from color import lab
from color.extract import GarmentColors, extract
from color.naming import Named, Namer
from servicekit import mask
from snsfashion.fashion.v1 import fashion_pb2


class BadMask(ValueError):
    """A garment whose mask can't be used; `index` is its place in the list."""

    def __init__(self, index: int, text: str) -> None:
        super().__init__(text)
        self.index = index


def with_colors(
    pixels: NDArray[np.uint8], garments: Iterable[fashion_pb2.Garment], namer: Namer
) -> list[fashion_pb2.Garment]:
    """Copies of `garments` of one photo (RGB uint8 H x W x 3) with colours and pattern. Raises BadMask."""
    described = []
    for index, garment in enumerate(garments):
        try:
            colors = extract(pixels, mask.decode(garment.mask), namer)
        except ValueError as error:
            raise BadMask(index, str(error)) from error
        copy = fashion_pb2.Garment()
        copy.CopyFrom(garment)
        _fill(copy, colors)
        described.append(copy)
    return described


def color_message(
    color_lab: lab.Float, rgb: NDArray[np.uint8], named: Named, share: float
) -> fashion_pb2.Color:
    """One colour: L*a*b* and sRGB uint8 triples, its name, and its part of the garment in (0, 1]."""
    light, a, b = (float(value) for value in color_lab)
    return fashion_pb2.Color(
        rgb=int(rgb[0]) << 16 | int(rgb[1]) << 8 | int(rgb[2]),
        lab=fashion_pb2.Lab(l=light, a=a, b=b),
        name=named.name,
        family=named.family.name,
        family_ko=named.family.name_ko,
        share=share,
        confidence=named.confidence,
    )


def _fill(garment: fashion_pb2.Garment, measured: GarmentColors) -> None:
    del garment.colors[:]
    garment.colors.extend(color_message(c.lab, c.rgb, c.named, c.share) for c in measured.colors)
    garment.pattern = (
        fashion_pb2.PATTERN_PATTERNED if measured.patterned else fashion_pb2.PATTERN_PLAIN
    )
