"""Serve: `python -m crawler`. Settings come from the environment; operators have `snsfashion-admin crawler`."""

from __future__ import annotations

from crawler.app import wire
from crawler.settings import Settings
from servicekit.runtime import run


def main() -> None:
    """Serve until SIGTERM."""
    run("crawler", Settings, wire)


if __name__ == "__main__":
    main()
