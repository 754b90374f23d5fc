"""A woven essay made by hand, whose texts have a stored lineage made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from remix.measure import lineage as by_words
from remix.measure.sentences import sentences
from remix.outputs import RunFolder
from remix.outputs.layout import LINEAGE
from remix.records import Record
from remix.records.lineage import Behind, Lineage, LineageFile, SentenceLineage
from remix.workspace import Workspace
from tests import made_weave
from tests.made_weave import OPENING, PARAGRAPHS, TEXTS, TITLE

BEHIND: Mapping[str, Sequence[Mapping[str, float]]] = {
    TITLE: ({},),
    OPENING: ({"maps/002": 1.0}, {}),
    PARAGRAPHS[0]: (
        {"two-clocks/001": 0.72, "two-clocks/002": 0.28},
        {"two-clocks/001": 0.62, "two-clocks/002": 0.38},
        {"two-clocks/002": 0.72, "two-clocks/001": 0.28},
        {},
    ),
    PARAGRAPHS[1]: ({"maps/001": 1.0}, {"maps/002": 1.0}, {"maps/002": 1.0}),
    PARAGRAPHS[2]: ({"maps/003": 1.0},),
}
"""The share of each passage behind each sentence of `TEXTS`."""


def told_weave(workspace: Workspace, like: RunFolder, texts: Mapping[str, str] = TEXTS) -> RunFolder:
    """A run that weaves an essay, with these texts as far as there are. The lineage of `TEXTS` is stored."""
    folder = made_weave.made_weave(workspace, like, texts)
    for task in folder.done:
        if texts[task.id] == TEXTS[task.id]:
            _store_lineage(folder, task.id, folder.read(task.id)[0])
    return folder


def _store_lineage(folder: RunFolder, task: str, record: Record) -> None:
    found = [
        SentenceLineage(
            sentence=sentence,
            added=not shares,
            behind=tuple(
                Behind(passage=passage, share=share, score=100 * share, sentence=f"Of {passage}.")
                for passage, share in shares.items()
            ),
        )
        for sentence, shares in zip(sentences(TEXTS[task]), BEHIND[task], strict=True)
    ]
    words = Lineage(
        method="words",
        version=by_words.VERSION,
        passages=tuple(source.passage for source in record.sources),
        sentences=tuple(found),
    )
    file = LineageFile(record=record.id, words=words)
    (folder.path / f"{task}{LINEAGE}").write_text(file.model_dump_json(by_alias=True), encoding="utf-8")
