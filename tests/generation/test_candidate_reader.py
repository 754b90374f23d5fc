"""Candidates chosen by a model that reads them: by a fake reader whose readings follow from a text's hash, and by the
bundled model."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from itertools import permutations
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

import pytest

from remix import workspace as workspaces
from remix.engine.decoder import BatchConfig
from remix.engine.local import LoadOptions
from remix.errors import ModelError, PromptError, WeightsChangedError
from remix.generation import candidate_reader, choose, execute, prepare, run_model
from remix.models import prepared
from remix.outputs import RunFolder
from remix.records import (
    Candidate,
    CandidateReading,
    EngineUsed,
    ModelFile,
    ModelUsed,
    Options,
    Reading,
    Record,
    RunReader,
    SentenceReading,
    Weights,
    sha256,
)
from remix.verification import replay
from remix.verification.replay import ReplayOptions
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, FakeWriter, Remix
from tests.fake_local import FakeLocal
from tests.forging import Change, forge
from tests.generation.copying import let_texts_copy
from tests.generation.test_choose import candidate, measured

OTHER = FILE.model_copy(update={"name": "other", "sha256": sha256("other weights")})
BOTH = (ModelUsed(sha256=FILE.sha256, metadata_sha256=FILE.metadata_sha256),)


class FakeScorer:
    """Scores nothing: `ask` and `answered` are fake, too."""

    def score(self, *_: object) -> Any:
        raise AssertionError("nothing is scored")

    score_text = score


class ReadingLocal(FakeLocal):
    """A fake local model that reads its own texts."""

    scorer = FakeScorer()


def reading(text: str, turned_round: bool) -> Reading:
    """A reading of one sentence. Without features: another reader would have others."""
    sentence = SentenceReading.model_construct(
        sentence=text,
        label="turned round" if turned_round else "said",
        said=0.2 if turned_round else 0.9,
        turned_round=0.7 if turned_round else 0.05,
        against="clock",
    )
    return Reading.model_construct(
        passage_bits=100.0, kept_bits=40.0, sentences=(sentence,), flags=("turned round",) if turned_round else ()
    )


def turns_round(text: str) -> bool:
    return int(sha256(text)[:8], 16) % 3 > 0


def faults(candidate: Candidate) -> tuple[int, int]:
    """What counts before probabilities do: flags and inventions."""
    assert candidate.measures
    return len(candidate.flags), candidate.measures.invented


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were read; two of three turn something round."""
    texts: list[str] = []

    def ask(scorer: object, passage: str, text: str) -> str:
        texts.append(text)
        return text

    monkeypatch.setattr(candidate_reader.reader, "ask", ask)
    monkeypatch.setattr(candidate_reader.reader, "answered", lambda text, *_: reading(text, turns_round(text)))
    return texts


def written(
    workspace: Workspace, parallel: int = 4, writer: FakeWriter | None = None, **options: object
) -> execute.Outcome:
    with closing(writer or ReadingLocal(parallel, trace=True)) as writer:
        chosen = {"steps": 2, "best_of": 3, "choose_by": "model", **options}
        job = prepare.prepare_for(workspace, Options.model_validate(chosen), writer)
        job = dataclasses.replace(job, run=job.run.model_copy(update={"model": FILE, "n_ctx_seq": 4096}))
        return execute.generate(job, workspace.outputs, writer=writer)


def records(folder: RunFolder) -> dict[str, Record]:
    return {task.id: folder.read(task.id)[0] for task in folder.done}


def words_of(record: Record) -> list[str]:
    """The texts of the candidates that have words."""
    return [each.text for each in record.candidates or () if each.text]


# -- the rule -----------------------------------------------------------------------------------------------


def read(candidate: Candidate, turned: int = 0, merit: float = 0.0, flags: tuple[str, ...] = ()) -> Candidate:
    found = CandidateReading(
        labels={"said": 1, "turned round": turned},
        said=0.5,
        turned_round=0.1,
        kept_bits=0.4,
        flags=flags,
        merit=merit,
    )
    return candidate.model_copy(update={"reading": found})


