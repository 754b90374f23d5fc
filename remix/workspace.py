"""A workspace: the folders for essays, prompts and outputs, and the settings (`remix.toml`).

Takes a folder, gives the places and settings of the workspace. A setting comes from the flag, else from the
environment, else from `remix.toml`, else from the default. This module reads `remix.toml` and has the
defaults; `cli/` has flags and environment.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationError, create_model

from remix.errors import RemixError
from remix.records import Frozen, Options
from remix.records.options import MinWords, Strict, flag_of
from remix.util import files, names, toml
from remix.util.validation import Problem, first_problem

FILE = "remix.toml"

DRAFT_SOURCES = ".sources.json"
"""Ending of the file beside a draft that tells where the draft's pieces come from."""

MOST_BYTES = 2**20
"""Largest size of `remix.toml`."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("no path has a NUL in it")
    return text


PathText = Annotated[str, AfterValidator(_without_nul)]
"""A path, or a name that may become part of a path."""


class SettingsError(RemixError):
    """`remix.toml` can't be read, or a workspace can't be created."""


class _GenerateTable(Frozen):
    """Defaults for `remix generate`, in the table `[generate]`; None for an option that the table lacks."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True, serialize_by_alias=False)

    @property
    def given(self) -> dict[str, Any]:
        """The values that remix.toml gives, under the names of `Options`."""
        return self.model_dump(exclude_unset=True)


def _table_fields() -> dict[str, Any]:
    """Fields for the options that may stand in `[generate]`, with types and without defaults."""
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
    """The settings of `remix.toml`."""

    seeds: PathText = "seeds"
    """Folder of essays; it may lie outside the workspace."""
    prompts: PathText = "prompts"
    """Folder of templates."""
    outputs: PathText = "outputs"
    """Folder for runs."""
    exclude: tuple[str, ...] = ()
    """Files and folders of the folder of essays that aren't read: patterns as in a `.gitignore`."""
    min_words: MinWords = 0
    """Fewest words of a passage; shorter passages are left out."""
    strict: Strict = False
    """Whether whatever can't be used stops a command, instead of being left out."""
    model: PathText | None = None
    """Path or name of the model."""
    models: tuple[PathText, ...] = ()
    """Folders in which GGUF files are searched."""
    generate: GenerateSettings = GenerateSettings()
    """Defaults for `remix generate`."""


class Workspace:
    """The folders of a workspace. Paths in `remix.toml` are relative to `root`."""

    def __init__(self, root: Path, settings: Settings | None = None) -> None:
        self.root = root
        self.settings = settings or Settings()

    @property
    def seeds(self) -> Path:
        """Folder of essays."""
        return self._place(self.settings.seeds)

    @property
    def exclude(self) -> list[str]:
        """Patterns of files that aren't read: the settings' patterns; and runs and drafts, if among the essays.

        A file in the folder of drafts is a draft if its sources are beside it; the others are essays.
        """
        seeds, outputs, drafts = (
            Path(os.path.abspath(folder))  # noqa: PTH100 (takes out `..`, and keeps links)
            for folder in (self.seeds, self.outputs, self.drafts)
        )
        places = [f"{_pattern(outputs, seeds)}/"] if outputs != seeds and outputs.is_relative_to(seeds) else []
        if drafts.is_relative_to(seeds):
            sources = sorted(drafts.glob(f"*{DRAFT_SOURCES}"))
            texts = [path.with_name(f"{path.name.removesuffix(DRAFT_SOURCES)}.md") for path in sources]
            places += [_pattern(path, seeds) for path in texts]
        return [*places, *self.settings.exclude]

    @property
    def prompts(self) -> Path:
        """Folder of templates: the workspace's folder, or the shipped templates if the workspace has no templates."""
        own = self._place(self.settings.prompts)
        return own if own.is_dir() or self.settings.prompts != "prompts" else shipped("prompts")

    @property
    def outputs(self) -> Path:
        """Folder for runs."""
        return self._place(self.settings.outputs)

    @property
    def drafts(self) -> Path:
        """Folder for drafts; made when the first draft is."""
        return self.root / "drafts"

    @property
    def model_folders(self) -> list[Path]:
        """Folders in which GGUF files are searched."""
        return [self._place(folder) for folder in self.settings.models]

    @property
    def model(self) -> str | None:
        """The model of `remix.toml`: a path from the workspace on, or a name."""
        model = self.settings.model
        return str(self.root / model) if model and (self.root / model).is_file() else model

    def with_seeds(self, folder: Path) -> Workspace:
        """The same workspace with another folder of essays; the path is relative to the current folder."""
        seeds = os.path.abspath(folder)  # noqa: PTH100 (takes out `..`, and keeps links)
        return Workspace(self.root, self.settings.model_copy(update={"seeds": seeds}))

    def _place(self, folder: str) -> Path:
        try:
            return self.root / Path(folder).expanduser()
        except RuntimeError as error:
            raise SettingsError(
                f"{self.root / FILE}: the home folder in '{folder}' is unknown.", "Write the whole path."
            ) from error


