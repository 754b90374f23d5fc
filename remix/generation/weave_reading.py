"""What the parts of a woven essay read: passages, in their own words or in those of their summaries, and paragraphs.

Takes a run's request, a task and the texts that the task reads; gives the values for the task's template. Reads no
file.
"""

from __future__ import annotations

from collections.abc import Sequence

from remix.measure.sentences import sentences
from remix.records import Essay, Passage, RecordInput, Run, Task
from remix.records.weave import Weave
from remix.templates.reading import PartOfEssay, Reading

OPENING_WORDS, TITLE_WORDS = 40, 8
"""Words that opening and title are asked to have."""

OBJECTION_WORDS = 40
"""Words that an objection and a synthesis are asked to have."""

MOST_OF_A_SENTENCE = 60
"""Words of a sentence that is read in place of its paragraph: a longer sentence is cut."""

Pair = tuple[Essay, Passage]


def has_own_sources(run: Run, task: Task) -> bool:
    """Whether only passages and earlier outputs that a task reads itself stand behind its text.

    What a paragraph says comes from its own group: the paragraph before is heard for its last sentence alone.
    """
    weave = run.weave
    return weave is not None and task.is_woven and task.kind not in (weave.opening, weave.title)


def last_sentence(text: str, language: str | None = None) -> str:
    """The last sentence of a paragraph, cut to its last words if the sentence is long."""
    found = sentences(text, language) or [text]
    words = found[-1].split()
    return " ".join(words[-MOST_OF_A_SENTENCE:])


def first_sentence(text: str, language: str | None = None) -> str:
    """The first sentence of a paragraph, cut to its first words if the sentence is long."""
    found = sentences(text, language) or [text]
    words = found[0].split()
    return " ".join(words[:MOST_OF_A_SENTENCE])


def reading_of_part(
    run: Run, task: Task, pairs: Sequence[Pair], texts: Sequence[str], card: Sequence[str]
) -> Reading:
    """The values for the template of a part. `pairs` are the passages behind the task, `texts` the texts that the
    task reads, in the order of `Task.texts`."""
    weave = run.weave
    assert weave is not None, "only a run with a plan has parts of an essay"
    language = pairs[0][1].language
    steps = len(weave.groups)
    if task.kind in (weave.opening, weave.title):
        parts = [first_sentence(each, language) for each in texts] if weave.beginnings else texts
        words = OPENING_WORDS if task.kind == weave.opening else TITLE_WORDS
        return Reading(pairs, card=card, part=PartOfEssay(words, steps, paragraphs=parts))
    read, rest = _read_passages(run, task, pairs, texts)
    if task.kind == weave.paragraph:
        group = weave.groups[task.step - 1]
        previous = last_sentence(rest[0], language) if rest else ""
        return Reading(read, card=card, part=PartOfEssay(group.words, steps, previous))
    objection = rest[1] if task.kind == weave.synthesis and len(rest) > 1 else ""
    part = PartOfEssay(OBJECTION_WORDS, steps, paragraphs=rest[:1], objection=objection)
    return Reading(read, card=card, part=part)


def _read_passages(
    run: Run, task: Task, pairs: Sequence[Pair], texts: Sequence[str]
) -> tuple[list[Pair], Sequence[str]]:
    """The passages of a task's group in the words that the task reads, and the task's other input texts."""
    weave: Weave | None = run.weave
    assert weave is not None
    records = [each.record for each in task.inputs if isinstance(each, RecordInput)]
    if records:
        return [_accepted(pairs, run, id_) for id_ in records], texts[len(records) :]
    summarised = weave.groups[task.step - 1].summarised
    summaries = dict(zip(summarised, texts, strict=False))
    return [in_words_of(pair, summaries.get(pair[1].id)) for pair in pairs], texts[len(summarised) :]


def _accepted(pairs: Sequence[Pair], run: Run, record: str) -> Pair:
    """An accepted text in the place of its first passage."""
    earlier = next(each for each in run.earlier if each.record.id == record)
    source = earlier.record.sources[0]
    # A stranger's request may name other passages than the sources of the accepted texts.
    pair = next((each for each in pairs if (each[1].id, each[1].text) == (source.passage, source.text)), pairs[0])
    return in_words_of(pair, earlier.edited if earlier.edited is not None else earlier.text)


def in_words_of(pair: Pair, text: str | None) -> Pair:
    """A passage with a text in place of the passage's own words; null leaves the passage as it is."""
    return pair if text is None else (pair[0], pair[1].model_copy(update={"text": text}))
