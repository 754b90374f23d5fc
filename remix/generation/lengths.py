"""Lengths of prompts in tokens, and passages that don't fit the model's context.

Takes passages, templates and a token counter; gives counts. Loads no weights.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from remix.engine.prefix import PrefixCache
from remix.errors import PromptError
from remix.generation.writer import TokenCounter
from remix.records import GROUPS, Essay, Message, Options, Passage, PromptSize, task_id
from remix.templates.template import Reading, Template, settings_for

SHORT = 8
"""The first class of lengths ends at 2**9 tokens, each further class after two more binary digits."""


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
    ) -> None:
        self._templates = templates
        self._only = only
        self._options = options
        self._labels = labels
        self._counter = counter
        self._needed: list[int] = []
        self.computed = 0
        """Prompt tokens to compute if each passage's prompts share their common prefixes."""
        self.unchecked = 0
        """Number of prompts with unknown length."""

    def fitting(
        self, corpus: list[tuple[Essay, Passage]], on_error: Callable[[PromptError], None]
    ) -> tuple[list[tuple[Essay, Passage]], dict[str, int]]:
        """The passages that fit, and the tokens of each countable prompt by task id."""
        kept: list[tuple[Essay, Passage]] = []
        counted: dict[str, int] = {}
        for essay, passage in corpus:
            try:
                tokens, needed = self._measure(essay, passage)
            except PromptError as error:
                on_error(error)
                continue
            kept.append((essay, passage))
            counted |= tokens
            self._needed += needed
        return kept, counted

    @property
    def contexts(self) -> tuple[int, ...]:
        """Tokens of the longest prompt with output of each class of length, in ascending order.

        A class ends at four times the tokens of the class before. Far longer sequences than the rest are decoded
        apart: among short sequences, long sequences would slow each step, and each short sequence would take as much
        memory as the longest.
        """
        longest: dict[int, int] = {}
        for needed in sorted(self._needed):
            longest[_class(needed)] = needed
        return tuple(longest.values())

    def _measure(self, essay: Essay, passage: Passage) -> tuple[dict[str, int], list[int]]:
        """The tokens of each prompt of a passage, and the most tokens that each chain needs.

        Raises `PromptError` at the first prompt that doesn't fit.
        """
        tokens: dict[str, int] = {}
        needed: list[int] = []
        computed = 0
        prefixes = PrefixCache()
        last: dict[str, str] = {}
        texts = self._options.best_of * self._options.variants
        for kind, template in self._templates.items():
            if template.reads == "passages":
                continue
            if self._only is not None and (passage.id, kind) not in self._only:
                continue
            allowed = settings_for(template, self._options, self._labels).max_tokens
            # The output of a step is an opening and at most `allowed` tokens; a common word is a single token in any
            # vocabulary, and a text written token by token may have a few tokens more when tokenised again.
            most = min(allowed, self._counter.context) if self._counter else 0
            words = " word" * (most * 21 // 20 + 8)
            previous, longest, steps = "", 0, self._options.steps
            for step in range(1, template.steps(steps) + 1):
                reading = Reading(((essay, passage),), previous, last)
                prompt = template.render(reading, step, steps, self._labels)
                previous = last[kind] = prompt.opening + words
                size = self._size(prompt.messages, passage, allowed)
                if size.tokens is None:
                    self.unchecked += texts
                    continue
                longest = max(longest, size.tokens + allowed)
                computed += size.tokens - prefixes.longest(size.chunks).length
                prefixes.add(len(tokens), size.chunks[:-1])
                # Further candidates and variants read the same prompt.
                computed += (texts - 1) * (size.tokens - prefixes.longest(size.chunks).length)
                for variant in range(1, self._options.variants + 1):
                    tokens[task_id(passage.id, kind, step, variant)] = size.tokens
            needed += [longest] if longest else []
        self.computed += computed
        return tokens, needed

    def of_the_group(self, corpus: list[tuple[Essay, Passage]]) -> dict[str, int]:
        """The tokens of prompts with all passages. Raises `PromptError` if the passages are too long together."""
        tokens: dict[str, int] = {}
        texts = self._options.best_of * self._options.variants
        for kind, template in self._templates.items() if corpus else ():
            if template.reads != "passages":
                continue
            allowed = settings_for(template, self._options, self._labels).max_tokens
            prompt = template.render(Reading(tuple(corpus)), 1, 1, self._labels)
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
                    "Choose fewer passages, lower --max-tokens, or take another model.",
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
        return PromptError(
            f"{passage.path}:{passage.lines[0]}: {passage.id} needs {needed} tokens with its output, "
            f"and {self._counter.name} takes {self._counter.context}.",
            "Split the passage, lower --max-tokens, or take another model.",
        )


def _class(tokens: int) -> int:
    """The number of a length's class: up to 512 tokens, up to 2,048, up to 8,192 …"""
    return max(0, ((tokens - 1).bit_length() - SHORT) // 2)