def _pattern(path: Path, folder: Path) -> str:
    """A pattern for a path below a folder, as in a `.gitignore`."""
    return "/" + re.sub(r"([\\\[\]!*#?])", r"\\\1", path.relative_to(folder).as_posix())


def open_workspace(start: Path) -> Workspace:
    """The workspace around `start`: the nearest folder upwards with `remix.toml`, or with `seeds/` and `prompts/`.

    If no such folder exists, the workspace is `start`: a folder with `seeds/` alone works. Raises `SettingsError`.
    """
    start = Path(os.path.abspath(start))  # noqa: PTH100 (takes out `..`, and keeps links)
    for folder in (start, *start.parents):
        # If remix.toml is a pipe or a dangling link, reading the file raises an error that says so.
        if os.path.lexists(folder / FILE) and not (folder / FILE).is_dir():
            return Workspace(folder, read_settings(folder / FILE))
        if (folder / "seeds").is_dir() and (folder / "prompts").is_dir():
            return Workspace(folder)
    return Workspace(start)


def read_settings(path: Path) -> Settings:
    """The settings of a `remix.toml`. Raises `SettingsError` if the file is broken, or a setting unknown or wrong."""
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
    """The error about a setting that is unknown, or whose value is refused."""
    where, key = f"{path}:{toml.line_of(source, problem.place)}", names.shortened(problem.key, toml.LONGEST_WORD)
    if not problem.is_unknown:
        return SettingsError(f"{where}: `{key}`: {problem.words}.", "Mend the value.")
    in_generate = (f"generate.{field.alias}" for field in GenerateSettings.model_fields.values())
    known = [*Settings.model_fields, *in_generate]
    near = names.similar(key, known, 1)
    hint = f"Did you mean `{near[0]}`?" if near else f"The settings are {', '.join(known)}."
    return SettingsError(f"{where}: unknown setting `{key}`.", hint)


def shipped(what: str) -> Path:
    """The folder of prompts or essays shipped with remix: in the package, or in the checkout around it."""
    package = Path(__file__).parent
    packed = package / "_shipped" / what
    return packed if packed.is_dir() else package.parent / what


def init(target: Path) -> list[Path]:
    """Create a workspace: copy the shipped essays and prompts and write `remix.toml`; returns the files.

    Never overwrites: if one of the files exists, raises `SettingsError` before anything is written.
    """
    originals = [path for what in ("seeds", "prompts") for path in sorted(shipped(what).iterdir())]
    files = {
        target / path.parent.name / path.name: path
        for path in originals
        if path.is_file() and not path.name.startswith(".")
    }
    there = next((path for path in [*files, target / FILE] if os.path.lexists(path)), None)
    if there:
        raise SettingsError(f"{there} already exists.", "Choose an empty folder; nothing has been written.")
    try:
        for path, source in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
        (target / "outputs").mkdir(exist_ok=True)
        (target / FILE).write_text(_TOML, encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{target}: can't be written ({error.strerror}).", "Choose a folder that you may write to."
        ) from error
    return [*files, target / FILE]


_TOML = """\
# Settings of this workspace. A flag or a REMIX_* variable overrides the settings here.
# seeds = "seeds"                      # folder of essays or notes; it may lie anywhere
# exclude = ["Daily/", "*.draft.md"]   # files that aren't read, as in a .gitignore
# min_words = 5                        # leaves out shorter passages: epigraphs, transitions of a line
# strict = true                        # stops if a file can't be used, instead of leaving the file out
# prompts = "prompts"
# outputs = "outputs"
# model = "~/models/some-model.gguf"   # or a name from `remix models list`
# models = ["~/models"]                # folders in which GGUF files are searched

[generate]
# kind = ["rewrite", "summary"]
# steps = 3
"""
