"""Numbers of bytes as text: 512 MiB, 4G."""

from __future__ import annotations

import re

_POWERS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)


def size(count: int) -> str:
    """A number of bytes in GiB or MiB; less than 1 MiB in KiB, rounded up, so that only 0 bytes give 0."""
    if count >= 2**30:
        return f"{count / 2**30:.1f} GiB"
    return f"{count / 2**20:.0f} MiB" if count >= 2**20 else f"{-(-count // 2**10)} KiB"


def read_size(text: str) -> int:
    """A number of bytes from text like 4G, 512 MiB or 1.5g. Raises `ValueError`."""
    found = _SIZE.fullmatch(text.strip())
    count = int(float(found[1]) * _POWERS[found[2].lower()]) if found else 0
    if count < 1:
        raise ValueError(f"{text!r} is not a size: write 4G or 512M")
    return count
