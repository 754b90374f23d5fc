"""Thoughts: the reasoning of a model before the text, switched off, closed, or kept apart from the text.

Takes a chat template's source, gives the values for switching thinking off or on, and the marks around thoughts;
takes sampled tokens in order, tells tokens of thoughts from tokens of the text. Knows no model and no KV cache.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from remix.records import Choice, ModelFile, Options, Thoughts, sha256

ASKED, UNASKED = 1024, 256
"""Most tokens of thoughts by default: with `--think`, and without."""


class Marks(NamedTuple):
    """The marks around a thought, in the spelling of text and control tokens."""

    opening: str
    """The mark before a thought."""
    closing: str
    """The mark after a thought."""
    after: str = "\n\n"
    """The string between the closing mark and the text."""


_TEXT = "<|end|>", "<|start|>assistant<|channel|>final<|message|>"

MARKS = (
    *(
        Marks(f"<{name}>", f"</{name}>")
        for name in ("think", "thinking", "thought", "reasoning", "seed:think", "mm:think", "think:opensource")
    ),
    Marks("[THINK]", "[/THINK]", ""),
    Marks("◁think▷", "◁/think▷"),
    Marks("<|START_THINKING|>", "<|END_THINKING|>", ""),
    Marks("<|inner_prefix|>", "<|inner_suffix|>", ""),
    Marks("<|channel>thought", "<channel|>", ""),
    Marks("<|channel|>analysis<|message|>", *_TEXT),
    Marks("<|channel|>commentary<|message|>", *_TEXT),
    Marks("<|think|>", "<|end|>", "<|begin|>assistant<|content|>"),
    Marks("<|open|>think<|sep|>", "<|close|>think<|sep|>", "<|open|>response<|sep|>"),
    Marks("to=self<|message|>", "<|eom|>", "<|start|>assistant to=user<|message|>"),
)
"""Marks with which no text begins. Taken off whether the chat template names the marks or not."""

PHRASES = (
    Marks("Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]", "\n"),
    Marks("Here is my thought process:", "Here is my response:", " "),
)
"""Marks that consist of words. A text may begin with the same words: the chat template must name the closing mark."""

_NAMED = re.compile(r"</([\w.:-]{0,32}?(?:think|thought|reason)[\w.:-]{0,32})>")
"""Closing marks named by a chat template."""

MOST_NAMED = 8
"""Further marks named by a chat template, at most: a hostile template may name a million."""

_SHARED = "<|end|>"
"""A closing mark that templates without thoughts use for the end of a turn."""

HEADS = (
    "<|start|>assistant",
    "<|channel|>final<|message|>",
    "<|message|>",
    "<|begin|>assistant",
    "<|content|>",
    "<|open|>response<|sep|>",
    "<|START_RESPONSE|>",
    "to=user<|message|>",
)
"""Marks before the text, whether thoughts came or not."""

TAGS = ("<response>", "<answer>")
"""Marks before the text, if thoughts came."""

ENDS = ("</response>", "</answer>", "[END FINAL RESPONSE]", "<|close|>")
"""Marks after the text, if named by the chat template."""


class Marking(NamedTuple):
    """The marks that a model may write."""

    thoughts: tuple[Marks, ...] = MARKS
    """Marks around thoughts."""
    ends: tuple[str, ...] = ()
    """Marks after the text."""
    is_named: bool = False
    """Whether the chat template names marks of thoughts."""


def marking(template: str) -> Marking:
    """The marks that a model may write, by the model's chat template."""
    known = {each.closing for each in MARKS}
    named = dict.fromkeys(name for name in _NAMED.findall(template) if f"</{name}>" not in known)
    more = [Marks(f"<{name}>", f"</{name}>") for name in list(named)[:MOST_NAMED]]
    phrases = [each for each in PHRASES if each.closing in template]
    is_named = any(
        each.opening in template or (each.closing in template and each.closing != _SHARED) for each in MARKS
    )
    return Marking(
        thoughts=(*MARKS, *phrases, *more),
        ends=tuple(end for end in ENDS if end in template),
        is_named=is_named or bool(phrases or more),
    )


