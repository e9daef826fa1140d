"""docs/events.md says what the code declares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def check(script: Path) -> subprocess.CompletedProcess[str]:
    """Run `python events.py --check`."""
    return subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )


def test_the_page_is_up_to_date() -> None:
    done = check(ROOT / "docs" / "events.py")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("old", "new"), [("30 days", "31 days"), ("classifier |\n", "color |\n")])
def test_a_page_that_says_something_else_is_found(tmp_path: Path, old: str, new: str) -> None:
    docs = ROOT / "docs"
    text = (docs / "events.md").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "events.md").write_text(text.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "events.py").write_text((docs / "events.py").read_text(encoding="utf-8"))
    done = check(tmp_path / "events.py")
    assert done.returncode == 1
    assert "run: make events" in done.stderr


def test_every_event_and_every_consumer_is_on_the_page() -> None:
    from servicekit import topology

    text = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    for subject in topology.SUBJECTS:
        row = next(line for line in text.splitlines() if f"`{subject}`" in line)
        assert all(name in row for name in (subject.message.DESCRIPTOR.name, *subject.consumers))
