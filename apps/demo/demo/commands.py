"""Commands to try while a run serves; each works as printed."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

from devstack.stack import Stack
from snsfashion_client.addresses import LOCAL_RUN, variable

PERSON = "minji"


def commands(image_id: str, last_day: date) -> list[tuple[str, ...]]:
    """Return the arguments of `snsfashion`. `image_id`: an outfit of the catalog; "" if there is none. `last_day`: of the photos."""
    day, month_before = last_day.isoformat(), (last_day - timedelta(days=27)).isoformat()
    found: list[tuple[str, ...]] = [
        ("trends", "--rising", "--as-of", day),
        ("series", "--item", "skirt", "--from", month_before, "--to", day),
        ("gaps", "--as-of", day),
        ("fates",),
    ]
    if image_id:
        found += [
            ("recommend", PERSON, "--style", "street", "--personal-color", "winter-deep"),
            ("similar", image_id, "--k", "3"),
            ("complete", "--own", "red:skirt", "--k", "3"),
            ("feedback", "add", PERSON, image_id, "liked"),
            ("profile", "show", PERSON),
        ]
    return found


def lines(stack: Stack, folder: Path, image_id: str, last_day: date) -> list[str]:
    """Return the lines to type in the folder where the run was started."""
    program = Path(sys.executable).parent / "snsfashion"
    here = Path.cwd()
    typed = str(program.relative_to(here)) if program.is_relative_to(here) else str(program)
    found = [" ".join((typed, *arguments)) for arguments in commands(image_id, last_day)]
    if (folder / LOCAL_RUN.name).resolve() == (here / LOCAL_RUN).resolve():
        return found
    # Another run has the place where the command looks.
    return [f"export {variable(name)}={where}" for name, where in stack.addresses.items()] + found
