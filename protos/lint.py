"""Lint the protos beside it with buf, by the rules in buf.yaml.

Usage: python protos/lint.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import buf_image

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Lint. Exit with buf's status."""
    with tempfile.TemporaryDirectory() as folder:
        described = Path(folder) / "protos.binpb"
        buf_image.write(ROOT, described)
        options = ["--config", str(ROOT / "buf.yaml"), "--path", "snsfashion"]
        command = ["buf", "lint", str(described), *options]
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
