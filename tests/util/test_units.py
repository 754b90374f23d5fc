"""Numbers of bytes."""

from __future__ import annotations

import pytest

from remix.util.units import read_size, size


@pytest.mark.parametrize(
    ("text", "count"),
    [("4G", 4 * 2**30), ("512M", 2**29), ("1.5 GiB", 3 * 2**29), ("100", 100), ("2kb", 2048), ("1t", 2**40)],
)
def test_sizes_are_read_as_people_write_them(text: str, count: int) -> None:
    assert read_size(text) == count


@pytest.mark.parametrize("text", ["", "much", "-1G", "0", "G", "1X", "0.2"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size: write 4G or 512M"):
        read_size(text)


def test_sizes_are_said_in_words() -> None:
    assert (size(3 * 2**29), size(2**27)) == ("1.5 GiB", "128 MiB")


def test_a_size_below_1_mib_is_not_0_mib() -> None:
    """Bug: `remix models list` gave a small file 0 MiB."""
    assert [size(count) for count in (2**20, 2**20 - 1, 700 * 2**10, 1, 0)] == [
        "1 MiB",
        "1024 KiB",
        "700 KiB",
        "1 KiB",
        "0 KiB",
    ]
