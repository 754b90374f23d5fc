"""What people said of outputs: kept line by line, undone by another line, and never lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remix.errors import RunError
from remix.outputs import RunFolder, reviews
from remix.records import Edit, Review, Standing, sha256
from remix.verification.verify import verify
from tests.conftest import Remix

FIRST, SECOND = "two-clocks/001/again.1", "two-clocks/001/again.2"
EVE, ADAM = "Eve", "Adam"


def holds(folder: RunFolder, task: str) -> Standing:
    """What holds of an output."""
    found = reviews.standings(reviews.read(folder.path).reviews)
    return found.get(folder.read(task)[0].id, Standing())


def findings(folder: RunFolder) -> list[str]:
    return [f"{file}: {what}" for file, what in verify(folder.path).findings]


# -- saying and undoing -------------------------------------------------------------------------------------


def test_the_last_that_was_said_holds_of_each_thing(finished: RunFolder) -> None:
    reviews.say(finished, FIRST, EVE, verdict="accept", note="Good.")
    reviews.say(finished, FIRST, ADAM, verdict="reject")
    reviews.say(finished, FIRST, EVE, loss="earned")
    assert holds(finished, FIRST) == Standing(verdict="reject", loss="earned", note="Good.", reviewers=(EVE, ADAM))
    assert holds(finished, SECOND) == Standing()


def test_undoing_takes_back_ones_own_last_word(finished: RunFolder) -> None:
    reviews.say(finished, FIRST, EVE, verdict="accept")
    reviews.say(finished, FIRST, EVE, verdict="star")
    reviews.say(finished, FIRST, ADAM, verdict="reject")
    assert reviews.undo(finished, ADAM)
    assert holds(finished, FIRST).verdict == "star"
    assert reviews.undo(finished, EVE)
    assert holds(finished, FIRST).verdict == "accept"
    assert reviews.undo(finished, EVE)
    assert holds(finished, FIRST) == Standing()
    assert reviews.undo(finished, EVE) is None
    assert len(reviews.read(finished.path).reviews) == 6, "nothing is ever taken out"


def test_undoing_of_one_output(finished: RunFolder) -> None:
    reviews.say(finished, FIRST, EVE, verdict="accept")
    reviews.say(finished, SECOND, EVE, verdict="reject")
    assert reviews.undo(finished, EVE, finished.read(FIRST)[0].id)
    assert (holds(finished, FIRST).verdict, holds(finished, SECOND).verdict) == (None, "reject")


def _said(number: int, reviewer: str, verdict: str | None, undoes: int | None) -> Review:
    return Review.model_validate(
        {
            "id": f"{number:032x}",
            "at": "2026-01-01T00:00:00Z",
            "reviewer": reviewer,
            "output": "0" * 64,
            "task": FIRST,
            "verdict": verdict,
            "undoes": None if undoes is None else f"{undoes:032x}",
        }
    )


def test_nobody_undoes_what_another_said() -> None:
    said = [_said(1, EVE, "accept", None), _said(2, ADAM, None, 1)]
    assert reviews.in_force(said) == said[:1]


def test_what_undid_can_be_undone() -> None:
    said = [_said(1, EVE, "accept", None), _said(2, EVE, None, 1), _said(3, EVE, None, 2)]
    assert reviews.in_force(said) == said[:1]


@given(st.lists(st.tuples(st.sampled_from([EVE, ADAM]), st.none() | st.integers(0, 12)), max_size=12))
def test_every_list_of_reviews_has_a_meaning(drawn: list[tuple[str, int | None]]) -> None:
    """Also those that undo themselves, what comes later, or what isn't there."""
    said = [
        _said(number, who, "accept" if undoes is None else None, undoes) for number, (who, undoes) in enumerate(drawn)
    ]
    force = reviews.in_force(said)
    assert all(each.undoes is None for each in force)
    assert [each for each in said if each in force] == force
    assert len(reviews.standings(said)) == bool(force)


# -- editing ------------------------------------------------------------------------------------------------


def test_an_edit_is_a_text_of_its_own(finished: RunFolder) -> None:
    record, before = finished.read(FIRST)
    review = reviews.edit(finished, FIRST, EVE, "Said better.\n")
    assert review.edit
    assert reviews.edited_text(finished.path, review.edit) == "Said better."
    source = (finished.path / review.edit.file).read_text(encoding="utf-8")
    assert source.startswith(
        f"---\nschema: remix/edit/1\nparent: {record.id}\nrecord: {record.id}\neditor: Eve\n---\n"
    )
    again = reviews.edit(finished, FIRST, ADAM, "Said best.")
    assert again.edit
    assert f"parent: {review.edit.sha256}\n" in (finished.path / again.edit.file).read_text(encoding="utf-8")
    assert (finished.path / review.edit.file).exists(), "an earlier version stays"
    assert holds(finished, FIRST).edit == again.edit
    assert finished.read(FIRST)[1] == before
    assert findings(finished) == []
    reviews.undo(finished, ADAM)
    assert holds(finished, FIRST).edit == review.edit


