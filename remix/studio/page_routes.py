"""The studio's pages: each a document of its own, with its own module and style sheet, and a header in common.

Takes nothing of the workspace: a page asks for its data itself. To add a page, add a row to `PAGES`, and
`static/NAME.js`; `static/NAME.css` is loaded if there is one. A browser asks for two files, not for each module.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from remix import pages
from remix.studio.joined_files import script_of, style_of
from remix.studio.static_files import static_files
from remix.util.environment import version


class Page(NamedTuple):
    """A page."""

    name: str
    """Name of the page's module and style sheet, without suffix."""
    path: str
    """The page's address below the studio's folder."""
    template: str = "studio_page.html"
    """The page's HTML, a file of `remix/pages`."""
    first_request: str = ""
    """Address of the data that the page asks for first, below the studio's folder; the page's query is added."""


PAGES = (
    # One page a line.
    Page("home", "/", first_request="api/home"),
    Page("passage", "/passage", first_request="api/passage"),
    Page("write", "/write", first_request="api/write"),
    Page("templates", "/templates", first_request="api/templates"),
    Page("drafts", "/drafts", first_request="api/drafts"),
    Page("draft", "/draft"),
    Page("essay", "/essay", first_request="api/essay"),
    Page("desk", "/desk", "desk.html", first_request="api/listing"),
)


def routes(on_visit: Callable[[], object]) -> list[Route]:
    """A route for each page; `on_visit` is called when a page is asked for."""
    return [Route(page.path, _answer(page, on_visit)) for page in PAGES]


def files() -> dict[str, bytes]:
    """The files that pages load, by name: of each page one script and one style sheet, and the icon."""
    scripts = {f"{page.name}.js": script_of(f"{page.name}.js") for page in PAGES}
    styles = {f"{page.name}.css": style_of(page.name) for page in PAGES}
    return {**scripts, **styles, "icon.svg": static_files()["icon.svg"]}


def _answer(page: Page, on_visit: Callable[[], object]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        on_visit()
        return Response(
            _html(page, request.scope["query_string"].decode("ascii", errors="replace")), media_type="text/html"
        )

    # The template is compiled before anybody waits for the page.
    _html(page, "")
    return answer


def _html(page: Page, query: str) -> str:
    first_request = page.first_request and page.first_request + (f"?{query}" if query else "")
    return pages.render(page.template, page=page.name, version=version(), first_request=first_request)
