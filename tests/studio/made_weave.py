"""A woven essay made by hand, by no model: a run with title, opening and three paragraphs of six passages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from remix.analysis.run_lineages import lineage_of
from remix.generation import execute, prepare
from remix.outputs import RunFolder
from remix.outputs.form import dump
from remix.outputs.layout import LINEAGE
from remix.records import Options, Task
from remix.records.lineage import Behind, LineageFile, SentenceLineage
from remix.workspace import Workspace
from tests.conftest import FakeWriter
from tests.made_weave import PASSAGES, PLACE, MadeEssay, write_weave

MAPS = f"---\ntitle: Maps\n---\n{PASSAGES}"

WEAVE_RUN = "20260102T030405Z-maps-0123"
GROUPS = (("two-clocks/001", "two-clocks/002"), ("maps/001", "maps/002"), ("maps/003", "maps/004"))
UNHEARD = "maps/004"


class Text(NamedTuple):
    """A text of the essay."""

    kind: str
    step: int
    text: str


TEXTS = (
    Text("title", 1, "What the Clock Leaves Out"),
    Text("opening", 1, "Two clocks and a map were kept in the same drawer."),
    Text(
        "weave",
        1,
        "The first clock runs fast. The second clock runs slow, and it was set by the first. "
        "Neither of them has ever met a railway timetable.",
    ),
    Text(
        "weave",
        2,
        "A map is a letter from somebody who walked there first. One surveyor drew every tree, and his map was never "
        "used.\n\nThe other one drew the river, and shepherds carried it for a hundred years.",
    ),
    Text("weave", 3, "Every map agrees with every other map about the coast, which is where people drown."),
)
"""The texts in the order of the essay. The first sentence of paragraph 1 is a passage's own, the third is added."""

READER = "a reader"

READ = {
    "The first clock runs fast.": {"two-clocks/001": 0.72, "two-clocks/002": 0.28},
    "The second clock runs slow, and it was set by the first.": {"two-clocks/002": 0.6, "two-clocks/001": 0.4},
    "A map is a letter from somebody who walked there first.": {"maps/001": 1.0},
    "One surveyor drew every tree, and his map was never used.": {"maps/002": 1.0},
    "The other one drew the river, and shepherds carried it for a hundred years.": {"maps/002": 1.0},
    "Every map agrees with every other map about the coast, which is where people drown.": {"maps/003": 1.0},
}
"""The passages behind each sentence, with their shares, as `READER` finds them; the other sentences are added."""

CLOSEST = {
    "two-clocks/001": "The first clock runs fast.",
    "two-clocks/002": "The second clock runs slow.",
    "maps/001": "A map is a letter from somebody who walked there first.",
    "maps/002": "The other drew the river, and shepherds carried it for a century.",
    "maps/003": "Every map agrees with every other map about the coast.",
}
"""The sentence of each passage that is closest to any sentence of the essay."""


def woven_run(workspace: Workspace, written: Sequence[Text] = TEXTS, name: str = WEAVE_RUN) -> RunFolder:
    """A run that weaves an essay of the workspace's two essays; `written` says which texts are finished."""
    (workspace.seeds / "maps.md").write_text(MAPS, encoding="utf-8")
    writer = FakeWriter()
    plain = prepare.prepare_for(workspace, Options(kinds=("again",), steps=1), writer)
    model = execute.generate(plain, workspace.root / name, writer=writer).folder
    writer.close()
    texts = {f"{PLACE}/{each.kind}.{each.step}": each.text for each in written}
    folder = write_weave(workspace, model, MadeEssay(name, GROUPS, texts))
    if folder.is_complete:
        folder.seal()
    return folder


def store_reading(folder: RunFolder, tasks: Sequence[Task]) -> None:
    """Store the lineage by `READER` beside texts of the essay."""
    for task in tasks:
        record, text = folder.read(task.id)
        words = lineage_of(folder, task.id, record, text).words
        sentences = [_read(each.sentence) for each in words.sentences]
        model = words.model_copy(
            update={"method": "model", "version": 1, "reader": READER, "sentences": tuple(sentences)}
        )
        stored = LineageFile(record=record.id, words=words, model=model)
        (folder.path / f"{task.id}{LINEAGE}").write_bytes(dump(stored))


def _read(sentence: str) -> SentenceLineage:
    shares = READ.get(sentence, {})
    return SentenceLineage(
        sentence=sentence,
        added=not shares,
        behind=tuple(
            Behind(passage=passage, share=share, score=10.0, sentence=CLOSEST[passage])
            for passage, share in shares.items()
        ),
    )
