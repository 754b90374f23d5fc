"""A workspace: the folder in which seeds, prompts, outputs and settings lie.

Takes a folder, gives the places and settings that hold there. Settings come from the flag, then the
environment, then `remix.toml`, then the default; this file knows the last two, the command line the rest.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, ValidationError, create_model

from remix.errors import RemixError
from remix.records import Frozen, Options
from remix.records.options import MinWords, ModelName, flag_of
from remix.records.values import PathText
from remix.util import files, names, toml
from remix.util.validation import Problem, first_problem

FILE = "remix.toml"

MOST_BYTES = 2**20
"""Of `remix.toml`."""


class SettingsError(RemixError):
    """`remix.toml` can't be read, or a workspace can't be made."""


class _GenerateTable(Frozen):
    """Defaults for `remix generate`, under `[generate]`: of each option there its value, or None."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True, serialize_by_alias=False)

    @property
    def given(self) -> dict[str, Any]:
        """The values that remix.toml gives, by the names of `Options`."""
        return self.model_dump(exclude_unset=True)


def _table_fields() -> dict[str, Any]:
    """Fields for the options that may stand in `[generate]`, with their own types and without their defaults."""
    fields = {}
    for name, field in Options.model_fields.items():
        flag = flag_of(field)
        if flag and flag.setting == "generate":
            bounded: Any = Annotated[field.annotation, *field.metadata]
            fields[name] = (bounded, Field(None, alias=flag.word or name))
    return fields


if TYPE_CHECKING:
    GenerateSettings = _GenerateTable
else:
    GenerateSettings = create_model("GenerateSettings", __base__=_GenerateTable, **_table_fields())


class Settings(Frozen):
    """What `remix.toml` may say."""

    seeds: PathText = "seeds"
    """Folder of essays, wherever it lies; read in place."""
    prompts: PathText = "prompts"
    """Folder of templates."""
    outputs: PathText = "outputs"
    """Folder for runs."""
    exclude: tuple[str, ...] = ()
    """What in the folder of essays isn't read: patterns as in a `.gitignore`."""
    min_words: MinWords = 0
    model: ModelName = None
    models: tuple[PathText, ...] = ()
    """Folders to look for GGUF files in."""
    generate: GenerateSettings = GenerateSettings()
    """Defaults for `remix generate`."""


class Workspace:
    """Where things are. Folders in `remix.toml` are relative to it."""

    def __init__(self, root: Path, settings: Settings | None = None) -> None:
        self.root = root
        self.settings = settings or Settings()

    @property
    def seeds(self) -> Path:
        """Folder of essays."""
        return self._place(self.settings.seeds)

    @property
    def exclude(self) -> list[str]:
        """What in the folder of essays isn't read: as the settings say, and the runs, should they lie there."""
        seeds, outputs = (Path(os.path.abspath(folder)) for folder in (self.seeds, self.outputs))  # noqa: PTH100
        if outputs == seeds or not outputs.is_relative_to(seeds):
            return list(self.settings.exclude)
        place = re.sub(r"([\\\[\]!*#?])", r"\\\1", outputs.relative_to(seeds).as_posix())
        return [f"/{place}/", *self.settings.exclude]

    @property
    def prompts(self) -> Path:
        """Folder of templates: the workspace's own, or the shipped ones where it has none."""
        own = self._place(self.settings.prompts)
        return own if own.is_dir() or self.settings.prompts != "prompts" else shipped("prompts")

    @property
    def outputs(self) -> Path:
        """Folder for runs."""
        return self._place(self.settings.outputs)

    @property
    def model_folders(self) -> list[Path]:
        """Folders to look for GGUF files in."""
        return [self._place(folder) for folder in self.settings.models]

    @property
    def model(self) -> str | None:
        """The model that `remix.toml` names, if it does: a path from the workspace, or a name."""
        model = self.settings.model
        return str(self.root / model) if model and (self.root / model).is_file() else model

    def with_seeds(self, folder: Path) -> Workspace:
        """The same with another folder of essays, relative to where one stands."""
        seeds = os.path.abspath(folder)  # noqa: PTH100 (takes out `..`, and keeps links)
        return Workspace(self.root, self.settings.model_copy(update={"seeds": seeds}))

    def _place(self, folder: str) -> Path:
        try:
            return self.root / Path(folder).expanduser()
        except RuntimeError as error:
            raise SettingsError(
                f"{self.root / FILE}: nobody knows whose home '{folder}' is in.", "Write the whole path."
            ) from error


