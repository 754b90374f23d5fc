"""What stands behind each sentence of an output, by a local model.

Takes an output and a model, gives a `Support`. Nothing is stored.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from remix.engine.local import LoadOptions, LocalModel, Vocabulary
from remix.errors import PromptError
from remix.reader import leave_one_out
from remix.reader.leave_one_out import GAP, Support
from remix.records import Message, ModelFile, Record
from remix.util import environment

ROOM = 32
"""Tokens beyond those of a message with passage and text: more than where tokens are cut elsewhere."""


def support_of(record: Record, text: str, model: tuple[Path, ModelFile]) -> Support:
    """What stands behind each sentence of an output's text.

    Raises `PromptError` if passage or text is blank, or both exceed the model's context, and `ModelError` if the
    model can't be loaded.
    """
    path, file = model
    passages = [source.text for source in record.sources]
    if not text.strip() or not all(each.strip() for each in passages):
        raise PromptError("passage or text has no words.", "Take another text.")
    with closing(Vocabulary(path, file)) as tokens:
        length = tokens.count([Message(role="user", content=GAP.join([*passages, text]))]) + ROOM
    if length > file.context:
        raise PromptError(
            f"{file.name} reads {file.context} tokens, and passage and text have about {length}.",
            "Take a model with a longer context with --reader.",
        )
    with LocalModel(path, file, LoadOptions((length,), None, environment.default_threads())) as loaded:
        return leave_one_out.answered(leave_one_out.ask(loaded, passages, text))
