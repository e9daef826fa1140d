"""Compare the protos with those that callers already have, and fail on a breaking change.

Callers have what is on the main branch. So the comparison is with PROTO_BASE if it is set, or else origin/main, or else main.
If that commit is the one that is checked out, the commit before it is compared too. If none of these exists in the clone (it
is too shallow) or has protos (the first commit), nothing can break, and this says so.

Usage: [PROTO_BASE=<revision>] python protos/breaking.py
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import buf_image

PROTOS = "protos"


class BaseMissing(Exception):
    """The revision that PROTO_BASE names is not in this clone."""


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)


def _commit(root: Path, revision: str) -> str | None:
    found = _git(root, "rev-parse", "--quiet", "--verify", f"{revision}^{{commit}}")
    return found.stdout.decode().strip() if found.returncode == 0 else None


def bases(root: Path, wanted: str | None) -> list[str]:
    """Return the commits to compare with; none if there are none. Raise BaseMissing if `wanted` is not there."""
    commit = _commit(root, wanted or "origin/main") or (None if wanted else _commit(root, "main"))
    if wanted and commit is None:
        raise BaseMissing(f"PROTO_BASE={wanted} is not a revision of this clone")
    found = [commit]
    if commit == _commit(root, "HEAD"):
        found.append(_commit(root, "HEAD^"))
    return [c for c in found if c and _git(root, "cat-file", "-e", f"{c}:{PROTOS}").returncode == 0]


def compare(root: Path, commit: str) -> int:
    """Run `buf breaking` on the working tree against the protos of `commit`. Return its exit status."""
    archive = _git(root, "archive", "--format=tar", commit, PROTOS)
    archive.check_returncode()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
            tar.extractall(folder, filter="data")
        new, old = Path(folder, "new.binpb"), Path(folder, "old.binpb")
        buf_image.write(root / PROTOS, new)
        buf_image.write(Path(folder, PROTOS), old)
        options = ["--against", str(old), "--config", str(root / PROTOS / "buf.yaml")]
        command = ["buf", "breaking", str(new), *options]
        return subprocess.run(command, check=False).returncode


def main() -> None:
    """Compare. Exit with a message if callers would break."""
    root = Path(__file__).resolve().parent.parent
    try:
        commits = bases(root, os.environ.get("PROTO_BASE"))
    except BaseMissing as error:
        sys.exit(str(error))
    if not commits:
        print("there are no earlier protos to compare with, so nothing can break")
    for commit in commits:
        if compare(root, commit):
            sys.exit(f"callers of {commit[:12]} would break; add fields or a v2 package instead")


if __name__ == "__main__":
    main()
