"""What `remix why --sentence` prints: the passages behind a sentence of a text or of a woven essay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from remix.cli.printing import note, print_json, print_table, say, text
from remix.util.names import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remix.analysis.run_lineages import OutputLineage
    from remix.outputs import RunFolder
    from remix.records import Source
    from remix.records.lineage import Behind, SentenceLineage
    from remix.workspace import Workspace

Method = Literal["words", "model"]

AS_FAR_AS: dict[Method, str] = {"words": "as far as words tell", "model": "as far as the model tells"}


class _Text(NamedTuple):
    """A text, or a woven essay's texts in reading order."""

    folder: RunFolder
    parts: list[OutputLineage]


class _Place(NamedTuple):
    """A sentence of a text."""

    part: OutputLineage
    at: int
    """Index of the sentence in the part."""
    total: int
    """Number of sentences of all parts."""


def print_sentence(
    workspace: Workspace, output: str | None, number: int, by: Method, reader: str | None, as_json: bool
) -> None:
    """Print the passages behind a sentence, numbered from 1; without an output, of the latest run's essay.

    Raises `RunError`; by a model also `ModelError` and `PromptError`.
    """
    found = _text(workspace, output)
    place = _place(found.parts, number)
    part = _by_model(workspace, found.folder, place.part, reader) if by == "model" else place.part
    lineage = part.file.model if by == "model" and part.file.model else part.file.words
    sentence = lineage.sentences[place.at]
    sources = {source.passage: source for source in part.record.sources}
    if as_json:
        print_json(
            {
                "run": found.folder.run.name,
                "output": part.task.id,
                "number": number,
                "of": place.total,
                "by": by,
                **({"reader": {"name": lineage.reader, "sha256": lineage.reader_sha256}} if lineage.reader else {}),
                "sentence": sentence.sentence,
                "added": sentence.added,
                "behind": [_as_json(each, sources[each.passage]) for each in sentence.behind],
            }
        )
        return
    say(f"Sentence {number} of {place.total}, in {quoted(part.task.id)}", bold=True)
    say()
    text(sentence.sentence)
    say()
    _print_behind(sentence, sources, by)
    _print_method(lineage.reader)
    note(f"Run: {quoted(found.folder.path.name)}")


def line_of(source: Source, sentence: str) -> int:
    """The line of the essay's file on which a sentence of a passage begins, by the passage's own line breaks."""
    first, last = source.lines
    # A sentence has a space wherever the passage has white space.
    words = " ".join(source.text.split())
    before = words.count(" ", 0, max(0, words.find(sentence)))
    for number, line in enumerate(source.text.splitlines(), first):
        if (before := before - len(line.split())) < 0:
            return min(last, number)
    return first


def _text(workspace: Workspace, word: str | None) -> _Text:
    from remix.analysis.run_lineages import OutputLineage, lineage_of
    from remix.cli.latest import run_folder
    from remix.errors import RunError
    from remix.outputs import find_output
    from remix.outputs.essay import woven

    if word is None or _is_run(workspace, word):
        folder = run_folder(workspace, word)
        if folder.run.weave is None:
            raise RunError(
                f"{folder.path.name}: weaves no essay, so its sentences have no numbers.", "Name one of its texts."
            )
        tasks = {task.id: task for task in folder.run.tasks}
        parts = woven(folder).parts
        return _Text(
            folder,
            [
                OutputLineage(tasks[part.task], part.record, lineage_of(folder, part.task, part.record, part.text))
                for part in parts
            ],
        )
    folder, id_ = find_output(workspace.outputs, word)
    record, words = folder.read(id_)
    task = next((task for task in folder.run.tasks if task.id == id_), None)
    if task is None:
        raise RunError(f"{folder.path}: no output '{id_}' was planned.", "`remix verify` tells what doesn't belong.")
    return _Text(folder, [OutputLineage(task, record, lineage_of(folder, id_, record, words))])


def _is_run(workspace: Workspace, word: str) -> bool:
    """Whether a word names a run: by path, or by the beginning of its name. Hexadecimal digits name a record."""
    from pathlib import Path

    from remix.outputs.run import is_run
    from remix.outputs.runs import list_runs

    if Path(word).is_dir() and is_run(Path(word)):
        return True
    is_name = not re.fullmatch(r"[0-9a-f]{4,64}", word) and "/" not in word
    return is_name and any(path.name.startswith(word) for path in list_runs(workspace.outputs))


def _place(parts: Sequence[OutputLineage], number: int) -> _Place:
    from remix.errors import RunError

    counts = [len(part.file.words.sentences) for part in parts]
    at = number - 1
    for part, count in zip(parts, counts, strict=True):
        if at < count:
            return _Place(part, at, sum(counts))
        at -= count
    raise RunError(f"there is no sentence {number}: the text has {sum(counts)}.", "Sentence 1 is the first.")


def _by_model(workspace: Workspace, folder: RunFolder, part: OutputLineage, reader: str | None) -> OutputLineage:
    """An output with its lineage by a model: by the reader that is named, or as stored by any reader, or by the
    largest model here."""
    from remix.reader import lineage_by_model, run_lineages, run_readings

    stored = part.file.model
    if reader is None and stored and stored.version == lineage_by_model.VERSION:
        return part
    return run_lineages.read_output(folder, part, run_readings.find_reader(reader, workspace.model_folders))


def _as_json(behind: Behind, source: Source) -> dict[str, object]:
    return {
        **behind.model_dump(mode="json"),
        "essay": source.essay,
        "path": source.path,
        "line": line_of(source, behind.sentence),
    }


def _print_behind(sentence: SentenceLineage, sources: dict[str, Source], by: Method) -> None:
    if sentence.added:
        say(f"Added: no passage stands behind this sentence, {AS_FAR_AS[by]}.")
        return
    rows = []
    for each in sentence.behind:
        source = sources[each.passage]
        rows.append(
            (
                each.passage,
                f"{each.share:.0%}",
                f"{each.score:.0f}" if by == "words" else f"{each.score:.1f}",
                each.sentence,
                f"{source.path}:{line_of(source, each.sentence)}",
            )
        )
    print_table(["passage", "share", "score" if by == "words" else "bits", "closest sentence", "where"], rows)


def _print_method(reader: str | None) -> None:
    note("")
    if reader is None:
        note(
            "By words: the score tells how much of the sentence the passage has, 0 … 100. About one true sentence in "
            "ten is called added, most of them said in quite other words."
        )
        return
    from remix.reader import lineage_by_model

    note(
        f"Read by {reader}. Bits tell how much more probable the passage makes the sentence: 1 bit twice, 10 bits a "
        f"thousand times. {lineage_by_model.in_words(reader)}"
    )
