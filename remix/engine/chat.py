"""From messages to tokens, through the model's chat template.

Takes messages and a tokenizer, gives token ids. The template is rendered with placeholders for the messages' texts,
and only the template's own text is tokenised with control tokens: a passage that contains `<|im_end|>` can't end the
turn. A chat template comes with a stranger's model: `templates/worker.py` renders the template in a process with
bounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, product
from typing import NamedTuple, Protocol

from remix.engine import reasoning
from remix.errors import ModelError
from remix.models.identity import MOST_TEMPLATE, too_long
from remix.records import Message, sha256
from remix.templates import worker
from remix.templates.worker import Program, RenderingError

PLAIN = "{% for message in messages %}{{ message['content'] }}\n\n{% endfor %}"
"""For models without a chat template: the messages' contents, separated by blank lines."""

MOST_MARKUP, MOST_MARKUP_A_MESSAGE = 2**16, 2**12
"""Most characters added by a chat template around the messages: in all, and more per message. A hundred times the
usual number; all characters are tokenised with each prompt."""


class Tokenizer(Protocol):
    """A model's vocabulary, like `LlamaModel`."""

    @property
    def bos(self) -> int | None: ...

    def special_text(self, name: str) -> str: ...

    def tokenize_text(self, text: str) -> list[int]: ...

    def tokenize_markup(self, text: str) -> list[int]: ...


_NO_TOOLS = {"tools": None, "documents": None}

_FORMS: tuple[tuple[dict[str, None], bool], ...] = ((_NO_TOOLS, False), ({}, False), (_NO_TOOLS, True))
"""Variables given to a template besides the messages, and whether contents are lists of parts. In the order of
attempts: `tools` as None, as transformers renders a chat without tools; no `tools`, for templates that accept only a
list of tools or an undefined name; contents as parts, for templates that read images."""


def _shapes(messages: Sequence[Message]) -> list[list[Message]]:
    """The messages in different forms, in the order of preference: unchanged; with neighbours of the same role joined
    to a turn; with later system messages in the user's turns; with all system messages in the user's turns."""
    return [
        [message.model_copy(update={"content": message.content.strip()}) for message in messages],
        *(_merged(messages, systems) for systems in (len(messages), 1, 0)),
    ]


def _merged(messages: Sequence[Message], systems: int) -> list[Message]:
    """Neighbours of the same role joined to a turn; system messages after the first `systems` become the user's."""
    turned = [
        message.model_copy(update={"role": "user"}) if message.role == "system" and at >= systems else message
        for at, message in enumerate(messages)
    ]
    return [
        Message(role=role, content="\n\n".join(filter(None, (message.content.strip() for message in group))))
        for role, group in groupby(turned, lambda message: message.role)
    ]


class _Accepted(NamedTuple):
    """A rendering that shows each message once."""

    shape: int
    """The index of the shape of the messages, among `_shapes`."""
    pieces: list[str]
    """The rendered text, split at the placeholders: markup and placeholders take turns."""


