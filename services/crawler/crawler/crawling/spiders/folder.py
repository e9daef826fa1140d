"""Photos on the crawler's own disk."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from crawler.core.sighting import Sighting
from crawler.crawling.spiders.base import CrawlFailed, PhotoSpider
from crawler.readers import photo_table
from crawler.readers.offer import style_among
from crawler.readers.photo_table import BadTable, Table
from snsfashion.fashion.v1 import fashion_pb2

SITE = "folder"
# Endings of photos; the content decides what a file is. Formats that can't be read are counted as such.
SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif"),
        *("bmp", "tif", "tiff", "heic", "heif", "avif"),
    )
)


class FolderSpider(PhotoSpider):
    """All photos below a folder.

    A sub-folder named after a style, or a style in the CSV, makes a photo the shop's; all others are social posts.
    """

    name = "folder"

    async def sightings(self) -> AsyncIterator[Sighting]:
        """Yield the photos below the folder, in the order of their paths."""
        source = self.crawl.job.request.folder
        root = Path(source.path)
        table = photo_table.EMPTY
        try:
            if source.csv:
                table = await asyncio.to_thread(photo_table.read, Path(source.csv))
            paths = await asyncio.to_thread(find, root)
        except (BadTable, OSError) as error:
            raise CrawlFailed(str(error)) from error
        for path in paths:
            yield self._sighting(source.site or SITE, root, path, table)

    def _sighting(self, site: str, root: Path, path: PurePosixPath, table: Table) -> Sighting:
        row = table.row(path) or photo_table.Row()
        name = photo_table.read_name(path, table)
        style = row.style or style_among(reversed(path.parts[:-1]))
        return Sighting(
            site=site,
            post=name.post,
            position=name.position,
            kind=fashion_pb2.SOURCE_KIND_SHOP if style else fashion_pb2.SOURCE_KIND_SOCIAL,
            path=root / path,
            author_key=self.crawl.shared.authors.newest(site, name.author),
            style=style,
            csv_date=row.posted_at,
        )


def find(root: Path) -> list[PurePosixPath]:
    """Return the paths of the photos below `root`, sorted; hidden files and links are left out. Raise OSError."""

    def stop(error: OSError) -> None:
        raise error

    found = []
    for folder, folders, files in os.walk(root, onerror=stop):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(folder).relative_to(root)
        found += [
            PurePosixPath(below / name)
            for name in files
            if not name.startswith(".")
            and Path(name).suffix.lower() in SUFFIXES
            and not (Path(folder) / name).is_symlink()
        ]
    return sorted(found)
