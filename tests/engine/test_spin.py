"""How threads wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from remix.engine import spin


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process in which nothing is settled."""
    monkeypatch.setenv("REMIX_CACHE", str(tmp_path))
    monkeypatch.setattr(spin, "_applied", {})
    for name in spin.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_short_spin_unless_something_else_was_measured():
    assert spin.wait_policy() == {"GOMP_SPINCOUNT": "1000"}


@pytest.mark.parametrize("way", spin.POLICIES)
def test_what_was_kept_is_used(way: dict[str, str]):
    spin.save(way)
    assert spin.wait_policy() == way


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"variables": {"LD_PRELOAD": "x"}}', '{"variables": {"GOMP_SPINCOUNT": "7"}}']
)
def test_nothing_but_the_known_ways_is_taken_from_the_cache(fresh: Path, text: str):
    spin.save(spin.POLICIES[1])
    (memo,) = fresh.glob("*/*.json")
    memo.write_text(text)
    assert spin.wait_policy() == spin.SHORT


@pytest.mark.parametrize("name", spin.VARIABLES)
def test_the_user_s_own_setting_stays(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "active")
    assert spin.is_set_by_user()
    assert spin.wait_policy() == {}


def test_what_remix_settled_itself_is_not_the_user_s(monkeypatch: pytest.MonkeyPatch):
    for name, value in spin.wait_policy().items():
        monkeypatch.setenv(name, value)
    assert not spin.is_set_by_user()
    monkeypatch.setenv("GOMP_SPINCOUNT", "5")
    assert spin.is_set_by_user()
