"""`remix tags`: the tags, pairs of tags on the same passages, similar tags, and renaming."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from remix.cli import completion
from remix.cli.corpus import ask, essays_there
from remix.cli.left_out import show_left_out
from remix.cli.options import Group, declared, json_option
from remix.cli.printing import ask as ask_whether
from remix.cli.printing import changed_line, count, note, print_json, print_table, say
from remix.errors import RemixError, RunError, SeedError

if TYPE_CHECKING:
    from remix.corpus.renaming import Edit
    from remix.records import Passage
    from remix.workspace import Workspace

SHOWN = 3
"""Pairs of tags, or passages, named in a message."""

AROUND = 50
"""Letters of a line shown before and after a change."""


def _svg(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    if value is not None and value.suffix.lower() != ".svg":
        raise click.BadParameter(f"{value} doesn't end in .svg.", ctx, param)
    return value


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--graph",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_svg,
    metavar="FILE.svg",
    help="Draw which tags stand on the same passages: the 60 commonest tags, or --limit.",
)
@click.option("--limit", type=click.IntRange(1, 1000), metavar="N", help="Only the N commonest tags.")
@declared("min_words", "strict")
@json_option
@click.pass_context
def tags(
    ctx: click.Context, graph: Path | None, limit: int | None, min_words: int, strict: bool, as_json: bool
) -> None:
    """List the tags, with the number of passages of each."""
    if ctx.invoked_subcommand:
        typed = (ctx.get_parameter_source(name) for name in ("min_words", "strict"))
        if graph or limit or as_json or ParameterSource.COMMANDLINE in typed:
            raise click.UsageError(
                f"write the options of `remix tags {ctx.invoked_subcommand}` after {ctx.invoked_subcommand}."
            )
        return
    if graph:
        from remix.corpus import select

        _draw(select(essays_there(ctx.obj, strict), min_words=min_words), graph, limit)
    else:
        _list(_counts(ctx.obj, min_words, strict), limit, as_json)


def _list(counts: list[tuple[str, int]], limit: int | None, as_json: bool) -> None:
    from remix.corpus.duplicates import near_duplicates

    if as_json:
        print_json([{"tag": tag, "passages": count} for tag, count in counts[:limit]])
        return
    print_table(["tag", "passages"], counts[:limit])
    if found := near_duplicates(counts):
        named = "; ".join(f"{pair.tag}, {pair.other}" for pair in found[:SHOWN])
        note(f"Perhaps the same tag: {named}{' …' if found[SHOWN:] else ''} (remix tags near)")


def _draw(passages: list[Passage], path: Path, limit: int | None) -> None:
    from remix.corpus import tag_map
    from remix.util.files import write_whole

    if not any(passage.tags for passage in passages):
        raise SeedError("no passage has a tag: there is nothing to draw.", "Put #tags at the end of paragraphs.")
    try:
        write_whole(path, tag_map.draw(passages, limit or tag_map.MOST_TAGS))
    except RunError as error:
        raise RemixError(error.message, "Choose another place.") from error
    say(str(path))


@tags.command()
@click.argument("tag", required=False, shell_complete=completion.tag)
@declared("limit", help="Only the first N pairs.")
@declared("min_words", "strict")
@json_option
@click.pass_obj
def together(
    workspace: Workspace, tag: str | None, limit: int | None, min_words: int, strict: bool, as_json: bool
) -> None:
    """List pairs of tags that stand on the same passages, or the tags that stand with TAG.

    The share is the number of passages with both tags divided by the number of passages with at least one of the two.
    """
    from remix.corpus import select
    from remix.corpus.cooccurrence import companions, cooccurrences

    essays = essays_there(workspace, strict)
    passages = select(essays, min_words=min_words)
    if tag:
        select(essays, [tag])
    pairs = (companions(passages, tag) if tag else cooccurrences(passages))[:limit]
    if as_json:
        print_json([pair._asdict() for pair in pairs])
    else:
        rows = [(pair.tag, pair.other, pair.together, f"{pair.share:.0%}") for pair in pairs]
        print_table(["tag", "with", "passages", "share"], rows)


@tags.command()
@declared("min_words", "strict")
@json_option
@click.pass_obj
def near(workspace: Workspace, min_words: int, strict: bool, as_json: bool) -> None:
    """List pairs of tags that may be the same tag, with a plural, an accent or a typo.

    The rarer tag comes first, as in `remix tags rename`. Spellings of the same tag, such as oldMaps and old-maps, are
    counted together and not listed.
    """
    from remix.corpus.duplicates import near_duplicates, not_compared

    counts = _counts(workspace, min_words, strict)
    found = near_duplicates(counts)
    if left_out := not_compared(counts):
        note(f"{count(left_out, 'tag')} not searched for typos: too long, or too many tags.")
    if as_json:
        print_json([pair._asdict() for pair in found])
        return
    if not found:
        note("No two tags look alike.")
        return
    print_table(["tag", "passages", "perhaps", "passages", "differs by"], found)
    note(f"To join two tags: remix tags rename {shlex.quote(found[0].tag)} {shlex.quote(found[0].other)}")


@tags.command()
@click.argument("old", shell_complete=completion.tag)
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@declared("strict", help="Stop if a file can't be read, instead of renaming the tag in the other files.")
@json_option
@click.pass_obj
def rename(workspace: Workspace, old: str, new: str, dry_run: bool, yes: bool, strict: bool, as_json: bool) -> None:
    """Rename a tag in the essays: OLD in all spellings, and with OLD all OLD/…, to NEW.

    Changes nothing but the letters of the tag. Shows each line that changes, and asks before writing. A file that
    can't be read is named: it may hold the tag.
    """
    from remix.corpus import read_seeds, renaming
    from remix.corpus.error_collector import ErrorCollector

    collector = ErrorCollector(strict)
    with collector.explaining():
        essays = read_seeds(workspace.seeds, workspace.root, collector.note, workspace.exclude)
        plan = renaming.rename(essays, workspace.seeds, workspace.root, old, new)
    unread = collector.errors
    if as_json:
        files = [
            {"path": edit.name, "places": edit.places, "texts": edit.texts, "diff": [*renaming.diff(edit)]}
            for edit in plan.edits
        ]
        print_json({"merged": plan.merged, "files": files, "unread": [error.message for error in unread]})
    else:
        _show(plan.edits)
    show_left_out(unread, "Not read")
    if unread:
        note(f"Not renamed there: the tag may stand in the {count(len(unread), 'file')} that can't be read.")
    note(_in_words(plan.edits))
    if plan.merged:
        note(f"{count(plan.merged, 'passage')} have '{new}' already: afterwards the two tags can't be told apart.")
    if plan.edits and not dry_run:
        if not yes:
            ask_whether("Write this?")
        renaming.write(plan.edits)
        note("Renamed.")


COMMANDS = (tags,)


def _counts(workspace: Workspace, min_words: int, strict: bool) -> list[tuple[str, int]]:
    """Each tag with a number of passages, from the index: no essay is read."""
    from remix.corpus.query import Term

    long = Term("words", str(min_words)) if min_words else None
    return ask(workspace, lambda corpus: corpus.tags(long), strict)


def _show(edits: list[Edit]) -> None:
    from remix.corpus.renaming import diff

    for edit in edits:
        lines = list(diff(edit))
        for number, line in enumerate(lines):
            # The line that replaces a removed line follows; an added line is preceded by the line replaced.
            step = {"-": 1, "+": -1}.get(line[0], 0) if number > 1 else 0
            partner = lines[number + step] if step else None
            shown = near_change(line, partner) if sys.stdout.isatty() else line
            colour = {"-": "red", "+": "green"}.get(line[0]) if partner else None
            changed_line(shown, colour)


def near_change(line: str, partner: str | None) -> str:
    """The part of a line around its change: a paragraph may be a single line."""
    if partner is None:
        return line
    start = 1 + _alike(line[1:], partner[1:])
    end = len(line) - _alike(reversed(line[start:]), reversed(partner[start:]))
    first, last = max(1, start - AROUND), min(len(line), end + AROUND)
    before, after = ("…" if first > 1 else ""), ("…" if last < len(line) else "")
    return f"{line[0]}{before}{line[first:last]}{after}"


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """Length of the common beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _in_words(edits: list[Edit]) -> str:
    """The number of changes, and the passages whose text changes too."""
    if not edits:
        return "Nothing to change: the tag is written so everywhere."
    texts = [passage for edit in edits for passage in edit.texts]
    more = f" and {len(texts) - SHOWN} more" if texts[SHOWN:] else ""
    also = (
        f" The tag stands in sentences of {', '.join(texts[:SHOWN])}{more}, so these sentences change."
        if texts
        else ""
    )
    return f"{count(sum(edit.places for edit in edits), 'place')} in {count(len(edits), 'file')}.{also}"
