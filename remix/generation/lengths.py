"""How many tokens each prompt of a plan takes, and which passages don't fit.

Takes passages, templates and a model's vocabulary, gives counts. No weights are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from remix.engine.local import Vocabulary
from remix.engine.prefix import Prefixes
from remix.errors import PromptError
from remix.records import GROUPS, Essay, Message, ModelFile, Options, Passage, task_id
from remix.templates.template import Reading, Template, settings_for

SHORT = 8
"""The first class of length ends at 2**9 tokens, each other after two more binary digits."""


class Lengths:
    """Counts each prompt's tokens, and leaves out passages that can't fit the model's context."""

    def __init__(
        self,
        templates: dict[str, Template],
        options: Options,
        file: ModelFile,
        vocabulary: Vocabulary,
        only: Container[tuple[str, str]] | None = None,
    ) -> None:
        self._templates = templates
        self._only = only
        self._options = options
        self._file = file
        self._vocabulary = vocabulary
        self._needed: list[int] = []
        self.computed = 0
        """Prompt tokens left to compute when each passage's prompts share what they have in common."""

    def fitting(
        self, corpus: list[tuple[Essay, Passage]], on_error: Callable[[PromptError], None]
    ) -> tuple[list[tuple[Essay, Passage]], dict[str, int]]:
        """The passages that fit, and the tokens of each of their prompts."""
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
        """Tokens that prompts need with their outputs, by classes of length: the longest of each, the longest last.

        A class ends at four times the tokens of the one before. What is far longer than the rest has a room of its
        own: in the same one it would slow each of their steps, and take its length in memory for each of them.
        """
        longest: dict[int, int] = {}
        for needed in sorted(self._needed):
            longest[_class(needed)] = needed
        return tuple(longest.values())

    def _measure(self, essay: Essay, passage: Passage) -> tuple[dict[str, int], list[int]]:
        """The tokens of each prompt of a passage, and those that each chain needs at most.

        Raises `PromptError` at the first prompt that doesn't fit.
        """
        tokens: dict[str, int] = {}
        needed: list[int] = []
        computed = 0
        prefixes = Prefixes()
        last: dict[str, str] = {}
        texts = self._options.best_of * self._options.variants
        for kind, template in self._templates.items():
            if template.reads == "passages":
                continue
            if self._only is not None and (passage.id, kind) not in self._only:
                continue
            allowed = settings_for(template, self._options, self._file.labels).max_tokens
            # A text to come is an opening and at most so many tokens; a common word is one in any vocabulary, and
            # what a model wrote token by token may be a few more when it is read again.
            words = " word" * (min(allowed, self._file.context) * 21 // 20 + 8)
            previous, longest, steps = "", 0, self._options.steps
            for step in range(1, template.steps(steps) + 1):
                reading = Reading(((essay, passage),), previous, last)
                prompt = template.render(reading, step, steps, self._file.labels)
                previous = last[kind] = prompt.opening + words
                read = self._read(prompt.messages, passage)
                longest = max(longest, len(read) + allowed)
                if longest > self._file.context:
                    raise self._too_long(passage, str(longest))
                chunks = self._vocabulary.cut(read)
                computed += len(read) - prefixes.longest(chunks).length
                prefixes.hold(len(tokens), chunks[:-1])
                # The other candidates and variants read the same prompt.
                computed += (texts - 1) * (len(read) - prefixes.longest(chunks).length)
                for variant in range(1, self._options.variants + 1):
                    tokens[task_id(passage.id, kind, step, variant)] = len(read)
            needed.append(longest)
        self.computed += computed
        return tokens, needed

    def of_the_group(self, corpus: list[tuple[Essay, Passage]]) -> dict[str, int]:
        """The tokens of the prompts that hold all passages. Raises `PromptError` if these are too long together."""
        tokens: dict[str, int] = {}
        for kind, template in self._templates.items() if corpus else ():
            if template.reads != "passages":
                continue
            allowed = settings_for(template, self._options, self._file.labels).max_tokens
            prompt = template.render(Reading(tuple(corpus)), 1, 1, self._file.labels)
            may_fit = self._vocabulary.may_fit(prompt.messages, self._file.context)
            count = len(self._vocabulary.tokenize(prompt.messages)) if may_fit else self._file.context
            if count + allowed > self._file.context:
                raise PromptError(
                    f"{template.name}: {len(corpus)} passages together don't fit {self._file.name}, which takes "
                    f"{self._file.context} tokens.",
                    "Choose fewer passages, lower --max-tokens, or take another model.",
                )
            self._needed.append(count + allowed)
            self.computed += count * self._options.best_of * self._options.variants
            variants = range(1, self._options.variants + 1)
            tokens |= {task_id(f"{GROUPS}/001", kind, 1, variant): count for variant in variants}
        return tokens

    def _read(self, messages: Sequence[Message], passage: Passage) -> list[int]:
        """The tokens of a prompt. Raises `PromptError`, naming the passage it is made from."""
        if not self._vocabulary.may_fit(messages, self._file.context):
            raise self._too_long(passage, f"more than {self._file.context}")
        try:
            return self._vocabulary.tokenize(messages)
        except PromptError as error:
            place = f"{passage.path}:{passage.lines[0]}: {passage.id}"
            raise PromptError(f"{place}: {error.message}", error.hint) from error

    def _too_long(self, passage: Passage, needed: str) -> PromptError:
        return PromptError(
            f"{passage.path}:{passage.lines[0]}: {passage.id} needs {needed} tokens with its output, "
            f"and {self._file.name} takes {self._file.context}.",
            "Split the passage, lower --max-tokens, take another model, or leave it out with --skip-bad.",
        )


def _class(tokens: int) -> int:
    """The number of a length's class: up to 512 tokens, up to 2,048, up to 8,192 …"""
    return max(0, ((tokens - 1).bit_length() - SHORT) // 2)
