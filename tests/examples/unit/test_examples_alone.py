"""The examples that need no system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NOTEBOOKS = sorted((EXAMPLES / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("script", ["trends.py", "recommend.py"])
def test_a_script_without_a_system_says_what_to_do(tmp_path: Path, script: str) -> None:
    bare = {name: text for name, text in os.environ.items() if not name.endswith("_ADDRESS")}
    arguments = ["kim"] if script == "recommend.py" else []
    command = [sys.executable, str(EXAMPLES / script), *arguments]
    done = subprocess.run(command, env=bare, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "_ADDRESS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_labels_become_weights_and_figures(tmp_path: Path) -> None:
    done = subprocess.run(
        ["bash", str(EXAMPLES / "train_on_your_photos.sh")],
        env={**os.environ, "PYTHON": sys.executable, "OUT": str(tmp_path / "weights")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "balanced_accuracy" in done.stdout
    assert (tmp_path / "weights" / "model.safetensors").exists()


@pytest.mark.slow
def test_the_notebook_on_training_runs() -> None:
    file = EXAMPLES / "notebooks" / "train_a_classifier.ipynb"
    notebook = nbformat.read(file, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(notebook, timeout=100).execute()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(notebook: Path) -> None:
    cells = [c for c in json.loads(notebook.read_text())["cells"] if c["cell_type"] == "code"]
    assert cells
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
