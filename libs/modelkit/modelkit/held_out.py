"""Which photos don't train but judge."""

import hashlib


def is_held_out(group: str, share: float) -> bool:
    """Whether a photo, or all of a group, is among the `share` (in [0, 1]) that is held out.

    By a hash of the name: nobody changes sides when photos are added.
    """
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") < int(share * 2**32)
