"""A workspace: finding it, its settings, and making one."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest

from remix import corpus
from remix.templates import folder
from remix.workspace import (
    GenerateSettings,
    Settings,
    SettingsError,
    Workspace,
    init,
    open_workspace,
    read_settings,
    shipped,
)


def settings(folder: Path, text: str) -> Settings:
    (folder / "remix.toml").write_text(text, encoding="utf-8")
    return read_settings(folder / "remix.toml")


# -- finding it ---------------------------------------------------------------------------------------------


def test_it_is_found_from_below(workspace: Workspace) -> None:
    below = workspace.seeds / "drafts" / "old"
    below.mkdir(parents=True)
    assert open_workspace(below).root == workspace.root


def test_the_nearest_one_counts_and_remix_toml_makes_one(workspace: Workspace) -> None:
    inner = workspace.root / "inner"
    inner.mkdir()
    (inner / "remix.toml").write_text('outputs = "written"')
    assert open_workspace(inner).root == inner
    assert open_workspace(inner).outputs == inner / "written"


def test_a_bare_folder_is_its_own_workspace(tmp_path: Path) -> None:
    bare = open_workspace(tmp_path)
    assert (bare.root, bare.seeds, bare.outputs) == (tmp_path, tmp_path / "seeds", tmp_path / "outputs")
    assert bare.prompts == shipped("prompts")


def test_dots_lead_upwards_only(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-C ..` used to find the workspace one stands in, which lies below."""
    monkeypatch.chdir(workspace.root)
    assert open_workspace(Path("..")).root == workspace.root.parent
    assert open_workspace(Path("seeds/..")).root == workspace.root


# -- settings -----------------------------------------------------------------------------------------------


def test_defaults(tmp_path: Path) -> None:
    assert settings(tmp_path, "") == Settings(
        seeds="seeds", prompts="prompts", outputs="outputs", model=None, models=(), generate=GenerateSettings()
    )


def test_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    toml = (
        'seeds = "essays"\nprompts = "/abs/prompts"\nmodels = ["weights", "~/gguf"]\n'
        '[generate]\nkind = ["again"]\nsteps = 2\ntemperature = 0.25\n'
    )
    place = Workspace(tmp_path, settings(tmp_path, toml))
    assert place.seeds == tmp_path / "essays"
    assert place.prompts == Path("/abs/prompts")
    assert place.model_folders == [tmp_path / "weights", tmp_path / "home" / "gguf"]
    assert place.settings.generate.given == {"kinds": ("again",), "steps": 2, "temperature": 0.25}


def test_the_shipped_prompts_do_not_stand_in_for_a_folder_that_was_named(tmp_path: Path) -> None:
    assert Workspace(tmp_path, settings(tmp_path, 'prompts = "mine"')).prompts == tmp_path / "mine"


def test_a_model_s_path_starts_from_the_workspace(tmp_path: Path) -> None:
    """It used to start from wherever one stood."""
    place = Workspace(tmp_path, settings(tmp_path, 'model = "weights/a.gguf"'))
    assert place.model == "weights/a.gguf"
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.gguf").write_text("")
    assert place.model == str(tmp_path / "weights" / "a.gguf")
    assert Workspace(tmp_path).model is None


def test_a_home_that_nobody_has(tmp_path: Path) -> None:
    place = Workspace(tmp_path, settings(tmp_path, 'seeds = "~nobody-has-this-name/seeds"'))
    with pytest.raises(SettingsError, match=r"remix\.toml: the home folder in '~nobody-has-this-name/seeds'"):
        _ = place.seeds


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ("min_words = -1", "1: `min_words`: input should be greater than or equal to 0.", "Mend the value."),
        ('exclude = "a"', "1: `exclude`: input should be a valid tuple.", "Mend the value."),
        ("[generate]\nstep = 2", "2: unknown setting `generate.step`.", "Did you mean `generate.steps`?"),
        ('modle = "x"', "1: unknown setting `modle`.", "Did you mean `model`?"),
        ("xyzzy = 1", "1: unknown setting `xyzzy`.", "The settings are seeds, prompts, outputs,"),
        ('[generate]\nsteps = "many"', "2: `generate.steps`: input should be a valid integer", "Mend the value."),
        ("models = [1]", "1: `models.0`: input should be a valid string.", "Mend the value."),
        ("seeds = \n", " not valid TOML on line 1 (Invalid value).", "Mend it, or move it away."),
    ],
)
def test_broken_settings(tmp_path: Path, toml: str, message: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, toml)
    assert caught.value.message.startswith(f"{tmp_path / 'remix.toml'}:{message}")
    assert caught.value.hint.startswith(hint)


def test_settings_that_are_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "remix.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(SettingsError, match=r"remix\.toml: not UTF-8 at byte 5"):
        read_settings(tmp_path / "remix.toml")


def test_what_is_excluded(tmp_path: Path) -> None:
    assert Workspace(tmp_path, settings(tmp_path, 'exclude = ["a/", "!b"]')).exclude == ["a/", "!b"]
    among = Workspace(tmp_path, settings(tmp_path, 'seeds = "."\noutputs = "x/out [1]"\nexclude = ["a/"]'))
    assert among.exclude == ["/x/out \\[1\\]/", "a/"]
    assert Workspace(tmp_path, settings(tmp_path, 'seeds = "."\noutputs = "."')).exclude == []


def test_other_seeds_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Workspace(tmp_path / "x", settings(tmp_path, "min_words = 3"))
    monkeypatch.chdir(tmp_path)
    other = place.with_seeds(Path("y/../garden"))
    assert (other.root, other.seeds, other.settings.min_words) == (tmp_path / "x", tmp_path / "garden", 3)


