"""Whether a run's folder is what was written: what is found, and what is no fault."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from remix.analysis import run_ledgers
from remix.generation import execute, prepare
from remix.langchain import generate_with
from remix.outputs import RunFolder, body_of
from remix.records import Options, sha256
from remix.verification.verify import Report, verify
from remix.workspace import Workspace
from tests.conftest import FakeWriter, Remix
from tests.forging import Change, bless, forge, forge_request, put

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"
OTHER, OTHER_SECOND = "two-clocks/002/once.1", "two-clocks/002/once.2"


@pytest.fixture
def chosen(workspace: Workspace) -> Iterator[RunFolder]:
    """A finished run with three candidates for each text, and traces."""
    writer = FakeWriter(trace=True)
    job = prepare.prepare_for(workspace, Options(steps=2, best_of=3), writer)
    yield execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()


def files(folder: RunFolder) -> list[str]:
    """All there are, but the lock."""
    paths = (path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*") if path.is_file())
    return sorted(path for path in paths if path != ".lock")


def lines(report: Report) -> list[str]:
    return [f"{file}: {what}" for file, what in report.findings]


def named(report: Report) -> set[str]:
    """The files that are said to be wrong."""
    return {finding.file for finding in report.findings}


def swap(folder: RunFolder, one: str, other: str) -> None:
    first, second = folder.path / one, folder.path / other
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)


def flip(path: Path, at: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)


# -- what is no fault ---------------------------------------------------------------------------------------


def test_what_was_written_is_intact(finished: RunFolder, chosen: RunFolder) -> None:
    for folder in (finished, chosen):
        report = verify(folder.path)
        assert report.findings == ()
        assert report.finished
        assert len(report.found) == report.total == 12


def test_seeds_and_templates_may_be_gone(workspace: Workspace, finished: RunFolder, chosen: RunFolder) -> None:
    shutil.rmtree(workspace.seeds)
    shutil.rmtree(workspace.prompts)
    assert verify(finished.path).findings == verify(chosen.path).findings == ()


def test_the_folder_may_be_moved(finished: RunFolder, tmp_path: Path) -> None:
    assert verify(finished.path.rename(tmp_path / "elsewhere")).findings == ()


@pytest.mark.parametrize("name", ["reviews.jsonl", "index.md", "MANIFEST.sha256.sig", ".lock", ".lock.json"])
def test_later_files_belong_there(finished: RunFolder, name: str) -> None:
    (finished.path / name).write_text("")
    assert verify(finished.path).findings == ()


@pytest.mark.parametrize(
    "body", ["{{ (previous or passage.text)[:5] }}", "{{ passage }}", "{{ previous | upper or passage }}"]
)
def test_a_template_may_shorten_change_or_ignore_the_step_before(workspace: Workspace, body: str) -> None:
    for path in workspace.prompts.iterdir():
        path.write_text(f"---\ndescription: Odd.\nmax_tokens: 12\n---\n{body}\n\nSay it again.\n", encoding="utf-8")
    writer = FakeWriter()
    folder = execute.generate(prepare.prepare_for(workspace, Options(), writer), workspace.outputs, writer=writer)[0]
    writer.close()
    assert lines(verify(folder.path)) == []


def test_a_template_may_go_by_who_writes(workspace: Workspace) -> None:
    """A step by another writer than the one before was held against a prompt for the first one, and called forged."""
    families = "families: {fake: {system: Be brief.}, other: {system: Be slow.}}"
    template = f"---\ndescription: Odd.\nmax_tokens: 12\n{families}\n---\nSay it again: {{{{ passage | upper }}}}\n"
    for path in workspace.prompts.iterdir():
        path.write_text(template, encoding="utf-8")
    writer = FakeWriter()
    job = prepare.prepare_for(workspace, Options(steps=2), writer)
    folder = execute.generate(job, workspace.outputs, writer=writer).folder
    writer.close()
    for path in (folder.text_path(SECOND), folder.record_path(SECOND)):
        path.unlink()
    writer = FakeWriter()
    writer.name = "other"
    execute.resume(folder, writer=writer)
    writer.close()
    assert folder.read(SECOND)[0].derivation.prompt.messages[0].content == "Be slow."
    assert lines(verify(folder.path)) == []


def test_an_unfinished_run_is_so_called_and_what_is_there_is_looked_at(finished: RunFolder) -> None:
    finished.unseal()
    finished.record_path(SECOND).unlink()
    report = verify(finished.path)
    assert (report.finished, len(report.found), report.total, report.findings) == (False, 11, 12, ())
    finished.text_path(SECOND).unlink()
    assert verify(finished.path).findings == ()
    flip(finished.text_path(FIRST), -2, 0)
    assert lines(verify(finished.path)) == [f"{FIRST}.md: not the text that was recorded"]


def test_fields_of_a_later_remix_are_no_part_of_an_older_id(finished: RunFolder) -> None:
    """A record from before a field was added lacks it, and its id was computed without it."""

    def drop(raw: dict[str, Any]) -> None:
        del raw["derivation"]["engine"]["paragraphs"]

    path = finished.record_path(SECOND)
    raw = json.loads(path.read_bytes())
    forge(finished, SECOND, drop)
    assert json.loads(path.read_bytes())["id"] != raw["id"]
    raw = json.loads(path.read_bytes())
    drop(raw)
    path.write_text(json.dumps(raw))
    bless(finished)
    assert verify(finished.path).findings == ()


# -- one thing changed --------------------------------------------------------------------------------------


def checked_files(folder: RunFolder) -> list[str]:
    """All that is checked: the index isn't, since people may write into it, and nothing rests on it."""
    return [name for name in files(folder) if name != "index.md"]


