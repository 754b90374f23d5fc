"""remix's own HTML pages: exported pages load no other file, the studio's pages only the studio's own.

Takes a page's name and values, gives HTML. Every value is escaped: titles and texts may come from strangers.
Templates by users and inside models are rendered elsewhere, in `templates/`.

studio_head.html  the beginning of the studio's pages
studio_page.html  a page of the studio, filled by its module
desk.html      the studio's desk: outputs read and judged
sign_in.html   sends the key from the address, then opens the studio
redirect.html  the file by which the browser opens the studio's address
run.html       a run as a page to read, with output.html: parts of an output
woven.html     a woven essay on that page; passages.html: passages with the sentences in which they are heard
draft.html     a draft as a page to read
report.html    the report of `remix measure --report`
head.html      the beginning of exported pages: no scripts, no other files
colours.css    colours of all pages; reading.css, woven.css, report.css: styles of exported pages
"""

from __future__ import annotations

import functools

import jinja2

from remix.util.names import readable


def render(name: str, **values: object) -> str:
    """A page with values filled in."""
    return _environment().get_template(name).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("remix", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Browsers ignore control characters, except characters that reverse the direction of a line and so hide its
    # meaning.
    environment.filters["shown"] = readable
    return environment