def switches(template: str, think: bool) -> dict[str, Any]:
    """The variables of chat templates that switch thinking off or on, with the values for this template."""
    statements = " ".join(re.findall(r"{%[^%]*reasoning_effort[^%]*%}", template))
    efforts = ("medium", "high", "low") if think else ("none", "no_think", "minimal", "low")
    known = [effort for effort in efforts if re.search(f"""["']{effort}["']""", statements)]
    values: dict[str, Any] = {"enable_thinking": think, "thinking": think}
    if not think:
        values |= {"thinking_budget": 0, "thinking_mode": "disabled", "reasoning_strength": "low"}
        known.append("low")
    return values | ({"reasoning_effort": known[0]} if known else {})


def left_open(markup: str, marks: Marking) -> Marks | None:
    """The marks of the thought left open by a prompt, given the markup at the prompt's end."""
    end = markup.rstrip()
    return next((each for each in marks.thoughts if end.endswith(each.opening)), None)


def closed(markup: str, opened: Marks) -> str:
    """The markup at a prompt's end, with the closing mark of the open thought."""
    line = markup[len(markup.rstrip()) :]
    # A template that writes the opening mark without a line break writes the closing mark without a line break.
    after = opened.after if line or not opened.after.isspace() else ""
    return f"{markup}{line}{opened.closing}{after}"


def budget(options: Options, model: ModelFile | None) -> int:
    """Most tokens of thoughts, besides the text's; 0 if no thoughts are expected from the model."""
    if options.max_thoughts is not None:
        return options.max_thoughts
    if model is None:
        return 0
    if options.think:
        return ASKED
    return UNASKED if marking(model.chat_template or "").is_named else 0


def lacks(model: ModelFile, options: Options) -> Iterator[str]:
    """Notes for the user, in a sentence each: on a missing chat template, or on missing thoughts."""
    if not model.chat_template:
        yield (
            f"{model.name} has no chat template and gets the prompt as plain text. If it is a base model, it goes on "
            "with the prompt rather than do what the prompt asks: take the Instruct version of the model."
        )
    if options.think and not marking(model.chat_template or "").is_named:
        yield f"--think: by its chat template {model.name} isn't a model that thinks, so there may be no thoughts."


class Sampled(NamedTuple):
    """A sampled token."""

    id: int
    """The token's id."""
    piece: bytes
    """The bytes of text of the token; none for control tokens."""
    spelling: bytes
    """The same bytes, or a control token's name."""
    choice: Choice | None = None
    """The choice of the token, if choices are kept."""

    def without(self, count: int) -> Sampled:
        """The token without the first bytes, which belong to a mark."""
        rest = self.spelling[count:]
        choice = self.choice and self.choice._replace(piece=rest.decode("utf-8", "replace"))
        return self._replace(piece=rest, spelling=rest, choice=choice)


