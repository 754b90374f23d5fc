"""Names of drafts that were renamed: by the studio, or by another program."""

from __future__ import annotations

from remix.studio.draft_names import MOST, DraftNames


def test_a_draft_is_found_by_each_name_that_it_had() -> None:
    names = DraftNames()
    names.note("One", "Two")
    names.note("Two", "Three")
    assert [names.now(name, {"Three", "Other"}) for name in ("One", "Two", "Three")] == ["Three"] * 3
    assert names.had() == ["One", "Two"]


def test_a_draft_that_gets_its_name_back_has_no_other() -> None:
    names = DraftNames()
    names.note("One", "Two")
    names.note("Two", "One")
    assert names.now("One", {"One"}) == "One"
    assert names.now("Two", {"One"}) == "One"


def test_a_name_without_a_draft_stays_as_it_is() -> None:
    names = DraftNames()
    names.note("One", "Two")
    assert names.now("One", set()) == "One"
    assert names.now("Unknown", {"Two"}) == "Unknown"


def test_a_new_draft_with_an_earlier_name_of_another_is_itself() -> None:
    names = DraftNames()
    names.note("One", "Two")
    names.came("One")
    assert names.now("One", {"One", "Two"}) == "One"
    # Thrown away, it isn't the other draft either.
    assert names.now("One", {"Two"}) == "One"


def test_a_draft_renamed_by_another_program_is_known_by_its_text() -> None:
    names = DraftNames()
    names.find({"One": "a", "Same": "b"}, {"Two": "a", "Same": "b"})
    assert names.now("One", {"Two", "Same"}) == "Two"


def test_of_several_drafts_with_one_text_none_is_taken_for_another() -> None:
    names = DraftNames()
    names.find({"One": "a"}, {"Two": "a", "Three": "a"})
    names.find({"Four": "b", "Five": "b"}, {"Six": "b"})
    names.find({"Seven": None}, {"Eight": None})
    assert names.had() == []


def test_only_so_many_names_are_remembered() -> None:
    names = DraftNames()
    for number in range(MOST + 10):
        names.note(f"{number}", f"{number + 1}")
    assert len(names.had()) == MOST
    assert names.now(f"{MOST}", {f"{MOST + 10}"}) == f"{MOST + 10}"
