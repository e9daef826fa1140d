"""Serve: `python -m segmenter`. Settings come from the environment."""

from __future__ import annotations

from segmenter.app import wire
from segmenter.settings import Settings
from servicekit.runtime import run_stateless


def main() -> None:
    """Serve until SIGTERM."""
    run_stateless("segmenter", Settings, wire)


if __name__ == "__main__":
    main()
