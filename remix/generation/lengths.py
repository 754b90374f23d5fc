"""Lengths of prompts in tokens, and passages that don't fit the model's context.

Takes passages, templates and a token counter; gives counts, and the errors of prompts that can't be made. Loads no
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from remix.engine.prefix import PrefixCache
from remix.errors import ModelError, PromptError, RemixError
from remix.generation.writer import TokenCounter
from remix.records import GROUPS, Essay, Message, Options, Passage, Prompt, PromptSize, task_id
from remix.templates.reading import Reading, refused
from remix.templates.template import Template, settings_for

SHORT = 8
"""The first class of lengths ends at 2**9 tokens, each further class after two more binary digits."""

MOST_TOGETHER = 24
"""Passages whose prompts are rendered together: a hostile template may make 16 MiB of text for each."""

Pair = tuple[Essay, Passage]


@dataclass
class Measured:
    """The prompts of a passage."""

    pair: Pair
    tokens: dict[str, int] = field(default_factory=dict)
    """Tokens of each countable prompt, by task id."""
    needed: list[int] = field(default_factory=list)
    """Most tokens that each chain needs, output included."""
    computed: int = 0
    """Prompt tokens to compute if the prompts share their common prefixes."""
    unchecked: int = 0
    """Number of prompts with unknown length."""
    errors: dict[str, RemixError | None] = field(default_factory=dict)
    """For each kind that was tried the reason why its prompts can't be made; null if there is none."""
    unfit: PromptError | None = None
    """The reason why the passage itself can't be used: it is too long, or can't be tokenised."""

    @property
    def problems(self) -> list[RemixError]:
        """All errors."""
        found = [*self.errors.values(), self.unfit]
        return [error for error in found if error is not None]


@dataclass
class _Chains:
    """A passage while its prompts are measured."""

    measured: Measured
    last: dict[str, str] = field(default_factory=dict)
    """The text of each kind's last step, as long as it can become."""
    prefixes: PrefixCache = field(default_factory=PrefixCache)

    @property
    def id(self) -> str:
        return self.measured.pair[1].id