ONE, TWO = measured(candidate(1), 0, 1.0), measured(candidate(2), 0, 0.5)
FLAGGED = measured(candidate(1, ("loop",)), 0, 9.0)


@pytest.mark.parametrize(
    ("candidates", "number"),
    [
        ([read(FLAGGED, merit=9.0), read(TWO, turned=3)], 2),
        ([read(ONE, flags=("gibberish",), merit=9.0), read(TWO, turned=3)], 2),
        ([read(ONE, turned=1, flags=("turned round",), merit=0.2), read(TWO, turned=0, merit=0.1)], 1),
        ([ONE, read(TWO, turned=3)], 2),
        ([read(measured(candidate(1), 1, 9.0), merit=9.0), read(TWO)], 2),
        ([read(ONE, merit=0.1), read(TWO, merit=0.2)], 2),
        ([read(ONE), read(TWO)], 1),
        ([ONE, TWO], 1),
    ],
)
def test_flags_then_what_was_read_then_inventions_then_merit(candidates: list[Candidate], number: int) -> None:
    for shuffled in permutations(candidates):
        assert choose.by_reading(shuffled).number == number


def test_a_reading_adds_to_the_merit_by_the_template_s_weights() -> None:
    found = reading("A text.", turned_round=True)
    several = found.model_copy(update={"sentences": (*found.sentences, *reading("Another.", False).sentences)})
    summed = choose.summed(several, 1.0, Weights())
    assert summed.labels == {"turned round": 1, "said": 1}
    assert (summed.said, summed.turned_round, summed.kept_bits) == (0.55, 0.375, 0.4)
    assert summed.merit == pytest.approx(1.0 + 10 * 0.55 - 20 * 0.375)
    assert choose.summed(several, 1.0, Weights(said=0, turned_round=0, kept_bits=1)).merit == pytest.approx(1.4)


def test_a_reader_without_weights_leaves_the_merit_of_measures() -> None:
    found = reading("A text.", turned_round=False)
    unsure = found.sentences[0].model_copy(update={"label": "unsure", "said": None, "turned_round": None})
    summed = choose.summed(found.model_copy(update={"sentences": (unsure,)}), 1.5, Weights())
    assert (summed.labels, summed.said, summed.merit) == ({"unsure": 1}, None, 1.5)


# -- in a run -----------------------------------------------------------------------------------------------


def test_the_candidate_that_turns_least_round_is_kept(workspace: Workspace, asked: list[str]) -> None:
    outcome = written(workspace)
    folder = outcome.folder
    assert folder.is_complete
    assert verify(folder.path).findings == ()
    assert outcome.unread == 0
    for record in records(folder).values():
        selection = record.derivation.selection
        assert selection
        assert selection.reader
        assert selection.chooser == choose.READING
        assert (selection.reader.model, selection.reader.engine) == (BOTH[0], None)
        assert record.circumstances.reader == "fake"
        kept = next(each for each in record.candidates or () if each.chosen)
        # Now and then the fake model writes nothing.
        worded = [each for each in record.candidates or () if each.text]
        assert all(each.reading for each in worded)
        if turns_round(kept.text):
            assert all(turns_round(each.text) for each in worded if faults(each) == faults(kept))
    assert len(asked) == sum(len(words_of(record)) for record in records(folder).values())


def test_the_choice_is_the_same_in_any_company(workspace: Workspace, asked: list[str]) -> None:
    one, *others = (records(written(workspace, parallel, retry_copies=1).folder) for parallel in (1, 3, 16))
    assert one
    for other in others:
        assert {id_: (each.id, each.candidates) for id_, each in other.items()} == {
            id_: (each.id, each.candidates) for id_, each in one.items()
        }


