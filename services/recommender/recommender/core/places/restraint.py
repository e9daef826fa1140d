"""One act of a person does not turn their answer over: it changes three of ten places at most."""

from __future__ import annotations

from collections.abc import Sequence

MOST_CHANGED = 0.3
"""Part of the places that one act may change."""


def restrained(answer: Sequence[int], before: Sequence[int]) -> list[int]:
    """Return an answer that differs from `before`, the answer without the last act, in MOST_CHANGED of its places at most.

    Both are rows, best first. The first of what is new stays, in its order; the rest of the places go to `before`.
    """
    most = int(MOST_CHANGED * len(answer))
    new = [row for row in answer if row not in set(before)]
    if len(new) <= most:
        return list(answer)
    kept = set(new[:most]) | set(answer) - set(new)
    stays = [row for row in answer if row in kept]
    fill = [row for row in before if row not in kept]
    return (stays + fill)[: len(answer)]
