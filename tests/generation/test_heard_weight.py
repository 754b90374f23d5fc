"""Candidates chosen by the share of the passages that are heard in them."""

from __future__ import annotations

from remix.analysis.run_lineages import of_sources
from remix.generation import execute, prepare
from remix.measure.ledger import LedgerInput, candidate_measures, ledger
from remix.outputs import RunFolder
from remix.records import Options, Weights
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter

FRONT = "---\ndescription: x\nreads: passages\nmax_tokens: 12\n{weights}---\n"
BODY = "{% for each in passages %}{{ each }}\n{% endfor %}Now all of it."
WHOLE = "_group/001/whole.1"


def written(workspace: Workspace, weights: str) -> RunFolder:
    """A run of one text of three passages, the best of three candidates."""
    (workspace.prompts / "whole.md.j2").write_text(FRONT.format(weights=weights) + BODY)
    writer = FakeWriter(trace=True)
    job = prepare.prepare_for(workspace, Options(kinds=("whole",), steps=1, best_of=3), writer)
    return execute.generate(job, workspace.outputs, writer=writer).folder


def test_a_weighed_share_is_recorded_and_the_choice_can_be_repeated(workspace: Workspace) -> None:
    folder = written(workspace, "weights: {heard: 5}\n")
    record, _ = folder.read(WHOLE)
    assert record.candidates
    for each in record.candidates:
        assert each.measures
        found = of_sources(record.sources, each.text)
        assert each.measures.heard == round(len(found.heard) / 3, 4)
    assert verify(folder.path).findings == ()


def test_without_a_weight_records_are_as_before(workspace: Workspace) -> None:
    folder = written(workspace, "")
    record, _ = folder.read(WHOLE)
    assert record.candidates
    assert all(each.measures and each.measures.heard is None for each in record.candidates)
    assert '"heard"' not in folder.record_path(WHOLE).read_text()


def test_the_share_counts_by_its_weight() -> None:
    found = ledger(LedgerInput("A text.", "stop", "A passage.", "", ()))
    without = candidate_measures(found, Weights())
    merits = [candidate_measures(found, Weights(heard=2.0), share).merit for share in (0.0, 0.5, 1.0)]
    assert merits == [without.merit, round(without.merit + 1, 6), round(without.merit + 2, 6)]
