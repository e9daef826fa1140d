"""What the words cost those who import them."""

from __future__ import annotations

import subprocess
import sys


def test_the_words_need_no_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import fashion.words"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_client_needs_no_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import snsfashion_client.cli"
    subprocess.run([sys.executable, "-c", code], check=True)
