"""The color service runs where no neural network library is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_nothing_of_the_service_imports_torch() -> None:
    code = "import sys, color.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
