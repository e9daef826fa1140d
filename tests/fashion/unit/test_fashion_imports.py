"""The words can be imported without numpy."""

from __future__ import annotations

import subprocess
import sys


def test_the_words_do_not_need_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import fashion.words"
    subprocess.run([sys.executable, "-c", code], check=True)
