"""The lineage of sentences by a local model, for the outputs of a run.

Takes a run's folder and a model, gives the `LineageFile` of each output that was made from several passages. Lineages
are stored beside the outputs' records, and what is stored is not asked again of the same model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from remix.analysis.run_lineages import OutputLineage, lineages, passages_of, store
from remix.engine.local import LoadOptions, LocalModel, Vocabulary
from remix.errors import PromptError
from remix.measure.language import language_of
from remix.outputs.run import RunFolder
from remix.reader import gains, lineage_by_model
from remix.reader.gains import LEAD, TextToRead
from remix.reader.leave_one_out import GAP
from remix.reader.run_readings import OpenModel
from remix.records import ModelFile
from remix.records.lineage import LineageFile
from remix.util import environment

ROOM = 8
"""Tokens beyond those of passage and sentence: the token that begins a prompt, and some to spare."""


class RunLineages(NamedTuple):
    """The lineages of a run by a model."""

    outputs: list[OutputLineage]
    """In the order of the plan."""
    left_out: list[str]
    """Tasks whose text or a passage is blank, or exceeds the reader's context."""


def read(folder: RunFolder, model: tuple[Path, ModelFile], open_model: OpenModel | None = None) -> RunLineages:
    """The lineages of all finished outputs by a model. Only those not stored are asked for, and stored as they come.

    `open_model` opens the model if there is anything to read; by default in this process.
    Raises `RunError` if an output can't be read, a lineage can't be written or another process is writing the run,
    and `ModelError` if the model can't be loaded.
    """
    path, file = model
    outputs = list(lineages(folder))
    known = {each.task.id: each for each in outputs if is_by(each.file, file)}
    missing = [each for each in outputs if each.task.id not in known]
    for each in _ask(path, file, missing, open_model or LocalModel):
        known[each.task.id] = each
        with folder.lock():
            store(folder, each.task.id, each.file)
    return RunLineages(
        [known[each.task.id] for each in outputs if each.task.id in known],
        [each.task.id for each in outputs if each.task.id not in known],
    )


def read_output(folder: RunFolder, output: OutputLineage, model: tuple[Path, ModelFile]) -> OutputLineage:
    """The lineage of an output by a model: as stored, or else asked for and stored.

    Raises `PromptError` if the text or a passage is blank or exceeds the reader's context, and the errors of `read`.
    """
    path, file = model
    if is_by(output.file, file):
        return output
    for found in _ask(path, file, [output], LocalModel):
        with folder.lock():
            store(folder, found.task.id, found.file)
        return found
    raise PromptError(
        f"{output.task.id}: a passage or the text has no words, or is longer than {file.name} reads.",
        "Take a model with a longer context with --reader.",
    )


def is_by(found: LineageFile, file: ModelFile) -> bool:
    """Whether a lineage file has the lineage by this model and by the present method."""
    return found.model is not None and (found.model.version, found.model.reader_sha256) == (
        lineage_by_model.VERSION,
        file.sha256,
    )


def _ask(
    path: Path, file: ModelFile, outputs: Sequence[OutputLineage], open_model: OpenModel
) -> Iterator[OutputLineage]:
    """The lineages of outputs, without those that can't be read."""
    texts = [(each, _to_read(each)) for each in outputs]
    worded = [
        (each, text) for each, text in texts if text.sentences and all(words.strip() for words in text.passages)
    ]
    if not worded:
        return
    with closing(Vocabulary(path, file)) as tokens:
        lengths = [_longest(tokens, text) for _, text in worded]
    fitting = [each for each, length in zip(worded, lengths, strict=True) if length <= file.context]
    if not fitting:
        return
    context = max(length for length in lengths if length <= file.context)
    with open_model(path, file, LoadOptions((context,), None, environment.default_threads())) as model:
        asked = gains.ask(model, [text for _, text in fitting])
        for (each, text), scores in zip(fitting, asked, strict=True):
            passages = passages_of(each.record)
            by_model = lineage_by_model.lineage(passages, gains.answered(scores), file, text.language)
            yield each._replace(file=each.file.model_copy(update={"model": by_model}))


def _to_read(output: OutputLineage) -> TextToRead:
    passages = tuple(passages_of(output.record).values())
    own = tuple(each.sentence for each in output.file.words.sentences)
    return TextToRead(passages, own, language_of(GAP.join(passages)))


def _longest(tokens: Vocabulary, text: TextToRead) -> int:
    """The tokens of the longest prompt with a sentence of the text."""
    before = (gains.prose_in(text.language), *text.passages)
    longest = max(tokens.count_text(f"{each}{LEAD}") for each in before)
    return longest + max(map(tokens.count_text, text.sentences)) + ROOM
