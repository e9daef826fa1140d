"""The `snsfashion` command: trends, recommendations, crawls, fates, dead letters and colours."""

from snsfashion_client.cli.app import main

__all__ = ["main"]
