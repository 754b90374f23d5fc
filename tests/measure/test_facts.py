"""Hard facts: what is kept of them and what was invented."""

from __future__ import annotations

import pytest

from remix.measure.facts import hard_facts
from remix.measure.negations import negations_in

PASSAGE = (
    "In 1855 Josiah Kemp of Harrow sold 1,200 almanacs at St. Bride’s. "
    "He wrote “too bold” beside 12 August (Hui 2016). "
    "Nobody had seen seventeen such years."
)


def test_what_a_passage_holds() -> None:
    facts = hard_facts("", PASSAGE)
    assert facts.numbers.given == ("1855", "1200", "17")
    assert facts.dates.given == ("August 12",)
    assert facts.quotations.given == ("“too bold”",)
    assert facts.citations.given == ("Hui 2016",)
    assert facts.names.given == ("Josiah Kemp", "Harrow", "Bride")
    assert facts.negations.given == ("seventeen",)
    assert facts.kept_share == 0


def test_the_passage_itself_keeps_all_and_invents_nothing() -> None:
    facts = hard_facts(PASSAGE, PASSAGE)
    assert (facts.kept_share, facts.invented, facts.inherited) == (1, (), ())
    assert all(each.given == each.kept for each in facts.types)


def test_without_facts_there_is_no_share() -> None:
    assert hard_facts("In 1855.", "the rain fell").kept_share is None


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("Kemp sold 1200 in 1855.", ()),
        ("In the 1850s, in the 19th century.", ()),
        ("Kemp sold twelve hundred.", ()),
        ("He sold thirteen hundred in 1856.", ("1300", "1856")),
        ("It was the twelfth of August.", ()),
        ("It was the 12th of August, a Monday.", ("Monday",)),
        ("It was August 13, 1855.", ("August 13",)),
        ("It was 1855-08-12.", ()),
        ("It was 12 August 1866.", ("1866",)),
        ("He had one, two, the first, the second.", ()),
        ("He had hundreds and thousands.", ()),
        ("He wrote “far too bold”.", ("“far too bold”",)),
        ("He wrote: “Too bold!”", ()),
        ('He wrote "too timid".', ("“too timid”",)),
        ("So it is (Hui 2016; Kemp 1999).", ("Kemp 1999",)),
        ("So says Hui (2016).", ()),
        ("So says Hui et al. (2017).", ("Hui 2017",)),
        ("Here Kemp met Old Pruett in London.", ("Old Pruett", "London")),
        ("Here Mr. Kemp spoke.", ()),
        ("Pruett was not there.", ()),  # at the head of a sentence every word has a capital
        ("Then he said: Come here. “Then go!” I know, I’m sure.", ("“Then go!”",)),
        ("Then came word3 and B52s.", ("B52s",)),
        ("The Great Clock of Time", ()),  # a title
        ("Then NASA came.", ("NASA",)),
        ("It was Kemp’s, in Harrow’s streets.", ()),
    ],
)
def test_inventions(text: str, invented: tuple[str, ...]) -> None:
    assert hard_facts(text, PASSAGE).invented == invented


def test_people_of_a_place_are_not_invented() -> None:
    passage = "He came from Italy by way of Russia and Europe to Chicago."
    text = "The Italian met Russians, a European and a Chicagoan, but no Frenchman and no Christina."
    assert hard_facts(text, passage).invented == ("Frenchman", "Christina")


def test_what_the_step_before_or_the_prompt_had_is_inherited() -> None:
    facts = hard_facts("In 1901 Pruett sold 30 in 1855.", PASSAGE, "It was Pruett in 1901.", "", "Name 30 of them.")
    assert facts.invented == ()
    assert facts.inherited == ("1901", "30", "Pruett")


def test_half_of_a_name_keeps_it() -> None:
    passage = "There stood the Chicago Board of Trade and Josiah Kemp."
    assert hard_facts("Here is Kemp and the Chicago one.", passage).names.kept == ("Chicago Board", "Josiah Kemp")
    assert hard_facts("Here is the trade.", passage).names.kept == ("Trade",)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It was not easy.", ["easi"]),
        ("It wasn’t always easy, but it was not hard.", ["easi", "hard"]),
        ("Nobody has ever seen the clock.", ["clock"]),
        ("Not only the clock but the sun; no doubt.", []),
        ("They sold nothing but milk.", []),
        ("He went without a coat.", ["coat"]),
        ("The coat he did not.", ["coat"]),
        ("He saw it.", []),
    ],
)
def test_negations(sentence: str, expected: list[str]) -> None:
    assert list(negations_in(sentence)) == expected


@pytest.mark.parametrize("mark", ["“", "‘", '"', "(Hui ", "Hui (2016", "« ", "1,", "12 August ", "A-", "’", ": “"])
def test_marks_without_end_take_no_endless_time(mark: str) -> None:
    """Each of these made a pattern look at the rest of the text anew, from wherever it began."""
    text = mark * 20_000
    assert hard_facts(text, PASSAGE).kept_share is not None
