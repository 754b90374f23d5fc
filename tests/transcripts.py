"""What reasoning models write, family by family: transcripts made up for tests, and a decoder that recites them.

A transcript is cut into tokens at `·`. A token in braces is a control token, whose name the braces hold: `{<think>}`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from remix.engine.decoder import BatchConfig
from remix.records import Sampling
from tests.fake_decoder import FakeDecoder


class Transcript(NamedTuple):
    """What a model writes after its prompt."""

    family: str
    written: str
    """All tokens."""
    text: str
    """The text to keep."""
    thoughts: str
    """The thoughts to keep apart."""
    template: str = ""
    """A part of the model's chat template that names marks."""
    opened: str = ""
    """The mark that the prompt leaves open."""


_THOUGHT, _TEXT = "Maps lie.·\n·Say so.", "All· maps· lie."
_KEPT = "Maps lie.\nSay so.", "All maps lie."
_THINK, _ANSWER = _KEPT

TRANSCRIPTS = (
    Transcript("none", "All· maps·\n\n·lie.·{<eos>}", "All maps\n\nlie.", ""),
    Transcript("qwen3", f"<think>·\n·{_THOUGHT}·\n·</think>·\n\n·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("qwen3 empty", f"<think>·\n\n·</think>·\n\n·{_TEXT}·{{<eos>}}", _ANSWER, ""),
    Transcript("spelt", f" <·th·ink·>\n·{_THOUGHT}·\n</·think·>\n\nAll· maps lie.·{{<eos>}}", _ANSWER, _THINK),
    Transcript("control", f"{{<think>}}·{_THOUGHT}·{{</think>}}·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("opened", f"{_THOUGHT}·</think>·\n\n·{_TEXT}·{{<eos>}}", _ANSWER, _THINK, opened="<think>"),
    Transcript("closed twice", f"</think>·\n\n·{_TEXT}·{{<eos>}}", _ANSWER, ""),
    Transcript(
        "several", f"<think>·One.·</think>·\n·<think>·Two.·</think>·\n·{_TEXT}·{{<eos>}}", _ANSWER, "One.\n\nTwo."
    ),
    Transcript(
        "gpt-oss",
        f"{{<|channel|>}}·analysis·{{<|message|>}}·{_THOUGHT}·{{<|end|>}}·{{<|start|>}}·assistant·{{<|channel|>}}·final"
        f"·{{<|message|>}}·{_TEXT}·{{<eos>}}",
        _ANSWER,
        _THINK,
    ),
    Transcript("gpt-oss, no thoughts", f"{{<|channel|>}}·final·{{<|message|>}}·{_TEXT}·{{<eos>}}", _ANSWER, ""),
    Transcript(
        "gpt-oss, commentary",
        f"{{<|channel|>}}·analysis·{{<|message|>}}·One.·{{<|end|>}}·{{<|start|>}}·assistant·{{<|channel|>}}·comment·ary"
        f"·{{<|message|>}}·Two.·{{<|end|>}}·{{<|start|>}}·assistant·{{<|channel|>}}·final·{{<|message|>}}·{_TEXT}"
        "·{<eos>}",
        _ANSWER,
        "One.\n\nTwo.",
    ),
    Transcript("mistral", f"{{[THINK]}}·{_THOUGHT}·{{[/THINK]}}·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("mistral spelt", f"[TH·INK]·{_THOUGHT}·[/·THINK]·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("seed", f"<seed:think>·{_THOUGHT}·</seed:think>·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("minimax", f"<mm:think>·{_THOUGHT}·</mm:think>·\n·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("hunyuan", f"<think:opensource>·{_THOUGHT}·</think:opensource>·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("kimi", f"◁·think▷·{_THOUGHT}·◁/think·▷·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript(
        "kimi k3",
        f"{_THOUGHT}·{{<|close|>}}·think·{{<|sep|>}}·{{<|open|>}}·response·{{<|sep|>}}·{_TEXT}·{{<|close|>}}",
        _ANSWER,
        _THINK,
        "'<|close|>'",
        "<|open|>think<|sep|>",
    ),
    Transcript(
        "command",
        f"{{<|START_THINKING|>}}·{_THOUGHT}·{{<|END_THINKING|>}}·{{<|START_RESPONSE|>}}·{_TEXT}·{{<|END_RESPONSE|>}}"
        "·{<eos>}",
        _ANSWER,
        _THINK,
    ),
    Transcript("reasoning", f"<reasoning>·{_THOUGHT}·</reasoning>·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript("exaone", f"<thought>·{_THOUGHT}·</thought>·\n·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript(
        "granite",
        f"<think>·{_THOUGHT}·</think>·<response>·{_TEXT}·</·response>·{{<eos>}}",
        _ANSWER,
        _THINK,
        "<think></think> and your response between <response></response>",
    ),
    Transcript(
        "granite in words",
        f"Here is my thought· process:·{_THOUGHT}·Here is my response:· {_TEXT}·{{<eos>}}",
        _ANSWER,
        _THINK,
        "'Here is my response:'",
    ),
    Transcript(
        "apriel",
        f"Here are my· reasoning steps:\n·{_THOUGHT}·\n[BEGIN FINAL· RESPONSE]\n·{_TEXT}·\n·[END FINAL· RESPONSE]"
        "·{<eos>}",
        f"{_ANSWER}\n",
        _THINK,
        "[BEGIN FINAL RESPONSE] ... [END FINAL RESPONSE]",
    ),
    Transcript("gemma", f"{{<|channel>}}·thought\n·{_THOUGHT}·{{<channel|>}}·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript(
        "solar",
        f"{{<|think|>}}·{_THOUGHT}·{{<|end|>}}·{{<|begin|>}}·assistant·{{<|content|>}}·{_TEXT}·{{<eos>}}",
        _ANSWER,
        _THINK,
    ),
    Transcript("apertus", f"{{<|inner_prefix|>}}·{_THOUGHT}·{{<|inner_suffix|>}}·{_TEXT}·{{<eos>}}", _ANSWER, _THINK),
    Transcript(
        "glimmer",
        f" to=self·{{<|message|>}}·{_THOUGHT}·{{<|eom|>}}·{{<|start|>}}·assistant· to=user·{{<|message|>}}"
        f"·{_TEXT}·{{<eos>}}",
        _ANSWER,
        _THINK,
    ),
    Transcript(
        "named by the template",
        f"<deep.think>·{_THOUGHT}·</deep.think>·{_TEXT}·{{<eos>}}",
        _ANSWER,
        _THINK,
        "content.split('</deep.think>')",
    ),
    Transcript(
        "a second thought",
        "{<think>}·One.·{</think>}·All· maps·{<think>}·Two.·{</think>}· lie.·{<eos>}",
        _ANSWER,
        "One.\n\nTwo.",
    ),
    Transcript("never closed", f"<think>·{_THOUGHT}·{{<eos>}}", "", _THINK),
    Transcript("about marks", "A· mark·: ·<think>·x·</think>·.·{<eos>}", "A mark: <think>x</think>.", ""),
    Transcript("nearly a mark", "<thi·nker>· A word.·{<eos>}", "<thinker> A word.", ""),
    Transcript("half a mark", "<thi·{<eos>}", "<thi", ""),
    Transcript("words alone", "Here is my thought· process:· none.·{<eos>}", "Here is my thought process: none.", ""),
)


def tokens_of(written: str) -> list[tuple[bytes, bytes]]:
    """Piece and spelling of each token."""
    tokens = []
    for part in written.split("·"):
        name = re.fullmatch(r"\{(.+)\}", part)
        tokens.append((b"", name[1].encode()) if name else (part.encode(), part.encode()))
    return tokens


class Reciting(FakeDecoder):
    """A decoder that recites a transcript for every prompt, and then the end; its marks are tokens of their letters.

    Tokens 0 to 255 are bytes, in which prompts and forced marks are spelt; tokens from `FIRST` on the transcript's.
    """

    FIRST = 1000
    hears_all = False

    def __init__(self, written: str, slots: int = 4) -> None:
        self.written = tokens_of(written)
        self._prompts: dict[int, int] = {}
        self.memories: list[list[int]] = []
        """The tokens of each finished sequence."""
        super().__init__(slots, n_ctx_seq=4096, config=BatchConfig(chunk=64, rows=slots))

    def open(self, slot: int, sampling: Sampling, prompt: Sequence[int]) -> None:
        super().open(slot, sampling, prompt)
        self._prompts[slot] = len(prompt)

    def sample(self, slot: int, given: int | None = None) -> int:
        super().sample(slot, given)
        return self.FIRST + min(len(self._memory[slot]) - self._prompts[slot], len(self.written) - 1)

    def move(self, source: int, target: int) -> None:
        super().move(source, target)
        self._prompts[target] = self._prompts[source]

    def clear(self, slot: int) -> None:
        self.memories.append(self._memory[slot])
        super().clear(slot)

    def piece(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else self.written[token - self.FIRST][0]

    def spelling(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else self.written[token - self.FIRST][1]

    def tokenize(self, markup: str) -> list[int]:
        return list(markup.encode())

    def is_end(self, token: int) -> bool:
        return self.spelling(token) == b"<eos>"
