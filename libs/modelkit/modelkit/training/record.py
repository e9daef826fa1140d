"""What a training was run with, written beside its weights: `run.json`."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from modelkit.training.options import TrainOptions

RUN = "run.json"
_PACKAGES = ("torch", "torchvision", "numpy", "pillow")


def write_record(
    work: Path, options: TrainOptions, data: Mapping[str, Any], result: Mapping[str, Any] | None
) -> None:
    """Write the command, its options with their defaults, the data, the commit and the versions; at the end also the result.

    `data`: how many photos of what, and their `fingerprint`. `result`: None before the training has ended.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = {
        "command": sys.argv,
        "options": {name: _plain(value) for name, value in asdict(options).items()},
        "data": dict(data),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {n: version(n) for n in _PACKAGES},
        "result": result,
    }
    (work / RUN).write_text(json.dumps(record, indent=2) + "\n")


def fingerprint(files: Iterable[Path]) -> str:
    """Return the SHA-256 of the names and sizes of files, in their order: 64 hex digits. It tells data apart without reading it."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
    return digest.hexdigest()


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _commit() -> str:
    """Return the commit of the working tree, with a plus if there are changes; "" outside one."""
    asked = subprocess.run(
        ["git", "describe", "--always", "--abbrev=40", "--dirty=+"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
    )  # fmt: skip
    return asked.stdout.strip()
