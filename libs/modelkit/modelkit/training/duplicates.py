"""Photos that are nearly the same, by their perceptual hashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

SAME_BITS = 4
"""Hashes of 64 bits that differ by so many or fewer are of one picture, scaled or compressed again."""


def find_near(hashes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each pair of places whose hashes, 64 bits each, differ by SAME_BITS or fewer: (first, second), first < second.

    Of SAME_BITS + 1 parts of the bits, one at least is then the same: only hashes that share a part are compared.
    """
    parts = SAME_BITS + 1
    seen: set[tuple[int, int]] = set()
    for part in range(parts):
        low, high = 64 * part // parts, 64 * (part + 1) // parts
        buckets: dict[int, list[int]] = defaultdict(list)
        for place, value in enumerate(hashes):
            buckets[value >> low & ((1 << high - low) - 1)].append(place)
        for bucket in buckets.values():
            for number, first in enumerate(bucket):
                for second in bucket[number + 1 :]:
                    near = (hashes[first] ^ hashes[second]).bit_count() <= SAME_BITS
                    if near and (first, second) not in seen:
                        seen.add((first, second))
                        yield first, second