def test_every_flip_in_every_file_is_found_and_named(finished: RunFolder) -> None:
    """At the ends of each file and here and there between; hypothesis below looks for other places."""
    for name in checked_files(finished):
        path = finished.path / name
        data = path.read_bytes()
        for number, at in enumerate({0, 1, len(data) // 3, len(data) // 2, len(data) - 2, len(data) - 1}):
            flip(path, at, number)
            found = verify(finished.path)
            assert any(name in line for line in lines(found)), (name, at)
            if name != "run.json":
                assert len(named(found) - {"MANIFEST.sha256"}) <= 1, (name, at, lines(found))
            path.write_bytes(data)
    assert verify(finished.path).findings == ()


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_flip_anywhere_is_found(finished: RunFolder, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(checked_files(finished)))
    path = finished.path / name
    before = path.read_bytes()
    try:
        flip(path, data.draw(st.integers(0, len(before) - 1)), data.draw(st.integers(0, 7)))
        assert any(name in line for line in lines(verify(finished.path)))
    finally:
        path.write_bytes(before)


def test_without_a_manifest_every_flip_in_a_text_is_found(finished: RunFolder) -> None:
    """The body by its hash, the front matter by its record."""
    finished.unseal()
    finished.record_path(OTHER_SECOND).unlink()
    path = finished.text_path(SECOND)
    data = path.read_bytes()
    for at in range(len(data)):
        flip(path, at, at % 3)
        assert f"{SECOND}.md" in named(verify(finished.path)), at
        path.write_bytes(data)


def test_every_file_that_is_gone_is_named(finished: RunFolder) -> None:
    for name in checked_files(finished):
        path = finished.path / name
        data = path.read_bytes()
        path.unlink()
        assert named(verify(finished.path)) == {name}
        path.write_bytes(data)
    assert verify(finished.path).findings == ()


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "two-clocks/001/again.3.md", "two-clocks/001/again.1.txt", "new/001/again.1.json", ".hidden"],
)
def test_a_file_that_was_added_is_named(finished: RunFolder, name: str) -> None:
    path = finished.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    assert lines(verify(finished.path)) == [f"{name}: not part of the run"]


