"""Runs the whole system on this machine: photos in, this week's trends and two people's outfits out.

examples:
  python -m demo                        crawl the look-book, then keep serving until Ctrl-C
  python -m demo --once                 the same, and end
  python -m demo --photos ~/photos      with the photos of a folder, read recursively
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from rich.console import Console

from demo.run import RunFailed, run
from demo.run_folder import run_folder
from devstack import settle
from devstack.processes import StartFailed


def main() -> None:
    """Entry point. Exit status 0 if every photo has a fate and none is dead, 1 if not, 2 for a wrong argument."""
    arguments = _arguments()
    terminal = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with run_folder(arguments.run_dir) as folder:
            good = run(
                folder,
                arguments.photos,
                terminal,
                once=arguments.once,
                posts_per_week=arguments.posts_per_week,
            )
    except KeyboardInterrupt:
        terminal.print("stopped")
        sys.exit(130)
    except (StartFailed, settle.Stalled, RunFailed) as error:
        terminal.print(f"failed: {error}", style="red", highlight=False, markup=False)
        sys.exit(1)
    sys.exit(0 if good else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="end when everything is counted")
    parser.add_argument(
        "--photos",
        type=Path,
        help="a folder of photos instead of the look-book; a sub-folder named after a style "
        "(casual, feminine, minimal, modern, street, vintage) makes its photos a shop's",
    )
    parser.add_argument(
        "--run-dir",
        type=Path,
        default=Path(".run"),
        help="where state, logs and results go (default: .run); while another run uses it, the next free of .run-2, .run-3 ...",
    )
    parser.add_argument(
        "--posts-per-week",
        type=int,
        default=72,
        metavar="N",
        help="size of the look-book's world, when it is made for the first time (default: 72)",
    )
    arguments = parser.parse_args()
    if arguments.photos is not None and not arguments.photos.is_dir():
        parser.error(f"--photos {arguments.photos}: there is no such folder")
    return arguments


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
