"""The command line of the demo, which `make run` calls."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from demo.run import RunFailed, run
from demo.run_folder import run_folder
from devstack import settle
from devstack.processes import StartFailed


@click.command(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  python -m demo                    crawl the look-book, then keep serving until Ctrl-C\n"
    "  python -m demo --once             the same, and end\n"
    "  python -m demo --photos ~/photos  with the photos of a folder and of the folders in it",
)
@click.option("--once", is_flag=True, help="End when everything is counted.")
@click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of photos instead of the look-book. A folder in it that is named after a style (casual, feminine, "
    "minimal, modern, street, vintage) makes its photos a shop's.",
)
@click.option(
    "--run-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".run"),
    show_default=True,
    help="Where state, logs and results go. While another run uses it, the next free one of .run-2, .run-3 and so on.",
)
@click.option(
    "--posts-per-week",
    type=int,
    default=72,
    show_default=True,
    metavar="N",
    help="Size of the look-book's world when it is made for the first time.",
)
def main(once: bool, photos: Path | None, run_dir: Path, posts_per_week: int) -> None:
    """Run the whole system on this machine: photos in, this week's trends and two people's outfits out.

    Exit status 0 if every photo has a fate and none is dead, 1 if not, 2 for a wrong argument.
    """
    terminal = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with run_folder(run_dir) as folder:
            good = run(folder, photos, terminal, once=once, posts_per_week=posts_per_week)
    except KeyboardInterrupt:
        terminal.print("stopped")
        sys.exit(130)
    except (StartFailed, settle.Stalled, RunFailed) as error:
        terminal.print(f"failed: {error}", style="red", highlight=False, markup=False)
        sys.exit(1)
    sys.exit(0 if good else 1)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="python -m demo")
