"""The store keeps bytes by key, and the first write of a key stays."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from photokit.blobs import BlobStore, photo_key
from servicekit.errors import Gone


@pytest.fixture
def store(blob_url: str) -> BlobStore:
    """Return an empty store in a folder that does not exist yet."""
    return BlobStore(blob_url)


async def test_what_is_put_can_be_got(store: BlobStore) -> None:
    assert await store.put_if_absent("photos/ab/abcd", b"bytes")
    assert await store.get("photos/ab/abcd") == b"bytes"


async def test_a_blob_may_be_empty(store: BlobStore) -> None:
    assert await store.put_if_absent("empty", b"")
    assert await store.get("empty") == b""


async def test_a_second_write_of_a_key_changes_nothing(store: BlobStore) -> None:
    assert await store.put_if_absent("key", b"first")
    assert not await store.put_if_absent("key", b"second")
    assert await store.get("key") == b"first"


async def test_of_many_writers_at_once_one_wins_and_all_read_its_bytes(blob_url: str) -> None:
    stores = [BlobStore(blob_url) for _ in range(8)]
    bodies = [bytes([n]) * 100_000 for n in range(8)]
    won = await asyncio.gather(
        *(store.put_if_absent("key", body) for store, body in zip(stores, bodies, strict=True))
    )
    assert won.count(True) == 1
    assert {await store.get("key") for store in stores} == {bodies[won.index(True)]}


async def test_what_is_absent_is_gone(store: BlobStore) -> None:
    with pytest.raises(Gone, match="photos/xy"):
        await store.get("photos/xy")


async def test_delete_removes_and_may_be_repeated(store: BlobStore) -> None:
    await store.put_if_absent("key", b"bytes")
    await store.delete("key")
    await store.delete("key")
    with pytest.raises(Gone):
        await store.get("key")
    assert await store.put_if_absent("key", b"again")


async def test_the_keys_in_a_folder_are_listed(store: BlobStore) -> None:
    for key in ("results/ab/1", "results/ab/2", "results/abc/3", "photos/ab/4"):
        await store.put_if_absent(key, b"x")
    assert sorted(await store.keys("results/ab")) == ["results/ab/1", "results/ab/2"]
    assert len(await store.keys("results")) == 3
    assert await store.keys("nothing") == []


async def test_a_folder_with_spaces_and_korean_letters_works(tmp_path: Path) -> None:
    store = BlobStore((tmp_path / "사진 blobs").as_uri())
    await store.put_if_absent("key", b"bytes")
    assert (tmp_path / "사진 blobs" / "key").read_bytes() == b"bytes"


async def test_a_folder_gives_no_address(store: BlobStore) -> None:
    await store.put_if_absent("key", b"bytes")
    assert await store.url("key", timedelta(minutes=5)) == ""


async def test_an_object_store_signs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    url = await BlobStore("s3://bucket/prefix").url("photos/ab", timedelta(minutes=5))
    assert "bucket" in url
    assert "prefix/photos/ab" in url
    assert "X-Amz-Expires=300" in url
    assert "secret" not in url


def test_the_folder_of_a_photo_is_the_start_of_its_digest() -> None:
    assert photo_key(b"\xab" * 32) == f"photos/ab/{'ab' * 32}"
