"""The category of each class that a file of weights names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fashion.words import CATEGORIES
from segmenter.core.engine import EngineError

# The official script that writes COCO files, deepfashion2_to_coco.py, spells the names in its own way.
_SCRIPT_SPELLING = (("sleeved", "sleeve"), ("shirt", "top"))
_NUMBERS = {category.name: number for number, category in CATEGORIES.items()}


def find_category(name: str) -> int | None:
    """Return the number of a category by its name in DeepFashion2 or in its official script; case and underscores don't count."""
    words = " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
    for theirs, ours in _SCRIPT_SPELLING:
        words = words.replace(theirs, ours)
    return _NUMBERS.get(words)


def numbered(names: Sequence[str], count: int, weights: Path) -> list[int | None]:
    """Return the category of each of the `count` classes of a file of weights; None: not a garment.

    `names`: in the order of the classes, as for `find_category`; empty: the 13 categories.
    Raise EngineError if names and classes don't belong together.
    """
    names = names or [category.name for category in CATEGORIES.values()]
    if len(names) != count:
        raise EngineError(
            f"{weights} has {count} classes without the background, but there are {len(names)} names "
            "(13 categories unless set): set SEGMENTER_CLASSES to the names, in order, with commas"
            + (". 80 classes are COCO's: such weights know no garments" if count == 80 else "")
        )
    found = [find_category(name) for name in names]
    if not any(found):
        raise EngineError(
            f"none of the classes {', '.join(names)} of {weights} is one of the categories "
            f"{', '.join(_NUMBERS)}"
        )
    return found
