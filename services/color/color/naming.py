"""Names for colours: a KD-tree in L*a*b* finds candidates, CIEDE2000 decides among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from color.lab import Float, ciede2000
from color.palette import Family, Palette

# With 32 candidates 99.8% of garment-like colours get the name that an exhaustive CIEDE2000 search gives; with 1, 79%.
CANDIDATES = 32
# A margin of this many CIEDE2000 to the nearest other family is full confidence: about the distance of two families.
SURE_MARGIN = 10.0


@dataclass(frozen=True)
class Named:
    """A colour's name. `distance` is CIEDE2000 to the named colour; `confidence` in [0, 1]."""

    name: str
    family: Family
    distance: float
    confidence: float


class Namer:
    """Names colours by one palette."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._tree = cKDTree(palette.lab)
        self._candidates = min(CANDIDATES, len(palette.names))

    def name(self, lab: Float) -> Named:
        """The palette's nearest colour to one L*a*b* triple.

        Confidence is the margin to the nearest other family among the candidates, or to the farthest candidate if all
        are of one family, in units of SURE_MARGIN.
        """
        _, near = self._tree.query(lab, k=self._candidates)
        near = np.atleast_1d(near)
        distance = ciede2000(self._palette.lab[near], lab)
        best = int(np.argmin(distance))
        family = self._palette.family[near]
        other = distance[family != family[best]]
        margin = (other.min() if other.size else distance.max()) - distance[best]
        return Named(
            self._palette.names[near[best]],
            self._palette.families[family[best]],
            float(distance[best]),
            float(min(margin / SURE_MARGIN, 1.0)),
        )
