"""The folder of drafts: names, conflicts, crashes between the two files, and hostile files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remix.corpus import read_seeds
from remix.drafts import Draft, DraftConflictError, DraftError, Drafts, NoSuchDraftError
from remix.drafts import folder as folder_module
from remix.drafts.folder import MOST_BYTES
from remix.drafts.origins import origin_of, runs_in
from remix.errors import RemixError
from remix.outputs import RunFolder, reviews
from remix.records.draft import Piece
from remix.workspace import Workspace, open_workspace

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/002/again.1"


@pytest.fixture
def drafts(workspace: Workspace) -> Drafts:
    return Drafts(workspace.drafts, runs_in(workspace.outputs))


def own(text: str, id_: str = "own") -> Piece:
    return Piece(id=id_, text=text)


def sourced(run: RunFolder, task: str) -> Piece:
    origin, text = origin_of(run, task)
    return Piece(id=origin.record[:12], text=text, origin=origin)


def saved(drafts: Drafts, *pieces: Piece) -> Draft:
    draft = drafts.create("Essay")
    return drafts.save(draft.name, draft.version, pieces)


# -- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("On clocks", "On clocks"),
        ("  Clocks: fast/slow?  ", "Clocks fast slow"),
        ("../../etc/passwd", "etc passwd"),
        ("", "Draft"),
        ("...", "Draft"),
        ("con", "Draft con"),
        ("Über Uhren", "Über Uhren"),
        ("a\u202eb\x00c", "a b c"),
        ("時" * 200, "時" * 56),
    ],
)
def test_a_draft_is_named_after_its_title_as_far_as_systems_allow(title: str, name: str, drafts: Drafts) -> None:
    assert drafts.create(title).name == name
    assert [line.name for line in drafts.all()] == [name]


def test_titles_that_differ_in_case_alone_are_two_files_on_every_system(drafts: Drafts) -> None:
    assert [drafts.create(title).name for title in ("Essay", "essay", "ESSAY")] == ["Essay", "essay 2", "ESSAY 3"]


def test_the_folder_is_made_with_the_first_draft(workspace: Workspace, drafts: Drafts) -> None:
    assert drafts.all() == []
    assert not workspace.drafts.exists()
    drafts.create("Essay")
    assert sorted(path.name for path in workspace.drafts.iterdir()) == [".lock", "Essay.md", "Essay.sources.json"]


@pytest.mark.parametrize("name", ["essay", "../Essay", "Essay.md", "", ".", "Essay\x00", "x" * 5000])
def test_no_draft_has_another_name(name: str, drafts: Drafts) -> None:
    drafts.create("Essay")
    with pytest.raises(NoSuchDraftError):
        drafts.read(name)


# -- saving -------------------------------------------------------------------------------------------------


def test_the_file_has_nothing_but_prose(drafts: Drafts, finished: RunFolder) -> None:
    first = sourced(finished, FIRST)
    draft = saved(drafts, own("# Title"), first, own("And so on.\n\n", "b"), own("", "c"))
    assert (drafts.folder / "Essay.md").read_text() == f"# Title\n\n{first.text}\n\nAnd so on.\n\n\n"
    assert drafts.read("Essay") == draft
    assert [piece.text for piece in draft.pieces] == ["# Title", first.text, "And so on.\n\n", ""]


def test_a_version_that_the_writer_has_not_seen_is_never_overwritten(drafts: Drafts) -> None:
    draft = saved(drafts, own("Mine."))
    path = drafts.folder / "Essay.md"
    path.write_text("Theirs.\n")
    with pytest.raises(DraftConflictError) as conflict:
        drafts.save("Essay", draft.version, [own("Mine again.")])
    assert path.read_text() == "Theirs.\n"
    assert [piece.text for piece in conflict.value.draft.pieces] == ["Theirs."]
    drafts.save("Essay", conflict.value.draft.version, [own("Mine again.")])
    assert path.read_text() == "Mine again.\n"


def test_the_same_words_are_no_conflict(drafts: Drafts) -> None:
    draft = saved(drafts, own("Mine."))
    drafts.save("Essay", draft.version, [own("The same.")])
    assert drafts.save("Essay", draft.version, [own("The same.")]).pieces[0].text == "The same."


def test_a_source_taken_out_is_kept_in_the_history(drafts: Drafts, finished: RunFolder) -> None:
    first, second = sourced(finished, FIRST), sourced(finished, SECOND)
    draft = saved(drafts, first, second)
    after = drafts.save("Essay", draft.version, [second])
    assert after.history == (first.origin,)
    again = drafts.save("Essay", after.version, [first, second])
    assert again.history == ()


def test_line_ends_stay_as_another_program_wrote_them(drafts: Drafts) -> None:
    saved(drafts, own("Mine."))
    path = drafts.folder / "Essay.md"
    path.write_bytes("\ufeffOne.\r\nTwo.\r\n".encode())
    draft = drafts.read("Essay")
    assert [piece.text for piece in draft.pieces] == ["One.\nTwo."]
    drafts.save("Essay", draft.version, [own("One.\nTwo.\nThree.")])
    assert path.read_bytes() == b"One.\r\nTwo.\r\nThree.\r\n"


def test_an_edited_version_is_what_a_draft_takes(drafts: Drafts, finished: RunFolder) -> None:
    reviews.edit(finished, FIRST, "Eve", "Better words.")
    origin, text = origin_of(finished, FIRST)
    assert text == "Better words."
    assert origin.edit is not None


@pytest.mark.parametrize("dies_at", [1, 2])
def test_after_a_crash_between_the_files_every_piece_has_its_source(
    dies_at: int, drafts: Drafts, finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sourced(finished, FIRST), sourced(finished, SECOND)
    before = saved(drafts, first, own("Between."))
    after = [own("Between, and more."), second]
    write, written = folder_module._write, list[Path]()

    def die(path: Path, data: bytes) -> None:
        written.append(path)
        if len(written) == dies_at:
            raise MemoryError
        write(path, data)

    monkeypatch.setattr(folder_module, "_write", die)
    with pytest.raises(MemoryError):
        drafts.save("Essay", before.version, after)
    monkeypatch.undo()
    there = drafts.read("Essay")
    assert [(piece.text, piece.origin) for piece in there.pieces] == [(first.text, first.origin), ("Between.", None)]
    # The page sends the same words again.
    assert list(drafts.save("Essay", before.version, after).pieces) == after
    assert drafts.read("Essay").history == (first.origin,)


def test_a_draft_made_again_after_its_text_was_removed_has_its_sources(drafts: Drafts, finished: RunFolder) -> None:
    first = sourced(finished, FIRST)
    saved(drafts, first)
    path = drafts.folder / "Essay.md"
    path.unlink()
    assert drafts.create("Essay").pieces == ()
    path.write_text(f"{first.text}\n")
    assert drafts.read("Essay").pieces == (first,)


# -- hostile files ------------------------------------------------------------------------------------------


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


HOSTILE: dict[str, Callable[[Path], object]] = {
    "a link": _link,
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "not UTF-8": lambda path: path.write_bytes(b"caf\xe9"),
    "a NUL": lambda path: path.write_bytes(b"a\0b"),
    "huge": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), MOST_BYTES + 1),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_is_no_text_is_refused_and_stays(make: Callable[[Path], object], drafts: Drafts) -> None:
    draft = saved(drafts, own("Mine."))
    path = drafts.folder / "Essay.md"
    path.unlink()
    make(path)
    state = path.lstat()
    with pytest.raises(DraftError) as refused:
        drafts.read("Essay")
    with pytest.raises(DraftError):
        drafts.save("Essay", draft.version, [own("Other.")])
    assert refused.value.hint
    assert path.lstat() == state


@pytest.mark.parametrize("data", [b"[]", b"{", b'{"schema": "remix/draft/2"}', b'{"pieces": [{"id": "../x"}]}'])
def test_broken_sources_are_refused(data: bytes, drafts: Drafts) -> None:
    saved(drafts, own("Mine."))
    (drafts.folder / "Essay.sources.json").write_bytes(data)
    with pytest.raises(DraftError, match=r"Essay\.sources\.json"):
        drafts.read("Essay")


def test_a_folder_that_leads_out_is_refused(workspace: Workspace, drafts: Drafts, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    workspace.drafts.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DraftError, match="leads out"):
        drafts.all()
    with pytest.raises(DraftError, match="leads out"):
        drafts.create("Essay")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("run", ["../..", "/etc", "no-such-run", "a\\b"])
def test_sources_that_name_no_run_lead_nowhere(run: str, drafts: Drafts, finished: RunFolder) -> None:
    piece = sourced(finished, FIRST)
    assert piece.origin
    forged = piece.model_copy(update={"origin": piece.origin.model_copy(update={"run": run})})
    saved(drafts, forged)
    (drafts.folder / "Essay.md").write_text(f"{piece.text} changed\n")
    assert [each.origin for each in drafts.read("Essay").pieces] == [None]


@pytest.mark.parametrize(
    "pieces",
    [
        [own("a\0b")],
        [own("x" * (MOST_BYTES + 1))],
        [own("a"), own("b")],
        [own("half of a pair: \ud83d")],
        [own("a", f"p{number}") for number in range(2001)],
    ],
    ids=["a NUL", "too large", "two with one id", "half a pair", "too many"],
)
def test_pieces_that_cannot_be_kept_are_refused(pieces: list[Piece], drafts: Drafts) -> None:
    draft = saved(drafts, own("Mine."))
    with pytest.raises(DraftError):
        drafts.save("Essay", draft.version, pieces)
    assert drafts.read("Essay") == draft


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(drafts: Drafts) -> None:
    draft = saved(drafts, own("Mine."))
    drafts.folder.chmod(0o500)
    try:
        with pytest.raises(RemixError, match="can't be written"):
            drafts.save("Essay", draft.version, [own("Other.")])
    finally:
        drafts.folder.chmod(0o700)


# -- renamed and thrown away --------------------------------------------------------------------------------


def test_a_renamed_draft_keeps_its_sources_and_overwrites_nothing(drafts: Drafts, finished: RunFolder) -> None:
    pieces = saved(drafts, own("Mine."), sourced(finished, FIRST)).pieces
    drafts.create("Other")
    renamed = drafts.rename("Essay", "Other")
    assert (renamed.name, renamed.pieces) == ("Other 2", pieces)
    assert sorted(line.name for line in drafts.all()) == ["Other", "Other 2"]
    assert drafts.rename("Other 2", "other 2").pieces == pieces, "a name that differs in case alone"
    assert drafts.rename("other 2", "other 2").name == "other 2"
    assert not list(drafts.folder.glob("Essay*"))
    with pytest.raises(NoSuchDraftError):
        drafts.rename("Essay", "Essay")


def test_thrown_away_drafts_of_one_name_are_all_there(drafts: Drafts, finished: RunFolder) -> None:
    for _ in range(2):
        saved(drafts, sourced(finished, FIRST))
        drafts.throw_away("Essay")
    assert drafts.all() == []
    names = [f"{name}{ending}" for name in ("Essay", "Essay 2") for ending in (".md", ".sources.json")]
    assert sorted(path.name for path in (drafts.folder / ".trash").iterdir()) == sorted(names)
    with pytest.raises(NoSuchDraftError):
        drafts.throw_away("Essay")


@pytest.mark.parametrize("step", ["rename", "unlink"])
def test_a_crash_while_a_draft_is_moved_loses_nothing(
    step: str, drafts: Drafts, finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = saved(drafts, sourced(finished, FIRST)).pieces

    real = getattr(Path, step)

    def crash(path: Path, *more: Any, **named: Any) -> Any:
        if path.name.startswith("Essay"):
            raise KeyboardInterrupt
        return real(path, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, crash)
        with pytest.raises(KeyboardInterrupt):
            drafts.rename("Essay", "Other")
    (line,) = drafts.all()
    assert line.name == ("Essay" if step == "rename" else "Other")
    assert drafts.read(line.name).pieces == pieces


# -- essays -------------------------------------------------------------------------------------------------


def test_a_draft_is_no_essay(workspace: Workspace, finished: RunFolder) -> None:
    (workspace.root / "remix.toml").write_text('seeds = "."\n')
    workspace = open_workspace(workspace.root)
    drafts = Drafts(workspace.drafts, runs_in(workspace.outputs))
    saved(drafts, own("A draft’s words. #clocks"))
    (workspace.drafts / "a note of mine.md").write_text("A note’s words. #clocks\n")

    essays = read_seeds(workspace.seeds, workspace.root, lambda error: None, workspace.exclude)
    assert sorted(essay.slug for essay in essays) == ["drafts--a-note-of-mine", "seeds--two-clocks"]
    drafts.throw_away("Essay")
    essays = read_seeds(workspace.seeds, workspace.root, lambda error: None, workspace.exclude)
    assert sorted(essay.slug for essay in essays) == ["drafts--a-note-of-mine", "seeds--two-clocks"]
