"""The template files of a folder, and the order of kinds that read other kinds.

Takes a folder and names of kinds, gives `Template`s by kind, each kind after the kinds that the template reads.
Renders no template.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from remix.errors import PromptError
from remix.templates.reading import OF_AN_ESSAY
from remix.templates.template import Template
from remix.util import frontmatter, names

SUFFIX = ".md.j2"

MOST_BYTES = 2**20
"""Bytes of a template file."""

OnError = Callable[[PromptError], None]


def read_templates(folder: Path, kinds: Sequence[str] = (), on_error: OnError | None = None) -> dict[str, Template]:
    """The templates of the named kinds and of all kinds that their templates read; without names, of all kinds with
    `reads: passage`. In the order of `kinds`, but each kind after the kinds that the template reads.

    Raises `PromptError` if the folder has no templates, or a named kind has no file. The error of a broken template
    goes to `on_error`, and the template is left out together with its readers; without `on_error` it is raised.
    """
    return _read(folder, kinds, on_error, lambda template: bool(kinds) or template.reads == "passage")


def read_all_templates(folder: Path, on_error: OnError | None = None) -> dict[str, Template]:
    """All templates of a folder. Raises the same errors as `read_templates`."""
    return _read(folder, (), on_error, lambda template: True)


def _read(
    folder: Path, kinds: Sequence[str], on_error: OnError | None, is_wanted: Callable[[Template], bool]
) -> dict[str, Template]:
    files = template_files(folder)
    if not files:
        raise PromptError(f"{folder}: no templates here.", f"A template is a file like `rewrite{SUFFIX}`.")
    for kind in kinds:
        if kind not in files:
            raise PromptError(
                f"no kind '{kind}' in {folder}.",
                f"{_did_you_mean(kind, files)}There are {', '.join(files)}; add one by adding {kind}{SUFFIX}.",
            )
    found: dict[str, Template] = {}
    asked = list(dict.fromkeys(kinds or files))
    # The loop appends to the list: the kinds that a template reads are read, too.
    for kind in asked:
        with _Noted(on_error):
            template = read_template(files[kind])
            if is_wanted(template):
                _check_reads(template, files)
                found[kind] = template
                asked += [each for each in template.reads_kinds if each not in asked]
    for template in list(found.values()):
        try:
            _check_groups(template, found)
        except PromptError:
            del found[template.kind]
            with _Noted(on_error):
                raise
    templates = _in_order(found, on_error)
    if not templates:
        raise PromptError(f"{folder}: no template is left to work with.", "See what was left out, and why.")
    return templates


class _Noted:
    """Passes a `PromptError` of the `with` block to `on_error`; without `on_error` the error is raised."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if self._on_error is None or not isinstance(error, PromptError):
            return False
        self._on_error(error)
        return True


def _check_reads(template: Template, files: Mapping[str, Path]) -> None:
    """Raise `PromptError` if the template reads a kind without a file."""
    for kind in template.reads_kinds:
        if kind not in files:
            raise PromptError(
                f"{template.place_of_reads}: `reads`: there is no kind '{kind}'.",
                f"{_did_you_mean(kind, files)}There are {', '.join(files)}.",
            )


def _check_groups(template: Template, found: Mapping[str, Template]) -> None:
    """Raise `PromptError` if the template reads a kind that is made from a group of passages."""
    of_groups = ("passages", *OF_AN_ESSAY)
    if groups := [kind for kind in template.reads_kinds if kind in found and found[kind].reads in of_groups]:
        raise PromptError(
            f"{template.place_of_reads}: `reads`: '{groups[0]}' is made from a group of passages.",
            "A kind can read those that are made from one passage.",
        )


def _in_order(found: Mapping[str, Template], on_error: OnError | None) -> dict[str, Template]:
    """Templates in an order with each template after the kinds that it reads; the rest are errors."""
    templates: dict[str, Template] = {}
    left = dict(found)
    while ready := [kind for kind, each in left.items() if all(read in templates for read in each.reads_kinds)]:
        templates |= {kind: left.pop(kind) for kind in ready}
    for template in left.values():
        with _Noted(on_error):
            raise _unreadable(template, left, found)
    return templates


def _unreadable(template: Template, left: Mapping[str, Template], found: Collection[str]) -> PromptError:
    """The reason why a kind has no place in the order: a circle of kinds, or a kind whose template was left out."""
    at = template.place_of_reads
    path = [template.kind]
    while path[-1] in left and path[-1] not in path[:-1]:
        reads = left[path[-1]].reads_kinds
        broken = next((kind for kind in reads if kind not in found), None)
        path.append(broken or next(kind for kind in reads if kind in left))
    if path[-1] in left:
        circle = ", which reads ".join(f"'{kind}'" for kind in path)
        return PromptError(f"{at}: `reads`: goes round in a circle: {circle}.", "Leave one of these kinds out.")
    return PromptError(f"{at}: `reads`: the template of '{path[-1]}' can't be read.", f"Mend {path[-1]}{SUFFIX}.")


def _did_you_mean(kind: str, files: Iterable[str]) -> str:
    near = names.similar(kind, files, most=1)
    return f"Did you mean `{near[0]}`? " if near else ""


def new_template(folder: Path, kind: str, source: str) -> Template:
    """The template that a file with this source would be, if it were added to a folder; writes nothing.

    Raises `PromptError` if `kind` can't be a kind or has a file already, and all errors that reading the file would.
    """
    files = template_files(folder) if folder.is_dir() else {}
    kind = unicodedata.normalize("NFC", kind)
    _check_kind(Path(f"{kind}{SUFFIX}"), kind)
    taken = next((each for each in files if names.same_place(each) == names.same_place(kind)), None)
    if taken:
        raise PromptError(f"there is a kind '{taken}' already.", "Give the new kind another name.")
    template = Template(kind, source.encode(), f"{kind}{SUFFIX}")
    _check_reads(template, files)
    read = read_templates(folder, template.reads_kinds) if template.reads_kinds else {}
    _check_groups(template, read)
    return template


def read_template(path: Path) -> Template:
    """One template file. Raises `PromptError`."""
    kind = _kind(path)
    _check_kind(path, kind)
    try:
        source = frontmatter.read_bytes(path, MOST_BYTES, within=path.parent)
    except frontmatter.FrontMatterError as error:
        raise PromptError(error.message, error.hint) from error
    return Template(kind, source, names.written(f"{path.parent.name}/{path.name}"))


def _check_kind(path: Path, kind: str) -> None:
    """Raise `PromptError` if a file's kind has a name that no kind can have."""
    if not re.fullmatch(r"[\w-]+", kind):
        raise PromptError(f"{path}: '{kind}' can't be a kind.", "Use letters, digits, - and _ for its name.")
    if names.is_reserved(kind) or names.is_too_long(kind):
        raise PromptError(
            f"{path}: '{kind}' can't be a kind.", "Outputs are named after it: take a shorter name, no device's."
        )


def _kind(path: Path) -> str:
    """The kind in a file's name, in Unicode's normal form NFC: some file systems decompose letters."""
    return unicodedata.normalize("NFC", path.name.removesuffix(SUFFIX))


def template_files(folder: Path) -> dict[str, Path]:
    """The template files of a folder by kind. Raises `PromptError` if two kinds' outputs could be the same files."""
    files: dict[str, Path] = {}
    places: dict[str, Path] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name.startswith("."):
            continue
        files[_kind(path)] = path
        other = places.setdefault(names.same_place(_kind(path)), path)
        if other != path:
            raise PromptError(
                f"{path}: its outputs would be named like those of {other.name}.", "Rename one of the two files."
            )
    return files