def test_a_link_out_of_the_folder_is_named(finished: RunFolder, tmp_path: Path) -> None:
    (finished.path / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    assert lines(verify(finished.path)) == ["elsewhere: not part of the run"]


@pytest.mark.parametrize("name", ["index.md", "MANIFEST.sha256.sig", f"{FIRST}.md"])
def test_a_file_that_is_a_link_out_of_the_folder_is_named(finished: RunFolder, tmp_path: Path, name: str) -> None:
    """What such a link led to went into a crate for others, where nothing else told what it should be."""
    path, elsewhere = finished.path / name, tmp_path / "elsewhere"
    elsewhere.write_bytes(path.read_bytes() if path.exists() else b"")
    path.unlink(missing_ok=True)
    path.symlink_to(elsewhere)
    assert lines(verify(finished.path)) == [f"{name}: a link that leads out of the run's folder"]


def test_a_link_that_goes_round_in_circles_is_named(finished: RunFolder) -> None:
    path = finished.text_path(FIRST)
    path.unlink()
    path.symlink_to(path.name)
    assert lines(verify(finished.path)) == [f"{FIRST}.md: can't be read (Too many levels of symbolic links)"]


@pytest.mark.parametrize("name", ["run.json", "reviews.jsonl", f"{FIRST}.md"])
@pytest.mark.parametrize("is_link", [True, False])
def test_what_never_ends_is_not_waited_for(finished: RunFolder, name: str, is_link: bool) -> None:
    path = finished.path / name
    path.unlink(missing_ok=True)
    if is_link:
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(path)
    assert lines(verify(finished.path)) == [f"{name}: not a regular file; nothing here has been read"]


@pytest.mark.parametrize("other", [OTHER, SECOND])
@pytest.mark.parametrize("suffixes", [(".md",), (".json",), (".md", ".json")])
@pytest.mark.parametrize("blessed", [False, True])
def test_files_that_were_swapped_are_named(
    finished: RunFolder, other: str, suffixes: tuple[str, ...], blessed: bool
) -> None:
    for suffix in suffixes:
        swap(finished, f"{FIRST}{suffix}", f"{other}{suffix}")
    if blessed:
        bless(finished)
    about = suffixes[-1] if blessed else suffixes[0]
    assert {f"{FIRST}{about}", f"{other}{about}"} <= named(verify(finished.path))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("\n", "", 1), "doesn't name run.json"),
        (lambda text: text.upper(), "isn't a sha256 and the name of another file"),
        (lambda text: text.removesuffix("\n"), "isn't a sha256 and the name of another file"),
        (lambda text: text + text.splitlines()[3] + "\n", "isn't a sha256 and the name of another file"),
        (lambda text: "\n".join(text.splitlines()[:-1]) + "\n", "doesn't name two-clocks/003/once.2.md"),
        (lambda text: text + f"{'0' * 64}  ../secret\n", "names '../secret', no part of the run"),
        (lambda text: "", "doesn't name run.json"),
    ],
)
def test_a_broken_manifest(finished: RunFolder, change: Callable[[str], str], said: str) -> None:
    path = finished.path / "MANIFEST.sha256"
    path.write_text(change(path.read_text()))
    assert any(what.endswith(said) for file, what in verify(finished.path).findings if file == "MANIFEST.sha256")


def test_a_broken_request_is_named_and_hides_nothing(finished: RunFolder) -> None:
    (finished.path / "run.json").write_text("{")
    finished.text_path(FIRST).unlink()
    first, second = lines(verify(finished.path))
    assert first.startswith("run.json: not a run's request (invalid json")
    assert second == f"{FIRST}.md: missing"


def test_without_a_request_no_file_elsewhere_is_read(finished: RunFolder, tmp_path: Path) -> None:
    """A manifest could have had any file read, and told whether it is the one of a hash."""
    (tmp_path / "secret").write_text("secret")
    (finished.path / "run.json").write_text("{")
    manifest = finished.path / "MANIFEST.sha256"
    names = ("../../../secret", str(tmp_path / "secret"))
    manifest.write_text(manifest.read_text() + "".join(f"{'0' * 64}  {name}\n" for name in names))
    _, *rest = sorted(lines(verify(finished.path)), reverse=True)
    assert sorted(rest) == sorted(f"MANIFEST.sha256: names {name!r}, no part of the run" for name in names)


