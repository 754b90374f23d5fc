"""Lengths of the prompts of a woven essay, and which passages are read by their summaries because they are too long.

Takes an essay's plan, templates and a token counter; gives the plan with summaries, and counts. Loads no weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from remix.errors import PromptError
from remix.generation.weave_reading import MOST_OF_A_SENTENCE, OBJECTION_WORDS, OPENING_WORDS, in_words_of
from remix.generation.weave_tasks import PLACE
from remix.generation.writer import TokenCounter
from remix.records import Essay, Options, Passage, task_id
from remix.records.weave import Weave, WeaveGroup
from remix.templates.reading import PartOfEssay, Reading
from remix.templates.template import Template, settings_for

Pair = tuple[Essay, Passage]


class EssayLengths(NamedTuple):
    """A plan whose prompts fit the model."""

    weave: Weave
    tokens: dict[str, int]
    """Upper bounds of the tokens of each prompt, by task id; empty if the writer can't count tokens."""
    needed: int
    """Tokens of the longest prompt with its text; 0 if the writer can't count tokens."""
    notes: tuple[str, ...]
    """What the plan had to change, in words."""


class EssayMeasure:
    """Counts the tokens of an essay's prompts."""

    def __init__(
        self,
        templates: Mapping[str, Template],
        options: Options,
        labels: Sequence[str],
        counter: TokenCounter | None,
        card: Sequence[str] = (),
    ) -> None:
        self._templates = templates
        self._options = options
        self._labels = labels
        self._counter = counter
        self._card = card
        self._tokens: dict[str, int] = {}
        self._needed = 0

    def fitting(self, weave: Weave, members: Sequence[Sequence[Pair]]) -> EssayLengths:
        """The plan with summaries where they are needed; `members` has what each group reads, in its own words.

        Raises `PromptError` if a group doesn't fit by summaries either, or if there are too many paragraphs.
        """
        groups: list[WeaveGroup] = []
        notes: list[str] = []
        for step, (group, pairs) in enumerate(zip(weave.groups, members, strict=True), 1):
            fitted = self._group(weave, group, pairs, step)
            groups.append(fitted)
            notes += [
                f"{id_} is read by its summary: paragraph {step} would exceed the context of {self._name}."
                for id_ in fitted.summarised
            ]
        if not any(group.summarised for group in groups):
            weave = weave.model_copy(update={"summary": None})
        weave = weave.model_copy(update={"groups": tuple(groups)})
        whole = self._with_all_paragraphs(weave, members)
        if whole.beginnings:
            notes.append(
                f"Opening and title read the first sentence of each paragraph: {len(groups)} paragraphs may exceed "
                f"the context of {self._name}."
            )
        return EssayLengths(whole, self._tokens, self._needed, tuple(notes))

    def _group(self, weave: Weave, group: WeaveGroup, pairs: Sequence[Pair], step: int) -> WeaveGroup:
        """The group, with as many of its longest passages summarised as the context asks for."""
        by_length = sorted(pairs, key=lambda pair: -len(pair[1].text))
        summary = self._longest(weave.summary) if weave.summary else ""
        summarised: dict[str, str] = {}
        while not self._fits(weave, group, [in_words_of(pair, summarised.get(pair[1].id)) for pair in pairs], step):
            left = [pair for pair in by_length if pair[1].id not in summarised]
            if not left or group.records or weave.summary is None:
                raise PromptError(
                    f"paragraph {step} doesn't fit {self._name}, which takes {self._context} tokens: its "
                    f"{'texts are' if group.records else 'passages are'} too long, even by their summaries.",
                    "Leave some out, split them, or take another model.",
                )
            self._check_summary(weave.summary, left[0])
            summarised[left[0][1].id] = summary
        in_order = tuple(pair[1].id for pair in pairs if pair[1].id in summarised)
        return group.model_copy(update={"summarised": in_order})

    def _fits(self, weave: Weave, group: WeaveGroup, pairs: Sequence[Pair], step: int) -> bool:
        """Whether the prompts of a group's paragraph, objection and synthesis fit."""
        steps = len(weave.groups)
        previous = _words(MOST_OF_A_SENTENCE) if step > 1 else ""
        parts = {weave.paragraph: PartOfEssay(group.words, steps, previous)}
        if weave.objection and weave.synthesis:
            thesis, objection = (self._longest(kind) for kind in (weave.paragraph, weave.objection))
            parts[weave.objection] = PartOfEssay(OBJECTION_WORDS, steps, paragraphs=(thesis,))
            parts[weave.synthesis] = PartOfEssay(OBJECTION_WORDS, steps, paragraphs=(thesis,), objection=objection)
        return all(
            self._is_counted(kind, step, Reading(pairs, card=self._card, part=part), PLACE)
            for kind, part in parts.items()
        )

    def _with_all_paragraphs(self, weave: Weave, members: Sequence[Sequence[Pair]]) -> Weave:
        """The plan whose opening and title read all paragraphs, or else their first sentences."""
        pairs = [pair for group in members for pair in group]
        kinds = [kind for kind in (weave.paragraph, weave.objection, weave.synthesis) if kind]
        steps = len(weave.groups)
        whole = [self._longest(kind) for _ in weave.groups for kind in kinds]
        for is_shortened in (False, True):
            parts = [_words(MOST_OF_A_SENTENCE)] * len(whole) if is_shortened else whole
            read = Reading(pairs, card=self._card, part=PartOfEssay(OPENING_WORDS, steps, paragraphs=parts))
            if all(self._is_counted(kind, 1, read, PLACE) for kind in (weave.opening, weave.title)):
                return weave.model_copy(update={"beginnings": is_shortened})
        raise PromptError(
            f"{steps} paragraphs are too many for {self._name}: title and opening read a sentence of each, and the "
            f"model takes {self._context} tokens.",
            "Lower --length, choose fewer passages, or take another model.",
        )

    def _check_summary(self, kind: str, pair: Pair) -> None:
        """Count the prompt of a passage's summary. Raises `PromptError` if the passage exceeds the context."""
        passage = pair[1]
        if not self._is_counted(kind, 1, Reading((pair,), card=self._card), passage.id):
            raise PromptError(
                f"{passage.path}:{passage.lines[0]}: {passage.id} is too long for {self._name}, even for a summary.",
                "Split the passage, or take another model.",
            )

    def _is_counted(self, kind: str, step: int, read: Reading, place: str) -> bool:
        """Whether a prompt and its text fit the context; notes their lengths. Raises `PromptError`."""
        template = self._templates[kind]
        prompt = template.render(read, step, 1, self._labels)
        if self._counter is None:
            return True
        allowed = settings_for(template, self._options, self._labels).max_tokens + (self._options.max_thoughts or 0)
        context = self._counter.context
        if not self._counter.may_fit(prompt.messages, context):
            return False
        tokens = self._counter.measure(prompt.messages, context - allowed).tokens
        if tokens is None:
            return True
        if tokens + allowed > context:
            return False
        self._tokens[task_id(place, kind, step, 1)] = tokens
        self._needed = max(self._needed, tokens + allowed)
        return True

    def _longest(self, kind: str) -> str:
        """A text of a kind, as long as it can become."""
        most = settings_for(self._templates[kind], self._options, self._labels).max_tokens
        # A text written token by token may have a few tokens more when tokenised again.
        return _words(most * 21 // 20 + 8)

    @property
    def _name(self) -> str:
        return self._counter.name if self._counter else "the model"

    @property
    def _context(self) -> int:
        return self._counter.context if self._counter else 0


def check_parts(templates: Iterable[Template], pair: Pair, labels: Sequence[str]) -> Iterator[PromptError]:
    """The errors of templates for parts of an essay, tried on an essay from one passage."""
    part = PartOfEssay(OPENING_WORDS, 2, _words(8), (_words(8),), _words(8))
    for template in templates:
        if template.part_reads:
            try:
                template.render(Reading((pair,), part=part), 2, 1, labels)
            except PromptError as error:
                yield error


def _words(count: int) -> str:
    """Some common words, each a single token in any vocabulary."""
    return "A" + " word" * count
