"""Serve: `python -m classifier`. Settings come from the environment."""

from __future__ import annotations

from classifier.app import wire
from classifier.settings import Settings
from servicekit.runtime import run_stateless


def main() -> None:
    """Serve until SIGTERM."""
    run_stateless("classifier", Settings, wire)


if __name__ == "__main__":
    main()
