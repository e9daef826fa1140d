"""Serve: `python -m color`. Settings come from the environment; commands for operators are in `snsfashion-admin color`."""

from __future__ import annotations

from color.app import wire
from color.settings import Settings
from servicekit.runtime import run


def main() -> None:
    """Serve until SIGTERM."""
    run("color", Settings, wire)


if __name__ == "__main__":
    main()
