"""Lineage by words: the passages behind each sentence, and sentences without any."""

from __future__ import annotations

import math

import pytest

from remix.measure.lineage import lineage
from remix.measure.sentences import sentences
from remix.records.lineage import SentenceLineage
from tests import planted, planted_languages
from tests.lineage_cases import ADDED, KnownEssay, known_essays, large_essays

PASSAGES = {"bridge": planted.BRIDGE, "choir": planted.CHOIR, "clock": planted.CLOCK}
JAPANESE = {
    "bridge": "鉄の橋は一八八四年に開通し、牛乳を町へ運ぶのが楽になった。農家はバターを売るのをやめた。",
    "choir": "合唱団は伴奏なしで歌うと音が下がる。歌手は気づかない。",
}


def only(text: str, passages: dict[str, str] = PASSAGES, language: str = "en") -> SentenceLineage:
    """The lineage of a text of one sentence."""
    (found,) = lineage(text, passages, language).sentences
    return found


def test_behind_a_copied_sentence_stands_its_passage_alone() -> None:
    (behind,) = only("The singers do not notice, because they sink together.").behind
    assert (behind.passage, behind.share, behind.score) == ("choir", 1.0, 100.0)
    assert behind.sentence == "The singers do not notice, because they sink together."


def test_the_closest_sentence_of_the_passage_is_named() -> None:
    (behind,) = only("An entire quarter tone was lost in six minutes, as Halvorsen measured in Bergen.").behind
    assert behind.passage == "choir"
    assert behind.sentence.startswith("Dr. Halvorsen measured")


def test_a_sentence_of_other_matter_is_added() -> None:
    found = only("Sand, soda and lime are melted together at great heat.")
    assert found.added
    assert found.behind == ()


def test_behind_a_joined_sentence_stand_both_passages_with_their_shares() -> None:
    found = only("The railway won in 1852, and noon moved nine minutes, while a choir without instruments sinks.")
    assert [each.passage for each in found.behind] == ["clock", "choir"]
    shares = [each.share for each in found.behind]
    assert shares[0] > shares[1] > 0.1
    assert math.isclose(sum(shares), 1, abs_tol=1e-3)


def test_passages_that_say_the_same_share_a_sentence() -> None:
    found = only("A choir that sings without instruments sinks.", {**PASSAGES, "again": planted.CHOIR})
    assert [(each.passage, each.share) for each in found.behind] == [("choir", 0.5), ("again", 0.5)]


def test_passages_that_are_heard_and_passages_that_nobody_hears() -> None:
    found = lineage("The railway won in 1852, and noon moved nine minutes. Lemons are yellow.", PASSAGES)
    assert found.heard == {"clock"}
    assert found.unheard == ("bridge", "choir")
    assert [each.added for each in found.sentences] == [False, True]


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_paraphrases_in_other_languages_have_their_passage_first(language: str) -> None:
    cases = [*planted_languages.DEVELOPED, *planted_languages.HELD_OUT]
    own = {str(at): each for at, each in enumerate(cases) if each.language == language}
    passages = {at: each.passage for at, each in own.items()}
    for at, each in own.items():
        found = lineage(each.paraphrase, passages, language)
        assert [sentence.behind[0].passage for sentence in found.sentences] == [at] * len(found.sentences)


def test_scripts_without_spaces_between_words() -> None:
    text = "橋が開通すると、牛乳を町に運ぶことが楽になった。伴奏がないと合唱の音は下がる。猫は魚が好きだ。"
    found = lineage(text, JAPANESE, "ja").sentences
    assert [[behind.passage for behind in each.behind] for each in found] == [["bridge"], ["choir"], []]


@pytest.mark.parametrize(
    ("text", "passages"),
    [("", PASSAGES), ("…", PASSAGES), ("Words.", {}), ("Words.", {"none": ""}), ("42", {"digits": "1 2 3"})],
)
def test_without_words_nothing_stands_behind(text: str, passages: dict[str, str]) -> None:
    found = lineage(text, passages)
    assert found.passages == tuple(passages)
    assert all(each.added for each in found.sentences)


def test_of_very_long_passages_the_rest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remix.measure.lineage.MOST_READ", len(planted.BRIDGE) + 20)
    found = lineage(f"{planted.BRIDGE} The railway won in 1852, and noon moved nine minutes.", PASSAGES)
    assert found.heard == {"bridge"}
    assert found.sentences[-1].added
    assert found.passages == tuple(PASSAGES)


def test_a_text_of_many_sentences_is_compared_piece_by_piece() -> None:
    text = " ".join(f"{number} people walked home by the moon." for number in range(150))
    assert len(lineage(text, {"light": planted.LIGHT}).sentences) == 150


# -- sentences whose passages are known -------------------------------------------------------------------------


def test_essays_are_cut_into_the_sentences_they_were_made_of() -> None:
    for essay in (*known_essays(), *large_essays()):
        assert sentences(essay.text) == [case.sentence for case in essay.cases]


def test_halves_have_no_passage_in_common() -> None:
    halves = [
        {each for essay in known_essays() if essay.held_out is apart for each in essay.passages} for apart in (0, 1)
    ]
    assert halves[0].isdisjoint(halves[1])
    assert sum(len(essay.cases) for essay in known_essays()) >= 400


def found_in(essays: tuple[KnownEssay, ...], kind: str) -> list[bool]:
    """For each sentence of a kind, held out, whether the right passage stands first, or that it is called added."""
    found = []
    for essay in essays:
        if essay.held_out:
            for case, each in zip(essay.cases, lineage(essay.text, essay.passages).sentences, strict=True):
                if case.kind == kind:
                    found.append(
                        each.added if kind in ADDED else not each.added and each.behind[0].passage in case.passages
                    )
    return found


@pytest.mark.parametrize(
    ("kind", "least"),
    [("verbatim", 0.99), ("paraphrased", 0.85), ("other matter", 0.9), ("made up", 0.9), ("models' own", 0.75)],
)
def test_the_lineage_of_known_sentences_is_found(kind: str, least: float) -> None:
    """docs/measures.md has the shares."""
    found = found_in(known_essays(), kind)
    assert sum(found) >= least * len(found)


def test_one_true_sentence_in_ten_is_called_added() -> None:
    called = [
        each.added
        for essay in known_essays()
        if essay.held_out
        for case, each in zip(essay.cases, lineage(essay.text, essay.passages).sentences, strict=True)
        if case.passages
    ]
    assert sum(called) <= 0.11 * len(called)
