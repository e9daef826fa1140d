"""What a run crawls, and where it keeps its state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from demo.sources import Folder, Lookbook, state_name


@pytest.mark.slow
def test_a_second_run_sees_the_same_world(tmp_path: Path) -> None:
    first = Lookbook(tmp_path, date(2026, 11, 22), posts_per_week=8)
    later = Lookbook(tmp_path, date(2026, 12, 24), posts_per_week=72)
    assert later.world == first.world


def test_every_folder_of_photos_has_a_state_of_its_own(tmp_path: Path) -> None:
    names = {state_name(None), state_name(tmp_path), state_name(tmp_path / "other")}
    assert len(names) == 3
    assert state_name(tmp_path / "other" / "..") == state_name(tmp_path)


def test_a_folder_without_a_style_takes_the_look_books_shop_as_catalog(tmp_path: Path) -> None:
    lookbook = Lookbook(tmp_path, date(2026, 11, 22), posts_per_week=8)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    photos = tmp_path / "photos"
    (photos / "street").mkdir(parents=True)
    (photos / "one.jpg").touch()
    assert len(list(Folder(photos, lookbook, now).steps())) == 2
    (photos / "street" / "two.jpg").touch()
    styled = Folder(photos, lookbook, now)
    assert len(list(styled.steps())) == 1
    assert styled.photos == 2