# -- forgeries whose manifest fits --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("sources", 0, "text", value="Another."), "its passage isn't the one it was derived from"),
        (put("sources", 0, "text", value="Another."), "its source isn't the one in run.json (text)"),
        (put("sources", 0, "lines", value=[1, 2]), "its source isn't the one in run.json (lines)"),
        (put("sources", 0, "essay", value="Three Clocks"), "its source isn't the one in run.json (essay)"),
        (put("task", "step", value=1), "its task isn't the one in run.json (step)"),
        (
            put("output", "file", value="two-clocks/001/again.1.md"),
            "belongs to another text (two-clocks/001/again.1.md)",
        ),
        (put("circumstances", "run", value="other"), "belongs to another run (other)"),
        (put("derivation", "parents", value=["0" * 64]), f"was made from another {FIRST} than is here"),
        (put("derivation", "parents", value=[]), "names 0 texts that it was made from, and reads 1"),
        (put("derivation", "sampling", "seed", value=7), "its seed isn't the one in run.json"),
        (
            put("derivation", "prompt", "template", value="0" * 64),
            "its prompt was made by another template than the template in run.json",
        ),
        (
            put("derivation", "prompt", "messages", value=[{"role": "user", "content": "Say."}]),
            f"its prompt doesn't hold the text of {FIRST}",
        ),
    ],
)
def test_a_forged_record_is_named(finished: RunFolder, change: Change, said: str) -> None:
    forge(finished, SECOND, change)
    report = verify(finished.path)
    assert f"{SECOND}.json: {said}" in lines(report)
    assert named(report) == {f"{SECOND}.json"}


def test_a_first_step_asks_about_its_passage(finished: RunFolder) -> None:
    """Of later steps only it was looked whether their prompts hold what they read."""
    forge(finished, FIRST, put("derivation", "prompt", "messages", value=[{"role": "user", "content": "Say."}]))
    assert f"{FIRST}.json: its prompt doesn't hold the passage" in lines(verify(finished.path))


def test_words_between_front_matter_and_text_are_named(finished: RunFolder) -> None:
    """No hash was over them, and a reader saw them first: to most programs `--- ` closes front matter, too."""
    path = finished.text_path(SECOND)
    path.write_bytes(path.read_bytes().replace(b"\n---\n", b"\n--- \n\nForged.\n\n---\n", 1))
    bless(finished)
    said = "there are words between its front matter and its text"
    assert lines(verify(finished.path)) == [f"{SECOND}.md: {said}"]


def test_a_text_that_is_not_utf8_is_named(remix_: Remix, finished: RunFolder) -> None:
    """All its hashes fit, and whatever read it ended in a traceback."""
    body, path = b"caf\xe9\n", finished.text_path(SECOND)
    forge(finished, SECOND, put("output", "sha256", value=sha256(body)))
    path.write_bytes(path.read_bytes().removesuffix(body_of(path.read_bytes())) + body)
    bless(finished)
    assert lines(verify(finished.path)) == [f"{SECOND}.md: not UTF-8"]
    result = remix_("show", SECOND)
    assert (result.exit_code, "not UTF-8 at byte 3 of its text" in result.stderr) == (1, True)


def test_a_task_that_is_there_twice_is_named(finished: RunFolder) -> None:
    path = finished.path / "run.json"
    raw = json.loads(path.read_bytes())
    raw["tasks"].append(raw["tasks"][0])
    path.write_text(json.dumps(raw))
    assert any(f"holds more than one text '{FIRST}'" in line for line in lines(verify(finished.path)))


def test_a_first_step_has_no_step_before(finished: RunFolder) -> None:
    forge(finished, FIRST, put("derivation", "parents", value=["0" * 64]))
    assert f"{FIRST}.json: names 1 texts that it was made from, and reads 0" in lines(verify(finished.path))


def test_a_text_forged_with_all_its_hashes_no_longer_fits_what_was_made_from_it(finished: RunFolder) -> None:
    forge(finished, FIRST, text="Forged.")
    assert lines(verify(finished.path)) == [f"{SECOND}.json: was made from another {FIRST} than is here"]


def test_an_id_that_is_not_recomputed_is_named(finished: RunFolder) -> None:
    path = finished.record_path(SECOND)
    raw = json.loads(path.read_bytes())
    raw["derivation"]["engine"]["exact"] = False
    path.write_text(json.dumps(raw))
    bless(finished)
    assert lines(verify(finished.path)) == [f"{SECOND}.json: its id isn't the sha256 of its derivation and text"]


def test_a_number_json_has_no_one_form_for(finished: RunFolder) -> None:
    path = finished.record_path(SECOND)
    path.write_text(path.read_text().replace('"fake": true', '"fake": 12345678901234567890123'))
    bless(finished)
    assert named(verify(finished.path)) == {f"{SECOND}.json"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("model: fake", "model: someone", "its front matter differs from its record (model)"),
        ("kind: again\n", "", "its front matter differs from its record (kind)"),
        ("kind: again", "kind: [again", "its front matter is broken"),
    ],
)
def test_a_forged_front_matter_is_named(finished: RunFolder, old: str, new: str, said: str) -> None:
    path = finished.text_path(SECOND)
    path.write_text(path.read_text().replace(old, new))
    bless(finished)
    assert lines(verify(finished.path)) == [f"{SECOND}.md: {said}"]


