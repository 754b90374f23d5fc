"""Which requests the studio answers."""

from __future__ import annotations

import pytest

from remix.studio.guard import Access, is_loopback


@pytest.mark.parametrize(
    ("host", "authority", "is_own"),
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
def test_names_that_nobody_else_can_point_here(host: str, authority: str, is_own: bool) -> None:
    assert Access(host, 8123).is_own(authority) is is_own


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("127.0.0.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)]
    + [(host, False) for host in ("192.168.0.7", "desk.home", "localhost.evil.example", "")],
)
def test_loopback(host: str, only_here: bool) -> None:
    assert is_loopback(host) is only_here


def test_every_studio_has_keys_of_its_own() -> None:
    one, other = Access("127.0.0.1", 1), Access("127.0.0.1", 2)
    assert len({one.key, one.folder, other.key, other.folder}) == 4
    assert one.address == f"http://127.0.0.1:1/#key={one.key}", "what is behind the # is sent nowhere"
    assert Access("::1", 1).address.startswith("http://[::1]:1/")


def test_cookies_of_studios_on_two_ports_have_two_names() -> None:
    """Browsers send cookies to all ports of a host, and keep one cookie of a name, path and host."""
    one, other = Access("127.0.0.1", 1), Access("127.0.0.1", 2)
    assert one.cookie_name != other.cookie_name
    assert one.cookie("session").startswith(f"{one.cookie_name}=session; HttpOnly; SameSite=Strict; ")


def test_a_key_gives_one_session() -> None:
    """The docstring said once, and it worked as often as one liked."""
    access = Access("127.0.0.1", 1)
    session = access.exchange(access.key)
    assert session
    assert access.holds(session)
    assert access.exchange(access.key) is None
    assert access.is_used(access.key)
    assert not access.is_used("guess")
    for wrong in ("", "guess", session, "\ud800", "é" * 43):
        assert access.exchange(wrong) is None
        assert wrong == session or not access.holds(wrong)


def test_a_new_address_is_made_when_the_old_one_was_used() -> None:
    access = Access("127.0.0.1", 1)
    before = access.address
    assert access.renew() == before, "one that holds is told again"
    session = access.exchange(access.key)
    assert session
    assert access.renew() != before
    assert access.exchange(access.key) not in (None, session)
    assert access.holds(session), "the tab that is open stays open"
