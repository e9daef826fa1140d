"""Matterport's `.h5` becomes a `.safetensors` and comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import h5py
import numpy as np
import pytest

from segmenter.convert import main


def contents(path: Path) -> Iterator[tuple[str, object]]:
    """Return every array and every attribute of an `.h5`, by its path."""
    found: list[tuple[str, object]] = []

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        found.extend(
            (f"{name}@{key}", np.asarray(value).tolist()) for key, value in item.attrs.items()
        )
        if isinstance(item, h5py.Dataset):
            found.append((name, (item.dtype.str, item.shape, item[()].tobytes())))

    with h5py.File(path) as file:
        look("", file)
        file.visititems(look)
    return iter(sorted(found, key=lambda entry: entry[0]))


def test_a_file_comes_back_with_every_array_name_and_attribute(
    matterport_h5: Path, tmp_path: Path
) -> None:
    between, back = tmp_path / "between.safetensors", tmp_path / "back.h5"
    main([str(matterport_h5), str(between)], standalone_mode=False)
    main([str(between), str(back)], standalone_mode=False)
    assert list(contents(back)) == list(contents(matterport_h5))


@pytest.mark.parametrize("names", [("a.h5", "b.h5"), ("a.safetensors", "b.npz")])
def test_two_files_of_one_kind_or_of_another_are_refused(
    names: tuple[str, str],
) -> None:
    with pytest.raises(click.UsageError, match=r"one file must end in \.h5"):
        main(names, standalone_mode=False)
