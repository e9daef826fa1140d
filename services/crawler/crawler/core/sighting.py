"""A photo as a spider saw it, before anything is fetched."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from crawler.core.ledger_entry import LedgerEntry
from snsfashion.fashion.v1 import fashion_pb2
from snsfashion.fashion.v1.fashion_pb2 import ImageRef, Product, SourceKind, Style

MAX_IMAGE_ID_BYTES = 256


@dataclass
class Sighting:
    """What a spider extracts; the pipelines set what stands below `immutable`.

    Exactly one of `url` and `path` is set. `author_key` is a keyed hash already: no handle leaves a spider.
    """

    site: str
    post: str
    kind: SourceKind.ValueType
    position: int = 0
    url: str = ""
    path: Path | None = None
    hashtags: set[str] = field(default_factory=set)
    author_key: str = ""
    style: Style.ValueType = fashion_pb2.STYLE_UNSPECIFIED
    stated_date: datetime | None = None
    csv_date: datetime | None = None
    page: str = ""
    product: Product | None = None
    authorized: bool = False
    """The address comes from an API for this use: robots.txt does not apply."""
    immutable: bool = False
    """The source never changes a photo once it is posted: it is fetched once only."""
    known: LedgerEntry | None = field(default=None, repr=False)
    data: bytes = field(default=b"", repr=False)
    image: ImageRef | None = field(default=None, repr=False)
    taken_at: str | None = None
    entry: LedgerEntry | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.post = post_id(self.site, self.post)

    @property
    def image_id(self) -> str:
        """`<site>:<post>:<n>`."""
        return f"{self.site}:{self.post}:{self.position}"


def post_id(site: str, post: str) -> str:
    """Return `post` without ':', whitespace or control characters; its hash where image ids would become too long."""
    text = "".join(
        quote(c, safe="") if c in ":%" or c.isspace() or not c.isprintable() else c for c in post
    )
    room = MAX_IMAGE_ID_BYTES - len(site.encode()) - len(":") - len(":999999")
    return text if len(text.encode()) <= room else hide(post)


def hide(name: str) -> str:
    """Return a name that stands for `name` without showing it."""
    return "h" + hashlib.sha256(name.encode()).hexdigest()[:32]
