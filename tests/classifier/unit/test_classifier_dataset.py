"""Labels from CSV files, and photos for training."""

from pathlib import Path

import pytest
from PIL import Image

from classifier.data.dataset import Draw, Example, TrainingPhotos, read_csv, read_sources
from modelkit.training.table import BadTable


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (60, 90), "red").save(path)
    return path


def test_labels_are_read_relative_to_the_table(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert [(example.path.name, example.label) for example in examples] == [("a.jpg", 1)]
    assert problems == []


def test_the_notebooks_table_with_its_index_column_is_read(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "kim_77_1.jpg")
    (tmp_path / "isImage.csv").write_text(",image_name,isImage\n0,kim_77_1.jpg,0\n")
    examples, _ = read_csv(tmp_path / "isImage.csv", tmp_path / "photos")
    assert examples[0].label == 0
    assert examples[0].group == "kim_77"


def test_photos_can_be_grouped_by_author(tmp_path: Path) -> None:
    names = ("min_ji_77_1.jpg", "min_ji_80_2.jpg", "landscape.jpg")
    for name in names:
        photo(tmp_path / name)
    (tmp_path / "t.csv").write_text("image,label\n" + "".join(f"{name},1\n" for name in names))
    examples, _ = read_csv(tmp_path / "t.csv", by_author=True)
    assert [example.group for example in examples] == ["min_ji", "min_ji", "landscape"]


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\ngone.jpg,0\na.jpg,maybe\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert len(examples) == 1
    assert "t.csv:3" in problems[0]
    assert "gone.jpg" in problems[0]
    assert "maybe" in problems[1]


def test_a_photo_that_is_listed_twice_counts_once(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\na.jpg,1\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert len(examples) == 1
    assert "t.csv:3: a.jpg is also in line 2" in problems[0]


def test_a_photo_whose_labels_contradict_does_not_count(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\nb.jpg,0\na.jpg,0\n")
    examples, problems = read_csv(tmp_path / "t.csv")
    assert [example.name for example in examples] == ["b.jpg"]
    assert "neither counts" in problems[0]


@pytest.mark.parametrize(
    ("text", "label"),
    [("1", 1), ("1.0", 1), ("True", 1), (" TRUE ", 1), ("0", 0), ("0.0", 0), ("false", 0)],
)
def test_labels_are_read_in_the_spellings_of_spreadsheets(
    tmp_path: Path, text: str, label: int
) -> None:
    photo(tmp_path / "a.jpg")
    (tmp_path / "t.csv").write_text(f"image,label\na.jpg,{text}\n")
    assert read_csv(tmp_path / "t.csv")[0][0].label == label


def test_separators_of_windows_are_read(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "a.jpg")
    (tmp_path / "t.csv").write_text("image,label\nphotos\\a.jpg,1\n")
    assert read_csv(tmp_path / "t.csv")[0][0].path == tmp_path / "photos" / "a.jpg"


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,class\na.jpg,1\n")
    with pytest.raises(BadTable, match="image,label or image_name,isImage"):
        read_csv(tmp_path / "t.csv")


def test_a_table_whose_photos_are_elsewhere_is_refused_with_the_folder(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\n")
    with pytest.raises(BadTable, match=f"are the photos below {tmp_path}"):
        read_csv(tmp_path / "t.csv")


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match=r"none\.csv can't be read"):
        read_csv(tmp_path / "none.csv")


def test_sources_come_from_a_table_of_their_own(tmp_path: Path) -> None:
    photo(tmp_path / "a.jpg")
    photo(tmp_path / "b.jpg")
    (tmp_path / "t.csv").write_text("image,label\na.jpg,1\nb.jpg,0\n")
    (tmp_path / "s.csv").write_text("image,label,source\na.jpg,1,street\n")
    examples, _ = read_csv(tmp_path / "t.csv", sources=read_sources(tmp_path / "s.csv"))
    assert [example.source for example in examples] == ["street", ""]


def test_a_damaged_photo_is_marked_and_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8 not a photo")
    dataset = TrainingPhotos([Example(tmp_path / "bad.jpg", "bad.jpg", 1, "bad")])
    square, label, name = dataset[Draw(0, 64, 0)]
    assert label == -1
    assert name.endswith("bad.jpg")
    assert square.shape == (3, 64, 64)
