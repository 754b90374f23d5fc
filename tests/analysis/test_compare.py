"""Two runs side by side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from remix.analysis import run_comparison, run_ledgers
from remix.analysis.compare import TextKey, differences
from remix.cli import cli
from remix.cli.printing import print_pair
from remix.engine import llama
from remix.errors import RunError
from remix.generation import execute, prepare
from remix.measure import embedding
from remix.measure.embedding import Embedder
from remix.measure.vectors import FloatArray, bag_of_words
from remix.outputs import RunFolder
from remix.records import Options
from remix.workspace import Workspace, open_workspace
from tests import planted
from tests.conftest import FakeWriter, Remix, make_workspace
from tests.forging import forge, forge_request
from tests.generation.test_refreshed import EDITED, SLOW, edit, refresh
from tests.reader.made import store, store_made

OTHER = "19990101T000000Z-other-0000"


def places(
    values: Mapping[str, float], kind: str = "rewrite", measure: str = "words"
) -> dict[TextKey, dict[str, float]]:
    return {TextKey(passage, kind, 1, 1): {measure: value} for passage, value in values.items()}


def test_differences_by_hand() -> None:
    one = places({"a": 10, "b": 20, "c": 30, "d": 40, "e": 50})
    other = places({"a": 12, "b": 22, "c": 32, "d": 42, "e": 52, "f": 999})
    (found,) = differences(one, other)
    assert (found.kind, found.measure, found.texts, found.one, found.other) == ("rewrite", "words", 5, 30, 32)
    assert (found.difference.value, found.difference.low, found.difference.high) == (2, 2, 2)
    assert found.difference.is_not_zero


def test_a_passage_counts_once_however_many_texts_it_has() -> None:
    one = {TextKey("a", "k", step, 1): {"m": 0.0} for step in range(1, 9)} | {TextKey("b", "k", 1, 1): {"m": 0.0}}
    other = {place: {"m": 1.0 if place.passage == "a" else 0.0} for place in one}
    (found,) = differences(one, other)
    assert found.difference.value == 0.5
    assert found.difference.count == 2
    assert found.texts == 9


def test_what_one_lacks_is_not_compared() -> None:
    one = places({"a": 1}) | places({"b": 1}, measure="facts kept")
    other = places({"a": 2}) | places({"b": 1}, measure="words")
    assert [(each.measure, each.texts) for each in differences(one, other)] == [("words", 1)]
    assert differences({}, one) == []


def test_differences_against_scipy() -> None:
    from scipy import stats

    lots = np.random.default_rng(4)
    before, after = lots.normal(size=40), lots.normal(0.3, size=40)
    (found,) = differences(
        places({str(at): float(each) for at, each in enumerate(before)}),
        places({str(at): float(each) for at, each in enumerate(after)}),
    )
    theirs = stats.bootstrap((after - before,), np.mean, method="percentile", rng=1).confidence_interval
    assert (found.difference.low, found.difference.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)


# -- runs ---------------------------------------------------------------------------------------------------


@pytest.fixture
def other(finished: RunFolder) -> RunFolder:
    """The same run under another name, with one text longer by three words."""
    copy = RunFolder(shutil.copytree(finished.path, finished.path.with_name(OTHER)), finished.run)
    copy = forge_request(copy, lambda raw: raw.update(name=OTHER))
    task = "two-clocks/001/again.1"
    forge(copy, task, text=f"{copy.read(task)[1]} and three more")
    return copy


def side(folder: RunFolder) -> run_comparison.ComparedRun:
    return run_comparison.ComparedRun(folder, run_ledgers.measure(folder))


def test_readings_by_the_same_model_are_compared(finished: RunFolder, other: RunFolder) -> None:
    task = "two-clocks/001/again.1"
    reading = store_made(finished, task, ["turned round"])
    store_made(finished, "two-clocks/001/again.2")
    store(other, task, reading.model_copy(update={"kept_bits": 30.0, "sentences": ()}))
    found = run_comparison.compare(side(finished), side(other), None).differences
    by_name = {each.measure: (each.texts, each.one, each.other) for each in found if each.kind == "again"}
    assert by_name["bits kept"] == (1, 0.25, 0.75)
    assert by_name["sentences turned round"] == (1, 1, 0)
    store(other, task, reading.model_copy(update={"reader_sha256": "9" * 64}))
    found = run_comparison.compare(side(finished), side(other), None).differences
    assert "bits kept" not in {each.measure for each in found}


def test_a_run_and_its_copy_differ_where_they_do(finished: RunFolder, other: RunFolder) -> None:
    found = run_comparison.compare(side(finished), side(other), None)
    assert (found.one, found.other, found.pairs, found.left_out) == (finished.run.name, OTHER, 12, 0)
    longer = {each.kind: each.difference.value for each in found.differences if each.measure == "words"}
    # Three passages of two steps each: one of six texts has three words more.
    assert longer == {"again": pytest.approx(0.5), "once": 0}
    assert found.aligned == ()


def test_texts_of_an_edited_passage_are_compared(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    """Texts of a passage that had been edited between the runs were left out."""
    edit(workspace, SLOW, EDITED)
    found = run_comparison.compare(side(finished), side(refresh(workspace, finished, writer)), None)
    assert (found.pairs, found.left_out, found.edited) == (4, 8, 4)
    assert found.different
    for pair in found.different:
        assert pair.is_edited
        assert SLOW in pair.passages[0]
        assert EDITED in pair.passages[1]


def test_texts_of_an_edited_passage_that_moved_are_compared(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(workspace, "The first clock runs fast", "Here are two clocks.\n\nThe first clock runs too fast")
    found = run_comparison.compare(side(finished), side(refresh(workspace, finished, writer)), None)
    assert {(pair.one.split("/")[1], pair.other.split("/")[1]) for pair in found.different} == {("001", "002")}


def test_passages_that_only_moved_are_no_edited_passages(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(
        workspace, "The first clock runs fast", "Here are two clocks, one after another.\n\nThe first clock runs fast"
    )
    job = prepare.prepare_for(workspace, finished.run.options, writer)
    whole = execute.generate(job, workspace.outputs, writer=writer).folder
    found = run_comparison.compare(side(finished), side(whole), None)
    assert (found.pairs, found.left_out, found.edited, found.equal) == (12, 4, 0, 12)


def test_a_passage_in_one_run_alone_is_left_out(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    job = prepare.prepare_for(workspace, Options(steps=2, tags=("small error",)), writer)
    part = execute.generate(job, workspace.outputs, writer=writer).folder
    found = run_comparison.compare(side(finished), side(part), None)
    assert (found.pairs, found.left_out, found.equal) == (4, 8, 4)
    assert not found.is_identical


def test_runs_that_have_nothing_in_common(finished: RunFolder, other: RunFolder) -> None:
    nothing = run_comparison.ComparedRun(other, [])
    with pytest.raises(RunError, match="have no text of the same passage"):
        run_comparison.compare(side(finished), nothing, None)


def test_embeddings_add_meaning(finished: RunFolder, other: RunFolder) -> None:
    found = run_comparison.compare(side(finished), side(other), Embedder("words", bag_of_words))
    named = {each.measure for each in found.differences}
    assert "like its passage, by meaning" in named
    assert found.aligned == ()  # three passages are too few


def test_both_runs_are_embedded_in_one_call(finished: RunFolder, other: RunFolder) -> None:
    """Each run lost its own mean to an embedder that takes it off, and a difference of means was left."""
    calls: list[set[str]] = []

    def embed(texts: Sequence[str]) -> FloatArray:
        calls.append(set(texts))
        return bag_of_words(texts)

    run_comparison.compare(side(finished), side(other), Embedder("words", embed))
    passages = {each.record.sources[0].text for each in run_ledgers.measure(finished)}
    assert [len(call & passages) for call in calls] == [3]


def test_models_that_see_the_same() -> None:
    """Alignment of two embedders over texts both runs have: too few passages say nothing."""
    embedders = (Embedder("one", bag_of_words), Embedder("other", bag_of_words))
    nothing = run_comparison.ComparedRun(None, [])
    assert run_comparison.models_aligned(nothing, nothing, embedders) is None


# -- the command --------------------------------------------------------------------------------------------


def test_the_command(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[0][:2] == ["again", "words"]
    assert rows[0][4] == "+0.50"
    assert rows[0][5] == "-"  # three passages give no interval
    assert "12 texts in both runs: 11 equal, 1 different." in result.stderr
    ours, theirs = (folder.read("two-clocks/001/again.1")[1] for folder in (finished, other))
    assert result.stdout.endswith(
        f"\n\ntwo-clocks/001/again.1, first run\n\n    {ours}\n\ntwo-clocks/001/again.1, second run\n\n    {theirs}\n"
    )


def test_identical_runs_are_said_to_be_identical(remix_: Remix, finished: RunFolder) -> None:
    shutil.copytree(finished.path, finished.path.with_name(OTHER))
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "All 12 texts are equal." in result.stderr


def test_of_many_different_texts_some_are_shown(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none", "--texts", "0")
    assert "first run" not in result.stdout
    assert "1 further pair of different texts: `--texts 1` shows all." in result.stderr


def test_without_a_name_the_latest_run_and_its_last_refresh(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    edit(workspace, SLOW, EDITED)
    anew = refresh(workspace, finished, writer)
    for words in ((), (anew.path.name,)):
        result = remix_("compare", *words, "--embeddings", "none")
        assert result.exit_code == 0, result.output
        assert f"First run: {finished.path.name}\nSecond run: {anew.path.name}\n" in result.stderr
        assert f"Latest run: {finished.path.name}" in result.stderr
        assert "passage, first run" in result.stdout
        assert EDITED in result.stdout


def test_an_edited_passage_is_shown_once_above_all_of_its_texts(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter, remix_: Remix
) -> None:
    """Both passages were printed again above each pair of texts."""
    edit(workspace, SLOW, EDITED)
    refresh(workspace, finished, writer)
    result = remix_("compare", "--embeddings", "none")
    assert result.stdout.count("passage, first run\n") == 1
    assert result.stdout.count(EDITED) == 1
    assert result.stdout.count(", second run\n") > 2


def test_without_an_interval_the_star_is_not_explained(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    """The note on intervals was printed where no difference had an interval."""
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none")
    assert "*" not in result.stdout + result.stderr


@pytest.mark.parametrize("words", [(), ("LATEST",), ("1999",)])
def test_without_a_refresh_the_run_before(
    remix_: Remix, finished: RunFolder, other: RunFolder, words: tuple[str, ...]
) -> None:
    named = [finished.path.name if word == "LATEST" else word for word in words]
    result = remix_("compare", *named, "--embeddings", "none")
    assert f"First run: {OTHER}\nSecond run: {finished.path.name}\n" in result.stderr


def test_one_run_alone_is_compared_with_nothing(remix_: Remix, finished: RunFolder) -> None:
    result = remix_("compare")
    assert result.exit_code == 1
    assert f"no run before {finished.path.name}" in result.stderr
    assert remix_("compare", "a", "b", "c").exit_code == 2


@pytest.mark.parametrize(("columns", "beside"), [(140, True), (100, True), (99, False)])
def test_texts_stand_side_by_side_from_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int, beside: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_pair(("one", "Words."), ("other", "Further words."))
    lines = capsys.readouterr().out.splitlines()
    assert any("one" in line and "other" in line for line in lines) is beside


def test_the_command_in_json(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none", "--json")
    found = json.loads(result.stdout)
    assert (found["pairs"], found["similarity"]) == (12, "chrf")
    assert found["differences"][0]["difference"]["value"] == pytest.approx(0.5)


def test_the_models_of_runs_that_no_gguf_wrote(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none", "--neighbours")
    assert result.exit_code == 1
    assert "was written by a LangChain model" in result.stderr


# -- two models ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def low(short_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The short model with three bits a weight or four: not the same any more."""
    target = tmp_path_factory.mktemp("low") / "low.gguf"
    llama.quantise(short_path, target, "q2_k", 2)
    return target