def test_a_task_taken_out_of_the_run_is_missed(finished: RunFolder) -> None:
    """Request, files and manifest fit each other; the passages and options still make the task."""

    def drop(raw: dict[str, Any]) -> None:
        raw["tasks"] = [task for task in raw["tasks"] if (task["place"], task["step"]) != ("two-clocks/003", 2)]

    folder = forge_request(finished, drop)
    for kind in ("again", "once"):
        finished.text_path(f"two-clocks/003/{kind}.2").unlink()
        finished.record_path(f"two-clocks/003/{kind}.2").unlink()
    assert lines(verify(folder.path)) == [
        f"run.json: its passages and options make other tasks (two-clocks/003/{kind}.2)" for kind in ("again", "once")
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            put("essays", 0, "passages", 0, "text", value="So."),
            "the text of two-clocks/001 isn't the one of its sha256",
        ),
        (put("templates", 0, "source", value="So."), "the template prompts/again.md.j2 isn't the one of its sha256"),
        (put("tasks", 0, "seed", value=7), f"its passages and options make other tasks ({FIRST})"),
        (put("options", "seed", value=7), f"its passages and options make other tasks ({FIRST})"),
    ],
)
def test_a_forged_request_is_named(finished: RunFolder, change: Change, said: str) -> None:
    forge_request(finished, change)
    assert f"run.json: {said}" in lines(verify(finished.path))


# -- candidates and traces ----------------------------------------------------------------------------------


NOT_ALL = "its candidates aren't all here, or not one of them was kept"


def put_each(name: str, key: str, value: Any) -> Change:
    """A change of one value in each of a list."""

    def change(raw: dict[str, Any]) -> None:
        for each in raw[name]:
            each[key] = value

    return change


def keep_another(raw: dict[str, Any]) -> None:
    """Another candidate's text, tokens and marks in place of the best one's, all consistent."""
    kept = next(each for each in raw["candidates"] if each["chosen"])
    other = next(each for each in raw["candidates"] if not each["chosen"])
    kept["chosen"], other["chosen"] = False, True
    raw["output"] |= {name: other[name] for name in ("sha256", "finish", "token_ids", "trimmed")}
    raw["flags"] = other["flags"]
    raw["derivation"]["sampling"]["seed"] = other["seed"]


def test_another_candidate_kept_than_the_best(chosen: RunFolder) -> None:
    record, _ = chosen.read(SECOND)
    assert record.candidates
    other = next(each for each in record.candidates if not each.chosen)
    forge(chosen, SECOND, keep_another, text=other.text)
    (line,) = lines(verify(chosen.path))
    assert line.startswith(f"{SECOND}.json: by the recorded measures candidate ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw["candidates"].pop(), NOT_ALL),
        (lambda raw: raw.update(candidates=None), NOT_ALL),
        (put("derivation", "selection", value=None), NOT_ALL),
        (put("derivation", "selection", "candidates", value=99), NOT_ALL),
        (put_each("candidates", "chosen", value=False), NOT_ALL),
        (put_each("candidates", "chosen", value=True), NOT_ALL),
        (put("candidates", 2, "text", value="So."), "the text of candidate 3 isn't the one of its sha256"),
        (put("candidates", 0, "seed", value=7), "its seed isn't the one in run.json"),
        (put("output", "token_ids", value=[1, 2]), "candidate {kept}, which was kept, isn't the output"),
        (put("output", "trimmed", value=" so"), "candidate {kept}, which was kept, isn't the output"),
        (put("flags", value=["odd"]), "candidate {kept}, which was kept, isn't the output"),
    ],
)
def test_forged_candidates_are_named(chosen: RunFolder, change: Change, said: str) -> None:
    record, _ = chosen.read(SECOND)
    kept = next(each.number for each in record.candidates or () if each.chosen)
    forge(chosen, SECOND, change)
    assert f"{SECOND}.json: {said.format(kept=kept)}" in lines(verify(chosen.path))


