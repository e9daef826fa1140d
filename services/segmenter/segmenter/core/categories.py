"""The category of each class that a file of weights names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fashion.words import CATEGORIES
from segmenter.core.engine import EngineError


def numbered(names: Sequence[str], count: int, weights: Path) -> list[int | None]:
    """Return the category of each of the `count` classes of a file of weights; None: not a garment.

    `names`: in the order of the classes; empty: the 13 categories. Case and underscores don't count.
    Raise EngineError if names and classes don't belong together.
    """
    names = names or [category.name for category in CATEGORIES.values()]
    if len(names) != count:
        raise EngineError(
            f"{weights} has {count} classes without the background, but there are {len(names)} names "
            "(13 categories unless set): set SEGMENTER_CLASSES to the names, in order, with commas"
        )
    known = {category.name: number for number, category in CATEGORIES.items()}
    found = [known.get(" ".join(name.lower().replace("_", " ").split())) for name in names]
    if not any(found):
        raise EngineError(
            f"none of the classes {', '.join(names)} of {weights} is one of the categories "
            f"{', '.join(known)}"
        )
    return found
