"""A folder's templates: which files they are, and which kinds belong together because one reads another.

Takes a folder and the kinds that are asked for, gives `Template`s by kind. A kind stands behind the kinds that it
reads. Renders nothing.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from remix.errors import PromptError
from remix.templates.template import Template
from remix.util import frontmatter, names

SUFFIX = ".md.j2"

MOST_BYTES = 2**20
"""Of a template file."""

OnError = Callable[[PromptError], None]


def read_templates(folder: Path, kinds: Sequence[str] = (), on_error: OnError | None = None) -> dict[str, Template]:
    """The templates of the kinds that are named, and of the kinds that these read; if none is named, of all kinds
    that read a passage alone. In the order in which kinds are named, but what is read comes first.

    Raises `PromptError` if there are none, or a kind isn't there. A broken template goes to `on_error` and is left
    out, with what reads it; without `on_error` its error is raised.
    """
    return _read(folder, kinds, on_error, lambda template: bool(kinds) or template.reads == "passage")


def read_all_templates(folder: Path, on_error: OnError | None = None) -> dict[str, Template]:
    """All templates of a folder. Raises as `read_templates` does."""
    return _read(folder, (), on_error, lambda template: True)


def _read(
    folder: Path, kinds: Sequence[str], on_error: OnError | None, is_wanted: Callable[[Template], bool]
) -> dict[str, Template]:
    files = template_files(folder)
    if not files:
        raise PromptError(f"{folder}: no templates here.", f"A template is a file like `rewrite{SUFFIX}`.")
    for kind in kinds:
        if kind not in files:
            raise _no_such_kind(kind, folder, files)
    found: dict[str, Template] = {}
    asked = list(dict.fromkeys(kinds or files))
    # The list grows while the kinds that are read join it.
    for kind in asked:
        with _Noted(on_error):
            template = read_template(files[kind])
            if is_wanted(template):
                _check_reads(template, files)
                found[kind] = template
                asked += [each for each in template.reads_kinds if each not in asked]
    for template in list(found.values()):
        if groups := [kind for kind in template.reads_kinds if kind in found and found[kind].reads == "passages"]:
            del found[template.kind]
            with _Noted(on_error):
                raise PromptError(
                    f"{template.place_of_reads}: `reads`: '{groups[0]}' is made from a group of passages.",
                    "A kind can read those that are made from one passage.",
                )
    templates = _in_order(found, on_error)
    if not templates:
        raise PromptError(f"{folder}: no template is left to work with.", "See what was left out, and why.")
    return templates


class _Noted:
    """Hands an error to `on_error`, if there is one."""

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
    """Raise `PromptError` if a kind that is read has no file."""
    for kind in template.reads_kinds:
        if kind not in files:
            raise PromptError(
                f"{template.place_of_reads}: `reads`: there is no kind '{kind}'.",
                f"{_did_you_mean(kind, files)}There are {', '.join(files)}.",
            )


def _in_order(found: Mapping[str, Template], on_error: OnError | None) -> dict[str, Template]:
    """Templates with each behind those that it reads; what can't be is an error."""
    templates: dict[str, Template] = {}
    left = dict(found)
    while ready := [kind for kind, each in left.items() if all(read in templates for read in each.reads_kinds)]:
        templates |= {kind: left.pop(kind) for kind in ready}
    for template in left.values():
        with _Noted(on_error):
            raise _unreadable(template, left, found)
    return templates


def _unreadable(template: Template, left: Mapping[str, Template], found: Collection[str]) -> PromptError:
    """Why a kind can't be made: it reads itself by way of others, or a kind whose template was left out."""
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


def _no_such_kind(kind: str, folder: Path, files: Iterable[str]) -> PromptError:
    return PromptError(
        f"no kind '{kind}' in {folder}.",
        f"{_did_you_mean(kind, files)}There are {', '.join(files)}; add one by adding {kind}{SUFFIX}.",
    )


def _did_you_mean(kind: str, files: Iterable[str]) -> str:
    near = difflib.get_close_matches(kind, files, n=1)
    return f"Did you mean `{near[0]}`? " if near else ""


def read_template(path: Path) -> Template:
    """One template file. Raises `PromptError`."""
    kind = _kind(path)
    if not re.fullmatch(r"[\w-]+", kind):
        raise PromptError(f"{path}: '{kind}' can't be a kind.", "Use letters, digits, - and _ for its name.")
    if names.is_reserved(kind) or names.is_too_long(kind):
        raise PromptError(
            f"{path}: '{kind}' can't be a kind.", "Outputs are named after it: take a shorter name, no device's."
        )
    try:
        source = frontmatter.read_bytes(path, MOST_BYTES, within=path.parent)
    except frontmatter.FrontMatterError as error:
        raise PromptError(error.message, error.hint) from error
    return Template(kind, source, names.written(f"{path.parent.name}/{path.name}"))


def _kind(path: Path) -> str:
    """The kind that a file is named after: the same letters, however they are composed."""
    return unicodedata.normalize("NFC", path.name.removesuffix(SUFFIX))


def template_files(folder: Path) -> dict[str, Path]:
    """The templates of a folder by kind. Raises `PromptError` where two kinds' outputs could be the same files."""
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
