"""Who may ask the desk."""

from __future__ import annotations

import pytest

from remix.studio.guard import Pass, is_loopback


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
    assert len({one.key, one.room, other.key, other.room}) == 4
    assert one.address == f"http://127.0.0.1:1/#key={one.key}", "what is behind the # is sent nowhere"
    assert Pass("::1", 1).address.startswith("http://[::1]:1/")


def test_a_key_gives_one_session() -> None:
    """The docstring said once, and it worked as often as one liked."""
    own = Pass("127.0.0.1", 1)
    session = own.exchange(own.key)
    assert session
    assert own.holds(session)
    assert own.exchange(own.key) is None
    assert own.is_used(own.key)
    assert not own.is_used("guess")
    for wrong in ("", "guess", session, "\ud800", "é" * 43):
        assert own.exchange(wrong) is None
        assert wrong == session or not own.holds(wrong)


def test_a_new_address_is_made_when_the_old_one_was_used() -> None:
    own = Pass("127.0.0.1", 1)
    before = own.address
    assert own.renew() == before, "one that holds is told again"
    session = own.exchange(own.key)
    assert session
    assert own.renew() != before
    assert own.exchange(own.key) not in (None, session)
    assert own.holds(session), "the tab that is open stays open"
