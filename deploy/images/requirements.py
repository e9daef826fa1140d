"""Print what to install for one service from this repository: the service and the local packages that it stands on.

The lines are pip requirements, relative to the root of the repository. A service gets the libraries that its own
pyproject.toml names, directly or through another library, and no other.

examples:
  python deploy/images/requirements.py color
  python deploy/images/requirements.py 'segmenter[torch]' >requirements.txt && pip install -c constraints.txt -r requirements.txt
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extras>[^]]*)\])?")
PREFIX = "snsfashion-"


def local_requirements(service: str) -> list[str]:
    """Return the requirement lines of `service`, such as `color` or `segmenter[torch]`, libraries first.

    Raises:
        ValueError: there is no such service, or it has no such extra.
    """
    projects = _projects()
    found: dict[str, set[str]] = {}
    waiting = [PREFIX + service]
    while waiting:
        name, extras = _parse(waiting.pop())
        if name not in projects:
            raise ValueError(f"{name.removeprefix(PREFIX)}: there is no such service or library")
        new = extras - found.setdefault(name, set())
        found[name] |= new
        waiting += _dependencies(projects[name], new)
    lines = [_line(projects[name], extras) for name, extras in found.items()]
    return sorted(lines, key=lambda line: (line.startswith("./services/"), line))


def _projects() -> dict[str, Path]:
    """Return the folder of each local package that a service may need, by its name."""
    files = [ROOT / "protos" / "pyproject.toml"]
    files += [*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
    return {_read(file.parent)["name"]: file.parent for file in files}


def _read(folder: Path) -> dict[str, Any]:
    with (folder / "pyproject.toml").open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def _parse(requirement: str) -> tuple[str, set[str]]:
    match = REQUIREMENT.match(requirement)
    if match is None:
        raise ValueError(f"{requirement!r} is not a requirement")
    extras = (match["extras"] or "").split(",")
    return match["name"], {extra.strip() for extra in extras} - {""}


def _dependencies(folder: Path, extras: set[str]) -> list[str]:
    """Return the local packages that a project needs, with the extras."""
    project = _read(folder)
    optional = project.get("optional-dependencies", {})
    if missing := extras - set(optional):
        raise ValueError(f"{folder.name}: there is no extra {', '.join(sorted(missing))}")
    wanted = [*project["dependencies"], *(line for extra in extras for line in optional[extra])]
    return [line for line in wanted if line.startswith(PREFIX)]


def _line(folder: Path, extras: set[str]) -> str:
    chosen = f"[{','.join(sorted(extras))}]" if extras else ""
    return f"./{folder.relative_to(ROOT)}{chosen}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        print("\n".join(local_requirements(sys.argv[1])))
    except ValueError as error:
        sys.exit(str(error))
