"""Serve: `python -m segmenter`, with settings from the environment. `python -m segmenter predict FOLDER` looks at photos."""

from __future__ import annotations

import click

from segmenter.app import wire
from segmenter.settings import Settings
from servicekit.runtime import run_stateless


class _Commands(click.Group):
    """The commands beside serving. They are imported when they are asked for: what serves is installed without them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["predict"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "predict":
            return None
        from segmenter.evaluation.predict import main as predict

        return predict


@click.group(cls=_Commands, invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Serve until SIGTERM, with settings from the environment; or run a command."""
    if context.invoked_subcommand is None:
        run_stateless("segmenter", Settings, wire)


if __name__ == "__main__":
    main()
