"""What was read of texts is kept as long as their files are unchanged."""

from __future__ import annotations

from remix.studio.kept_texts import KeptTexts


def test_a_text_is_read_again_if_its_files_changed() -> None:
    kept = KeptTexts[str](2)
    assert kept.get("a", 1, lambda: "as it was") == "as it was"
    assert kept.get("a", 1, lambda: "not read") == "as it was"
    assert kept.get("a", 2, lambda: "as it is") == "as it is"


def test_the_texts_asked_for_last_are_kept() -> None:
    kept = KeptTexts[str](2)
    for key in ("a", "b", "a", "c"):
        kept.get(key, 1, key.lower)
    assert len(kept) == 2
    assert kept.get("a", 1, lambda: "read again") == "a"
    assert kept.get("b", 1, lambda: "read again") == "read again"
