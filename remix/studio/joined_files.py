"""A page's modules joined into one script, and its style sheets into one sheet, when the studio starts.

Takes names of `static_files`, gives bytes. Whoever reads and writes the files has modules; a browser that
opens a page for the first time needs longer for each file than for what is in it. Knows nothing of pages and HTTP.

Each module becomes an async function whose result is what the module exports. They run in the order in which a
browser would run the modules.
"""

from __future__ import annotations

import functools
import posixpath
import re

from remix.studio.static_files import static_files

SHARED_STYLES = ("colours.css", "base.css", "roads.css")
"""The style sheets of all pages."""

_IMPORT = re.compile(r'^import (?:\* as (?P<all>\w+)|(?P<names>\{[^}]*\})) from "(?P<path>\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|class|(?:async )?function\*?) (?P<name>[\w$]+))", re.MULTILINE)
_EXPORT_LIST = re.compile(r"export\{(?P<names>[^}]*)\};\s*$")
"""How a minified library ends."""

_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport\s*[.(].*", re.MULTILINE)
"""What the patterns above don't understand."""


class JoinError(ValueError):
    """A module has an import or export of a form that isn't understood here."""


def style_of(page: str) -> bytes:
    """One sheet: the style sheets of all pages, and the page's own sheet if the page has one."""
    sheets = (static_files().get(name, b"") for name in (*SHARED_STYLES, f"{page}.css"))
    return b"\n".join(sheets)


def script_of(name: str) -> bytes:
    """One script: a module and its imports, direct and indirect. Raises `JoinError`."""
    return "\n".join(map(_as_function, modules_of(name))).encode()


def modules_of(name: str) -> list[str]:
    """The names of a module and of its imports, direct and indirect, in the order in which a browser runs modules:
    imports first."""
    found: dict[str, None] = {}

    def find(module: str) -> None:
        for each in _IMPORT.finditer(_source(module)):
            if (imported := _imported(module, each["path"])) not in found:
                find(imported)
        found[module] = None

    find(name)
    return list(found)


def _source(module: str) -> str:
    return static_files()[module].decode()


def _imported(module: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), path))


@functools.cache
def _as_function(module: str) -> str:
    """A module as the definition of a constant: the object with all that the module exports."""
    source = _source(module)
    exports = [each["name"] for each in _EXPORT.finditer(source)]
    if listed := _EXPORT_LIST.search(source):
        exports += [_as_property(each) for each in listed["names"].split(",")]
        source = source[: listed.start()]
    source = _EXPORT.sub("", _IMPORT.sub(lambda each: _as_constants(module, each), source))
    if other := _OTHER.search(source):
        raise JoinError(f"{module}: {other[0].strip()[:80]}")
    body = f"{source}\nreturn {{ {', '.join(exports)} }};"
    return f"// -- {module}\nconst {_constant(module)} = await (async () => {{\n{body}\n}})();\n"


def _as_constants(module: str, each: re.Match[str]) -> str:
    """An import as constants, on as many lines."""
    names = each["all"] or re.sub(r"([\w$]+) as ([\w$]+)", r"\1: \2", each["names"])
    return f"const {names} = {_constant(_imported(module, each['path']))};"


def _as_property(export: str) -> str:
    """`a as b` of a list of exports as a property."""
    here, _, outside = export.strip().partition(" as ")
    return f"{outside or here}: {here}"


def _constant(module: str) -> str:
    return f"module_{re.sub(r'[^a-z0-9]', '_', module.lower())}"
