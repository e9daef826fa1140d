from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fashion.hashtags import find_in_caption, normalize


@pytest.mark.parametrize(
    ("caption", "tags"),
    [
        ("today #ootd", {"ootd"}),
        ("오늘 #오오티디 #데일리룩", {"오오티디", "데일리룩"}),
        ("#OOTD#Fashion", {"ootd", "fashion"}),
        ("＃ファッション", {"ファッション"}),
        ("#été #ÉTÉ", {"été"}),
        ("ends here #look.", {"look"}),
        ("#a_b #2026 #___ # #!", {"a_b"}),
        ("R&D#1 a#b https://x.example/#frag &#39;", set()),
        ("no tags, only words", set()),
        ("#" + "x" * 101, set()),
    ],
)
def test_hashtags_of_a_caption(caption: str, tags: set[str]) -> None:
    assert find_in_caption(caption) == tags


def test_korean_typed_as_single_letters_is_the_same_hashtag() -> None:
    assert find_in_caption(unicodedata.normalize("NFD", "#오오티디")) == {"오오티디"}


@given(st.text(max_size=80))
def test_what_is_found_is_in_its_one_spelling(caption: str) -> None:
    assert all(normalize(tag) == tag for tag in find_in_caption(caption))
