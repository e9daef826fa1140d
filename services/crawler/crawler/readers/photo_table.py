"""The CSV beside a folder of photos, and what file names say."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from crawler.core import dates
from crawler.core.sighting import hide
from crawler.readers.offer import style_among
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import Style

# The notebooks' file names: <author>_<post>_<n>.jpg
_NOTEBOOK_NAME = re.compile(r"(?P<author>.+)_(?P<post>[^_]+)_(?P<n>\d{1,6})")


class BadTable(ValueError):
    """The CSV can't be used; the text says why."""


@dataclass(frozen=True)
class Row:
    """What a CSV says of one photo."""

    author: str = ""
    posted_at: datetime | None = None
    style: Style.ValueType = fashion_pb2.STYLE_UNSPECIFIED


@dataclass(frozen=True)
class Table:
    """A CSV by photo."""

    rows: dict[str, Row]
    """By relative path, or by file name, as the CSV writes it."""
    notebook: bool
    """It has the notebooks' columns image_name and isImage: file names are then <author>_<post>_<n>."""

    def row(self, path: PurePosixPath) -> Row | None:
        """Return what the CSV says of a photo, by its path below the folder, else by its name, with or without suffix."""
        keys = (str(path), path.name, path.stem)
        return next((self.rows[key] for key in keys if key in self.rows), None)


EMPTY = Table({}, notebook=False)


def read(path: Path) -> Table:
    """Read a CSV in UTF-8. Raise BadTable, or OSError."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            name = next((c for c in ("image_name", "image") if c in columns), None)
            if name is None:
                raise BadTable(f"{path.name} has no column image_name or image")
            rows = {line[name].strip(): _row(line) for line in reader if line[name]}
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadTable(f"{path.name} is not a CSV in UTF-8: {error}") from error
    return Table(rows, notebook={"image_name", "isImage"} <= columns)


def _row(line: dict[str, str | None]) -> Row:
    return Row(
        author=(line.get("author") or "").strip(),
        posted_at=dates.parse_iso(line.get("posted_at") or ""),
        style=style_among([line.get("style") or ""]),
    )


@dataclass(frozen=True)
class Name:
    """What is taken from a photo's path: the post, the position in it, and the author's handle if it is plain."""

    post: str
    position: int = 0
    author: str = ""


def read_name(path: PurePosixPath, table: Table) -> Name:
    """Return what a path below the folder says.

    The author is the CSV's `author`. Only where there is none, and the CSV is one of the notebooks' (columns image_name
    and isImage) that lists the photo, is the file name read as <author>_<post>_<n>: many other names look the same, such
    as "IMG_20240312_1.jpg", and would make one person of a whole folder.
    The post is the path itself, but never shows a handle: a name of three parts, or one that holds its author, is hashed.
    """
    row = table.row(path)
    author = row.author if row else ""
    match = _NOTEBOOK_NAME.fullmatch(path.stem)
    if match and table.notebook and row:
        post = hide(f"{match['author']}_{match['post']}")
        return Name(post, int(match["n"]), author or match["author"])
    shows_author = bool(author) and author.removeprefix("@").lower() in str(path).lower()
    return Name(hide(str(path)) if match or shows_author else str(path), 0, author)
