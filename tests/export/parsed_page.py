"""A page of HTML as tests look at it: its tags with their attributes, and its words."""

from __future__ import annotations

from html.parser import HTMLParser


class ParsedPage(HTMLParser):
    """Tags and words of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def classed(self, name: str) -> list[dict[str, str | None]]:
        """The attributes of each tag that has a class."""
        return [attributes for _, attributes in self.tags if name in (attributes.get("class") or "").split()]
