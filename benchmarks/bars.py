"""The bars of a benchmark: what was asked, what was measured, and the table that shows both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Bar:
    """One bar: `asked` in words, what was measured, and whether that holds."""

    name: str
    asked: str
    measured: float | bool
    holds: bool

    @classmethod
    def at_least(cls, name: str, limit: float, measured: float) -> Bar:
        """Return a bar that holds if `measured` is `limit` or more."""
        return cls(name, f">= {limit:g}", round(float(measured), 4), bool(measured >= limit))

    @classmethod
    def at_most(cls, name: str, limit: float, measured: float) -> Bar:
        """Return a bar that holds if `measured` is `limit` or less."""
        return cls(name, f"<= {limit:g}", round(float(measured), 4), bool(measured <= limit))

    @classmethod
    def true(cls, name: str, measured: bool) -> Bar:
        """Return a bar that holds if `measured` is true."""
        return cls(name, "yes", measured, measured)


def table(title: str, bars: Sequence[Bar]) -> Table:
    """Return the bars as a table for a person."""
    result = Table(title=title, title_justify="left")
    result.add_column("what")
    result.add_column("asked", justify="right")
    result.add_column("measured", justify="right")
    result.add_column("")
    for bar in bars:
        words = {True: "yes", False: "no"}
        value = words[bar.measured] if isinstance(bar.measured, bool) else f"{bar.measured:.3g}"
        verdict = "[green]holds[/]" if bar.holds else "[red]missed[/]"
        result.add_row(bar.name, bar.asked, value, verdict)
    return result
