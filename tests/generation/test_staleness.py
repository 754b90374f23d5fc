"""What becomes stale when seeds, templates and models change, and what is written anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from remix.corpus import matching, read_seeds
from remix.generation import execute, prepare
from remix.generation.staleness import WorkspaceState, stale
from remix.outputs import RunFolder
from remix.records import Essay, ModelFile, Options, Run, Stale, sha256
from remix.templates.folder import read_templates
from remix.verification.verify import verify
from remix.workspace import Workspace
from tests.conftest import FILE, FakeWriter, Remix

FIRST = "The first clock runs fast. It was set by the second."
SECOND = "The second clock runs slow. It was set by the first."


def essay_of(workspace: Workspace) -> Path:
    return workspace.seeds / "two-clocks.md"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def changes(workspace: Workspace, finished: RunFolder) -> dict[tuple[str, str], tuple[str, ...]]:
    """What changed, by passage and kind."""
    return {(each.passage, each.kind): each.because for each in prepare.status(workspace, finished.run)}


def both(passage: str, *because: str) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(f"two-clocks/{passage}", kind): because for kind in ("again", "once")}


def now_at(workspace: Workspace, finished: RunFolder, passage: str) -> str | None:
    """Where a passage is now, by what its stale texts say."""
    return next(each.now for each in prepare.status(workspace, finished.run) if each.passage == passage)


# -- what is stale ------------------------------------------------------------------------------------------


def test_nothing_changed(workspace: Workspace, finished: RunFolder) -> None:
    assert changes(workspace, finished) == {}


def test_a_passage_changed(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    assert changes(workspace, finished) == both("002", "passage")


def test_tags_alone_are_no_part_of_what_the_model_reads(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "#small error", "#great error")
    assert changes(workspace, finished) == {}


def test_a_passage_was_put_before(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "The first clock", "Here are two clocks.\n\nThe first clock")
    assert changes(workspace, finished) == {}


def test_a_passage_was_put_before_and_another_edited(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "The first clock runs fast", "Here are two clocks.\n\nThe first clock runs too fast")
    assert changes(workspace, finished) == both("001", "passage")
    assert now_at(workspace, finished, "two-clocks/001") == "two-clocks/002"


def test_passages_changed_places(workspace: Workspace, finished: RunFolder) -> None:
    essay = essay_of(workspace)
    text = essay.read_text(encoding="utf-8")
    essay.write_text(text.replace(FIRST, "*").replace(SECOND, FIRST).replace("*", SECOND), encoding="utf-8")
    assert changes(workspace, finished) == {}


def test_a_passage_written_from_scratch_keeps_its_number(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), SECOND, "Noon is a convention.")
    assert changes(workspace, finished) == both("002", "passage")
    assert now_at(workspace, finished, "two-clocks/002") == "two-clocks/002"


def test_a_passage_is_gone(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "Nobody has asked the sun.", "")
    assert changes(workspace, finished) == both("003", "passage gone")
    assert now_at(workspace, finished, "two-clocks/003") is None


def test_an_essay_was_renamed(workspace: Workspace, finished: RunFolder) -> None:
    essay_of(workspace).rename(workspace.seeds / "clocks.md")
    assert changes(workspace, finished) == {}


def test_an_essay_is_gone(workspace: Workspace, finished: RunFolder) -> None:
    essay_of(workspace).rename(workspace.root / "two-clocks.md")
    (workspace.seeds / "other.md").write_text("Something else.", encoding="utf-8")
    expected = both("001", "passage gone") | both("002", "passage gone") | both("003", "passage gone")
    assert changes(workspace, finished) == expected


def test_a_template_changed(workspace: Workspace, finished: RunFolder) -> None:
    edit(workspace.prompts / "once.md.j2", "Say it again.", "Say it once more.")
    assert changes(workspace, finished) == {(f"two-clocks/00{n}", "once"): ("template",) for n in (1, 2, 3)}


def test_a_template_is_gone(workspace: Workspace, finished: RunFolder) -> None:
    (workspace.prompts / "once.md.j2").unlink()
    assert set(changes(workspace, finished).values()) == {("template gone",)}


def test_a_passage_and_a_template_changed(workspace: Workspace, finished: RunFolder) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    edit(workspace.prompts / "once.md.j2", "Say it again.", "Say it once more.")
    found = changes(workspace, finished)
    assert found["two-clocks/002", "once"] == ("passage", "template")
    assert found["two-clocks/002", "again"] == ("passage",)
    assert found["two-clocks/001", "once"] == ("template",)
    assert ("two-clocks/001", "again") not in found


def test_a_title_counts_where_the_prompt_shows_it(workspace: Workspace, writer: FakeWriter) -> None:
    edit(workspace.prompts / "once.md.j2", "Say it again.", "{{ 'Of ' ~ essay.title if step > 1 else '' }} Say it.")
    job = prepare.prepare_for(workspace, Options(steps=2), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    edit(essay_of(workspace), "title: Two Clocks", "title: Three Clocks")
    assert changes(workspace, folder) == {(f"two-clocks/00{n}", "once"): ("essay",) for n in (1, 2, 3)}


def _with_model(run: Run, model: ModelFile) -> Run:
    return run.model_copy(update={"model": model})


@pytest.mark.parametrize(
    ("model", "because"),
    [(FILE, set()), (FILE.model_copy(update={"sha256": sha256("others")}), {("model",)}), (None, set())],
    ids=["the same", "another", "not here"],
)
def test_the_model(
    workspace: Workspace, finished: RunFolder, model: ModelFile | None, because: set[tuple[str, ...]]
) -> None:
    essays: list[Essay] = read_seeds(workspace.seeds, workspace.root)
    now = WorkspaceState(essays, read_templates(workspace.prompts), model)
    assert {each.because for each in stale(_with_model(finished.run, FILE), now)} == because


# -- writing it anew ----------------------------------------------------------------------------------------


def refresh(workspace: Workspace, folder: RunFolder, writer: FakeWriter) -> RunFolder:
    job = prepare.prepare_refresh(workspace, folder, writer=writer)
    assert job is not None
    return execute.generate(job, workspace.outputs, writer=writer).folder


def test_a_refresh_writes_what_is_stale_and_nothing_else(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    edit(workspace.prompts / "once.md.j2", "Say it again.", "Say it once more.")
    anew = refresh(workspace, finished, writer)
    assert {task.id for task in anew.run.tasks} == {
        *(f"two-clocks/00{n}/once.{step}" for n in (1, 2, 3) for step in (1, 2)),
        *(f"two-clocks/002/again.{step}" for step in (1, 2)),
    }
    assert verify(anew.path).findings == ()
    assert anew.run.refreshes is not None
    assert anew.run.refreshes.run == finished.run.name
    assert anew.run.refreshes.request == sha256((finished.path / "run.json").read_bytes())
    assert prepare.status(workspace, anew.run) == []
    assert "stands still" in anew.read("two-clocks/002/again.1")[0].sources[0].text


def test_a_refresh_gives_the_texts_of_a_whole_new_run(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    anew = refresh(workspace, finished, writer)
    job = prepare.prepare_for(workspace, finished.run.options, writer)
    whole = execute.generate(job, workspace.outputs, writer=writer).folder
    for task in anew.run.tasks:
        assert anew.read(task.id)[0].id == whole.read(task.id)[0].id


def test_a_refresh_leaves_out_what_is_gone(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> None:
    edit(essay_of(workspace), "Nobody has asked the sun.", "")
    assert prepare.prepare_refresh(workspace, finished, writer=writer) is None
    edit(essay_of(workspace), "runs slow", "stands still")
    anew = refresh(workspace, finished, writer)
    assert {task.place for task in anew.run.tasks} == {"two-clocks/002"}


def test_a_refresh_is_resumed(workspace: Workspace, finished: RunFolder, writer: FakeWriter) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    anew = refresh(workspace, finished, writer)
    before = anew.record_path("two-clocks/002/once.2").read_bytes()
    anew.record_path("two-clocks/002/once.2").unlink()
    execute.resume(RunFolder.open(anew.path), writer=writer)
    assert json.loads(anew.record_path("two-clocks/002/once.2").read_bytes())["id"] == json.loads(before)["id"]
    assert verify(anew.path).findings == ()


def test_a_changed_list_of_what_is_refreshed_is_found(
    workspace: Workspace, finished: RunFolder, writer: FakeWriter
) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    anew = refresh(workspace, finished, writer)
    request = json.loads((anew.path / "run.json").read_bytes())
    request["refreshes"]["stale"].pop()
    (anew.path / "run.json").write_text(json.dumps(request), encoding="utf-8")
    assert any("make other tasks" in finding.what for finding in verify(anew.path).findings)


# -- the commands -------------------------------------------------------------------------------------------


def test_status_names_outputs_and_what_changed(workspace: Workspace, finished: RunFolder, remix_: Remix) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    result = remix_("status")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"two-clocks/002/{kind}.{step}\t{finished.run.name}\tthe passage"
        for kind in ("again", "once")
        for step in (1, 2)
    ]
    assert f"4 of 12 texts are stale. `remix generate --refresh {finished.run.name}` writes 4 of them anew." in (
        result.stderr
    )


def test_status_of_a_run_that_is_fresh(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("status", finished.run.name)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{finished.run.name}: none of 12 texts is stale.\n"


def test_status_as_json(workspace: Workspace, finished: RunFolder, remix_: Remix) -> None:
    (workspace.prompts / "once.md.j2").unlink()
    (told,) = json.loads(remix_("status", "--all", "--json").stdout)["runs"]
    assert (told["run"], told["texts"], len(told["stale"])) == (finished.run.name, 12, 3)
    assert told["stale"][0] == {
        **Stale(passage="two-clocks/001", kind="once", now="two-clocks/001", because=("template gone",)).model_dump(
            mode="json"
        ),
        "outputs": ["two-clocks/001/once.1", "two-clocks/001/once.2"],
    }


def test_status_all_leaves_out_broken_runs(workspace: Workspace, finished: RunFolder, remix_: Remix) -> None:
    broken = workspace.outputs / "20200101T000000Z-broken-0000"
    broken.mkdir()
    result = remix_("status", "--all")
    assert result.exit_code == 0
    assert "Left out" in result.stderr
    assert finished.run.name in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--refresh", "x", "--tag", "clocks"], ["--refresh", "x", "--steps", "2"], ["--refresh", "x", "--seed", "2"]],
)
def test_refresh_takes_the_runs_own_options(remix_: Remix, arguments: list[str]) -> None:
    result = remix_("generate", *arguments)
    assert result.exit_code == 2
    assert f"{arguments[2]} doesn't go with --refresh" in result.stderr


def test_nothing_to_refresh(finished: RunFolder, remix_: Remix) -> None:
    result = remix_("generate", "--refresh", finished.run.name)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No text is stale" in result.stderr


def test_a_langchain_run_is_refreshed_from_python(workspace: Workspace, finished: RunFolder, remix_: Remix) -> None:
    edit(essay_of(workspace), "runs slow", "stands still")
    result = remix_("generate", "--refresh", finished.run.name)
    assert result.exit_code == 1
    assert "LangChain" in result.stderr


# -- hostile texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["word " * 20_000, "a b " * 10_000, "".join(f"w{n % 200} " for n in range(20_000))])
def test_long_texts_of_equal_words(workspace: Workspace, finished: RunFolder, words: str) -> None:
    """Status took minutes: difflib compares each word with each that is the same."""
    essay = essay_of(workspace)
    essay.write_text(f"One. {words}\n\nTwo. {words}\n\nThree.", encoding="utf-8")
    run = finished.run.model_copy(update={"essays": tuple(read_seeds(workspace.seeds, workspace.root))})
    essay.write_text(f"New.\n\nOne. {words} end.\n\nTwo. {words} end.\n", encoding="utf-8")
    found = {each.passage: each.now for each in prepare.status(workspace, run)}
    assert found == {"two-clocks/001": "two-clocks/002", "two-clocks/002": "two-clocks/003", "two-clocks/003": None}


def test_an_essay_in_which_too_much_has_changed(
    workspace: Workspace, finished: RunFolder, remix_: Remix, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(essay_of(workspace), "The first clock runs fast", "Here are two clocks.\n\nThe first clock runs too fast")
    monkeypatch.setattr(matching, "MOST_PAIRS", 1)
    result = remix_("status")
    assert result.exit_code == 0
    assert "seeds/two-clocks.md: too much has changed to compare all passages." in result.stderr
    assert now_at(workspace, finished, "two-clocks/001") == "two-clocks/001"
    monkeypatch.setattr(matching, "MOST_PAIRS", 100)
    assert "too much" not in remix_("status").stderr
    monkeypatch.setattr(matching, "MOST_COMPARED", 1)
    assert "too much" in remix_("status").stderr
