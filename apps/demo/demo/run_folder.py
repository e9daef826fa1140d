"""The folder that a run writes to. Only one run at a time holds it."""

from __future__ import annotations

import fcntl
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def run_folder(wanted: Path) -> Iterator[Path]:
    """Hold `wanted`, or the first of `wanted`-2, `wanted`-3 ... that no other run holds, until the end."""
    names = (f"{wanted.name}-{number}" for number in itertools.count(2))
    for name in itertools.chain([wanted.name], names):
        folder = wanted.absolute().with_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield folder
            return
