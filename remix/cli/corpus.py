"""`remix passages`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from remix.cli.left_out import show_left_out
from remix.cli.options import Command, declared, json_option
from remix.cli.printing import note, print_json, print_table, shortened

if TYPE_CHECKING:
    from remix.corpus import Corpus
    from remix.corpus.select import Meaning
    from remix.records import Essay, Options
    from remix.workspace import Workspace

Answer = TypeVar("Answer")


@click.command(cls=Command)
@declared("passages", "seed", "strict")
@json_option
@click.pass_obj
def passages(workspace: Workspace, /, as_json: bool, **chosen: Any) -> None:
    """List all passages, or some.

    An index in the cache folder makes this quick; remix keeps the index up to date.
    """
    from remix.corpus import chooser
    from remix.records import Options

    options = Options(**chosen)
    found = ask(workspace, chooser(options, _meaning(options)), options.strict, options.essays)
    for unknown in found.notes:
        note(unknown)
    if as_json:
        ranks = {id_: {"ranking": ranking.model_dump()} for id_, ranking in found.rankings.items()}
        print_json([passage.model_dump() | ranks.get(passage.id, {}) for _, passage in found.pairs])
        return
    headers, rows = ["passage", "tags", "text"], []
    for _, each in found.pairs:
        ranking = found.rankings.get(each.id)
        score = [f"{ranking.score:g}"] if ranking else []
        rows.append([each.id, *score, ", ".join(each.tags), shortened(each.text)])
    print_table(["passage", "score", *headers[1:]] if found.rankings else headers, rows)


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
