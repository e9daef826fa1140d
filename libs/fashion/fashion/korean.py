"""Korean particles, which depend on whether the word before ends in a consonant."""

from __future__ import annotations

_FIRST, _LAST, _FINALS = 0xAC00, 0xD7A3, 28


def ends_in_consonant(word: str) -> bool:
    """Tell whether the last syllable of a Korean word has a final consonant; False for other scripts (Unicode, section 3.12)."""
    last = ord(word[-1]) if word else 0
    return _FIRST <= last <= _LAST and (last - _FIRST) % _FINALS != 0


def subject(word: str) -> str:
    """Return the word with its subject particle: 스커트가, 원피스가, 데님이."""
    return f"{word}{'이' if ends_in_consonant(word) else '가'}"


def object_(word: str) -> str:
    """Return the word with its object particle: 스커트를, 데님을."""
    return f"{word}{'을' if ends_in_consonant(word) else '를'}"


def polite_is(word: str) -> str:
    """Return "it is <word>" in the polite informal style (해요체): 스커트예요, 데님이에요."""
    return f"{word}{'이에요' if ends_in_consonant(word) else '예요'}"


def polite_was(word: str) -> str:
    """Return "it was <word>" in the polite informal style: 스커트였어요, 데님이었어요."""
    return f"{word}{'이었어요' if ends_in_consonant(word) else '였어요'}"
