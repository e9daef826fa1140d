"""Serve: `python -m trends`. Settings come from the environment; commands for operators are in `snsfashion-admin trends`."""

from __future__ import annotations

from servicekit.runtime import run
from trends.app import wire
from trends.settings import Settings


def main() -> None:
    """Serve until SIGTERM."""
    run("trends", Settings, wire)


if __name__ == "__main__":
    main()
