"""Threads between the sentences of texts and the passages behind them, both ways, as a page shows them.

Takes outputs with the lineages of their sentences, gives values for the page's templates. Writes no HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from remix.export.noted_essay import percent
from remix.export.reviewed_outputs import ReviewedOutput, line
from remix.export.sentences import Stretch, stretches
from remix.outputs.facts import lines_in_words
from remix.records import Source
from remix.records.lineage import Lineage, SentenceLineage
from remix.util.names import shortened

LONGEST = 300
"""Letters of a sentence that is quoted beside a text or under a passage."""


class Thread(NamedTuple):
    """A passage behind a sentence, or a sentence in which a passage is heard."""

    to: str
    """Id of the passage, or of the sentence, on the page."""
    label: str
    """Name of the passage, or place of the sentence, in words."""
    share: str
    """Share of the passage in percent."""
    quote: str
    """The passage's closest sentence, or the text's sentence."""


class ThreadedText(NamedTuple):
    """A text with the passages behind each sentence."""

    key: str
    """Beginning of the ids of the text's sentences on the page."""
    label: str
    """Name of the text, in words."""
    stretches: tuple[Stretch, ...]
    behind: tuple[tuple[Thread, ...], ...]
    """For each sentence the passages behind the sentence; none behind an added sentence."""


class ThreadedPassage(NamedTuple):
    """A passage behind texts."""

    key: str
    """The passage's id on the page."""
    source: Source
    lines: str
    """First and last line in the file, in words."""
    heard: tuple[Thread, ...]
    """The sentences in which the passage is heard."""


class Threads(NamedTuple):
    """The texts of a page with threads, and their passages."""

    texts: dict[str, ThreadedText]
    """The texts by task."""
    passages: tuple[ThreadedPassage, ...]
    """The passages behind the texts, in order."""

    @property
    def longest(self) -> int:
        """The largest number of sentences of a text."""
        return max((len(each.behind) for each in self.texts.values()), default=0)


def threads(outputs: Iterable[tuple[str, ReviewedOutput, Lineage]], first: Iterable[Source] = ()) -> Threads:
    """The threads of some outputs, each given with its name in words and its lineage; `first` are passages that come
    first."""
    # An id may stand for two wordings of a passage, in texts of different times.
    keys: dict[tuple[str, str], str] = {}
    sources: dict[str, Source] = {}
    heard: dict[str, list[Thread]] = {}
    texts: dict[str, ThreadedText] = {}

    def key_of(source: Source) -> str:
        key = keys.setdefault((source.passage, source.text), f"p{len(keys) + 1}")
        sources.setdefault(key, source)
        return key

    for each in first:
        key_of(each)
    for number, (label, output, lineage) in enumerate(outputs, start=1):
        own = {source.passage: key_of(source) for source in output.found.record.sources}
        for at, sentence in enumerate(lineage.sentences, start=1):
            for behind in sentence.behind:
                place = f"{label}, sentence {at}"
                quote = shortened(sentence.sentence, LONGEST)
                thread = Thread(f"t{number}-s{at}", place, percent(behind.share), quote)
                heard.setdefault(own[behind.passage], []).append(thread)
        texts[output.found.task.id] = ThreadedText(
            key=f"t{number}",
            label=label,
            stretches=tuple(stretches(output.text, lineage.sentences) or [Stretch(output.text, 0)]),
            behind=tuple(_behind(sentence, own, sources) for sentence in lineage.sentences),
        )
    passages = [
        ThreadedPassage(key, source, lines_in_words(source.lines), tuple(heard.get(key, ())))
        for key, source in sources.items()
    ]
    return Threads(texts, tuple(passages))


def _behind(sentence: SentenceLineage, own: dict[str, str], sources: dict[str, Source]) -> tuple[Thread, ...]:
    return tuple(
        Thread(
            to=own[each.passage],
            label=f"{shortened(line(sources[own[each.passage]].essay), LONGEST)}, {line(each.passage)}",
            share=percent(each.share),
            quote=shortened(each.sentence, LONGEST),
        )
        for each in sentence.behind
    )
