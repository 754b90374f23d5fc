"""Facts in German, French and Spanish, and what isn't looked for in further languages.

The shares of planted cases are those in docs/measures.md; whoever changes a measure changes both.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from remix.measure.facts import HardFacts, hard_facts
from remix.measure.language import language_of
from remix.measure.ledger import Ledger, LedgerInput, ledger
from remix.measure.lexicon import lexicon
from remix.measure.negations import negations_in
from remix.measure.reversals import reversals
from remix.measure.sentences import sentences
from remix.util.languages import name_of
from tests.planted_languages import DEVELOPED, HELD_OUT, Change, Paraphrased

DOCUMENT = (Path(__file__).parents[2] / "docs" / "measures.md").read_text(encoding="utf-8")
FINNISH = "Tohtori Halvorsen tuli Bergeniin 12. elokuuta 1821 ja myi 40 000 kalenteria, eikä kukaan nähnyt sitä."


def facts(text: str, language: str) -> HardFacts:
    return hard_facts("", text, language=language)


def measured(case: Paraphrased, text: str) -> Ledger:
    return ledger(LedgerInput(text, "stop", case.passage, "", ()))


def is_found(case: Paraphrased, change: Change) -> bool:
    """Whether the change is named, and not just something."""
    of = measured(case, case.changed(change))
    if change.kind in {"direction", "negation"}:
        return any(change.fact in word for each in of.reversals for word in (each.was, each.now))
    return any(change.fact.casefold() in fact.casefold() for fact in of.facts.invented)


@pytest.mark.parametrize("case", [*DEVELOPED, *HELD_OUT], ids=lambda case: f"{case.language}-{case.passage[:12]}")
def test_a_faithful_paraphrase_raises_no_alarm(case: Paraphrased) -> None:
    of = measured(case, case.paraphrase)
    assert of.language == case.language
    assert (of.facts.invented, of.reversals, of.flags) == ((), (), ())


@pytest.mark.parametrize("case", DEVELOPED, ids=lambda case: f"{case.language}-{case.passage[:12]}")
def test_the_changes_of_development_are_found(case: Paraphrased) -> None:
    assert [change for change in case.changes if not is_found(case, change)] == []


@pytest.mark.parametrize(
    ("language", "shares"),
    [
        ("de", {"name": (1, 3), "negation": (1, 2)}),
        ("fr", {"name": (3, 3), "negation": (2, 2)}),
        ("es", {"name": (3, 3), "negation": (2, 2)}),
    ],
)
def test_the_shares_of_held_out_changes_are_those_in_the_document(
    language: str, shares: dict[str, tuple[int, int]]
) -> None:
    cases = [case for case in HELD_OUT if case.language == language]
    found = Counter((change.kind, is_found(case, change)) for case in cases for change in case.changes)
    kinds = dict.fromkeys(kind for kind, _ in found)
    counted = {kind: (found[kind, True], found[kind, True] + found[kind, False]) for kind in kinds}
    whole = {"year": (2, 2), "number": (2, 2), "date": (1, 1), "quotation": (1, 1), "direction": (3, 3)}
    assert counted == whole | shares
    cells = (counted[kind] for kind in ("year", "number", "date", "name", "quotation", "direction", "negation"))
    assert f"| {name_of(language)} | {' | '.join(f'{hits} of {of}' for hits, of in cells)} |" in DOCUMENT


@pytest.mark.parametrize(
    ("language", "text", "numbers"),
    [
        ("de", "Es waren 1.234,5 Pfund, 40.000 und 40 000, siebzehn Felsen.", ("1234,5", "40000", "17")),
        ("de", "Im 19. Jahrhundert, in den 1850er Jahren.", ("19", "1850er")),
        ("de", "Am zwölften August achten alle; eine Frau, Millionen.", ("12", "1000000")),
        ("fr", "Il y eut 1 234,5 livres, 40\u202f000 et 40.000, dix-sept rochers.", ("1234,5", "40000", "17")),
        ("fr", "Au XIXe siècle, au 19ème siècle, dans les années 1850, un pont tout neuf.", ("19", "1850s")),
        ("es", "Había 1.234,5 libras, 40.000 y 40 000, diecisiete rocas.", ("1234,5", "40000", "17")),
        ("es", "En el siglo XIX, en los años 1850, miles en un cuarto.", ("19", "1850s")),
        ("fi", "Niitä oli 40 000 ja 1.200, seitsemäntoista.", ("40000", "1200")),
    ],
)
def test_numbers(language: str, text: str, numbers: tuple[str, ...]) -> None:
    assert facts(text, language).numbers.given == numbers


@pytest.mark.parametrize(
    ("passage", "text", "language"),
    [
        ("Das war 1855.", "Das war im 19. Jahrhundert, in den 1850er Jahren.", "de"),
        ("C’était en 1855.", "C’était au XIXe siècle, dans les années 1850.", "fr"),
        ("Fue en 1855.", "Fue en el siglo XIX, en los años 1850.", "es"),
        ("Ein Dutzend Uhren.", "Zwölf Uhren.", "de"),
        ("Une vingtaine de livres.", "Vingt livres.", "fr"),
        ("Am 12. August kam er.", "Am zwölften August kam er.", "de"),
        ("Es kam am 3.11.1821.", "Es kam 1821, am 3. November.", "de"),
    ],
)
def test_what_a_number_or_date_implies_is_not_invented(passage: str, text: str, language: str) -> None:
    assert hard_facts(text, passage, language=language).invented == ()


@pytest.mark.parametrize(
    ("language", "text", "dates"),
    [
        (
            "de",
            "Am 12. August 1821, am 3.11.1821, an einem Dienstag im März.",
            ("12. August", "3. November", "Dienstag"),
        ),
        ("fr", "Le 12 août 1821, le 1er mars, le 3/11/1821, un mardi.", ("12 août", "1 mars", "3 novembre", "mardi")),
        ("es", "El 12 de agosto de 1821, el 3/11/1821, un martes.", ("12 de agosto", "3 de noviembre", "martes")),
        ("fi", "Päivä oli 1821-11-03, elokuuta.", ("11-03",)),
    ],
)
def test_dates(language: str, text: str, dates: tuple[str, ...]) -> None:
    assert facts(text, language).dates.given[: len(dates)] == dates


@pytest.mark.parametrize(
    "text", ["„Zu kühn“, schrieb er.", "»Zu kühn«, schrieb er.", "‚Zu kühn‘, schrieb er.", "«Zu kühn», schrieb er."]
)
def test_quotation_marks(text: str) -> None:
    assert facts(text, "de").quotations.given == ("“Zu kühn”",)


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        ("de", "Da kam Josiah Kemp mit einer Uhr zu Frau Tully.", ("Josiah Kemp", "Tully")),
        ("de", "Da gingen Londons Uhren vor, und Prof. Halvorsen trank ein Glas Wasser.", ("Londons", "Halvorsen")),
        ("de", "Im Sommer kauften Bauern Uhren, und die Zeitung lobte Kemp.", ("Bauern Uhren",)),  # a false alarm
        (
            "fr",
            "On vit Mme Tully d’Angleterre, Louis XIV et la Reine au XIXe siècle.",
            ("Tully", "Angleterre", "Louis"),
        ),
        ("es", "Entonces la Sra. Tully vio a Josiah Kemp en Penmarrow.", ("Tully", "Josiah Kemp", "Penmarrow")),
        ("fi", "Silloin Tully näki Kempin.", ()),
    ],
)
def test_names(language: str, text: str, names: tuple[str, ...]) -> None:
    assert facts(text, language).names.given[: len(names) or None] == names


def test_people_of_a_place_are_not_invented() -> None:
    assert hard_facts("On vit M. Kemp et des Anglais.", "Kemp vint d’Angleterre.", language="fr").invented == ()


@pytest.mark.parametrize(
    ("language", "sentence", "expected"),
    [
        ("de", "Sie glaubten den Vorhersagen nicht.", ["vorhersag"]),
        ("de", "Nicht nur die Uhr, ohne Zweifel, sondern kein Hafen.", ["haf"]),
        ("fr", "Personne n’avait jamais vu de rochers.", ["rocher"]),
        ("fr", "Il n’y a que deux cartes, et plus de rochers.", []),
        ("fr", "Il ne vendit plus de rochers sans doute.", ["rocher"]),
        ("es", "Nadie había visto nunca las rocas.", ["vist"]),
        ("es", "No vendían más que leche, sin embargo.", []),
        ("fi", "Kukaan ei nähnyt sitä.", []),
    ],
)
def test_negations(language: str, sentence: str, expected: list[str]) -> None:
    assert list(negations_in(sentence, lexicon(language))) == expected


def test_a_german_infinitive_denies_nothing() -> None:
    was = "Ein Geistlicher schrieb, die Sterne seien seither nicht mehr zu sehen gewesen."
    now = "Seither, schrieb ein Geistlicher, seien die Sterne gut zu sehen."
    assert [(each.was, each.now) for each in reversals([was], [now], "de")] == [("not seh", "seh")]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "de",
            "Am 12. August kam Dr. Halvorsen, z. B. nach Bergen. | Im 19. Jahrhundert war es so. | Es war 17. | Ja.",
        ),
        ("fr", "M. Dupont vint en 44 av. J.-C. à Rome. | Mme Tully partit."),
        ("es", "El Sr. Kemp vendió 1.200. | ¿Es así? | La Sra. Tully se fue."),
        ("fi", "Tohtori tuli. | Hän lähti."),
    ],
)
def test_sentences(language: str, text: str) -> None:
    assert sentences(text.replace("| ", ""), language) == text.split(" | ")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (DEVELOPED[0].passage, "de"),
        (DEVELOPED[3].passage, "fr"),
        (DEVELOPED[6].passage, "es"),
        (FINNISH, "fi"),
        ("The first clock runs fast, and it was set by the second.", "en"),
        ("Was in der Tat so an ihm war, will man im Hause nie mehr so sagen.", "de"),
        ("Ja, ja.", None),
    ],
)
def test_the_language_of_a_passage(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_what_is_not_looked_for_is_said() -> None:
    of = ledger(LedgerInput("Joku tuli.", "stop", FINNISH, "", ()))
    assert of.language == "fi"
    assert of.not_looked_for == (*("numbers in words", "names of months and days", "names", "negations", "antonyms"),)
    assert (of.facts.names.given, of.facts.negations.given, of.reversals) == ((), (), ())
    assert [lexicon(language).not_looked_for for language in ("en", "fr", "es", None)] == [()] * 4
    assert lexicon("de").not_looked_for == ("names that stand alone",)


@pytest.mark.parametrize("mark", ["„", "»", "‚", "›", "12. ", "1.", "Frau ", "Kemps ", "n’", "XIX", "der alte "])
@pytest.mark.parametrize("language", ["de", "fr"])
def test_marks_without_end_take_no_endless_time(mark: str, language: str) -> None:
    assert hard_facts(mark * 5_000, DEVELOPED[0].passage, language=language).kept_share is not None