class Lengths:
    """Counts the tokens of prompts, and leaves out passages that exceed the model's context.

    Without a counter prompts are rendered, and their lengths aren't checked.
    """

    def __init__(
        self,
        templates: dict[str, Template],
        options: Options,
        labels: Sequence[str],
        counter: TokenCounter | None,
        only: Container[tuple[str, str]] | None = None,
        card: Sequence[str] = (),
    ) -> None:
        """`only` holds the pairs of passage and kind to measure, null for all; `card` the languages that the model's
        card names."""
        self.templates = templates
        """The templates; a template that fails on every passage is removed."""
        self.failed: dict[str, RemixError] = {}
        """Kinds whose templates fail on every passage, each with the first error."""
        self._only = only
        self._options = options
        self._labels = labels
        self._card = card
        self._counter = counter
        self._needed: list[int] = []
        self._read: list[int] = []
        self.computed = 0
        """Prompt tokens to compute if each passage's prompts share their common prefixes."""
        self.unchecked = 0
        """Number of prompts with unknown length."""

    def fitting(
        self, corpus: list[Pair], on_error: Callable[[RemixError], None]
    ) -> tuple[list[Pair], dict[str, int]]:
        """The passages that fit, and the tokens of each countable prompt by task id.

        A kind whose template fails on every passage is left out instead of the passages. Raises `PromptError` for a
        kind that only woven essays have.
        """
        for template in self.templates.values():
            if template.part_reads:
                raise refused(template.kind)
        measured = list(self.measure(corpus))
        while failed := _failing(measured):
            self.failed |= failed
            for error in failed.values():
                on_error(error)
            self._leave_out_readers(on_error)
            measured = list(self.measure(corpus))
        kept: list[Pair] = []
        counted: dict[str, int] = {}
        for each in measured:
            if problems := each.problems:
                on_error(problems[0])
                continue
            kept.append(each.pair)
            counted |= each.tokens
            self.accept(each)
        return kept, counted

    def measure(self, corpus: Sequence[Pair]) -> Iterator[Measured]:
        """Make and count all prompts of each passage."""
        for start in range(0, len(corpus), MOST_TOGETHER):
            chains = [_Chains(Measured(pair)) for pair in corpus[start : start + MOST_TOGETHER]]
            for template in self.templates.values():
                if template.reads != "passages" and not template.part_reads:
                    self._measure_kind(template, [each for each in chains if self._is_wanted(each, template)])
            yield from (each.measured for each in chains)

    def accept(self, measured: Measured) -> None:
        """Add the prompts of a passage to the prompts that will be computed."""
        self._needed += measured.needed
        self.computed += measured.computed
        self.unchecked += measured.unchecked

    def read_too(self, needed: Iterable[int]) -> None:
        """Count sequences in which the same model reads the texts of each passage, by the tokens they need."""
        self._read += needed

    @property
    def contexts(self) -> tuple[int, ...]:
        """Tokens of the longest prompt with output of each class of length, in ascending order.

        A class ends at four times the tokens of the class before. Far longer sequences than the rest are decoded
        apart: among short sequences, long sequences would slow each step, and each short sequence would take as much
        memory as the longest. If each text is read as soon as it is written, no sequence is shorter than the shortest
        in which one is read.
        """
        longest: dict[int, int] = {}
        least = min(self._read, default=0)
        for needed in sorted(max(least, each) for each in (*self._needed, *self._read)):
            longest[_class(needed)] = needed
        return tuple(longest.values())

    def _leave_out_readers(self, on_error: Callable[[RemixError], None]) -> None:
        """Leave out the failed kinds, and the kinds that read texts of a failed kind."""
        for kind, template in self.templates.items():
            if kind not in self.failed and (read := [each for each in template.reads_kinds if each in self.failed]):
                error = PromptError(
                    f"{template.place_of_reads}: `reads`: no text of the kind '{read[0]}' can be made.",
                    f"Mend the template of '{read[0]}'.",
                )
                self.failed[kind] = error
                on_error(error)
        self.templates = {kind: each for kind, each in self.templates.items() if kind not in self.failed}

    def _is_wanted(self, chains: _Chains, template: Template) -> bool:
        """Whether a kind's prompts for a passage are planned, and all texts that the kind reads can be made."""
        is_planned = self._only is None or (chains.id, template.kind) in self._only
        is_readable = all(kind in chains.last for kind in template.reads_kinds)
        return is_planned and is_readable and chains.measured.unfit is None

    def _measure_kind(self, template: Template, batch: list[_Chains]) -> None:
        """Make and count the prompts of a kind, step by step, for several passages."""
        text = settings_for(template, self._options, self._labels).max_tokens
        allowed = text + (self._options.max_thoughts or 0)
        # The output of a step is an opening and at most `text` tokens; a common word is a single token in any
        # vocabulary, and a text written token by token may have a few tokens more when tokenised again.
        most = min(text, self._counter.context) if self._counter else 0
        words = " word" * (most * 21 // 20 + 8)
        kind, steps = template.kind, self._options.steps
        longest = dict.fromkeys((each.id for each in batch), 0)
        for each in batch:
            each.measured.errors[kind] = None
        previous: dict[str, str] = {}
        for step in range(1, template.steps(steps) + 1):
            reads = [
                Reading((each.measured.pair,), previous.get(each.id, ""), each.last, self._card) for each in batch
            ]
            going = []
            for each, prompt in zip(batch, template.render_all(reads, step, steps, self._labels), strict=True):
                if (size := self._counted(each.measured, template, prompt, allowed)) and isinstance(prompt, Prompt):
                    previous[each.id] = prompt.opening + words
                    self._add(each, (kind, step), size)
                    longest[each.id] = max(longest[each.id], size.tokens + allowed if size.tokens is not None else 0)
                    going.append(each)
            batch = going
        for each in batch:
            each.last[kind] = previous[each.id]
            each.measured.needed += [longest[each.id]] if longest[each.id] else []

    def _counted(
        self, measured: Measured, template: Template, prompt: Prompt | PromptError, allowed: int
    ) -> PromptSize | None:
        """The size of a prompt; null, after noting the reason, if it can't be made or doesn't fit."""
        if isinstance(prompt, PromptError):
            measured.errors[template.kind] = prompt
            return None
        try:
            return self._size(prompt.messages, measured.pair[1], allowed)
        except PromptError as error:
            measured.unfit = error
        except ModelError as error:
            # The model's chat template refuses a conversation of these roles, whatever the passage is.
            refused = ModelError(f"{template.name}: {error.message}", error.hint)
            refused.__cause__ = error
            measured.errors[template.kind] = refused
        return None

    def _add(self, chains: _Chains, place: tuple[str, int], size: PromptSize) -> None:
        """Add the tokens of a prompt, by kind and step, to those of its passage."""
        measured, prefixes = chains.measured, chains.prefixes
        texts = self._options.best_of * self._options.variants
        if size.tokens is None:
            measured.unchecked += texts
            return
        measured.computed += size.tokens - prefixes.longest(size.chunks).length
        prefixes.add(len(measured.tokens), size.chunks[:-1])
        # Further candidates and variants read the same prompt.
        measured.computed += (texts - 1) * (size.tokens - prefixes.longest(size.chunks).length)
        for variant in range(1, self._options.variants + 1):
            measured.tokens[task_id(chains.id, *place, variant)] = size.tokens

    def of_the_group(self, corpus: list[Pair]) -> dict[str, int]:
        """The tokens of prompts with all passages. Raises `PromptError` if the passages are too long together."""
        tokens: dict[str, int] = {}
        texts = self._options.best_of * self._options.variants
        for kind, template in self.templates.items() if corpus else ():
            if template.reads != "passages":
                continue
            allowed = settings_for(template, self._options, self._labels).max_tokens
            allowed += self._options.max_thoughts or 0
            prompt = template.render(Reading(tuple(corpus), card=self._card), 1, 1, self._labels)
            if self._counter is None:
                self.unchecked += texts
                continue
            context = self._counter.context
            may_fit = self._counter.may_fit(prompt.messages, context)
            count = self._counter.measure(prompt.messages, context - allowed).tokens if may_fit else context
            if count is None:
                self.unchecked += texts
                continue
            if count + allowed > context:
                raise PromptError(
                    f"{template.name}: {len(corpus)} passages together don't fit {self._counter.name}, which takes "
                    f"{context} tokens.",
                    f"Choose fewer passages, lower {self._bounds}, or take another model.",
                )
            self._needed.append(count + allowed)
            self.computed += count * texts
            variants = range(1, self._options.variants + 1)
            tokens |= {task_id(f"{GROUPS}/001", kind, 1, variant): count for variant in variants}
        return tokens

    def _size(self, messages: Sequence[Message], passage: Passage, allowed: int) -> PromptSize:
        """The size of a prompt whose output may have `allowed` tokens.

        Raises `PromptError`, naming the passage, if the model's context doesn't hold prompt and output.
        """
        if self._counter is None:
            return PromptSize(None)
        context = self._counter.context
        if not self._counter.may_fit(messages, context):
            raise self._too_long(passage, f"more than {context}")
        try:
            size = self._counter.measure(messages, context - allowed)
        except PromptError as error:
            place = f"{passage.path}:{passage.lines[0]}: {passage.id}"
            raise PromptError(f"{place}: {error.message}", error.hint) from error
        if size.tokens is not None and size.tokens + allowed > context:
            raise self._too_long(passage, str(size.tokens + allowed))
        return size

    def _too_long(self, passage: Passage, needed: str) -> PromptError:
        assert self._counter is not None
        written = "thoughts and output" if self._options.max_thoughts else "output"
        return PromptError(
            f"{passage.path}:{passage.lines[0]}: {passage.id} needs {needed} tokens with its {written}, "
            f"and {self._counter.name} takes {self._counter.context}.",
            f"Split the passage, lower {self._bounds}, or take another model.",
        )

    @property
    def _bounds(self) -> str:
        """The options that bound the length of the model's output."""
        return "--max-thoughts or --max-tokens" if self._options.max_thoughts else "--max-tokens"


def _failing(measured: Sequence[Measured]) -> dict[str, RemixError]:
    """The kinds that were tried and can't be made of any passage, each with the first error."""
    failed: dict[str, RemixError] = {}
    fine: set[str] = set()
    for each in measured:
        for kind, error in each.errors.items():
            if error is None:
                fine.add(kind)
            else:
                failed.setdefault(kind, error)
    return {kind: error for kind, error in failed.items() if kind not in fine}


def _class(tokens: int) -> int:
    """The number of a length's class: up to 512 tokens, up to 2,048, up to 8,192 …"""
    return max(0, ((tokens - 1).bit_length() - SHORT) // 2)