def open_workspace(start: Path) -> Workspace:
    """The workspace that `start` is in: the nearest folder upwards with `remix.toml`, or with seeds and prompts.

    Without one, `start` itself, so that a bare folder with `seeds/` works. Raises `SettingsError`.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 (takes out `..`, and keeps links)
    for folder in (start, *start.parents):
        # Of a pipe, or a link that leads nowhere, reading it says what it is.
        if os.path.lexists(folder / FILE) and not (folder / FILE).is_dir():
            return Workspace(folder, read_settings(folder / FILE))
        if (folder / "seeds").is_dir() and (folder / "prompts").is_dir():
            return Workspace(folder)
    return Workspace(start)


def read_settings(path: Path) -> Settings:
    """`remix.toml`. Raises `SettingsError` where it is broken or has a key remix doesn't know."""
    try:
        source = files.read_bounded(path, MOST_BYTES, path.parent).decode()
        return Settings.model_validate(toml.loads(source))
    except OSError as error:
        raise SettingsError(
            f"{path}: can't be read ({error.strerror}).", "Check its permissions, or put a plain file in its place."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 at byte {error.start}.", "Mend it, or move it away.") from error
    except toml.TomlError as error:
        raise SettingsError(
            f"{path}: not valid TOML on line {error.line} ({error.problem}).", "Mend it, or move it away."
        ) from error
    except ValidationError as error:
        raise _refused(path, source, first_problem(error)) from error


def _refused(path: Path, source: str, problem: Problem) -> SettingsError:
    """A setting that isn't known, or its value."""
    where, key = f"{path}:{toml.line_of(source, problem.place)}", names.shortened(problem.key, toml.LONGEST_WORD)
    if not problem.is_unknown:
        return SettingsError(f"{where}: `{key}`: {problem.words}.", "Mend the value.")
    in_generate = (f"generate.{field.alias}" for field in GenerateSettings.model_fields.values())
    known = [*Settings.model_fields, *in_generate]
    near = names.similar(key, known, 1)
    hint = f"Did you mean `{near[0]}`?" if near else f"The settings are {', '.join(known)}."
    return SettingsError(f"{where}: unknown setting `{key}`.", hint)


def shipped(what: str) -> Path:
    """The folder of prompts or seeds that came with remix: in the package, or in the checkout around it."""
    package = Path(__file__).parent
    packed = package / "_shipped" / what
    return packed if packed.is_dir() else package.parent / what


def init(target: Path) -> list[Path]:
    """Make a workspace: copy the shipped seeds and prompts, write `remix.toml`; gives what was written.

    Never overwrites: raises `SettingsError` where one of the files is there already, before writing any.
    """
    files = {target / what / path.name: path for what in ("seeds", "prompts") for path in _files(shipped(what))}
    there = next((path for path in [*files, target / FILE] if os.path.lexists(path)), None)
    if there:
        raise SettingsError(f"{there} already exists.", "Take an empty folder; nothing has been written.")
    try:
        for path, source in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        (target / "outputs").mkdir(exist_ok=True)
        (target / FILE).write_text(_TOML, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{target}: can't be written ({error.strerror}).", "Take a folder you may write to."
        ) from error
    return [*files, target / FILE]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


_TOML = """\
# Settings of this workspace. A flag or a REMIX_* variable goes before what stands here.
# seeds = "seeds"                      # any folder of notes, read where it is
# exclude = ["Daily/", "*.draft.md"]   # what in it isn't read, as in a .gitignore
# min_words = 5                        # leaves out shorter passages: epigraphs, transitions of a line
# prompts = "prompts"
# outputs = "outputs"
# model = "~/models/some-model.gguf"   # or a name from `remix models list`
# models = ["~/models"]                # folders to look for GGUF files in

[generate]
# kind = ["rewrite", "summary"]
# steps = 3
"""
