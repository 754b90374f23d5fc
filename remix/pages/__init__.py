"""remix's own HTML pages, each a file that needs no other.

Takes a page's name and values, gives HTML. Every value is escaped: titles and texts may come from strangers. The
templates here are remix's own; those of users and models are `sandbox.py`'s.
"""

from __future__ import annotations

import functools

import jinja2

from remix.util.names import readable


def render(name: str, **values: object) -> str:
    """A page of this package, filled in."""
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
    # A browser obeys none of what a terminal does, but a line that runs backwards hides what it says there as well.
    environment.filters["shown"] = readable
    return environment