def test_a_rule_from_elsewhere_cannot_be_asked_and_is_no_fault(chosen: RunFolder) -> None:
    def by_another_rule(raw: dict[str, Any]) -> None:
        keep_another(raw)
        raw["derivation"]["selection"]["chooser"] = {"name": "perplexity", "version": 1}

    record, _ = chosen.read(SECOND)
    other = next(each for each in record.candidates or () if not each.chosen)
    forge(chosen, SECOND, by_another_rule, text=other.text)
    assert lines(verify(chosen.path)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(record="0" * 64), "belongs to another record"),
        (lambda raw: raw["choices"].pop(), r"has 11 tokens, and the text has 12"),
        (lambda raw: raw["choices"][3].__setitem__(1, -0.5), "has other probabilities than the record"),
        (lambda raw: raw.update(schema="remix/trace/9"), "not a trace"),
    ],
)
def test_a_forged_trace_is_named(chosen: RunFolder, change: Change, said: str) -> None:
    task = next(task.id for task in chosen.run.tasks if len(chosen.read_trace(task.id).choices) == 12)
    path = chosen.trace_path(task)
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    assert lines(verify(chosen.path)) == [f"{task}.trace.json: not the trace that was recorded"]
    record = json.loads(chosen.record_path(task).read_bytes())
    record["trace"] = sha256(path.read_bytes())
    chosen.record_path(task).write_text(json.dumps(record))
    bless(chosen)
    assert f"{task}.trace.json: {said}" in lines(verify(chosen.path))
    assert named(verify(chosen.path)) == {f"{task}.trace.json"}


def test_a_deleted_trace_is_missed(chosen: RunFolder) -> None:
    chosen.trace_path(SECOND).unlink()
    assert lines(verify(chosen.path)) == [f"{SECOND}.trace.json: missing"]


def test_a_changed_turn_is_named(chosen: RunFolder) -> None:
    """Nothing but the record's hash of the trace tells of it."""
    path = chosen.trace_path(SECOND)
    raw = json.loads(path.read_bytes())
    raw["choices"][0][2] += 0.5
    path.write_text(json.dumps(raw))
    assert lines(verify(chosen.path)) == [f"{SECOND}.trace.json: not the trace that was recorded"]


def test_a_trace_from_before_records_knew_its_hash(chosen: RunFolder) -> None:
    for task in chosen.run.tasks:
        raw = json.loads(chosen.record_path(task.id).read_bytes())
        del raw["trace"]
        chosen.record_path(task.id).write_text(json.dumps(raw))
    bless(chosen)
    assert lines(verify(chosen.path)) == []
    chosen.trace_path(SECOND).unlink()
    assert lines(verify(chosen.path)) == []


def test_a_candidate_without_its_measures_is_named(chosen: RunFolder) -> None:
    put_measure = put("candidates", 0, "measures", value=None)
    forge(chosen, SECOND, put_measure)
    (line,) = lines(verify(chosen.path))
    assert line == f"{SECOND}.json: the measures of some of its candidates are missing"


# -- measures -----------------------------------------------------------------------------------------------


def test_measures_belong_beside_their_record(finished: RunFolder) -> None:
    run_ledgers.store(finished, run_ledgers.measure(finished))
    assert finished.measures_path(FIRST).is_file()
    assert verify(finished.path).findings == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(record="0" * 64), "belongs to another record"),
        (lambda raw: raw.update(schema="remix/measures/9"), "not the measures of a text"),
        (lambda raw: raw["ledger"].pop("facts"), "not the measures of a text"),
        (lambda raw: raw.clear(), "not the measures of a text"),
    ],
)
def test_forged_measures_are_named(finished: RunFolder, change: Change, said: str) -> None:
    run_ledgers.store(finished, run_ledgers.measure(finished))
    path = finished.measures_path(FIRST)
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    assert lines(verify(finished.path)) == [f"{FIRST}.measures.json: {said}; `remix measure` takes them anew"]


def test_measures_that_cannot_be_read_are_named(finished: RunFolder) -> None:
    finished.measures_path(FIRST).mkdir()
    assert lines(verify(finished.path)) == [f"{FIRST}.measures.json: can't be read (Is a directory)"]


# -- the command --------------------------------------------------------------------------------------------


