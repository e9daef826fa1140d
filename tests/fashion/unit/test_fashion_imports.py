"""What the words cost those who import them."""

from __future__ import annotations

import subprocess
import sys


def test_the_words_need_no_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; import fashion.words"
    subprocess.run([sys.executable, "-c", code], check=True)
