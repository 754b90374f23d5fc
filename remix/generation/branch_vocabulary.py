"""The vocabulary of the model that wrote a run, for branches: from tokens to texts, and from a text to its tokens.

Takes a run and the path of its model, gives the tokenizer without the weights. Knows nothing of outputs but their
prompts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from remix.engine.local import Vocabulary
from remix.engine.reasoning import Sampled, ThoughtFilter
from remix.errors import RunError
from remix.generation.workspace_state import model_it_began_with
from remix.records import ModelFile, Record, Run

_TOKENS_OF: dict[str, dict[str, list[int]]] = {}
"""The tokens that stand for each text, of the last model that was asked, by its sha256."""


class BranchVocabulary(Vocabulary):
    """A `branch_point.Vocabulary`."""

    def __init__(self, path: Path, file: ModelFile, think: bool = False) -> None:
        super().__init__(path, file, think)
        self._sha256 = file.sha256

    def piece(self, token: int) -> bytes:
        return self._model.piece(token)

    def tokenize_text(self, text: str) -> list[int]:
        return self._model.tokenize_text(text) if text else []

    def spelt(self, text: str) -> list[int]:
        known = _TOKENS_OF.get(self._sha256)
        if known is None:
            # Looking through 250,000 tokens takes a second: once for all roads that a studio takes with a model.
            known = self._tokens_of()
            _TOKENS_OF.clear()
            _TOKENS_OF[self._sha256] = known
        return known.get(text, [])

    def refuse_marks(self, tokens: Sequence[int]) -> None:
        """Raise `RunError` if the text of a branch's given tokens begins or ends with a mark that no text holds.

        The engine would take the words behind a mark of thoughts for thoughts, and end the text at a mark of its end.
        """
        marks, data = self._chat.marks, b"".join(map(self.piece, tokens))
        thoughts = ThoughtFilter(marks)
        thoughts.put(Sampled(0, data, data))
        thoughts.end()
        end = next((end for end in marks.ends if end.encode() in data), None)
        if end or thoughts.thoughts:
            where = f"hold “{end}”" if end else "begin with a mark of thoughts"
            raise RunError(
                f"the text would {where}, which {self.name} writes around its texts and not in them.",
                "Leave it out of the words.",
            )

    def refuse_other_prompt(self, record: Record) -> None:
        """Raise `RunError` if an output's messages make other tokens today than they made then."""
        prompt = record.derivation.prompt
        chunks = self.measure(prompt.messages, len(prompt.token_ids or ())).chunks
        if tuple(token for chunk in chunks for token in chunk) != prompt.token_ids:
            raise RunError(
                f"{record.output.file}: its prompt has other tokens today than when it was written.",
                "Generate the text anew with this version, and branch from the new text.",
            )

    def _tokens_of(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for token in range(self._model.n_vocab):
            found[self._model.text(token)].append(token)
        return dict(found)


@contextmanager
def vocabulary_of(run: Run, path: Path) -> Iterator[BranchVocabulary]:
    """The vocabulary of a run's model, whose file lies at a path. Raises `ModelError` if it can't be read."""
    with closing(BranchVocabulary(path, model_it_began_with(run), run.options.think)) as vocabulary:
        yield vocabulary