class ThoughtFilter:
    """Separates the tokens of a sequence's thoughts from the tokens of the text.

    A thought begins with an opening mark: in the prompt, at the beginning of the text after white space, or anywhere
    in the text if the mark begins with a control token. Within a thought only the closing mark counts.
    """

    def __init__(
        self,
        marks: Marking | None = None,
        opened: str = "",
        most: int = 0,
        tokenize: Callable[[str], list[int]] = lambda markup: [],
    ) -> None:
        """`opened` is the opening mark of a thought left open by the prompt; `most` the largest number of tokens of
        thoughts, 0 for no limit. `tokenize` gives the tokens of the marks that close thoughts at the limit."""
        self._marks = marks or Marking()
        self._within = next((each for each in self._marks.thoughts if each.opening == opened), None)
        self._most, self._tokenize = most, tokenize
        self._openings = {each.opening.encode(): each for each in self._marks.thoughts}
        self._heads = [mark.encode() for mark in (*HEADS, *(each.closing for each in self._marks.thoughts))]
        self._thought = bytearray()
        self._said: list[str] = []
        self._begun = False
        """Whether text has come, apart from white space."""
        self._marked = self._within is not None
        """Whether a mark has come."""
        self._looks = True
        """Whether the next token may begin a mark."""
        self._pending: list[Sampled] = []
        """Tokens that may belong to a mark, or to the text."""
        self._coming: deque[Sampled] = deque()
        """Tokens, or rests of tokens, to be taken next."""
        self.token_ids: list[int] = []
        """Tokens of thoughts and marks."""
        self.forced: deque[int] = deque()
        """Tokens to be used instead of the next sampled tokens: the marks that close a thought at the limit."""

    @property
    def is_within(self) -> bool:
        """Whether the last token belongs to a thought."""
        return self._within is not None

    def put(self, token: Sampled) -> list[Sampled]:
        """Take the next token; gives the tokens now known to belong to the text, in order."""
        ready: list[Sampled] = []
        self._coming.append(token)
        while self._coming:
            ready += self._take(self._coming.popleft())
        if self._within and self._most and not self.forced:
            # Close the thought once no further token but the closing mark's fits.
            marks = self._within
            line = "\n" if marks.after.startswith("\n") else ""
            tokens = self._tokenize(f"{line}{marks.closing}{marks.after}")
            if len(self.token_ids) + len(tokens) >= self._most:
                self.forced.extend(tokens)
        return ready

    def end(self, last: bytes = b"") -> list[Sampled]:
        """End the sequence; gives the remaining tokens of the text. `last` is the name of the token that ended the
        turn and belongs to no thought."""
        if self._within:
            self._close(bytes(self._thought).removesuffix(last))
        return self._release()

    @property
    def thoughts(self) -> Thoughts | None:
        """All thoughts; null if neither thoughts nor marks came."""
        if not self._marked:
            return None
        text = "\n\n".join(self._said)
        return Thoughts(text=text, sha256=sha256(text), token_ids=tuple(self.token_ids))

    def _take(self, token: Sampled) -> list[Sampled]:
        if self._within:
            return self._think(token, self._within)
        is_control = token.spelling != token.piece
        self._looks = self._looks or (is_control and any(each.startswith(token.spelling) for each in self._openings))
        if not self._looks:
            return [token]
        self._pending.append(token)
        return self._sort()

    def _think(self, token: Sampled, marks: Marks) -> list[Sampled]:
        """Take a token of a thought."""
        closing = marks.closing.encode()
        start = max(0, len(self._thought) - len(closing))
        self._thought += token.spelling
        at = self._thought.find(closing, start)
        if at < 0:
            self.token_ids.append(token.id)
            return []
        over = len(self._thought) - at - len(closing)
        self._close(bytes(self._thought[:at]))
        if not over:
            self.token_ids.append(token.id)
            return []
        self._pending.append(token.without(len(token.spelling) - over))
        return self._sort()

    def _close(self, thought: bytes) -> None:
        self._within, self._looks = None, True
        self._thought.clear()
        if text := thought.decode("utf-8", "replace").strip():
            self._said.append(text)

    def _sort(self) -> list[Sampled]:
        """Take the marks off the pending tokens; gives the tokens of the text, once text has begun."""
        while True:
            heads = [*self._heads, *(tag.encode() for tag in TAGS if self._marked)]
            data = b"".join(token.spelling for token in self._pending)
            bare = data.lstrip()
            mark = next((each for each in (*self._openings, *heads) if bare.startswith(each)), None)
            if mark is None:
                undecided = not bare or any(each.startswith(bare) for each in (*self._openings, *heads))
                return [] if undecided else self._release()
            self._marked = True
            self._drop(len(data) - len(bare) + len(mark))
            if marks := self._openings.get(mark):
                self._within = marks
                self._coming.extendleft(reversed(self._pending))
                self._pending = []
                return []

    def _drop(self, count: int) -> None:
        """Move the first bytes of the pending tokens, a mark, to the thoughts."""
        while count:
            first = self._pending[0]
            if len(first.spelling) > count:
                self._pending[0] = first.without(count)
                return
            count -= len(first.spelling)
            self.token_ids.append(first.id)
            del self._pending[0]

    def _release(self) -> list[Sampled]:
        """The pending tokens as text; white space between a mark and the text belongs to the mark."""
        ready: list[Sampled] = []
        for token in self._pending:
            bare = token.piece.lstrip() if self._marked and not self._begun else token.piece
            self._begun = self._begun or bool(bare.strip())
            if self._marked and not self._begun:
                self.token_ids.append(token.id)
            else:
                ready.append(token._replace(piece=bare))
        self._pending = []
        self._looks = not self._begun
        return ready


def split(text: str) -> tuple[str, Thoughts | None]:
    """A whole text without thoughts, and the thoughts."""
    data = text.encode()
    thoughts = ThoughtFilter()
    ready = [*thoughts.put(Sampled(0, data, data)), *thoughts.end()]
    kept = b"".join(token.piece for token in ready).decode()
    found = thoughts.thoughts
    return kept, found.model_copy(update={"token_ids": None}) if found else None
