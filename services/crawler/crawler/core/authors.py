"""Author keys: handles are kept only as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class AuthorKeys:
    """The secret keys that are kept, newest first. New photos use the newest; erasure tries all."""

    keys: tuple[bytes, ...]

    @classmethod
    def parse(cls, text: str) -> AuthorKeys:
        """Read `id:hex,id:hex`. The ids are for people who rotate keys. Raise ValueError without showing a key."""
        keys = []
        for number, entry in enumerate(filter(None, (part.strip() for part in text.split(","))), 1):
            name, _, digits = entry.partition(":")
            try:
                key = bytes.fromhex(digits)
            except ValueError:
                key = b""
            if not name or len(key) < 16:
                raise ValueError(f"key {number} is not `id:hex` with at least 32 hex digits")
            keys.append(key)
        return cls(tuple(keys))

    def newest(self, site: str, handle: str) -> str:
        """Return the hex HMAC-SHA256 of a handle under the newest key; "" without a handle or without keys."""
        return next(iter(self.all(site, handle)), "")

    def all(self, site: str, handle: str) -> list[str]:
        """Return the hex HMAC-SHA256 of a handle under every key, newest first."""
        name = unicodedata.normalize("NFC", handle.strip().removeprefix("@")).lower()
        message = f"{site}\0{name}".encode()
        return [hmac.digest(key, message, hashlib.sha256).hex() for key in self.keys if name]
