"""Serve: `python -m recommender`. Settings come from the environment."""

from __future__ import annotations

from recommender.app import wire
from recommender.settings import Settings
from servicekit.runtime import run


def main() -> None:
    """Serve until SIGTERM."""
    run("recommender", Settings, wire)


if __name__ == "__main__":
    main()
