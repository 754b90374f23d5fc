"""`remix passages`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from remix.cli.left_out import not_read_in_words, show_left_out
from remix.cli.options import Command, declared, json_option
from remix.cli.printing import count, note, print_json, print_table, shortened

if TYPE_CHECKING:
    from remix.corpus import Corpus
    from remix.corpus.left_out import LeftOutWords, Part
    from remix.corpus.select import Meaning, Selected
    from remix.records import Essay, Options
    from remix.workspace import Workspace

Answer = TypeVar("Answer")


@click.command(cls=Command)
@declared("passages", "seed", "strict")
@click.option(
    "--left-out", "left_out", is_flag=True, help="List what isn't read instead: code, tables, tags …, with reasons."
)
@json_option
@click.pass_context
def passages(ctx: click.Context, /, left_out: bool, as_json: bool, **chosen: Any) -> None:
    """List all passages, or some.

    An index in the cache folder makes this quick; remix keeps the index up to date. The last line counts the words
    that are in no passage and no heading.
    """
    from remix.corpus import chooser
    from remix.corpus.left_out import count_left_out, parts_of
    from remix.records import Options

    workspace: Workspace = ctx.obj
    options = Options(**chosen)
    if left_out:
        _list_left_out(ctx, options, as_json)
        return
    choose = chooser(options, _meaning(options))

    def question(corpus: Corpus) -> tuple[Selected, LeftOutWords, int]:
        words = count_left_out(() if as_json else parts_of(corpus, options.essays))
        return choose(corpus), words, len(corpus.notes())

    found, words, notes = ask(workspace, question, options.strict, options.essays)
    for unknown in found.notes:
        note(unknown)
    if as_json:
        ranks = {id_: {"ranking": ranking.model_dump()} for id_, ranking in found.rankings.items()}
        passages = [passage.model_dump(exclude={"language"}) for _, passage in found.pairs]
        print_json([each | ranks.get(each["id"], {}) for each in passages])
        return
    headers, rows = ["passage", "tags", "text"], []
    for _, each in found.pairs:
        ranking = found.rankings.get(each.id)
        score = [f"{ranking.score:g}"] if ranking else []
        rows.append([each.id, *score, ", ".join(each.tags), shortened(each.text)])
    print_table(["passage", "score", *headers[1:]] if found.rankings else headers, rows)
    note(*filter(None, [not_read_in_words(words)]))
    if notes:
        note(f"{count(notes, 'note')} on what stands above essays: `remix check` lists all.")


def _list_left_out(ctx: click.Context, options: Options, as_json: bool) -> None:
    """List the parts of files that aren't read."""
    from remix.corpus import chooser
    from remix.corpus.left_out import count_left_out, number_of_words, parts_of
    from remix.records import Options

    for option in ctx.command.params:
        typed = ctx.get_parameter_source(option.name or "") is ParameterSource.COMMANDLINE
        if typed and option.name not in ("left_out", "essays", "strict", "as_json"):
            raise click.UsageError(f"{option.opts[0]} doesn't go with --left-out, which lists whole essays.")
    choose = chooser(Options(essays=options.essays))

    def question(corpus: Corpus) -> list[Part]:
        choose(corpus)  # raises an error for an unknown essay
        return parts_of(corpus, options.essays)

    parts = ask(ctx.obj, question, options.strict, options.essays)
    counted = [(path, part, number_of_words(part.text)) for path, part in parts]
    if as_json:
        print_json([{"path": path, **part._asdict(), "words": words} for path, part, words in counted])
        return
    rows = []
    for path, part, words in counted:
        first, last = part.lines
        place = f"{path}:{first}" if first == last else f"{path}:{first}-{last}"
        rows.append((place, part.why, words, shortened(part.text)))
    print_table(["file and lines", "why", "words", "text"], rows)
    note(not_read_in_words(count_left_out(parts), way_on="") or "All words are read.")


def _meaning(options: Options) -> Meaning | None:
    """The ranking by meaning, or None without `--by meaning`: the sentence model takes a while to load."""
    if options.by != "meaning":
        return None
    from remix.measure import embedding

    return embedding.ranking(options)


def ask(
    workspace: Workspace, question: Callable[[Corpus], Answer], strict: bool, essays: Sequence[str] = ()
) -> Answer:
    """Ask about all essays that can be read; `essays` are asked for by name.

    Files that can't be read are named and left out. Raises the error of the first if `strict`, or if an essay that is
    asked for lies there.
    """
    from remix.corpus import consult
    from remix.corpus.error_collector import ErrorCollector, naming

    collector = ErrorCollector(strict)
    with collector.explaining():
        named = naming(question, essays, collector)
        answer = consult(workspace.seeds, workspace.root, named, collector.note, workspace.exclude)
    show_left_out(collector.errors)
    return answer


def essays_there(workspace: Workspace, strict: bool) -> list[Essay]:
    """All essays that can be read."""
    return ask(workspace, lambda corpus: corpus.essays(), strict)


COMMANDS = (passages,)
