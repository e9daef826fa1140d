"""A handful of rendered photos with labels."""

from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 8 photos: outfits of two authors are fashion, scenes of two are not; with `labels_sources.csv`."""
    pytest.importorskip("lookbook.draw")
    from lookbook.draw.render import render
    from lookbook.spec.sampling import sample_outfit, sample_scene

    folder = tmp_path_factory.mktemp("photos")
    rows, sources = ["image,label"], ["image,source"]
    for number in range(8):
        label = number % 2
        sample = sample_outfit if label else sample_scene
        name = f"{'abcd'[number // 2 % 2 * 2 + label]}_{number}_1.jpg"
        Image.fromarray(render(sample(number, "train")).image).resize((96, 96)).save(folder / name)
        rows.append(f"{name},{label}")
        sources.append(f"{name},{'street' if label else 'rooms'}{number // 4}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder / "labels_sources.csv").write_text("\n".join(sources) + "\n")
    return folder / "labels.csv"
