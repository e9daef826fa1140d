"""The trends service runs where neither neural network nor image libraries are installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("module", ["trends.__main__", "trends.admin"])
def test_nothing_of_the_service_imports_torch_or_pixels(module: str) -> None:
    code = f"import sys, {module}; sys.exit(bool({{'torch', 'PIL', 'pycocotools'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
