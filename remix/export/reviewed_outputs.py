"""An output with its reviews: the values that all formats are made from.

Takes a verification report and the stored reviews, gives `ReviewedOutput`s, grouped by passage or by essay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from remix.outputs import reviews
from remix.outputs.facts import about, branch_label, shown_under, trunk_in_words
from remix.outputs.stored_readings import stored_reading
from remix.records import Branch, Essay, Passage, Reading, Run, Standing
from remix.util.names import readable
from remix.verification.finding import FoundOutput
from remix.verification.verify import Report


class ReviewedOutput(NamedTuple):
    """An output and its standing."""

    found: FoundOutput
    standing: Standing
    edited: str | None
    """Text of the edited version, if any."""
    editor: str | None
    """Name of the edited version's author."""
    under: str | None = None
    """Id of the passage under which the output is shown; null for the passage that the run has for the output."""

    @property
    def reading(self) -> Reading | None:
        """The stored reading of the output, if there is one; read from the run's folder at each call."""
        return stored_reading(self.found.folder, self.found.task.id, self.found.record.id)

    @property
    def text(self) -> str:
        """The edited version, or else the output."""
        return self.found.text if self.edited is None else self.edited

    @property
    def origin(self) -> str:
        """A line with kind, step, model, editor and record id; of a branch also its place and original."""
        record = self.found.record
        edited = f", edited by {self.editor}" if self.editor else ""
        branch = record.task.branch
        trunk = ""
        if branch:
            original = trunk_in_words(branch, (each.record for each in self.found.folder.run.earlier))
            trunk = f" · {branch_label(branch)}, of {original}"
        step = f"{record.task.kind}, step {record.task.step}{trunk}"
        return line(f"{step}, by {record.circumstances.model}{edited}; record {record.id[:12]}")


def branch_row(branch: Branch | None) -> dict[str, Any] | None:
    """Where a text leaves its original, with the given words and the random numbers after; null if it's no branch."""
    if branch is None:
        return None
    return {
        "original": branch.original,
        "candidate": branch.candidate,
        "edited_sha256": branch.edit.sha256 if branch.edit else None,
        "editor": branch.edit.editor if branch.edit else None,
        "token": branch.token,
        "character": branch.character,
        "was": branch.was,
        "put": branch.put,
        "given_tokens": len(branch.fork.token_ids),
        "seed": branch.fork.seed,
    }


def reviewed_outputs(report: Report) -> list[ReviewedOutput]:
    """All outputs of a run. Raises `RunError` if an edited version is missing or was changed."""
    stored = reviews.read(report.path).reviews
    standings = reviews.standings(stored)
    editors = {each.output: each.reviewer for each in reviews.in_force(stored) if each.edit}
    outputs = []
    for found in report.found:
        standing = standings.get(found.id, Standing())
        edited = reviews.edited_text(report.path, standing.edit) if standing.edit else None
        outputs.append(ReviewedOutput(found, standing, edited, editors.get(found.id)))
    return outputs


def by_passage(run: Run, outputs: Iterable[ReviewedOutput]) -> dict[str, list[ReviewedOutput]]:
    """Outputs by the passage they were made from, in their order; an output of several passages by the first."""
    found: dict[str, list[ReviewedOutput]] = {}
    places = shown_under(run)
    for output in outputs:
        found.setdefault(output.under or places[output.found.task.id], []).append(output)
    return found


def chapters(
    run: Run, outputs: Sequence[ReviewedOutput]
) -> Iterator[tuple[Essay, list[tuple[Passage, list[ReviewedOutput]]]]]:
    """Essays with passages and outputs, in the order of the run; essays and passages without outputs are left out."""
    by = by_passage(run, outputs)
    for essay in run.essays:
        passages = [(passage, by[passage.id]) for passage in essay.passages if passage.id in by]
        if passages:
            yield essay, passages


def models(outputs: Iterable[ReviewedOutput]) -> list[str]:
    """Names of the models, each once."""
    return list(dict.fromkeys(output.found.record.circumstances.model for output in outputs))


def authors(run: Run, outputs: Sequence[ReviewedOutput]) -> list[str]:
    """Names of the people who wrote the essays, each once."""
    return list(dict.fromkeys(line(essay.author) for essay, _ in chapters(run, outputs) if essay.author))


def contributor(outputs: Iterable[ReviewedOutput]) -> str:
    """What wrote the texts, in words: `remixed by remix with MODEL`."""
    return line(f"remixed by remix with {' and '.join(models(outputs))}")


def title(run: Run) -> str:
    """The run's request in one line."""
    return line(about(run))


MOST_TITLES = 3
"""Essays that a book's title names."""


def book_title(run: Run, outputs: Sequence[ReviewedOutput]) -> str:
    """A title for a book: the essays' titles, or the request and the number of essays."""
    essays = [line(essay.title) for essay, _ in chapters(run, outputs)]
    if len(essays) <= MOST_TITLES:
        *first, last = essays or [title(run)]
        names = f"{', '.join(first)} and {last}" if first else last
        return f"{names}, remixed"
    asked = title(run)
    return f"{asked[:1].upper()}{asked[1:]}: {len(essays)} essays, remixed"


def line(text: str) -> str:
    """A text in one line, safe to show."""
    return readable(" ".join(text.split()), keep="")