# -- making one ---------------------------------------------------------------------------------------------


def test_init_makes_a_workspace_that_works(tmp_path: Path) -> None:
    target = tmp_path / "new" / "garden"
    written = init(target)
    place = open_workspace(target)
    assert place.root == target
    assert place.settings == Settings()
    assert all(path.is_file() for path in written)
    assert {path for path in target.rglob("*") if path.is_file()} == set(written)
    assert place.outputs.is_dir()
    assert set(folder.read_templates(place.prompts)) == {"counter", "rewrite", "summary"}
    assert corpus.read_seeds(place.seeds, place.root) == corpus.read_seeds(shipped("seeds"), shipped("seeds").parent)


def test_every_setting_that_init_suggests_is_known(tmp_path: Path) -> None:
    init(tmp_path)
    suggested = [
        line.removeprefix("# ") if " = " in line else line
        for line in (tmp_path / "remix.toml").read_text().splitlines()[1:]
    ]
    assert settings(tmp_path, "\n".join(suggested)).generate.steps == 3


@pytest.mark.parametrize("there", ["remix.toml", "prompts/rewrite.md.j2"])
def test_init_never_overwrites(tmp_path: Path, there: str) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    with pytest.raises(SettingsError, match=f"{there} already exists"):
        init(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / there]
    assert (tmp_path / there).read_text() == "mine"


def test_init_does_not_write_through_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "remix.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError, match="already exists"):
        init(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"file/garden: can't be written \(Not a directory\)"):
        init(tmp_path / "file" / "garden")


@pytest.mark.parametrize(
    "line", ["steps = 0", "parallel = 65", "temperature = -1", "temperature = inf", "seed = 0.5"]
)
def test_a_value_out_of_bounds_names_the_file(tmp_path: Path, line: str) -> None:
    with pytest.raises(SettingsError, match=rf"remix\.toml:2: `generate\.{line.split()[0]}`"):
        settings(tmp_path, f"[generate]\n{line}\n")


# -- strangers' settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a." * 600_000 + "a = 1", "larger than 1 MiB"),
        ("a." * 40_000 + "a = 1", "not valid TOML on line 1 (nested too deeply)"),
        ("a . " * 15_000 + "a = 1", "not valid TOML on line 1 (nested too deeply)"),
        ('"a".' * 15_000 + "a = 1", "not valid TOML on line 1 (nested too deeply)"),
        (r'"\"".' * 9_000 + "a = 1", "not valid TOML on line 1 (nested too deeply)"),
        ("\n\nx = {" + "a." * 15_000 + "a = 1}", "not valid TOML on line 3 (nested too deeply)"),
        ("[" + "a." * 15_000 + "a]", "not valid TOML on line 1 (nested too deeply)"),
        ("exclude = " + "[" * 5_000, "not valid TOML on line 1 (nested too deeply)"),
        ("exclude = " + "[" * 900 + "]" * 900, "not valid TOML on line 1 (nested too deeply)"),
        ("generate = " + "{a = " * 5_000, "not valid TOML on line 1 (nested too deeply)"),
        ("min_words = " + "9" * 5_000, "not valid TOML on line 1 (a number or a word of more than 200 letters)"),
        ("min_words = 0x" + "f" * 60_000, "not valid TOML on line 1 (a number or a word of more than 200 letters)"),
        ("min_words = " + "9" * 150, "`min_words`: "),
        ("k" * 60_000 + " = 1", "a number or a word of more than 200 letters"),
        ("seeds = '''" + "''x" * 20_000, "not valid TOML"),
        ("# aaaaaaaaaaaa\n" * 100_000, "larger than 1 MiB"),
        ("x = 2026-13-45", "not valid TOML on line 1"),
        ('seeds = "a\\u0000b"', "`seeds`: no path has a NUL"),
        ('model = "a\\u0000b"', "`model`: no path has a NUL"),
        ('models = ["a\\u0000b"]', "`models.0`: no path has a NUL"),
        ("\udcff", "not UTF-8 at byte 0"),
    ],
)
def test_hostile_settings(tmp_path: Path, text: str, why: str) -> None:
    """5,000 brackets raised RecursionError, a key of 40,000 parts took 3 GB, a number of 5,000 digits ValueError."""
    (tmp_path / "remix.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path / "remix.toml")
    assert why in caught.value.message
    assert caught.value.message.startswith(str(tmp_path / "remix.toml"))
    assert len(caught.value.message) < 1_000


def test_settings_with_brackets_and_dots_in_strings(tmp_path: Path) -> None:
    exclude = ["[" * 50, "a." * 50, "it's", '"', "#", "\\"]
    read = settings(tmp_path, f"exclude = {json.dumps(exclude)}  # {'[' * 50}\nmodels = ['{'[' * 50}']\n")
    assert read.exclude == tuple(exclude)
    assert read.models == ("[" * 50,)
    assert settings(tmp_path, 'seeds = """' + "a." * 50 + '"x"' + '"""\n').seeds == "a." * 50 + '"x"'


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other devices")
@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "remix.toml", "nowhere", "../secret", "sparse"])
def test_settings_that_are_no_plain_file(tmp_path: Path, kind: str) -> None:
    """A pipe was passed over without a word; a sparse file filled the memory."""
    (tmp_path / "secret").write_text("x = 1")
    path = tmp_path / "garden/remix.toml"
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(2**40)
    else:
        path.symlink_to(kind)
    with pytest.raises(SettingsError) as caught:
        open_workspace(path.parent)
    assert re.search("not a regular|leads out|No such file|larger than|symbolic links", caught.value.message)
