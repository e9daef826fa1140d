"""The contracts of .importlinter refuse what they are there to refuse, in files that nobody listed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = ROOT / ".importlinter"
PROJECTS = sorted(ROOT.glob("*/pyproject.toml")) + sorted(ROOT.glob("*/*/pyproject.toml"))


def packages() -> dict[str, Path]:
    """Return the folder of each package of this repository, by its name."""
    texts = {path: path.read_text() for path in PROJECTS}
    named = {
        path: re.search(r'^packages = \["(\w+)"\]', text, re.M) for path, text in texts.items()
    }
    return {found[1]: path.parent / found[1] for path, found in named.items() if found}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the Python of all packages."""
    copy = tmp_path_factory.mktemp("tree")
    for name, folder in packages().items():
        for source in folder.rglob("*.py"):
            target = copy / name / source.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    return copy


def broken(tree: Path, contract: str, files: Mapping[str, str]) -> str:
    """Return what the contract says about the tree with these files added. Fails if it finds no fault."""
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text + "\n")
    program = Path(sys.executable).parent / "lint-imports"
    command = [str(program), "--config", str(RULES), "--contract", contract, "--no-logo"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    for name in files:
        (tree / name).unlink()
    assert "BROKEN" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [
        ("core", "color/core/newcomer.py", "import grpc"),
        ("core", "crawler/core/newcomer.py", "from pymongo import MongoClient"),
        ("core", "trends/core/newcomer.py", "from snsfashion.trends.v1 import trends_pb2_grpc"),
        ("core", "recommender/core/newcomer.py", "import servicekit.runtime"),
        ("core", "fashion/newcomer.py", "import aiohttp"),
        ("core", "modelkit/newcomer.py", "import obstore"),
        ("layers", "color/storage/newcomer.py", "import trends.service"),
        ("layers", "servicekit/newcomer.py", "import color.service"),
        ("layers", "devstack/newcomer.py", "import lookbook"),
        ("serving", "segmenter/core/newcomer.py", "import segmenter.training"),
        ("serving", "recommender/storage/newcomer.py", "import recommender.evaluation"),
        ("torch", "trends/core/newcomer.py", "import torch"),
        ("torch", "lookbook/newcomer.py", "from torchvision import ops"),
        ("modelkit", "color/core/newcomer.py", "import modelkit"),
        ("tensorflow", "classifier/newcomer.py", "import tensorflow"),
        ("outside", "snsfashion_client/newcomer.py", "from servicekit import settings"),
        ("outside", "lookbook/newcomer.py", "import devstack.stack"),
    ],
    ids=lambda value: value.split("/newcomer")[0] if "/" in value else None,
)
def test_a_new_file_that_breaks_a_rule_is_named(
    tree: Path, contract: str, file: str, line: str
) -> None:
    said = broken(tree, contract, {file: line})
    assert file.removesuffix(".py").replace("/", ".") in said


def test_two_modules_that_import_each_other_are_a_circle(tree: Path) -> None:
    files = {
        "trends/core/one.py": "import trends.core.other",
        "trends/core/other.py": "import trends.core.one",
    }
    assert "No cycles are allowed in trends.core" in broken(tree, "circles", files)


def test_two_folders_that_import_each_other_are_a_circle(tree: Path) -> None:
    files = {
        "trends/storage/one.py": "import trends.newcomer.two",
        "trends/storage/four.py": "",
        "trends/newcomer/__init__.py": "",
        "trends/newcomer/two.py": "",
        "trends/newcomer/three.py": "import trends.storage.four",
    }
    assert "No cycles are allowed in trends." in broken(tree, "circles", files)


def test_the_rules_know_every_package() -> None:
    rules = ConfigParser()
    rules.read(RULES)
    known = set(rules["importlinter"]["root_packages"].split())
    assert known == set(packages())
    assert known == set(rules["importlinter:contract:circles"]["ancestors"].split())
    layers = rules["importlinter:contract:layers"]["layers"].replace("|", " ").split()
    assert known == set(layers)


def test_no_rule_has_an_exception() -> None:
    assert "ignore_imports" not in RULES.read_text()
