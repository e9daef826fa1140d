"""Cells: who showed what, with references, so that every change can be taken back exactly.

A cell is one stratum in one ISO week, and one shard of its contributors. A contributor is always in the same shard, so
distinct counts of days and weeks add up over shards; a write touches few cells, and none grows without bound
(ADR 0010). A cell is a function of the photos in it: whatever the order of changes, the same photos give the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from servicekit.events import Order
from trends.core.observation import Observation, Stratum, Value

SHARDS = 16
"""A power of two up to 256. Changing it changes all cells: raise `cellstore.FORMAT`."""
ANYONE = Value(0)
# Between the two ends of a pair, in the database: no color family has a control character.
_OTHER = "\x1f"
"""Shown by every photo: what shares are taken of."""

# A row's key: 16 bytes of the contributor's hash, 2 of the value's place in `values` (big endian), 1 of the weekday.
_WHO, _KEY = 16, 19
Keys: TypeAlias = NDArray[np.bytes_]
_KEYS = np.dtype(f"S{_KEY}")
_REFS = np.dtype("<i4")
_NO_REFS = np.empty(0, _REFS)


class CellKey(NamedTuple):
    """Which cell: `week` is its Monday, `shard` in [0, SHARDS)."""

    stratum: Stratum
    week: date
    shard: int


class Fact(NamedTuple):
    """What is known of a photo besides what it shows; `day` is the weekday, 0 for Monday."""

    day: int
    authored: bool
    dated: bool
    order: Order


@dataclass(frozen=True)
class Tally:
    """Distinct contributors of a cell by value and weekdays.

    `count` of them showed `values[value]` on exactly the days whose bits are set in `mask` (1 << weekday); the three arrays
    have one length. From it follow the distinct contributors of any set of days in the week, without anyone's identity.
    """

    values: tuple[Value, ...]
    value: NDArray[np.intp]
    mask: NDArray[np.uint8]
    count: NDArray[np.int64]
    facts: frozenset[Fact]


@dataclass(frozen=True)
class Cell:
    """References (photos) by contributor, value and weekday: `keys` sorted and distinct, `refs` int32, none of them 0.

    `values` are those that occur, sorted; `photos` counts photos by fact, sorted. Cells add up (`total`); one with
    references below 0 is a change that takes photos back.
    """

    values: tuple[Value, ...] = ()
    keys: Keys = field(default_factory=lambda: np.empty(0, _KEYS))
    refs: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, _REFS))
    photos: tuple[tuple[Fact, int], ...] = ()

    @classmethod
    def of(cls, added: Iterable[Observation], removed: Iterable[Observation] = ()) -> Cell:
        """Return what photos of one cell add and others take back."""
        rows: Counter[tuple[bytes, Value, int]] = Counter()
        photos: Counter[Fact] = Counter()
        for observations, sign in ((added, 1), (removed, -1)):
            for seen in observations:
                who, day = contributor_id(seen), seen.day.weekday()
                photos[Fact(day, seen.authored, seen.dated, seen.order)] += sign
                for value in (ANYONE, *seen.values(), *seen.together(), *seen.offers()):
                    rows[who, value, day] += sign
        values = tuple(sorted({value for _, value, _ in rows}))
        place = {value: i.to_bytes(2, "big") for i, value in enumerate(values)}
        packed = sorted((who + place[v] + bytes((day,)), n) for (who, v, day), n in rows.items())
        keys = np.frombuffer(b"".join(key for key, _ in packed), _KEYS)
        return _without_zeros(values, keys, np.array([n for _, n in packed], _REFS), photos)

    def __bool__(self) -> bool:
        return bool(self.photos)

    @cached_property
    def tally(self) -> Tally:
        """The cell without contributors."""
        if not len(self.keys):
            empty = np.empty(0, np.intp)
            return Tally((), empty, np.empty(0, np.uint8), np.empty(0, np.int64), frozenset())
        raw = _raw(self.keys)
        whose = np.ascontiguousarray(raw[:, :-1]).view(f"S{_KEY - 1}").ravel()
        starts = np.flatnonzero(np.concatenate(([True], whose[1:] != whose[:-1])))
        masks = np.bitwise_or.reduceat(np.uint8(1) << raw[:, -1], starts)
        pairs, counts = np.unique(_places(self.keys)[starts] * 128 + masks, return_counts=True)
        return Tally(
            self.values,
            pairs // 128,
            (pairs % 128).astype(np.uint8),
            counts,
            frozenset(fact for fact, _ in self.photos),
        )

    def document(self) -> dict[str, Any]:
        """Return the fields for the database: equal cells have equal ones, byte for byte."""
        return {
            "values": [
                f"{v.dimension}:{v.category}:{v.style}:{v.pattern}:{v.color}"
                + (f"{_OTHER}{v.other}" if v.other else "")
                for v in self.values
            ],
            "keys": self.keys.tobytes(),
            "refs": self.refs.tobytes(),
            "photos": [[f.day, f.authored, f.dated, *f.order, n] for f, n in self.photos],
        }

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Cell:
        """Return the cell whose `document()` this is."""
        values = []
        for text in document["values"]:
            dimension, category, style, *pattern, color = text.split(":", 4)
            # A replica of the version before, which may write until it is replaced, has no pattern.
            numbers = [int(number) for number in (dimension, category, style, *pattern, 0)]
            color, _, other = color.partition(_OTHER)
            values.append(Value(numbers[0], numbers[1], color, numbers[2], numbers[3], other))
        photos = [
            (Fact(day, authored, dated, (a, b, c, d)), n)
            for day, authored, dated, a, b, c, d, n in document["photos"]
        ]
        return cls(
            tuple(values),
            np.frombuffer(document["keys"], _KEYS),
            np.frombuffer(document["refs"], _REFS),
            tuple(photos),
        )


def key_of(observation: Observation) -> CellKey:
    """Return the cell in which an observation counts."""
    day = observation.day
    shard = contributor_id(observation)[0] % SHARDS
    return CellKey(observation.stratum, day - timedelta(days=day.weekday()), shard)


def contributor_id(observation: Observation) -> bytes:
    """Return 16 bytes that stand for a contributor: a hash, so that a cell names nobody."""
    text = f"{'author' if observation.authored else 'photo'}:{observation.contributor}"
    return hashlib.blake2b(text.encode(), digest_size=_WHO).digest()


def total(cells: Iterable[Cell]) -> Cell:
    """Return the sum of cells, whatever their order."""
    ordered = sorted(cells, key=lambda cell: len(cell.keys))
    if not ordered:
        return Cell()
    values = tuple(sorted({value for cell in ordered for value in cell.values}))
    photos: Counter[Fact] = Counter()
    for cell in ordered:
        photos.update(dict(cell.photos))
    *small, large = (_renumbered(cell.keys, cell.values, values) for cell in ordered)
    # The small ones are sorted together, then merged into the large one, which is sorted already.
    changing, row = np.unique(np.concatenate([large[:0], *small]), return_inverse=True)
    by = np.bincount(
        row, np.concatenate([_NO_REFS, *(c.refs for c in ordered[:-1])]), len(changing)
    ).astype(_REFS)
    at = np.searchsorted(large, changing)
    there = np.zeros(len(changing), np.bool_)
    inside = at < len(large)
    there[inside] = large[at[inside]] == changing[inside]
    refs = ordered[-1].refs.copy()
    refs[at[there]] += by[there]
    new = ~there
    return _without_zeros(
        values,
        np.insert(large, at[new], changing[new]),
        np.insert(refs, at[new], by[new]),
        photos,
    )


def _without_zeros(
    values: tuple[Value, ...], keys: Keys, refs: NDArray[np.int32], photos: Counter[Fact]
) -> Cell:
    left = refs != 0
    keys, refs = keys[left], refs[left]
    used = np.unique(_places(keys))
    if len(used) < len(values):
        fewer = tuple(values[place] for place in used)
        keys, values = _renumbered(keys, values, fewer), fewer
    return Cell(values, keys, refs, tuple(sorted((f, n) for f, n in photos.items() if n)))


def _renumbered(keys: Keys, old: tuple[Value, ...], new: tuple[Value, ...]) -> Keys:
    """Return the keys with the places of `old` values changed to those of `new`.

    Both are sorted, so the keys stay sorted.
    """
    if old == new or not len(keys):
        return keys
    place = {value: i for i, value in enumerate(new)}
    # A value that `new` lacks has no key any more.
    to = np.array([place.get(value, 0) for value in old], ">u2")
    raw = _raw(keys).copy()
    raw[:, _WHO : _WHO + 2] = to[_places(keys)].view(np.uint8).reshape(-1, 2)
    return raw.view(_KEYS).ravel()


def _places(keys: Keys) -> NDArray[np.intp]:
    """Return the place of each key's value in `values`."""
    raw = _raw(keys)
    return raw[:, _WHO].astype(np.intp) * 256 + raw[:, _WHO + 1]


def _raw(keys: Keys) -> NDArray[np.uint8]:
    """Return the keys as bytes: uint8 (n, 19)."""
    return np.ascontiguousarray(keys).view(np.uint8).reshape(-1, _KEY)
