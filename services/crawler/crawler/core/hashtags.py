"""Hashtags: all that is kept of a caption."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Instagram's hashtags: letters of any script with their marks, digits and underscores; not digits alone.
# "#a#b" holds two; "R&D#1" and "a#b" hold none, since the '#' is inside a word.
_IN_CAPTION = re.compile(r"(?<![\w#&/])((?:[#＃][\w\u0300-\u036f\u200d]+)+)")
_LONGEST = 100


def normalize(tag: str) -> str:
    """The one spelling of a hashtag: without '#', NFC, lower case. "" if it is none."""
    text = unicodedata.normalize("NFC", tag.strip().lstrip("#＃")).lower().replace("\u200d", "")
    if not re.fullmatch(r"\w+", text) or text.strip("_").isdigit() or not text.strip("_"):
        return ""
    return text if len(text) <= _LONGEST else ""


def in_caption(caption: str) -> set[str]:
    """The normalized hashtags of a caption."""
    # Composed first: Korean typed on some systems arrives as single letters (NFD).
    composed = unicodedata.normalize("NFC", caption)
    parts = (
        part for run in _IN_CAPTION.findall(composed) for part in re.split(r"[#＃]", run) if part
    )
    return normalized(parts)


def normalized(tags: Iterable[str]) -> set[str]:
    """The normalized hashtags among `tags`."""
    return {tag for tag in map(normalize, tags) if tag}