@pytest.fixture(scope="module")
def garden(short_path: Path, low: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two runs over the same sixteen passages, a text of eight tokens each, by one model and by the other."""
    made = make_workspace(tmp_path_factory.mktemp("two") / "garden")
    (made.seeds / "two-clocks.md").unlink()
    passages = dict.fromkeys(case.passage for case in (*planted.FAITHFUL, *planted.HELD_OUT))
    (made.seeds / "planted.md").write_text("\n\n".join(f"{each} #all" for each in passages), encoding="utf-8")
    (made.root / "remix.toml").write_text(f'models = ["{low.parent}"]\n', encoding="utf-8")
    options = Options(kinds=("again",), steps=1, max_tokens=8, parallel=8, fast=True)
    for path in (short_path, low):
        job = prepare.prepare(made, options.model_copy(update={"model": str(path)}))
        execute.generate(job, made.outputs)
    return open_workspace(made.root)


@pytest.fixture(scope="module")
def sides(garden: Workspace) -> list[run_comparison.ComparedRun]:
    """First the short model's, then the coarse copy's."""
    return [side(RunFolder.open(path)) for path in sorted(garden.outputs.iterdir())]


@pytest.fixture(scope="module")
def bundled(model_path: Path) -> Embedder:
    """The bundled model's view of texts."""
    return embedding.gguf(str(model_path))


@pytest.fixture(scope="module")
def short(short_path: Path) -> Embedder:
    """The short model's view of texts."""
    return embedding.gguf(str(short_path))


@pytest.mark.model
def test_a_model_and_its_coarse_copy_side_by_side(garden: Workspace, sides: list[run_comparison.ComparedRun]) -> None:
    names = [each.folder.run.name for each in sides]
    words = ["-C", str(garden.root), "compare", *names, "--neighbours", "--embeddings", "none", "--json"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["one"], found["other"], found["pairs"], found["left_out"]) == (*names, 16, 0)
    assert any(each["difference"]["value"] for each in found["differences"]), "two models write other texts"
    (aligned,) = found["aligned"]
    assert aligned["what"].endswith("and low see them")
    of = aligned["alignment"]
    assert (of["rows"], of["neighbours"]) == (16, 5)
    # k/(n-1) by chance; two views of nearly the same weights share far more, and yet not all.
    assert of["chance"] == pytest.approx(1 / 3, abs=0.02)
    assert of["high"] < of["value"] < 1
    assert of["p"] < 0.01


@pytest.mark.model
def test_a_model_sees_what_it_sees_itself(sides: list[run_comparison.ComparedRun], short: Embedder) -> None:
    found = run_comparison.models_aligned(sides[0], sides[1], (short, short))
    assert found is not None
    assert found.alignment.value == 1


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_and_a_sentence_model(sides: list[run_comparison.ComparedRun], bundled: Embedder) -> None:
    """Of other makers, for other ends, with vectors of another length: they agree on more than chance would."""
    sentences = embedding.installed()
    if sentences is None:
        pytest.skip("sentence-transformers isn't installed: pip install 'essay-remix[embeddings]'")
    found = run_comparison.models_aligned(sides[0], sides[1], (bundled, sentences))
    assert found is not None
    assert found.alignment.high < found.alignment.value < 1
