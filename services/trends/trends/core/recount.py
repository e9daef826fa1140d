"""Cells counted again from photos: what a rebuild writes, and what the photos of one hashtag add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from trends.core.cell import Cell, CellKey, key_of, total
from trends.core.observation import Observation, PhotoState


class Recount:
    """The photos that count, and the cells that they add up to."""

    def __init__(self) -> None:
        self.cells: dict[CellKey, Cell] = {}
        """None of them empty."""
        self._counted: dict[str, Observation] = {}
        self._posts: dict[tuple[str, str], set[str]] = {}

    def apply(
        self, states: Iterable[PhotoState], erased: Iterable[tuple[str, str]] = ()
    ) -> dict[CellKey, Cell]:
        """Take states in place of what stood for their photos, then forget erased posts, given as (site, post).

        Return the cells that changed, some of them empty now.
        """
        added: list[Observation] = []
        removed: list[Observation] = []
        for state in states:
            old = self._counted.pop(state.image_id, None)
            if old:
                removed.append(old)
            if state.observation:
                added.append(state.observation)
                self._counted[state.image_id] = state.observation
                self._posts.setdefault((state.site, state.post), set()).add(state.image_id)
        for post in erased:
            for image_id in self._posts.pop(post, ()):
                if old := self._counted.pop(image_id, None):
                    removed.append(old)
        changed = {
            key: total([self.cells.get(key, Cell()), change])
            for key, change in cell_changes(added, removed).items()
        }
        for key, cell in changed.items():
            if cell:
                self.cells[key] = cell
            else:
                self.cells.pop(key, None)
        return changed


def cell_changes(
    added: Iterable[Observation], removed: Iterable[Observation]
) -> Mapping[CellKey, Cell]:
    """Return what photos that count from now on, and others that no longer count, change in each cell."""
    by_key: dict[CellKey, tuple[list[Observation], list[Observation]]] = defaultdict(
        lambda: ([], [])
    )
    for side, observations in enumerate((added, removed)):
        for observation in observations:
            by_key[key_of(observation)][side].append(observation)
    return {key: Cell.of(more, less) for key, (more, less) in by_key.items()}
