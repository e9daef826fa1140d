"""What a benchmark was asked to reach and what it measured: the table that it prints and its exit status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Bar:
    """One line: `asked` in words, what was measured, and whether that holds."""

    name: str
    asked: str
    measured: float | bool
    holds: bool

    @classmethod
    def at_least(cls, name: str, limit: float, measured: float) -> Bar:
        """Holds from `limit` on."""
        return cls(name, f">= {limit:g}", round(float(measured), 4), bool(measured >= limit))

    @classmethod
    def at_most(cls, name: str, limit: float, measured: float) -> Bar:
        """Holds up to `limit`."""
        return cls(name, f"<= {limit:g}", round(float(measured), 4), bool(measured <= limit))

    @classmethod
    def true(cls, name: str, measured: bool) -> Bar:
        """Holds if it is so."""
        return cls(name, "yes", measured, measured)


def table(title: str, bars: Sequence[Bar]) -> Table:
    """The bars for a person."""
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
