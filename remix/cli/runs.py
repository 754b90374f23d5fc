"""`remix runs` and `remix show`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from remix.cli import completion, reading, uncertain, weave
from remix.cli.options import json_option
from remix.cli.printing import count, note, print_below, print_json, print_pair, print_table, say
from remix.cli.verdict import WORDS
from remix.util.names import quoted, readable

if TYPE_CHECKING:
    from remix.outputs import RunFolder
    from remix.outputs.stored_reviews import StoredReviews
    from remix.records import Candidate, CandidateReading, Record
    from remix.workspace import Workspace

LOSSES = {"earned": "loss earned", "lost": "loss not earned", "neither": "nothing lost or earned"}
"""A reviewer's judgement of what a text leaves out, in words."""


@click.command()
@json_option
@click.pass_obj
def runs(workspace: Workspace, as_json: bool) -> None:
    """List the runs, the latest last, with the number of finished texts."""
    from remix.errors import RunError
    from remix.outputs import RunFolder, list_runs, reviews

    rows: list[dict[str, Any]] = []
    unfinished = ""
    for path in list_runs(workspace.outputs):
        try:
            folder = RunFolder.open(path)
            failed = len(folder.failures())
            others = [each.name for each in folder.resumptions()]
            said = reviews.standings(reviews.read(path).reviews).values()
        except RunError as error:
            note(f"Left out: {error.message} {error.hint}")
            continue
        done, total = len(folder.done), len(folder.run.tasks)
        unfinished = path.name if done < total else unfinished
        model = folder.run.model_name
        branched = folder.run.earlier if any(task.branch for task in folder.run.tasks) else ()
        rows.append(
            {
                "run": path.name,
                "done": done,
                "total": total,
                "failed": failed,
                "reviewed": sum(each.verdict is not None for each in said),
                "accepted": sum(each.is_accepted for each in said),
                "model": ", ".join(dict.fromkeys([model or "", *others])),
                "branches_of": [each.record.output.task_id for each in branched],
                "essay": _title(folder),
            }
        )
    if as_json:
        print_json(rows)
        return
    columns = ["run", "done", "total", "failed", "reviewed", "accepted", "model", "branches of"]
    print_table(columns, [[*list(row.values())[:-2], _about_run(row)] for row in rows])
    if not rows:
        note("No runs yet. To write the first: remix generate --tag TAG")
    elif unfinished:
        note(f"To finish a run: remix resume {shlex.quote(unfinished)}")
    else:
        note("To read the latest run: remix review")


def _about_run(row: dict[str, Any]) -> str:
    """The title of a run's essay, or the texts that a run branches from."""
    if row["essay"]:
        return f"essay “{row['essay']}”"
    first, further = row["branches_of"][:1], len(row["branches_of"]) - 1
    return "".join(first) + (f" and {further} more" if further > 0 else "")


def _title(folder: RunFolder) -> str | None:
    """The title of a run's essay; null for other runs and unfinished essays."""
    from remix.errors import RunError
    from remix.outputs.essay import woven

    if folder.run.weave is None or not folder.is_complete:
        return None
    try:
        return readable(woven(folder).heading)
    except RunError:
        return None


