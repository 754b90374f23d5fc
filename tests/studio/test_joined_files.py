"""The script and the style sheet of a page, joined from modules and sheets; and what a browser asks for."""

from __future__ import annotations

import re

import pytest

from remix.studio import joined_files
from remix.studio.joined_files import JoinError, script_of, style_of
from remix.studio.page_routes import PAGES, Page, files
from remix.studio.static_files import static_files
from remix.workspace import Workspace
from tests.studio_pages import OpenReader, needs_browser
from tests.studio_server import PASSAGE, variants

NAMES = [page.name for page in PAGES]
HEADINGS = re.compile(r"^// -- ([\w/]+\.js)$", re.MULTILINE)


def imported_by(module: str) -> set[str]:
    """What a module imports, found in another way than the tested one: all relative paths in quotes after `from`."""
    paths = re.findall(r'\bfrom\s*"\./([^"]+)"', static_files()[module].decode())
    paths += re.findall(r'\bimport\s*\(?\s*"\./([^"]+)"', static_files()[module].decode())
    return set(paths)


def reached(module: str) -> set[str]:
    """A module and all that it imports, directly or not."""
    found, waiting = set[str](), {module}
    while waiting:
        found |= waiting
        waiting = set().union(*map(imported_by, waiting)) - found
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_pages_script_has_each_module_that_the_page_imports_once_and_no_other(name: str) -> None:
    joined = HEADINGS.findall(files()[f"{name}.js"].decode())
    assert len(joined) == len(set(joined))
    assert set(joined) == reached(f"{name}.js")
    assert {"dom.js", "header.js", "strings.js", "vendor/preact.js"} <= set(joined)
    for at, module in enumerate(joined):
        assert imported_by(module) <= set(joined[:at]), module


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_to_be_imported(name: str) -> None:
    assert not re.search(r'^import\b|^export\b|\bfrom\s*"\.|import\(', script_of(f"{name}.js").decode(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_a_pages_sheet_has_the_sheets_of_all_pages_then_its_own(page: Page) -> None:
    sheets = ["colours.css", "base.css", "roads.css", *({f"{page.name}.css"} & static_files().keys())]
    assert style_of(page.name).strip() == b"\n".join(static_files()[sheet] for sheet in sheets).strip()


def join(monkeypatch: pytest.MonkeyPatch, modules: dict[str, str], name: str) -> str:
    """The script of a module among some other files than those of the studio."""
    monkeypatch.setattr(joined_files, "static_files", lambda: {name: text.encode() for name, text in modules.items()})
    joined_files._as_function.cache_clear()
    try:
        return script_of(name).decode()
    finally:
        joined_files._as_function.cache_clear()


def test_each_form_of_import_and_export(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = {
        "page.js": 'import * as all from "./a.js";\nimport {\n  one as first,\n  two,\n} from "./a.js";\n',
        "a.js": 'import { c } from "./vendor/c.js";\nexport const one = c;\nexport class two {}\n'
        "export function three() {}\nexport async function four() {}\n",
        "vendor/c.js": 'import { d } from "../d.js";\nconst x=d;export{x as c,d};\n',
        "d.js": "export const d = 4;\n",
    }
    script = join(monkeypatch, modules, "page.js")
    assert HEADINGS.findall(script) == ["d.js", "vendor/c.js", "a.js", "page.js"]
    assert "const all = module_a_js;" in script
    assert re.search(r"const \{\n  one: first,\n  two,\n\} = module_a_js;", script)
    assert "const { c } = module_vendor_c_js;" in script
    assert "return { one, two, three, four };" in script
    assert "return { c: x, d: d };" in script


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export let changing = 1;",
        'export * from "./a.js";',
        'import "./a.js";',
        'import all from "./a.js";',
        'import { a } from "elsewhere";',
        'const late = () => import("./a.js");',
        "const here = import.meta.url;",
    ],
)
def test_other_forms_are_refused(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(JoinError, match=r"page\.js"):
        join(monkeypatch, {"page.js": f"// A page.\n{line}\n", "a.js": ""}, "page.js")


ASKED = """() => performance.getEntriesByType("resource").map(({ name }) => name)
    .filter((name) => name.includes("/static/")).map((name) => name.split("/static/")[1])"""


@needs_browser
def test_a_browser_asks_for_no_other_file(workspace: Workspace, sit: OpenReader) -> None:
    variants(workspace)
    page = sit(workspace.root, command="studio").tab()
    page.wait_for_selector("body[data-ready]")
    home = page.url
    for name in ("home", "passage", "write", "templates", "drafts", "desk"):
        address = {"home": "", "passage": f"passage?id={PASSAGE}"}.get(name, name)
        page.goto(home + address)
        page.wait_for_selector("body[data-ready]")
        assert set(page.evaluate(ASKED)) - {"icon.svg"} == {f"{name}.js", f"{name}.css"}
