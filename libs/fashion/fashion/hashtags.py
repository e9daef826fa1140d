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
    """Return the one spelling of a hashtag: without '#', NFC, lower case. "" if the text is not a hashtag."""
    text = unicodedata.normalize("NFC", tag.strip().lstrip("#＃")).lower().replace("\u200d", "")
    if not re.fullmatch(r"\w+", text) or text.strip("_").isdigit() or not text.strip("_"):
        return ""
    return text if len(text) <= _LONGEST else ""


def find_in_caption(caption: str) -> set[str]:
    """Return the hashtags of a caption, normalized."""
    # Composed first: Korean typed on some systems arrives as single letters (NFD).
    composed = unicodedata.normalize("NFC", caption)
    parts = (
        part for run in _IN_CAPTION.findall(composed) for part in re.split(r"[#＃]", run) if part
    )
    return normalize_all(parts)


def normalize_all(tags: Iterable[str]) -> set[str]:
    """Return the hashtags among `tags`, normalized."""
    return {tag for tag in map(normalize, tags) if tag}
