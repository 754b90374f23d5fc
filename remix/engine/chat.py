"""From messages to tokens, through the model's chat template.

Takes messages and a tokenizer, gives token ids. The template is rendered with placeholders for the messages' texts,
and only the template's own text is tokenised with control tokens: a passage that contains `<|im_end|>` can't end its
turn. A chat template comes with a stranger's model, so `templates/worker.py` renders it in a process with bounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from remix.engine import reasoning
from remix.errors import ModelError
from remix.models.identity import MOST_TEMPLATE, too_long
from remix.records import Message, sha256
from remix.templates import worker
from remix.templates.worker import Program, RenderingError

PLAIN = "{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"
"""For models without a chat template: the messages' contents, separated by blank lines."""

MOST_MARKUP, MOST_MARKUP_A_MESSAGE = 2**16, 2**12
"""Most characters that a chat template may add around the messages: in all, and more per message. A hundred times
the usual number; all are tokenised with each prompt."""


class Tokenizer(Protocol):
    """A model's vocabulary, like `LlamaModel`."""

    @property
    def bos(self) -> int | None: ...

    def special_text(self, name: str) -> str: ...

    def tokenize_text(self, text: str) -> list[int]: ...

    def tokenize_markup(self, text: str) -> list[int]: ...


class ChatTemplate:
    """A model's chat template; errors call the model `model`.

    Raises `ModelError` if the template is broken, or if a rendered prompt lacks a message.
    """

    def __init__(self, source: str | None, model: str = "the model", think: bool = False) -> None:
        """With `think` the model may think before it writes."""
        self.source = source or PLAIN
        self.sha256 = sha256(self.source)
        self.marks = reasoning.marking(self.source)
        self._think = think
        self._model = model
        if len(self.source) > MOST_TEMPLATE:
            raise ModelError(*too_long(f"{model}'s chat template", len(self.source)))
        self._program = Program("chat", "chat template", self.source)
        # Rendered prompts by roles: with placeholders they don't depend on the messages' contents.
        self._rendered: dict[tuple[str, ...], str] = {}
        try:
            worker.compile_(self._program)
        except RenderingError as error:
            raise self._broken(error.reason) from error

    def tokenize(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[int]:
        """The prompt's token ids; if the last message is the assistant's, the model continues that message."""
        return self.request(messages, tokenizer)[0]

    def request(self, messages: Sequence[Message], tokenizer: Tokenizer) -> tuple[list[int], str]:
        """The prompt's token ids, and the opening mark of a thought that the prompt leaves open; or else empty."""
        opening = messages[-1].content if messages[-1].role == "assistant" else ""
        turns = messages[:-1] if opening else messages
        tokens: list[int] = []
        parts = self._parts(turns, tokenizer)
        opened = reasoning.left_open(parts[-1][0], self.marks) if parts and not parts[-1][1] else None
        if opened and (opening or not self._think):
            parts[-1] = reasoning.closed(parts[-1][0], opened), False
            opened = None
        for part, is_content in parts:
            tokens += tokenizer.tokenize_text(part) if is_content else tokenizer.tokenize_markup(part)
        if tokenizer.bos is not None and tokens[:1] != [tokenizer.bos]:
            tokens.insert(0, tokenizer.bos)
        return tokens + tokenizer.tokenize_text(opening), opened.opening if opened else ""

    def _parts(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[tuple[str, bool]]:
        """The rendered prompt in pieces, each with whether the piece is a message's content."""
        contents = {self._placeholder(number): message.content.strip() for number, message in enumerate(messages)}
        rendered = self._render([message.role for message in messages], tokenizer)
        pieces = re.split(f"({'|'.join(contents)})", rendered)
        markup = sum(map(len, pieces[::2]))
        if markup > MOST_MARKUP + MOST_MARKUP_A_MESSAGE * len(messages):
            raise self._broken(f"it adds {markup} characters around {len(messages)} messages")
        if sorted(pieces[1::2]) != sorted(contents):
            raise ModelError(
                f"{self._model}'s chat template doesn't show every message once.",
                "Take another model, or a prompt template with fewer turns.",
            )
        return [(contents.get(piece, piece), piece in contents) for piece in pieces if piece]

    def _placeholder(self, number: int) -> str:
        """A placeholder for a message's content: the same each time, and unknown to the template's author."""
        return f"content{sha256(f'{self.sha256} {number}')[:32]}"

    def _render(self, roles: Sequence[str], tokenizer: Tokenizer) -> str:
        bos, eos = tokenizer.special_text("bos"), tokenizer.special_text("eos")
        known = (bos, eos, *roles)
        if known not in self._rendered:
            context = {
                "messages": [{"role": role, "content": self._placeholder(at)} for at, role in enumerate(roles)],
                "add_generation_prompt": True,
                "bos_token": bos,
                "eos_token": eos,
            } | reasoning.switches(self.source, self._think)
            try:
                self._rendered[known] = worker.render(self._program, context).text
            except RenderingError as error:
                raise self._broken(error.reason) from error
        return self._rendered[known]

    def _broken(self, reason: str) -> ModelError:
        return ModelError(
            f"{self._model}'s chat template refuses this prompt ({reason}).",
            "Many models take no system message, and want user and assistant in turns: change the prompt template.",
        )
