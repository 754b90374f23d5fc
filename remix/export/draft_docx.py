"""Export of a draft to Word (.docx): Markdown's headings, lists, quotations and emphasis in the styles of `docx.py`.

Takes markdown-it's tokens, gives the file's bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from remix.export.docx import SUPERSCRIPT, Properties, packed, paragraph_of

_FORMATS = {"strong": "<w:b/>", "em": "<w:i/>"}
_CODE = '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New"/>'

_Run = tuple[str, str]
"""A stretch of text with its properties in WordprocessingML."""


def docx(
    title: str, has_heading: bool, pieces: Sequence[tuple[Sequence[Token], int | None]], notes: Sequence[str]
) -> bytes:
    """A draft as a document. `pieces` have the number of their note of origin, if any.

    `has_heading` says whether the first piece begins with the title as a heading.
    """
    paragraphs = [] if has_heading else [paragraph_of("Title", [(title, "")])]
    for number, (tokens, note) in enumerate(pieces):
        is_title = has_heading and not any(before for before, _ in pieces[:number])
        blocks = list(_blocks(tokens, is_title))
        if note is not None:
            style, runs = blocks.pop() if blocks else ("Normal", [])
            blocks.append((style, [*runs, (str(note), SUPERSCRIPT)]))
        paragraphs += [paragraph_of(style, runs) for style, runs in blocks]
    if notes:
        paragraphs.append(paragraph_of("Heading2", [("Where the texts come from", "")]))
        paragraphs += [paragraph_of("Origin", [(f"{at} {note}", "")]) for at, note in enumerate(notes, start=1)]
    return packed(paragraphs, Properties(title, "", "", None))


def _blocks(tokens: Sequence[Token], is_title: bool) -> Iterator[tuple[str, list[_Run]]]:
    """The paragraphs of a piece: style and stretches of text. `is_title`: whether the first heading is the title."""
    style, marks, lists, quotations = "Normal", "", list[int](), 0
    for token in tokens:
        if token.type == "heading_open":
            style = "Title" if is_title else "Heading2"
            is_title = False
        elif token.type == "heading_close":
            style = "Normal"
        elif token.type == "blockquote_open":
            quotations += 1
        elif token.type == "blockquote_close":
            quotations -= 1
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrs.get("start", 1)) if token.tag == "ol" else 0)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            marks = "    " * (len(lists) - 1) + (f"{lists[-1]}. " if lists[-1] else "• ")
            lists[-1] += 1 if lists[-1] else 0
        elif token.type == "inline":
            yield ("Quote" if quotations else style), [(marks, ""), *_runs(token.children or ())]
            marks = ""
        elif token.type in ("fence", "code_block"):
            yield "Normal", [(token.content.removesuffix("\n"), _CODE)]
        elif token.type == "hr":
            yield "Normal", [("* * *", "")]


def _runs(children: Sequence[Token]) -> Iterator[_Run]:
    formats: list[str] = []
    addresses: list[str] = []
    for each in children:
        if each.tag in _FORMATS:
            formats.append(_FORMATS[each.tag]) if each.nesting == 1 else formats.pop()
        elif each.type == "link_open":
            addresses.append(str(each.attrs.get("href", "")))
        elif each.type == "link_close":
            yield f" ({addresses.pop()})", ""
        elif each.type in ("softbreak", "hardbreak"):
            yield (" " if each.type == "softbreak" else "\n"), ""
        elif each.type == "code_inline":
            yield each.content, _CODE
        elif each.content:
            yield each.content, "".join(sorted(set(formats)))
