"""Two runs side by side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from remix.analysis import run_ledgers, run_survey
from remix.analysis.compare import TextKey, differences
from remix.cli import cli
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
from tests.conftest import Remix, make_workspace
from tests.forging import forge, forge_request

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


def side(folder: RunFolder) -> run_survey.ComparedRun:
    return run_survey.ComparedRun(folder, run_ledgers.measure(folder))


def test_a_run_and_its_copy_differ_where_they_do(finished: RunFolder, other: RunFolder) -> None:
    found = run_survey.compare(side(finished), side(other), None)
    assert (found.one, found.other, found.pairs, found.left_out) == (finished.run.name, OTHER, 12, 0)
    longer = {each.kind: each.difference.value for each in found.differences if each.measure == "words"}
    # Three passages of two steps each: one of six texts has three words more.
    assert longer == {"again": pytest.approx(0.5), "once": 0}
    assert found.aligned == ()


def test_texts_of_a_passage_that_changed_are_left_out(finished: RunFolder, other: RunFolder) -> None:
    for step in (1, 2):
        for kind in ("again", "once"):
            forge(other, f"two-clocks/002/{kind}.{step}", lambda raw: raw["derivation"].update(passages=["0" * 64]))
    found = run_survey.compare(side(finished), side(other), None)
    assert (found.pairs, found.left_out) == (8, 4)


def test_runs_that_have_nothing_in_common(finished: RunFolder, other: RunFolder) -> None:
    nothing = run_survey.ComparedRun(other, [])
    with pytest.raises(RunError, match="have no text of the same passage"):
        run_survey.compare(side(finished), nothing, None)


def test_embeddings_add_meaning(finished: RunFolder, other: RunFolder) -> None:
    found = run_survey.compare(side(finished), side(other), Embedder("words", bag_of_words))
    named = {each.measure for each in found.differences}
    assert "like its passage, by meaning" in named
    assert found.aligned == ()  # three passages are too few


def test_both_runs_are_embedded_in_one_call(finished: RunFolder, other: RunFolder) -> None:
    """Each run lost its own mean to an embedder that takes it off, and a difference of means was left."""
    calls: list[set[str]] = []

    def embed(texts: Sequence[str]) -> FloatArray:
        calls.append(set(texts))
        return bag_of_words(texts)

    run_survey.compare(side(finished), side(other), Embedder("words", embed))
    passages = {each.record.sources[0].text for each in run_ledgers.measure(finished)}
    assert [len(call & passages) for call in calls] == [3]


def test_models_that_see_the_same() -> None:
    """Alignment of two embedders over texts both runs have: too few passages say nothing."""
    embedders = (Embedder("one", bag_of_words), Embedder("other", bag_of_words))
    nothing = run_survey.ComparedRun(None, [])
    assert run_survey.models_aligned(nothing, nothing, embedders) is None


# -- the command --------------------------------------------------------------------------------------------


def test_the_command(remix_: Remix, finished: RunFolder, other: RunFolder) -> None:
    result = remix_("compare", finished.run.name, OTHER, "--embeddings", "none")
    assert result.exit_code == 0, result.output
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[0][:2] == ["again", "words"]
    assert rows[0][4] == "+0.50"
    assert rows[0][5] == "-"  # three passages give no interval
    assert "12 texts are in both runs; 0 are in one run alone" in result.stderr


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
def low(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model with three bits a weight or four: not the same any more."""
    target = tmp_path_factory.mktemp("low") / "low.gguf"
    llama.quantise(model_path, target, "q2_k", 2)
    return target


@pytest.fixture(scope="module")
def garden(model_path: Path, low: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Two runs over the same sixteen passages, a text of eight tokens each, by one model and by the other."""
    made = make_workspace(tmp_path_factory.mktemp("two") / "garden")
    (made.seeds / "two-clocks.md").unlink()
    passages = dict.fromkeys(case.passage for case in (*planted.FAITHFUL, *planted.HELD_OUT))
    (made.seeds / "planted.md").write_text("\n\n".join(f"{each} #all" for each in passages), encoding="utf-8")
    (made.root / "remix.toml").write_text(f'models = ["{low.parent}"]\n', encoding="utf-8")
    options = Options(kinds=("again",), steps=1, max_tokens=8, parallel=8, fast=True)
    for path in (model_path, low):
        job = prepare.prepare(made, options.model_copy(update={"model": str(path)}))
        execute.generate(job, made.outputs)
    return open_workspace(made.root)


@pytest.fixture(scope="module")
def sides(garden: Workspace) -> list[run_survey.ComparedRun]:
    """First the bundled model's, then the coarse copy's."""
    return [side(RunFolder.open(path)) for path in sorted(garden.outputs.iterdir())]


@pytest.fixture(scope="module")
def bundled(model_path: Path) -> Embedder:
    """The bundled model's view of texts."""
    return embedding.gguf(str(model_path))


@pytest.mark.model
def test_a_model_and_its_coarse_copy_side_by_side(garden: Workspace, sides: list[run_survey.ComparedRun]) -> None:
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
def test_a_model_sees_what_it_sees_itself(sides: list[run_survey.ComparedRun], bundled: Embedder) -> None:
    found = run_survey.models_aligned(sides[0], sides[1], (bundled, bundled))
    assert found is not None
    assert found.alignment.value == 1


@pytest.mark.model
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_model_and_a_sentence_model(sides: list[run_survey.ComparedRun], bundled: Embedder) -> None:
    """Of other makers, for other ends, with vectors of another length: they agree on more than chance would."""
    sentences = embedding.installed()
    if sentences is None:
        pytest.skip("sentence-transformers isn't installed: pip install 'essay-remix[embeddings]'")
    found = run_survey.models_aligned(sides[0], sides[1], (bundled, sentences))
    assert found is not None
    assert found.alignment.high < found.alignment.value < 1