def test_copies_are_tried_again_before_the_candidates_are_read(
    workspace: Workspace, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    let_texts_copy(monkeypatch)
    folder = written(workspace, retry_copies=2).folder
    assert verify(folder.path).findings == ()
    found = records(folder).values()
    given_up = {each.text for record in found for each in record.given_up}
    assert given_up
    assert sorted(asked) == sorted(text for record in found for text in words_of(record))


def test_what_was_lost_is_chosen_again(workspace: Workspace, asked: list[str]) -> None:
    folder = written(workspace).folder
    before = {id_: record.id for id_, record in records(folder).items()}
    for task in folder.run.tasks[::3]:
        for path in (folder.text_path(task.id), folder.record_path(task.id)):
            path.unlink()
    with closing(ReadingLocal(trace=True)) as writer:
        execute.resume(RunFolder.open(folder.path), writer=writer)
    assert {id_: record.id for id_, record in records(RunFolder.open(folder.path)).items()} == before


def test_the_kept_text_is_replayed(workspace: Workspace, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "_load", lambda path, needs: FakeLocal(parallel=needs.parallel or 4))
    report = verify(written(workspace).folder.path)
    assert report.run
    replayed = replay.replay(report.run, report.found, lambda run: Path("fake.gguf"), ReplayOptions())
    assert [each.equal for each in replayed] == [True] * len(report.run.tasks)


def test_without_several_candidates_nothing_is_read(workspace: Workspace, asked: list[str]) -> None:
    folder = written(workspace, best_of=1).folder
    assert not asked
    assert all(record.derivation.selection is None for record in records(folder).values())


def test_texts_beyond_the_reader_s_context_are_chosen_among_by_measures(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        raise PromptError("too long.", "Shorten it.")

    monkeypatch.setattr(candidate_reader.reader, "ask", ask)
    outcome = written(workspace)
    found = records(outcome.folder).values()
    assert outcome.unread == sum(len(words_of(record)) for record in found) > len(found)
    for record in found:
        assert record.candidates
        assert all(each.reading is None for each in record.candidates)
        assert choose.by_measures(record.candidates).chosen
    assert verify(outcome.folder.path).findings == ()


def test_an_error_of_the_reader_fails_the_task_and_not_the_run(
    workspace: Workspace, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(text: str, *_: object) -> Reading:
        if text == asked[0]:
            raise ModelError("decoding failed.", "Please report this.")
        return reading(text, turns_round(text))

    monkeypatch.setattr(candidate_reader.reader, "answered", answered)
    outcome = written(workspace, steps=1)
    assert [failure.error for failure in outcome.failures] == ["decoding failed."]
    assert len(outcome.folder.done) == len(outcome.folder.run.tasks) - 1


def test_a_writer_that_cannot_read_is_refused_before_the_run(workspace: Workspace) -> None:
    with pytest.raises(ModelError, match="fake can't read candidates") as caught:
        written(workspace, writer=FakeWriter())
    assert "--reader" in caught.value.hint
    assert not workspace.outputs.exists() or not list(workspace.outputs.iterdir())


# -- another reader -----------------------------------------------------------------------------------------


class OtherModel(FakeScorer):
    """Another local model, loaded beside the writer."""

    opened: ClassVar[list[LoadOptions]] = []

    def __init__(self, path: Path, file: ModelFile, needs: LoadOptions) -> None:
        assert (path, file) == (Path("other.gguf"), OTHER)
        self.opened.append(needs)
        rows = needs.config.rows if needs.config else 8
        self.info = ReadingLocal().info.model_copy(
            update={"engine": EngineUsed(exact=True, chunk=32, rows=f"fixed {rows}")}
        )

    def __enter__(self) -> OtherModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> list[LoadOptions]:
    """Another model reads: what it was loaded for."""
    monkeypatch.setattr(candidate_reader, "LocalModel", OtherModel)
    monkeypatch.setattr(prepare, "another_reader", lambda *_: (Path("other.gguf"), OTHER))
    monkeypatch.setattr(prepare.Readings, "planned", lambda *_: RunReader(file=OTHER, contexts=(512,)))
    OtherModel.opened = []
    return OtherModel.opened


def test_another_model_reads_beside_the_writer(workspace: Workspace, beside: list[LoadOptions]) -> None:
    folder = written(workspace, writer=FakeLocal(trace=True), reader="other").folder
    assert verify(folder.path).findings == ()
    assert [needs.contexts for needs in beside] == [(512,)]
    run = RunFolder.open(folder.path).run
    assert run.reader
    assert run.reader.engine
    assert (run.reader.file, run.reader.engine.rows) == (OTHER, "fixed 8")
    for record in records(folder).values():
        assert record.derivation.selection
        assert record.derivation.selection.reader
        assert record.derivation.selection.reader.model.sha256 == OTHER.sha256
        assert record.derivation.selection.reader.engine == run.reader.engine
        assert record.circumstances.reader == "other"


def test_a_resumed_run_reads_with_the_batch_configuration_it_began_with(
    workspace: Workspace, beside: list[LoadOptions]
) -> None:
    folder = written(workspace, writer=FakeLocal(trace=True), reader="other").folder
    before = {id_: record.id for id_, record in records(folder).items()}
    folder.record_path(folder.run.tasks[0].id).unlink()
    with closing(FakeLocal(trace=True)) as writer:
        execute.resume(RunFolder.open(folder.path), writer=writer, find_reader=lambda run: Path("other.gguf"))
    config = BatchConfig(chunk=32, paragraphs=False, rows=8, multiple=8, repack=False)
    assert [needs.config for needs in beside] == [None, config]
    assert {id_: record.id for id_, record in records(RunFolder.open(folder.path)).items()} == before


def test_a_reader_whose_file_is_written_over_ends_the_run(
    workspace: Workspace, beside: list[LoadOptions], monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        raise WeightsChangedError("other.gguf: was changed while it was in use.", "Put the file back.")

    reading = candidate_reader.CandidateReader

    def checked(*given: Any) -> candidate_reader.CandidateReader:
        return reading(*given[:3], changed)

    monkeypatch.setattr(candidate_reader, "CandidateReader", checked)
    with pytest.raises(WeightsChangedError, match="was changed"):
        written(workspace, writer=FakeLocal(trace=True), reader="other")
    (path,) = workspace.outputs.iterdir()
    assert RunFolder.open(path).done == []


def test_a_reader_that_is_gone_is_named(workspace: Workspace, beside: list[LoadOptions]) -> None:
    run = written(workspace, writer=FakeLocal(trace=True), reader="other").folder.run
    with pytest.raises(ModelError, match=r"the reader of its candidates other \(sha256 .*…\) isn't here"):
        run_model.reader_of(run)
    with pytest.raises(ModelError, match="no other model reads"):
        run_model.reader_of(run.model_copy(update={"reader": None}))


@pytest.mark.model
def test_another_model_than_the_run_s_reader_is_refused(
    workspace: Workspace, beside: list[LoadOptions], model_path: Path
) -> None:
    run = written(workspace, writer=FakeLocal(trace=True), reader="other", limit=1, steps=1).folder.run
    with pytest.raises(ModelError, match="is another model") as caught:
        run_model.reader_of(run, str(model_path))
    assert "--reader" in caught.value.hint
    assert run.reader
    there = run.reader.model_copy(update={"file": prepared.identify(model_path)})
    assert run_model.reader_of(run.model_copy(update={"reader": there}), str(model_path)) == model_path


# -- forged -------------------------------------------------------------------------------------------------


def set_reader(raw: dict[str, Any], **changes: object) -> None:
    raw["derivation"]["selection"]["reader"] |= changes


def by_measures(raw: dict[str, Any]) -> None:
    raw["derivation"]["selection"]["chooser"] = choose.MEASURES.model_dump()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda raw: set_reader(raw, model={"sha256": "1" * 64, "metadata_sha256": None, "parameters": None}),
            "its candidates were read by another model than run.json names",
        ),
        (by_measures, "its rule of choice and its reader don't go together"),
        (
            lambda raw: (by_measures(raw), raw["derivation"]["selection"].pop("reader")),
            "its candidates weren't chosen as run.json says",
        ),
    ],
)
def test_a_forged_reader_is_named(workspace: Workspace, asked: list[str], change: Change, said: str) -> None:
    folder = written(workspace).folder
    forge(folder, folder.run.tasks[0].id, change)
    assert said in [finding.what for finding in verify(folder.path).findings]


def test_a_rule_of_another_version_of_remix_is_not_applied(workspace: Workspace, asked: list[str]) -> None:
    folder = written(workspace).folder
    task = folder.run.tasks[0].id
    former = {"name": "flags-turned-invented-merit", "version": 1}
    forge(folder, task, lambda raw: raw["derivation"]["selection"].update(chooser=former))
    assert [each for each in verify(folder.path).findings if each.file == f"{task}.json"] == []


def test_a_forged_reading_changes_the_choice(workspace: Workspace, asked: list[str]) -> None:
    folder = written(workspace).folder
    task = folder.run.tasks[0].id

    def change(raw: dict[str, Any]) -> None:
        for each in raw["candidates"]:
            each["flags"] = each["reading"]["flags"] = ()
            each["measures"]["invented"] = 0
            each["reading"]["merit"] = -1 if each["chosen"] else 1
        raw["flags"] = ()

    forge(folder, task, change)
    (finding,) = [each for each in verify(folder.path).findings if each.file == f"{task}.json"]
    assert finding.what.startswith("by the recorded measures candidate ")


# -- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--choose-by", "model"), "--choose-by model goes with --best-of N"),
        (("--reader", "x.gguf", "--best-of", "2"), "--reader goes with --choose-by model"),
    ],
)
def test_options_without_effect_are_refused(remix_: Remix, words: tuple[str, ...], said: str) -> None:
    result = remix_("generate", "--all", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_reader_that_is_not_there_is_named(remix_: Remix) -> None:
    result = remix_("generate", "--all", "--best-of", 2, "--choose-by", "model", "--reader", "no-such.gguf")
    assert result.exit_code == 1
    assert "no-such.gguf" in result.stderr


# -- the bundled model --------------------------------------------------------------------------------------


@pytest.mark.model
def test_the_bundled_model_reads_its_own_candidates_the_same_in_any_company(tmp_path: Path) -> None:
    root = tmp_path / "garden"
    workspaces.init(root)
    for path in (root / "seeds").iterdir():
        path.unlink()
    (root / "seeds" / "noon.md").write_text(
        "---\ntitle: Noon\n---\n\nTwo ferries leave at noon from opposite shores, and the lake has no middle. #noon\n"
    )
    place = workspaces.open_workspace(root)
    found = []
    for parallel in (1, 5):
        options = Options(
            tags=("noon",),
            kinds=("rewrite",),
            steps=1,
            max_tokens=12,
            best_of=2,
            choose_by="model",
            parallel=parallel,
        )
        folder = execute.generate(prepare.prepare(place, options), tmp_path / str(parallel)).folder
        report = verify(folder.path)
        assert report.findings == ()
        assert report.run
        replayed = replay.replay(report.run, report.found, run_model.model_of, ReplayOptions())
        assert [each.equal for each in replayed] == [True]
        found.append(folder.read(folder.run.tasks[0].id)[0])
    one, five = found
    assert one.candidates
    assert all(each.reading for each in one.candidates)
    assert (one.id, one.candidates) == (five.id, five.candidates)
