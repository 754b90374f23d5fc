"""`remix add`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from remix.cli.options import Command, declared, json_option
from remix.cli.printing import error, note, print_json, row, say, shortened
from remix.errors import RemixError

if TYPE_CHECKING:
    from remix.documents import AddedEssay
    from remix.documents.add import OnError
    from remix.workspace import Workspace


@click.command(cls=Command)
@click.argument(
    "documents", metavar="FILE...", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--title", help="Title of the essay, from which its file gets its name; for a single FILE.")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="A tag for all passages; can be given several times."
)
@click.option("--dry-run", is_flag=True, help="Show what is found; write nothing.")
@declared("strict", help="Write nothing if one of the FILEs can't be added, instead of adding the others.")
@json_option
@click.pass_context
def add(
    ctx: click.Context,
    documents: tuple[Path, ...],
    title: str | None,
    tags: tuple[str, ...],
    dry_run: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Turn documents into essays, in the folder seeds/.

    FILE can be plain text, a note of a digital garden, Markdown, Org, HTML, Word (.docx) or EPUB. Shows the sections,
    passages and tags found in the document. Several tags written as one word are taken apart; doubtful cases are
    shown. Never overwrites an essay. A FILE that can't be added is named, and the others are added; the exit status
    is then 1.
    """
    from remix import documents as adding

    if title and len(documents) > 1:
        raise click.UsageError("--title is for a single FILE.")
    workspace: Workspace = ctx.obj
    failed: list[tuple[Path, RemixError]] = []

    def leave_out(document: Path, problem: RemixError) -> None:
        failed.append((document, problem))

    # A single document's error ends the command, as any error does.
    on_error = None if strict or len(documents) == 1 else leave_out
    found = adding.prepare(documents, workspace, title, tags, on_error)
    added = found if dry_run else list(_written(found, on_error))
    for each in () if as_json else added:
        _show(each)
    if as_json:
        print_json(
            [
                *(_summary(each, written=not dry_run) for each in added),
                *(
                    {"source": str(document), "written": False, "error": problem.message, "hint": problem.hint}
                    for document, problem in failed
                ),
            ]
        )
    elif dry_run:
        note("Nothing was written.")
    for _, problem in failed:
        error(problem.message, problem.hint)
    if failed:
        note(f"{len(failed)} of {len(documents)} documents can't be added.")
        ctx.exit(1)


def _written(found: list[AddedEssay], on_error: OnError | None) -> Iterator[AddedEssay]:
    """Write essays one by one, and give the essays that were written. Raises the first error without `on_error`."""
    from remix import documents as adding

    for each in found:
        try:
            adding.write(each)
        except RemixError as problem:
            if on_error is None:
                raise
            on_error(each.source, problem)
        else:
            yield each


def _show(added: AddedEssay) -> None:
    """Print what was found, and in the last line the essay's path."""
    summary = _summary(added, written=False)
    rows = [
        ("from", f"{summary['source']} ({summary['form']})"),
        *((key, summary[key]) for key in ("title", "author", "date")),
        *(added.document.meta.items()),
        ("sections", _counted(summary["sections"], "; ")),
        ("passages", f"{summary['passages']}, {summary['tagged']} with tags"),
        ("tags", _counted([f"{each['tag']} {each['passages']}" for each in summary["tags"]], ", ")),
        *(("taken apart", split.word) for split in added.document.splits),
        *(("doubtful", words) for words in _doubts(added)),
        *(("left out", words) for words in added.document.left_out),
        *(("no passage", f"“{shortened(text)}”") for text in added.no_passage),
    ]
    for key, value in rows:
        if value:
            row(key, str(value))
    say(str(added.path))


def _summary(added: AddedEssay, written: bool) -> dict[str, Any]:
    from remix.corpus import count_tags

    essay = added.essay
    sections = dict.fromkeys(passage.section for passage in essay.passages if passage.section)
    return {
        "path": str(added.path),
        "written": written,
        "source": str(added.source),
        "form": added.document.form,
        "title": essay.title,
        "author": essay.author,
        "date": essay.date,
        "sections": list(sections),
        "passages": len(essay.passages),
        "tagged": sum(bool(passage.tags) for passage in essay.passages),
        "tags": [{"tag": tag, "passages": count} for tag, count in count_tags(essay.passages)],
        "doubts": [doubt.model_dump() for split in added.document.splits for doubt in split.doubts],
        "left_out": list(added.document.left_out),
        "no_passage": list(added.no_passage),
    }


def _counted(values: list[str], between: str) -> str:
    return f"{len(values)}: {between.join(values)}" if values else "none"


def _doubts(added: AddedEssay) -> list[str]:
    """Doubtful splits of words into tags, with the alternatives."""
    found = []
    for doubt in (doubt for split in added.document.splits for doubt in split.doubts):
        others = " or ".join(" + ".join(parts) for parts in doubt.instead)
        found.append(f"{' + '.join(doubt.read)}: " + (f"perhaps {others}" if others else "no known word"))
    return found


COMMANDS = (add,)
