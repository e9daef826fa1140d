"""How much memory a run takes at most."""

from __future__ import annotations

import threading

from devstack.processes import memory_mb

EVERY_S = 2.0


class PeakMemory:
    """The highest memory of this process and all its children together, sampled in a thread."""

    def __init__(self) -> None:
        self._peak = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def start(self) -> None:
        """Start to sample."""
        self._thread.start()

    def stop(self) -> float:
        """Stop; return the highest value, in megabytes. Safe to call twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _sample(self) -> None:
        while not self._stop.is_set():
            self._peak = max(self._peak, memory_mb())
            self._stop.wait(EVERY_S)