def test_the_same_edit_twice_is_kept_once(finished: RunFolder) -> None:
    first = reviews.edit(finished, FIRST, EVE, "So.")
    reviews.undo(finished, EVE)
    assert reviews.edit(finished, FIRST, EVE, "So.").edit == first.edit
    assert findings(finished) == []


def test_an_edit_that_a_crash_left_half_written_is_removed_and_nothing_else(finished: RunFolder) -> None:
    kept = reviews.edit(finished, FIRST, EVE, "Mine.").edit
    assert kept
    file = Path(kept.file)
    half = finished.path / file.with_name(f".again.1.0123456789ab{reviews.EDITED}.tmp")
    others = [finished.path / name for name in (f".x{reviews.EDITED}.tmp", ".index.md.tmp")]
    for path in (half, *others):
        path.write_text("---\n")
    reviews.remove_half_written(finished)
    assert not half.exists()
    assert all(path.exists() for path in (finished.path / file, *others))
    assert holds(finished, FIRST).edit


def test_a_changed_or_lost_edit_is_found(finished: RunFolder) -> None:
    edit = reviews.edit(finished, FIRST, EVE, "Said better.").edit
    assert edit
    path = finished.path / edit.file
    path.write_bytes(path.read_bytes() + b"!")
    assert findings(finished) == [f"{edit.file}: not the text that was kept"]
    with pytest.raises(RunError, match="not the text that was kept"):
        reviews.edited_text(finished.path, edit)
    path.unlink()
    assert findings(finished) == [f"{edit.file}: can't be read (No such file or directory)"]


def test_an_edit_that_is_not_utf8_is_found(finished: RunFolder) -> None:
    """Its hash fits, and `verify` itself ended in a traceback."""
    record, _ = finished.read(FIRST)
    file, body = f"{FIRST}.000000000000.edited.md", b"caf\xe9\n"
    (finished.path / file).write_bytes(body)
    edit = Edit(file=file, sha256=sha256(body))
    said = _said(1, EVE, None, None).model_copy(update={"output": record.id, "edit": edit})
    reviews.append(finished.path, said)
    assert findings(finished) == [f"{file}: not UTF-8 at byte 3 of its text"]


