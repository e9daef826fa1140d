"""Which photos judge instead of training."""

import hashlib


def is_held_out(group: str, share: float) -> bool:
    """Tell whether a photo, or all of a group, is among the `share` (in [0, 1]) that is held out.

    The hash of the name decides: no photo changes sides when others are added.
    """
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:4], "big") < int(share * 2**32)
