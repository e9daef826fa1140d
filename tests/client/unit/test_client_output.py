"""What commands print."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from snsfashion_client.cli import main
from snsfashion_client.cli.output import sparkline, swatch


def test_a_sparkline_rises_from_nothing_to_the_greatest() -> None:
    assert sparkline([0, 0.5, 1]) == "▁▅█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_a_swatch_has_the_color_as_its_background() -> None:
    assert swatch(0x1F2852).style == "on #1f2852"
    assert swatch(None).plain == ""


COMMANDS = [
    [],
    ["trends"],
    ["recommend"],
    ["crawl"],
    ["crawl", "instagram"],
    ["crawl", "shop"],
    ["crawl", "folder"],
    ["fate"],
    ["fates"],
    ["dead"],
    ["dead", "list"],
    ["dead", "show"],
    ["dead", "retry"],
    ["color"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--help"], prog_name="snsfashion")
    assert result.exit_code == 0
    assert f"  {' '.join(['snsfashion', *command])}" in result.output.split("Examples:")[1]
