"""Tables of labels: encodings, separators, spellings."""

from pathlib import Path

import pytest

from modelkit.training.table import BadTable, read_table, truth_value

COLUMNS = {"name": ("image", "image_name"), "label": ("label",)}


def values(file: Path) -> list[tuple[str, str]]:
    return [(row.values["name"], row.values["label"]) for row in read_table(file, COLUMNS)]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-32"]
)
def test_a_table_is_read_in_the_encodings_of_editors(tmp_path: Path, encoding: str) -> None:
    text = "image,label\n원피스.jpg,1\n"
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    (tmp_path / "t.csv").write_bytes(data)
    assert values(tmp_path / "t.csv") == [("원피스.jpg", "1")]


def test_a_table_in_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("image,label\na.jpg,1\n".encode("utf-16-le"))
    with pytest.raises(BadTable, match="save it as UTF-8"):
        values(tmp_path / "t.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_spaces_and_capitals_do_not_matter(tmp_path: Path, separator: str) -> None:
    rows = [(" Image_Name ", "LABEL "), (" a b.jpg ", " 1 "), ("", ""), ("c.jpg", "0")]
    text = "\r\n".join(separator.join(row) for row in rows)
    (tmp_path / "t.csv").write_bytes(text.encode())
    assert values(tmp_path / "t.csv") == [("a b.jpg", "1"), ("c.jpg", "0")]


def test_rows_have_the_number_of_their_line_and_may_be_short(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label\n\na.jpg\n")
    (row,) = read_table(tmp_path / "t.csv", COLUMNS)
    assert (row.line, dict(row.values)) == (3, {"name": "a.jpg", "label": ""})


def test_a_missing_column_is_named_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,label\n")
    with pytest.raises(
        BadTable, match="needs columns image,label or image_name,label, has file,label"
    ):
        values(tmp_path / "t.csv")


@pytest.mark.parametrize(("text", "value"), [("Yes", True), ("NO", False), ("2", None), ("", None)])
def test_a_label_is_true_false_or_neither(text: str, value: bool | None) -> None:
    assert truth_value(text) is value
