from __future__ import annotations

import pytest

from crawler.core.authors import AuthorKeys

TWO = f"b:{'22' * 32}, a:{'11' * 32}"


def test_a_handle_is_keyed_with_the_newest_key_and_found_under_all() -> None:
    keys = AuthorKeys.parse(TWO)
    old = AuthorKeys.parse(f"a:{'11' * 32}")
    assert keys.all("folder", "anna") == [
        keys.newest("folder", "anna"),
        old.newest("folder", "anna"),
    ]
    assert len(keys.newest("folder", "anna")) == 64


def test_spellings_of_one_handle_are_one_author() -> None:
    keys = AuthorKeys.parse(TWO)
    assert keys.newest("s", " @Anna ") == keys.newest("s", "anna")


def test_one_handle_on_two_sites_is_two_authors() -> None:
    keys = AuthorKeys.parse(TWO)
    assert keys.newest("s", "anna") != keys.newest("t", "anna")


@pytest.mark.parametrize("handle", ["", "  ", "@"])
def test_no_handle_has_no_key(handle: str) -> None:
    assert AuthorKeys.parse(TWO).newest("s", handle) == ""


def test_without_keys_no_author_is_kept() -> None:
    assert AuthorKeys.parse("").newest("s", "anna") == ""


@pytest.mark.parametrize("text", ["a:zz", "a:" + "11" * 15, "1" * 64, f":{'11' * 32}"])
def test_a_malformed_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="key 1 is not") as error:
        AuthorKeys.parse(text)
    assert "11" not in str(error.value)