@click.command()
@click.argument("output", shell_complete=completion.text)
@click.option(
    "--alternatives", is_flag=True, help="Show the alternatives for each token, the most uncertain token first."
)
@click.option(
    "--uncertain",
    "numbered",
    is_flag=True,
    help="Put the number of the token, in braces, behind each uncertain word: without colours too.",
)
@click.option("--candidates", is_flag=True, help="Show all candidates, and the copies that were given up.")
@click.option("--thoughts", is_flag=True, help="Show what the model thought before it wrote the text.")
@click.option(
    "--reading",
    is_flag=True,
    help="Show which words of the passage the text keeps, which words of the text go against the passage, and "
    "whether the passage says what each sentence says. `remix measure --by model` takes readings.",
)
@json_option
@click.pass_obj
def show(workspace: Workspace, /, output: str, as_json: bool, numbered: bool, **parts: bool) -> None:
    """Show a text beside its passage, with its verdict, note, edited version and reading.

    OUTPUT is the path of a text, the beginning of a record's id, or [RUN:]essay/NNN/kind.step[.vN]. Without RUN the
    newest text is shown: of the latest run or of its refreshes, or else of an earlier run. The name of a run of
    `remix weave` shows the essay.

    Uncertain words are marked: from a choice among 20, 50 and 150 tokens on. The ten most uncertain tokens are listed
    with their numbers, and their alternatives by rank: `remix branch OUTPUT --at NUMBER --take RANK` takes one.
    """
    from remix.outputs import find_output

    if sum((numbered, *parts.values())) > 1:
        raise click.UsageError(
            "--alternatives, --candidates, --thoughts, --reading and --uncertain don't go together."
        )
    if not any(parts.values()) and (essay := _essay_named(workspace, output)):
        weave.print_essay(essay, as_json)
        return
    folder, task = find_output(workspace.outputs, output)
    of_run = f"Run: {quoted(folder.path.name)}"
    if parts["alternatives"]:
        trace = folder.read_trace(task)
        uncertain.print_trace(trace) if as_json else uncertain.print_uncertain(trace)
        note("", of_run)
        return
    record, written = folder.read(task)
    if parts["candidates"]:
        _show_candidates(record, folder.path.name, as_json)
        note("", of_run)
        return
    if parts["thoughts"]:
        _show_thoughts(record, folder.path.name, as_json)
        note("", of_run)
        return
    shown = reading.ShownOutput(folder, task, record, written)
    if parts["reading"]:
        reading.show_reading(shown, as_json)
        note("", of_run)
        return
    _show_whole(workspace, shown, numbered, as_json)


COMMANDS = (runs, show)


def _show_whole(workspace: Workspace, shown: reading.ShownOutput, numbered: bool, as_json: bool) -> None:
    """Print a text beside its passage, with all that is known of the text."""
    from remix.outputs.stored_reviews import StoredReviews
    from remix.outputs.uncertain import trace_of

    folder, task, record, written = shown
    stored = StoredReviews(workspace.outputs, [folder.path])
    stored.refresh()
    kept = trace_of(folder, task, record)
    if as_json:
        review = stored.standing(record.id).model_dump(mode="json")
        print_json(
            {
                **record.model_dump(mode="json", by_alias=True),
                "text": written,
                "review": review,
                "reading": reading.as_json(shown),
                **_lineage(shown),
                "uncertain": uncertain.as_json(kept),
            }
        )
        return
    _show_text(record, uncertain.marked(written, kept, numbered))
    _show_review(stored, record)
    reading.print_line(shown)
    if kept:
        say()
        uncertain.print_uncertain(kept, uncertain.MOST)
    _show_remarks(record, f"Run: {quoted(folder.path.name)}")


def _lineage(shown: reading.ShownOutput) -> dict[str, Any]:
    """The passages behind each sentence, of a text of several passages."""
    from remix.analysis.run_lineages import lineage_of

    if len(shown.record.sources) < 2:
        return {}
    found = lineage_of(shown.folder, shown.task, shown.record, shown.text)
    return {"lineage": found.model_dump(mode="json", by_alias=True)}


def _essay_named(workspace: Workspace, word: str) -> RunFolder | None:
    """The finished run of an essay that a user names by the run's name or path; null for any other word."""
    from remix.errors import RunError
    from remix.outputs import find_run

    if ":" in word:
        return None
    try:
        folder = find_run(workspace.outputs, word)
    except RunError:
        return None
    return folder if folder.run.weave and folder.is_complete else None


def _show_text(record: Record, written: Sequence[tuple[str, str]]) -> None:
    from remix.outputs.facts import variant_label

    used = record.task
    heads = [f"“{each.essay}”, {each.passage} ({each.path}:{each.lines[0]})" for each in record.sources]
    about = f"{quoted(used.kind)}, step {used.step}{variant_label(used)}"
    print_pair(("; ".join(heads), "\n\n".join(each.text for each in record.sources)), (about, written))


