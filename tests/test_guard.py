"""Who may ask the desk."""

from __future__ import annotations

import pytest

from remix.review.guard import Pass, is_loopback


@pytest.mark.parametrize(
    ("host", "authority", "own"),
    [
        ("127.0.0.1", "127.0.0.1:8123", True),
        ("127.0.0.1", "localhost:8123", True),
        ("127.0.0.1", "LOCALHOST:8123", True),
        ("127.0.0.1", "127.0.0.1:8124", False),
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "evil.example:8123", False),
        ("127.0.0.1", "localhost.evil.example:8123", False),
        ("127.0.0.1", "evil@localhost:8123", False),
        ("127.0.0.1", "localhost:8123/x", False),
        ("127.0.0.1", "localhost:x", False),
        ("127.0.0.1", "[::1", False),
        ("127.0.0.1", "", False),
        ("::1", "[::1]:8123", True),
        ("192.168.0.7", "192.168.0.7:8123", True),
        ("192.168.0.7", "192.168.0.8:8123", False),
        ("desk.home", "desk.home:8123", True),
        ("0.0.0.0", "192.168.0.7:8123", True),
        ("0.0.0.0", "evil.example:8123", False),
        ("::", "[fe80::1]:8123", True),
    ],
)
def test_names_that_nobody_else_can_point_here(host: str, authority: str, own: bool) -> None:
    assert Pass(host, 8123).is_own(authority) is own


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("127.0.0.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
    + [(host, False) for host in ("192.168.0.7", "desk.home", "localhost.evil.example", "")],
)
def test_loopback(host: str, only_here: bool) -> None:
    assert is_loopback(host) is only_here


def test_every_desk_has_keys_of_its_own() -> None:
    one, other = Pass("127.0.0.1", 1), Pass("127.0.0.1", 2)
    assert len({one.key, one.session, other.key, other.session}) == 4
    assert one.cookie != other.cookie, "browsers keep one jar for all ports"
    assert one.address == f"http://127.0.0.1:1/?key={one.key}"
    assert Pass("::1", 1).address.startswith("http://[::1]:1/")
