"""Generate the Python code of every .proto beside it. `--check` only compares, and fails on a difference.

Usage: python protos/generate.py [--check]
"""

from __future__ import annotations

import filecmp
import re
import tempfile
from pathlib import Path

import click

import buf_image

ROOT = Path(__file__).parent
# The vocabulary of the rules has no generated module.
VOCABULARY = re.compile(r"^from buf\.validate import validate_pb2 as \w+$", re.MULTILINE)
SUFFIXES = ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")


def generate(out: Path) -> None:
    """Write the generated modules, and an empty `__init__.py` for each package, under `out`."""
    buf_image.run_protoc(
        ROOT,
        f"--python_out={out}",
        f"--mypy_out=quiet:{out}",
        f"--grpc_python_out={out}",
        f"--mypy_grpc_out=quiet:{out}",
    )
    protos = sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*.proto"))
    silent = {
        p for p in protos if not re.search(r"^service ", (ROOT / p).read_text(), re.MULTILINE)
    }
    for proto in silent:  # a file without a service needs no _pb2_grpc
        for suffix in ("_pb2_grpc.py", "_pb2_grpc.pyi"):
            (out / proto.replace(".proto", suffix)).unlink(missing_ok=True)
    for module in (out / p.replace(".proto", "_pb2.py") for p in protos):
        module.write_text(
            VOCABULARY.sub("from snsfashion import rules as _rules", module.read_text())
        )
    for folder in {parent for p in protos for parent in (out / p).parents if out in parent.parents}:
        (folder / "__init__.py").touch()
    (out / "snsfashion" / "py.typed").touch()


def differences(fresh: Path) -> list[str]:
    """Return the names of generated files that are missing, stale or left over."""
    new = {p.relative_to(fresh) for p in fresh.rglob("*") if p.is_file()}
    old = {
        p.relative_to(ROOT)
        for p in (ROOT / "snsfashion").rglob("*")
        if p.name.endswith(SUFFIXES) or p.name in ("__init__.py", "py.typed")
    }
    stale = {p for p in new & old if not filecmp.cmp(fresh / p, ROOT / p, shallow=False)}
    return sorted(str(p) for p in (new ^ old) | stale)


@click.command()
@click.option("--check", is_flag=True, help="Compare only, and fail on a difference.")
def main(check: bool) -> None:
    """Generate the Python code of every .proto beside it."""
    if not check:
        generate(ROOT)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        if stale := differences(Path(folder)):
            raise click.ClickException(
                "generated code differs; run `make protos`:\n  " + "\n  ".join(stale)
            )


if __name__ == "__main__":
    main()