def test_the_latest_run_by_default(remix_: Remix, finished: RunFolder) -> None:
    result = remix_("verify")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"{finished.path}: finished, 12 of 12 texts, not signed",
        "intact: nothing has changed since it was written",
    ]


def test_each_problem_is_a_line_and_the_exit_code_is_1(remix_: Remix, finished: RunFolder) -> None:
    finished.text_path(FIRST).unlink()
    flip(finished.text_path(OTHER), -2, 0)
    result = remix_("verify", finished.path.name)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:] == [
        f"  {FIRST}.md: missing, though its record is there",
        f"  {OTHER}.md: not the text that was recorded",
    ]


def test_an_unfinished_run_is_no_error(remix_: Remix, finished: RunFolder) -> None:
    finished.unseal()
    finished.record_path(SECOND).unlink()
    result = remix_("verify")
    assert result.exit_code == 0
    assert ": unfinished, 11 of 12 texts, not signed" in result.stdout


def test_a_report_as_json(remix_: Remix, finished: RunFolder) -> None:
    flip(finished.text_path(FIRST), -2, 0)
    result = remix_("verify", "--json")
    assert result.exit_code == 1
    value = json.loads(result.stdout)
    (run,) = value["runs"]
    assert not value["good"]
    assert run == {
        "run": finished.path.name,
        "folder": str(finished.path),
        "good": False,
        "intact": False,
        "finished": True,
        "done": 12,
        "total": 12,
        "signature": "not signed",
        "only": None,
        "unrecorded": [],
        "findings": [{"file": f"{FIRST}.md", "what": "not the text that was recorded"}],
        "replay": None,
    }


@pytest.mark.parametrize("form", ["{task}", "{id}", "{path}/{task}.md", "{run}:{task}"])
def test_one_output_with_the_steps_it_comes_from(remix_: Remix, finished: RunFolder, form: str) -> None:
    record, _ = finished.read(SECOND)
    word = form.format(task=SECOND, id=record.id[:16], path=finished.path, run=finished.path.name)
    flip(finished.text_path(OTHER), -2, 0)
    result = remix_("verify", word)
    assert result.exit_code == 0, result.output
    assert ": finished, 2 of 2 texts" in result.stdout
    flip(finished.text_path(FIRST), -2, 0)
    assert remix_("verify", word).exit_code == 1
    assert remix_("verify", word, str(finished.path)).stdout.count("not the text that was recorded") == 2


def test_a_folder_without_a_request(remix_: Remix, finished: RunFolder) -> None:
    (finished.path / "run.json").unlink()
    result = remix_("verify", str(finished.path))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{finished.path}: not readable as a run, not signed",
        "  run.json: missing",
    ]


def test_several_runs(remix_: Remix, finished: RunFolder) -> None:
    shutil.copytree(finished.path, finished.path.with_name("19990101T000000Z-old-0000"))
    result = remix_("verify", "1999", finished.path.name)
    assert result.exit_code == 0
    assert result.stdout.count("intact") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sample", "2"), "--sample goes with --replay."),
        (("--threads", "2"), "--threads goes with --replay."),
        (("--identity", "me"), "--signers and --identity go together."),
    ],
)
def test_options_that_mean_nothing_alone(
    remix_: Remix, finished: RunFolder, arguments: tuple[str, ...], message: str
) -> None:
    result = remix_("verify", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("word", ["2035", "nothing/001/again.1", "ffff"])
def test_what_is_not_there(remix_: Remix, finished: RunFolder, word: str) -> None:
    result = remix_("verify", word)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_texts_without_tokens_cannot_be_replayed_which_is_no_fault(remix_: Remix, finished: RunFolder) -> None:
    result = remix_("verify", "--replay", "--quiet")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()[2:]
    assert line.startswith(f"not replayed: {FIRST} and 11 more: no GGUF file wrote it, so no tokens were recorded")


def test_a_run_by_a_langchain_model_is_intact_and_cannot_be_replayed(remix_: Remix, workspace: Workspace) -> None:
    model = GenericFakeChatModel(messages=iter(AIMessage(f"Text number {number}.") for number in range(99)))
    outcome = generate_with(model, workspace, Options(steps=2, best_of=2))
    assert lines(verify(outcome.folder.path)) == []
    result = remix_("verify", "--replay", "-q")
    assert result.exit_code == 0, result.output
    assert "and 11 more: no GGUF file wrote it" in result.stdout