def test_an_edit_that_was_interrupted_is_no_stranger(finished: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the text and the line that tells of it, a run was called changed, and couldn't be exported."""

    def killed(folder: Path, review: Review) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(reviews, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            reviews.edit(finished, FIRST, EVE, "Said better.")
    (left,) = finished.path.rglob("*.edited.md")
    assert findings(finished) == []
    left.write_bytes(left.read_bytes() + b"!")
    assert findings(finished) == [f"{left.relative_to(finished.path)}: not part of the run"]


@pytest.mark.parametrize("words", [("--note", "caf\udce9"), ("--as", "caf\udce9")])
def test_words_that_are_not_utf8_are_refused(finished: RunFolder, remix_: Remix, words: tuple[str, str]) -> None:
    """As a terminal that isn't set to UTF-8 gives them: they ended in a traceback."""
    done = remix_("verdict", FIRST, "accept", *words)
    assert (done.exit_code, "isn't UTF-8" in done.stderr) == (1, True)
    with pytest.raises(RunError, match="the text isn't UTF-8"):
        reviews.edit(finished, FIRST, EVE, "caf\udce9")
    assert reviews.read(finished.path).reviews == ()


def test_what_is_too_long_is_refused(finished: RunFolder) -> None:
    with pytest.raises(RunError, match="more than"):
        reviews.say(finished, FIRST, EVE, note="a" * (reviews.LONGEST + 1))
    with pytest.raises(RunError, match="more than"):
        reviews.edit(finished, FIRST, EVE, "a" * (reviews.LONGEST + 1))
    assert reviews.read(finished.path).reviews == ()


def test_a_text_that_was_changed_is_not_reviewed(finished: RunFolder) -> None:
    finished.text_path(FIRST).write_text("Something else.")
    with pytest.raises(RunError, match="not the text that was recorded"):
        reviews.say(finished, FIRST, EVE, verdict="accept")


# -- the file -----------------------------------------------------------------------------------------------


def test_a_line_that_is_no_review_is_named(finished: RunFolder) -> None:
    reviews.say(finished, FIRST, EVE, verdict="accept")
    with (finished.path / "reviews.jsonl").open("a") as file:
        file.write('{"schema": "remix/review/1"}\n\n')
    reviews.say(finished, SECOND, EVE, verdict="reject")
    assert reviews.read(finished.path).broken == (2, 3)
    assert findings(finished) == [f"reviews.jsonl: line {number} isn't a review" for number in (2, 3)]
    assert holds(finished, SECOND).verdict == "reject"


@pytest.mark.parametrize(
    "file", ["../secret.edited.md", "/etc/passwd", "two-clocks/001/again.1.md", "a\\b.edited.md", "C:x.edited.md"]
)
def test_an_edit_that_names_another_file_is_none(finished: RunFolder, file: str) -> None:
    review = _said(1, EVE, None, None).model_copy(update={"edit": Edit(file=file, sha256=sha256("x"))})
    reviews.append(finished.path, review)
    assert reviews.read(finished.path) == reviews.Reviews((), (1,))


def test_half_a_line_is_nothing_and_does_not_spoil_the_next(finished: RunFolder) -> None:
    reviews.say(finished, FIRST, EVE, verdict="accept")
    path = finished.path / "reviews.jsonl"
    path.write_bytes(path.read_bytes() + b'{"schema":"remix/rev')
    assert len(reviews.read(finished.path).reviews) == 1
    assert findings(finished) == []
    reviews.say(finished, SECOND, EVE, verdict="reject")
    assert [each.verdict for each in reviews.read(finished.path).reviews] == ["accept", "reject"]
    assert reviews.read(finished.path).broken == ()


def test_a_list_that_is_a_link_is_not_written_through(finished: RunFolder, tmp_path: Path) -> None:
    """A stranger's run could have had lines added to any file, and its last one cut off."""
    victim = tmp_path / "victim"
    victim.write_text("alias ls=ls")
    (finished.path / "reviews.jsonl").symlink_to(victim)
    with pytest.raises(RunError, match=r"reviews\.jsonl: a link that leads out of the run's folder"):
        reviews.say(finished, FIRST, EVE, verdict="accept")
    assert victim.read_text() == "alias ls=ls"


def test_the_first_review_is_flushed_with_its_file_s_name(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut could have taken the new file away, and with it a verdict that was acknowledged."""
    flushed: list[Path] = []
    monkeypatch.setattr(reviews, "sync_folder", flushed.append)
    reviews.say(finished, FIRST, EVE, verdict="accept")
    reviews.say(finished, FIRST, EVE, verdict="reject")
    assert flushed == [finished.path]


def _say_many(folder: Path, who: str) -> None:
    run = RunFolder.open(folder)
    for _ in range(20):
        reviews.say(run, FIRST, who, verdict="accept")


def test_two_people_at_once_lose_nothing(finished: RunFolder) -> None:
    context = multiprocessing.get_context("spawn")
    people = [context.Process(target=_say_many, args=(finished.path, who)) for who in (EVE, ADAM)]
    for each in people:
        each.start()
    for each in people:
        each.join()
        assert each.exitcode == 0
    found = reviews.read(finished.path)
    assert found.broken == ()
    assert sorted(each.reviewer for each in found.reviews) == [ADAM] * 20 + [EVE] * 20


SPEAK = """
import sys
from pathlib import Path
from remix.outputs import RunFolder, reviews
folder = RunFolder.open(Path(sys.argv[1]))
while True:
    print(reviews.say(folder, sys.argv[2], "Eve", verdict="accept", note="x" * 2000).id, flush=True)
"""


def test_all_that_was_acknowledged_survives_a_kill(finished: RunFolder) -> None:
    heard: list[str] = []
    rng = random.Random(1)
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", SPEAK, finished.path, FIRST], stdout=subprocess.PIPE, text=True, env=os.environ
        )
        assert child.stdout
        heard.append(child.stdout.readline().strip())
        time.sleep(rng.uniform(0.01, 0.2))
        child.send_signal(signal.SIGKILL)
        heard += [line.strip() for line in child.stdout if line.endswith("\n")]
        child.wait()
        child.stdout.close()
    found = reviews.read(finished.path)
    assert found.broken == ()
    assert set(heard) <= {each.id for each in found.reviews}
    assert findings(finished) == []


# -- the command --------------------------------------------------------------------------------------------


def test_a_verdict_by_command(finished: RunFolder, remix_: Remix) -> None:
    done = remix_("verdict", FIRST, "star", "--note", "Good.", "--loss", "earned", "--as", EVE)
    assert done.exit_code == 0, done.output
    assert done.stderr == f"{FIRST}: starred by Eve.\n"
    assert holds(finished, FIRST) == Standing(verdict="star", note="Good.", loss="earned", reviewers=(EVE,))
    (row,) = json.loads(remix_("runs", "--json").stdout)
    assert (row["reviewed"], row["accepted"]) == (1, 1)
    assert remix_("verdict", FIRST, "undo", "--as", EVE).exit_code == 0
    assert holds(finished, FIRST) == Standing()
    again = remix_("verdict", FIRST, "undo", "--as", EVE)
    assert again.exit_code == 1
    assert "Eve hasn't reviewed this text" in again.stderr


def test_who_reviews_is_who_git_says(finished: RunFolder, remix_: Remix, tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Jorge\n")
    env = {"GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_SYSTEM": "/dev/null"}
    assert remix_("verdict", FIRST, "accept", env=env).stderr == f"{FIRST}: accepted by Jorge.\n"


def test_a_name_that_git_holds_in_another_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gitconfig").write_bytes(b"[user]\n\tname = Andr\xe9\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert reviews.default_reviewer() == "Andr\ufffd"


@pytest.mark.parametrize("arguments", [[FIRST, "like"], [FIRST, "undo", "--note", "x"], [FIRST]])
def test_wrong_verdicts(finished: RunFolder, remix_: Remix, arguments: list[str]) -> None:
    assert remix_("verdict", *arguments).exit_code == 2
