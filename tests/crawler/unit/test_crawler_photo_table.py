from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest

from crawler.readers import photo_table
from crawler.readers.photo_table import EMPTY, BadTable, Table, read_name
from snsfashion.fashion.v1 import fashion_pb2


def table(tmp_path: Path, text: str) -> Table:
    path = tmp_path / "photos.csv"
    path.write_text(text, encoding="utf-8-sig")
    return photo_table.read(path)


def test_a_csv_gives_author_date_and_style(tmp_path: Path) -> None:
    rows = table(
        tmp_path, "image,author,posted_at,style\na/b.jpg,anna,2026-11-20T10:00:00Z,Street\n"
    )
    row = rows.row(PurePosixPath("a/b.jpg"))
    assert row is not None
    assert row.author == "anna"
    assert row.posted_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert row.style == fashion_pb2.STYLE_STREET


def test_a_photo_is_found_by_its_path_or_by_its_name(tmp_path: Path) -> None:
    rows = table(tmp_path, "image_name,isImage\nb.jpg,1\nc,0\n")
    assert rows.row(PurePosixPath("any/b.jpg")) is not None
    assert rows.row(PurePosixPath("any/c.png")) is not None
    assert rows.row(PurePosixPath("d.jpg")) is None


def test_a_name_is_read_as_author_post_and_number_with_a_notebook_csv_only(tmp_path: Path) -> None:
    path = PurePosixPath("anna_kim_B7x_2.jpg")
    notebook = table(tmp_path, "image_name,isImage\nanna_kim_B7x_2.jpg,1\nanna_kim_B7x_0.jpg,1\n")
    name = read_name(path, notebook)
    assert (name.author, name.position) == ("anna_kim", 2)
    assert read_name(PurePosixPath("anna_kim_B7x_0.jpg"), notebook).post == name.post
    assert read_name(path, EMPTY).author == ""
    assert read_name(path, table(tmp_path, "image\nanna_kim_B7x_2.jpg\n")).author == ""


def test_a_camera_s_names_make_nobody_the_author(tmp_path: Path) -> None:
    notebook = table(tmp_path, "image_name,isImage\nother.jpg,1\n")
    name = read_name(PurePosixPath("IMG_20240312_1.jpg"), notebook)
    assert (name.author, name.position) == ("", 0)


def test_the_csv_s_author_wins_over_the_name(tmp_path: Path) -> None:
    rows = table(tmp_path, "image_name,isImage,author\nanna_1_0.jpg,1,berta\n")
    assert read_name(PurePosixPath("anna_1_0.jpg"), rows).author == "berta"


def test_an_id_never_shows_a_handle(tmp_path: Path) -> None:
    rows = table(tmp_path, "image,author\nanna.jpg,@Anna\nlook.jpg,anna\n")
    for path in ("anna.jpg", "anna_1_0.jpg", "x/anna_1_0.jpg"):
        assert "anna" not in read_name(PurePosixPath(path), rows).post
    assert read_name(PurePosixPath("look.jpg"), rows).post == "look.jpg"
    assert read_name(PurePosixPath("street/0001.jpg"), EMPTY).post == "street/0001.jpg"


@pytest.mark.parametrize("data", [b"name\na.jpg\n", b"", b"image\n\xff\xfe.jpg\n"])
def test_an_unusable_csv_says_why(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photos.csv"
    path.write_bytes(data)
    with pytest.raises(BadTable, match=r"photos\.csv"):
        photo_table.read(path)
