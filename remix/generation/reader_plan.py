"""The plan of a run whose candidates a model reads: which model, and how long the sequences are in which it reads.

Takes a run's options, passages, templates and models; gives lengths. Loads no weights.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from remix.engine.local import LocalTokens, Vocabulary
from remix.errors import ModelError
from remix.generation.writer import Writer
from remix.models import prepared
from remix.reader.length import longest
from remix.records import Essay, ModelFile, Options, Passage, RunReader
from remix.templates.template import Template, settings_for

Reader = tuple[Path, ModelFile]


def another_reader(options: Options, folders: Sequence[Path], writer: ModelFile | None) -> Reader | None:
    """The model that reads candidates, if another model writes; else null.

    Raises `ModelError` for an unknown name.
    """
    if not options.reads_candidates or options.reader is None:
        return None
    path, file = prepared.resolve(options.reader, folders)
    return None if writer and file.sha256 == writer.sha256 else (path, file)


def refuse_unread(options: Options, writer: Writer) -> None:
    """Raise `ModelError` if a writer that can't read is to read its own candidates."""
    if options.reads_candidates and options.reader is None and writer.scorer is None:
        raise ModelError(
            f"--choose-by model: {writer.info.name} can't read candidates: it gives no probabilities of given texts.",
            "Name a local model that reads (--reader; in Python `reader=`), or let measures choose.",
        )


class Readings:
    """The texts of a run that will be read, as far as their lengths go."""

    def __init__(self, options: Options, templates: Iterable[Template], labels: Sequence[str]) -> None:
        """`labels` are the labels of the writing model."""
        most = {template: settings_for(template, options, labels).max_tokens for template in templates}
        self._single = [tokens for template, tokens in most.items() if template.reads != "passages"]
        self._group = [tokens for template, tokens in most.items() if template.reads == "passages"]

    def needed(self, tokens: LocalTokens, corpus: Sequence[tuple[Essay, Passage]]) -> list[int]:
        """Tokens of the longest prompt about each passage and a text of it, at most the reader's context.

        A text is taken to have at most twice as many tokens for the reader as for the writer: then whether a text can
        be read doesn't depend on the other passages of the run. Raises `PromptError` if the chat template refuses the
        questions.
        """
        texts = [passage.text for _, passage in corpus]
        found = [longest(tokens, text, _stand_in(max(self._single))) for text in texts if self._single]
        if self._group and texts:
            found.append(longest(tokens, "\n\n".join(texts), _stand_in(max(self._group))))
        return [min(each, tokens.context) for each in found]

    def planned(self, reader: Reader, corpus: Sequence[tuple[Essay, Passage]]) -> RunReader:
        """The reader as the run's request names it. Raises the same errors as `needed`, and `ModelError`."""
        with closing(Vocabulary(*reader)) as vocabulary:
            return RunReader(file=reader[1], contexts=(max(self.needed(vocabulary, corpus), default=1),))


def _stand_in(tokens: int) -> str:
    """A sentence of twice so many tokens and some more: questions about several sentences are shorter."""
    return "Word" + " word" * (2 * tokens + 32) + "."