class ChatTemplate:
    """A model's chat template; errors call the model `model`.

    Raises `ModelError` if the template is broken, or if a rendered prompt lacks a message.
    """

    def __init__(self, source: str | None, model: str = "the model", think: bool = False) -> None:
        """With `think` the model may think before the text."""
        self.source = source or PLAIN
        self.sha256 = sha256(self.source)
        self._think = think
        self._model = model
        if len(self.source) > MOST_TEMPLATE:
            raise ModelError(*too_long(f"{model}'s chat template", len(self.source)))
        self.marks = reasoning.marking(self.source)
        self.switches = reasoning.switches(self.source, think)
        self._program = Program("chat", "chat template", self.source)
        # By roles and empty messages: since messages are placeholders, the rendering depends on nothing further.
        self._known: dict[tuple[object, ...], _Accepted | ModelError] = {}
        try:
            worker.compile_(self._program)
        except RenderingError as error:
            line = f"line {error.line}: " if error.line else ""
            raise ModelError(
                f"{model}'s chat template can't be used ({line}{error.reason}).",
                "The model's file brings a template that Jinja2 can't read: take another file of the model.",
            ) from error

    def tokenize(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[int]:
        """The prompt's token ids; if the last message is the assistant's, the model continues the message."""
        return self.request(messages, tokenizer)[0]

    def request(
        self, messages: Sequence[Message], tokenizer: Tokenizer, may_think: bool = True
    ) -> tuple[list[int], str]:
        """The prompt's token ids, and the opening mark of a thought left open at the prompt's end, or an empty
        string.

        Unless the answer `may_think`, a thought opened by the template is closed.
        """
        opening = messages[-1].content if messages[-1].role == "assistant" else ""
        turns = messages[:-1] if opening else messages
        tokens: list[int] = []
        parts = self._parts(turns, tokenizer)
        opened = reasoning.left_open(parts[-1][0], self.marks) if parts and not parts[-1][1] else None
        if opened and (opening or not (self._think and may_think)):
            parts[-1] = reasoning.closed(parts[-1][0], opened), False
            opened = None
        for part, is_content in parts:
            tokens += tokenizer.tokenize_text(part) if is_content else tokenizer.tokenize_markup(part)
        if tokenizer.bos is not None and tokens[:1] != [tokenizer.bos]:
            tokens.insert(0, tokenizer.bos)
        return tokens + tokenizer.tokenize_text(opening), opened.opening if opened else ""

    def _parts(self, messages: Sequence[Message], tokenizer: Tokenizer) -> list[tuple[str, bool]]:
        """The rendered prompt in pieces, each with whether the piece is a message's content."""
        shapes = _shapes(messages)
        values = {f"{name}_token": tokenizer.special_text(name) for name in ("bos", "eos")}
        key = (*values.values(), *((turn.role, not turn.content) for turn in shapes[0]))
        if key not in self._known:
            self._known[key] = self._accept(shapes, values)
        known = self._known[key]
        if isinstance(known, ModelError):
            raise known.with_traceback(None)
        contents = dict(self._placeholders(shapes[known.shape]))
        return [(contents.get(piece, piece), piece in contents) for piece in known.pieces if piece]

    def _accept(self, shapes: Sequence[Sequence[Message]], values: dict[str, str]) -> _Accepted | ModelError:
        """The first rendering, of all shapes in all forms, that shows each message once; if all fail, the template's
        first objection.

        Raises `ModelError` if the template exceeds a limit.
        """
        refusal = None
        for (given, in_parts), (at, turns) in product(_FORMS, enumerate(shapes)):
            if turns in shapes[:at]:
                continue
            shown = [placeholder for placeholder, _ in self._placeholders(turns)]
            context = {
                "messages": [
                    {"role": turn.role, "content": [{"type": "text", "text": text}] if in_parts else text}
                    for turn, text in zip(turns, shown, strict=True)
                ],
                "add_generation_prompt": True,
                **values,
                **given,
                **self.switches,
            }
            try:
                rendered = worker.render(self._program, context).text
            except RenderingError as error:
                if error.trouble != "fails":
                    raise self._refusal(error.reason) from error
                refusal = refusal or self._refusal(error.reason)
                continue
            pieces = re.split(f"({'|'.join(filter(None, shown)) or '(?!)'})", rendered)
            markup = sum(map(len, pieces[::2]))
            # Given lists of parts, some templates print each list in the notation of Python or JSON.
            is_list = in_parts and any(piece.rstrip("\"' ").endswith(("text':", 'text":')) for piece in pieces[::2])
            if is_list or sorted(pieces[1::2]) != sorted(filter(None, shown)):
                refusal = refusal or self._refusal("it doesn't show every message once")
            elif markup > MOST_MARKUP + MOST_MARKUP_A_MESSAGE * len(turns):
                return self._refusal(f"it adds {markup} characters around {len(turns)} messages")
            else:
                return _Accepted(at, pieces)
        assert refusal
        return refusal

    def _placeholders(self, messages: Sequence[Message]) -> list[tuple[str, str]]:
        """A placeholder for each message's content, with the content. The placeholder is the same each time, unknown
        to the template's author, and empty for an empty content."""
        return [
            (f"content{sha256(f'{self.sha256} {number}')[:32]}" if message.content else "", message.content)
            for number, message in enumerate(messages)
        ]

    def _refusal(self, reason: str) -> ModelError:
        return ModelError(
            f"{self._model}'s chat template refuses this prompt ({reason}).",
            "Most models want the user to speak first and last: change the prompt template, or take another model.",
        )
