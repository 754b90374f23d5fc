"""What `remix show` prints of a reading: a line, or passage and text word by word.

Takes a run's folder and a record, prints. Colour is never the only sign: lost words stand in brackets, words against
the passage have their bits in braces.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from remix.cli.printing import note, print_json, print_shaded, print_table, say
from remix.util.names import quoted

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.reader.shown import ShownReading, ShownWord
    from remix.records import Record

LOST, KEPT = "dim", ("black on color(194)", "black on color(157)", "black on color(114)")
"""Styles of a passage's words: of lost words, and by level of kept words."""

AGAINST = ("black on color(223)", "black on color(216)", "black on color(209)")
"""Styles of a text's words, by level."""


class ShownOutput(NamedTuple):
    """An output that is shown."""

    folder: RunFolder
    task: str
    record: Record
    text: str


def as_json(output: ShownOutput) -> dict[str, Any] | None:
    """The stored reading of an output with its line and its reader's worth; null if there is none."""
    from remix.outputs.stored_readings import stored_reading
    from remix.reader import calibration, summary

    found = stored_reading(output.folder, output.task, output.record.id)
    if found is None:
        return None
    worth = {"line": summary.line(found), "trust": calibration.reading_in_words(found)}
    return worth | found.model_dump(mode="json")


def print_line(output: ShownOutput) -> None:
    """Print the stored reading of an output in a line, if there is one."""
    if found := as_json(output):
        say()
        say(f"reading: {found['line']}")
        note("", f"{found['trust']} `--reading` shows the words.")


def show_reading(output: ShownOutput, is_json: bool) -> None:
    """Print passage and text with the bits of their words, and the label of each sentence.

    Raises `RunError` if there is no reading of the output.
    """
    from remix.analysis.trajectory import passage_of
    from remix.errors import RunError
    from remix.outputs.stored_readings import stored_reading
    from remix.reader.shown import shown

    reading = stored_reading(output.folder, output.task, output.record.id)
    found = reading and shown(reading, passage_of(output.record), output.text)
    if not found:
        run = output.folder.path.name
        command = f"remix measure {shlex.quote(run)} --by model"
        raise RunError(f"{run}: {output.task} has no reading.", f"`{command}` lets a model read the run's texts.")
    if is_json:
        print_json(as_json(output))
    else:
        _print(found, output.record)


def _print(found: ShownReading, record: Record) -> None:
    from remix.reader import shown

    say(
        f"{'; '.join(each.passage for each in record.sources)}: in [brackets] what the text loses, words of which it "
        f"keeps less than {shown.KEPT[0]:g} bit"
    )
    say()
    print_shaded(list(_passage(found.passage)))
    say()
    say(
        f"{quoted(record.task.kind)}, step {record.task.step}: in {{braces}} bits against, {{-1}} behind a word that "
        "the passage makes half as probable, {-2} a quarter"
    )
    say()
    print_shaded(list(_text(found.text)))
    say()
    rows = [
        (each.label, "-" if each.probability is None else f"{each.probability:.0%}", each.against, each.sentence)
        for each in found.sentences
    ]
    print_table(["label", "probability", "most against", "sentence"], rows)
    say()
    say(found.line)
    kept, against = (", ".join(f"{each:g}" for each in bounds) for bounds in (shown.KEPT, shown.AGAINST))
    note("", found.trust, f"Shades begin at {kept} bits kept, and at {against} bits against.")


def _passage(words: Sequence[ShownWord]) -> Iterator[tuple[str, str]]:
    """Stretches of a passage with their styles, stretches of lost words in brackets."""
    # What stands between two words belongs to the stretch of the word before.
    is_lost = False
    marked = [(is_lost := not each.level if each.bits is not None else is_lost, each) for each in words]
    for lost, group in groupby(marked, key=lambda pair: pair[0]):
        stretch = [each for _, each in group]
        if not lost or all(each.bits is None for each in stretch):
            yield from ((each.text, KEPT[each.level - 1] if each.level else "") for each in stretch)
            continue
        text = "".join(each.text for each in stretch)
        yield f"[{text.rstrip()}]", LOST
        yield text[len(text.rstrip()) :], ""


def _text(words: Sequence[ShownWord]) -> Iterator[tuple[str, str]]:
    """Words of a text with their styles, words against the passage with their bits."""
    for each in words:
        if each.level and each.bits is not None:
            yield f"{each.text}{{{each.bits:.1f}}}", AGAINST[each.level - 1]
        else:
            yield each.text, ""
