"""Photos with known garments, for tests that measure colors in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lookbook.draw.render import Rendered


@pytest.fixture(scope="session")
def render_outfit() -> Callable[[int], Rendered]:
    """Return what renders the outfit of a seed. Skip the tests where the look-book is not installed."""
    pytest.importorskip("lookbook.draw")
    from lookbook.draw.render import render
    from lookbook.spec.sampling import sample_outfit

    return lambda seed: render(sample_outfit(seed, "run"))
