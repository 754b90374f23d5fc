"""From messages to tokens, through the model's own chat template.

Takes messages and a tokenizer, gives token ids. The template is rendered around stand-ins for the contents,
and only its own parts are tokenised with control tokens on: a passage that contains `<|im_end|>` can't end
its turn. Templates come with the model, from strangers, so they run in Jinja2's immutable sandbox.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn, Protocol

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from remix.errors import ModelError
from remix.records import Message, sha256

PLAIN = "{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"
"""For models without a chat template: the contents, one after another."""

NO_DAY = datetime(2024, 7, 26)
"""What templates that print the date are told it is (the day Llama 3's own falls back on): a request must give
the same bytes tomorrow."""


class Tokenizer(Protocol):
    """What a model's vocabulary can do."""

    @property
    def bos(self) -> int | None: ...

    def special_text(self, name: str) -> str: ...

    def tokenize_text(self, text: str) -> list[int]: ...

    def tokenize_markup(self, text: str) -> list[int]: ...


class ChatTemplate:
    """A model's chat template. Raises `ModelError` where it is broken or loses a message."""

    def __init__(self, source: str | None) -> None:
        self.source = source or PLAIN
        self.sha256 = sha256(self.source)
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
        )
        environment.globals |= {"raise_exception": _raise, "strftime_now": NO_DAY.strftime}
        try:
            self._template = environment.from_string(self.source)
        except jinja2.TemplateError as error:
            raise _broken(error) from error

    def tokenize(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[int]:
        """The prompt's token ids; a last message by the assistant is left open for the model to go on from."""
        opening = messages[-1].content if messages[-1].role == "assistant" else ""
        turns = messages[:-1] if opening else messages
        tokens: list[int] = []
        for part, is_content in self._parts(turns, tokenizer):
            tokens += tokenizer.tokenize_text(part) if is_content else tokenizer.tokenize_markup(part)
        if tokenizer.bos is not None and tokens[:1] != [tokenizer.bos]:
            tokens.insert(0, tokenizer.bos)
        return tokens + tokenizer.tokenize_text(opening)

    def _parts(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[tuple[str, bool]]:
        """The rendered prompt in pieces, each with whether it is a message's content."""
        contents = {f"content{uuid.uuid4().hex}": message.content.strip() for message in messages}
        stand_ins = [
            {"role": message.role, "content": mark} for mark, message in zip(contents, messages, strict=True)
        ]
        rendered = self._render(stand_ins, tokenizer)
        pieces = re.split(f"({'|'.join(contents)})", rendered)
        if sorted(pieces[1::2]) != sorted(contents):
            raise ModelError(
                "the model's chat template doesn't show every message once.",
                "Take another model, or a prompt template with fewer turns.",
            )
        return [(contents.get(piece, piece), piece in contents) for piece in pieces if piece]

    def _render(self, messages: list[dict[str, str]], tokenizer: Tokenizer) -> str:
        try:
            return self._template.render(
                messages=messages,
                add_generation_prompt=True,
                bos_token=tokenizer.special_text("bos"),
                eos_token=tokenizer.special_text("eos"),
                # Models that reason aloud first are asked not to: the text is what is wanted.
                enable_thinking=False,
            )
        # A stranger's template may raise whatever it likes.
        except Exception as error:
            raise _broken(error) from error


def _raise(message: Any) -> NoReturn:
    raise jinja2.TemplateError(str(message))


def _broken(error: Exception) -> ModelError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ModelError(
        f"the model's chat template refuses this prompt ({reason}).",
        "Many models take no system message, and want user and assistant in turns: change the prompt template.",
    )
