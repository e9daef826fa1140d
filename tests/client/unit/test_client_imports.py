"""The client can be imported without numpy."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_client_and_its_command_do_not_need_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import snsfashion_client.cli"
    subprocess.run([sys.executable, "-c", code], check=True)