def _show_remarks(record: Record, of_run: str) -> None:
    """What else is known of a text: facts not looked for, thoughts, tries before, flags, seed and record."""
    from remix.outputs.facts import not_looked_for_in_words

    if record.not_looked_for:
        note("", f"Not looked for: {not_looked_for_in_words(record)}.")
    if record.output.thoughts:
        note("", f"The model wrote {record.output.thoughts.in_words} first: --thoughts shows them.")
    if record.given_up:
        note(
            "",
            f"It was tried again {count(len(record.given_up), 'time')}, because it copied: --candidates shows them.",
        )
    flags = f"flags: {', '.join(record.flags)}; " if record.flags else ""
    sampling = record.derivation.sampling
    seed = f"seed {sampling.seed}, " if sampling else ""
    note("", of_run, f"{flags}by {quoted(record.circumstances.model)}, {seed}record {record.id[:12]}")


def _show_review(stored: StoredReviews, record: Record) -> None:
    """The standing of a text: the edited version, the note, and the verdict in a line."""
    from remix.errors import RunError

    standing = stored.standing(record.id)
    if standing.edit:
        try:
            edited = stored.edited(record.id, standing.edit)
        except RunError as error:
            note("", f"{error.message} {error.hint}")
        else:
            say()
            print_below(f"edited by {quoted(stored.editor(record.id) or '')}", edited)
    if standing.note:
        say()
        print_below("note", standing.note)
    said = (WORDS.get(standing.verdict or ""), LOSSES.get(standing.loss or ""))
    if words := ", ".join(filter(None, said)):
        say()
        say(f"{words} by {', '.join(map(quoted, standing.reviewers))}")


def _show_candidates(record: Record, run: str, as_json: bool) -> None:
    """Each candidate's number, measures and text; and the texts that copied and were given up."""
    from remix.errors import RunError

    if not record.candidates and not record.given_up:
        file = record.output.task_id
        raise RunError(
            f"{run}: {file} was the only candidate.", "`remix generate --best-of N` writes several candidates."
        )
    if as_json:
        given_up = [each.model_dump(mode="json") for each in record.given_up]
        print_json([each.model_dump(mode="json") for each in record.candidates or ()] + given_up)
        return
    shown = [(each.number, _about(each), each.text) for each in record.candidates or ()]
    for tried in record.given_up:
        seed = f", seed {tried.seed}" if tried.seed else ""
        about = f"given up, a try at candidate {tried.candidate}: flags: {', '.join(tried.flags)}{seed}"
        shown.append((tried.candidate, about, tried.text))
    for at, (_, about, words) in enumerate(sorted(shown, key=lambda each: each[0])):
        if at:
            say()
        print_below(about, words)


def _show_thoughts(record: Record, run: str, as_json: bool) -> None:
    """The model's thoughts before the text."""
    from remix.errors import RunError

    thoughts = record.output.thoughts
    if not thoughts:
        file = record.output.task_id
        raise RunError(
            f"{run}: {file} was written without thoughts.", "`remix generate --think` lets reasoning models think."
        )
    if as_json:
        print_json(thoughts.model_dump(mode="json"))
        return
    print_below(thoughts.in_words, thoughts.text)


def _about(candidate: Candidate) -> str:
    kept = " (kept)" if candidate.chosen else ""
    flags = f"flags: {', '.join(candidate.flags)}" if candidate.flags else "no flags"
    likely = f", mean log-probability {candidate.logprob:.4f}" if candidate.logprob is not None else ""
    measured = ""
    if measures := candidate.measures:
        measured = (
            f", invents {measures.invented}, keeps {measures.kept:.0%} of the sentences, merit {measures.merit:.2f}"
        )
    return f"candidate {candidate.number}{kept}: {flags}{measured}{likely}{_read(candidate.reading)}"


def _read(reading: CandidateReading | None) -> str:
    """What a reader found in a candidate."""
    if reading is None:
        return ""
    labels = ", ".join(f"{number} {label}" for label, number in reading.labels.items())
    flags = f", flags: {', '.join(reading.flags)}" if reading.flags else ""
    return f"; read: {labels}, keeps {reading.kept_bits:.0%} of the bits{flags}, merit {reading.merit:.2f}"
