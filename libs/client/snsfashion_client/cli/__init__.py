"""The `snsfashion` command: trends, recommendations, crawls, fates, dead letters and colors."""

from snsfashion_client.cli.app import main

__all__ = ["main"]
