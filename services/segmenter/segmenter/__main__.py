"""Serve: `python -m segmenter`, with settings from the environment. `python -m segmenter predict FOLDER` looks at photos."""

from __future__ import annotations

import importlib

import click

from segmenter.app import wire
from segmenter.settings import Settings
from servicekit.runtime import run_stateless

_COMMANDS = {"predict": "segmenter.evaluation.predict"}


class _Commands(click.Group):
    """The commands beside serving, by the name of their module: what serves is installed without what they import.

    After click's documentation, "Lazily Loading Subcommands".
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).main
        return command


@click.group(cls=_Commands, invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Serve until SIGTERM, with settings from the environment; or run a command."""
    if context.invoked_subcommand is None:
        run_stateless("segmenter", Settings, wire)


if __name__ == "__main__":
    main()
