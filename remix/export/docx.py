"""Export to Word (.docx): essays and passages as headings, each passage quoted, and the passage's texts below.

A woven essay comes first, with footnotes on the passages behind its sentences. Takes a run and outputs with their
reviews, or paragraphs, gives the file's bytes: the five parts that a document must have by ECMA-376
(https://ecma-international.org/publications-and-standards/standards/ecma-376/), and a part for footnotes. The same
outputs give the same bytes. A library would bring a document of its own to be emptied first, and depend on lxml.
"""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from typing import NamedTuple

from remix.export import noted_essay
from remix.export.reviewed_outputs import ReviewedOutput, authors, book_title, chapters, contributor, line
from remix.records import Run
from remix.util.names import readable

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SUPERSCRIPT = '<w:vertAlign w:val="superscript"/>'
_TEXT = '<w:t xml:space="preserve">'
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_CONTENT_TYPES = f"""{_HEAD}<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>
"""

_RELATIONS = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>
"""

_RELATIONS_OF_DOCUMENT = f"""{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>
</Relationships>
"""


class Properties(NamedTuple):
    """Metadata of a document."""

    title: str
    creator: str
    description: str
    created: datetime | None


TextRun = tuple[str, str] | int
"""A stretch of text with its properties in WordprocessingML, such as `<w:b/>`; or the number of a footnote."""


def docx(run: Run, outputs: Sequence[ReviewedOutput], with_notes: bool = True) -> bytes:
    essay = noted_essay.essay_of(run, outputs, with_notes)
    if essay:
        title, names = essay.title, noted_essay.authors(run, essay)
        paragraphs = [*_essay(essay, names, with_notes), *_chapters(run, essay.rest)]
    else:
        title, names = book_title(run, outputs), authors(run, outputs)
        paragraphs = [*_head(title, names, outputs), *_chapters(run, outputs)]
    properties = Properties(title, "; ".join(names), contributor(outputs), run.created)
    return packed(paragraphs, properties, essay.notes if essay else ())


def packed(paragraphs: Iterable[str], properties: Properties, footnotes: Sequence[str] = ()) -> bytes:
    """A document of paragraphs in WordprocessingML, with the styles of `_STYLES`, and texts of footnotes from 1."""
    body = "\n".join(paragraphs)
    document = f'{_HEAD}<w:document xmlns:w="{_WORD}"><w:body>\n{body}\n<w:sectPr/></w:body></w:document>\n'
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _RELATIONS_OF_DOCUMENT,
        "word/styles.xml": _styles(_STYLES),
        "docProps/core.xml": _properties(properties),
    }
    if footnotes:
        parts |= {
            "[Content_Types].xml": _before_end(_CONTENT_TYPES, _TYPE_OF_FOOTNOTES),
            "word/_rels/document.xml.rels": _before_end(_RELATIONS_OF_DOCUMENT, _RELATION_OF_FOOTNOTES),
            "word/styles.xml": _before_end(_styles((*_STYLES, _STYLE_OF_FOOTNOTES)), _STYLE_OF_REFERENCES),
            "word/footnotes.xml": _footnotes(footnotes),
        }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            # A `ZipInfo` has a fixed time.
            archive.writestr(zipfile.ZipInfo(name), part.encode(), zipfile.ZIP_DEFLATED)
    return data.getvalue()


def _head(title: str, names: Sequence[str], outputs: Iterable[ReviewedOutput]) -> Iterator[str]:
    yield from _styled("Title", title)
    yield from _styled("Subtitle", "; ".join([*names, contributor(outputs)]))


def _essay(essay: noted_essay.NotedEssay, names: Sequence[str], with_notes: bool) -> Iterator[str]:
    yield from _head(essay.title, names, [text.output for text in essay.texts])
    for text in essay.texts:
        runs: list[TextRun] = []
        for each in text.marked:
            words, *further = readable(each.text).split("\n\n")
            runs.append((words, ""))
            for paragraph in further:
                yield paragraph_of("Normal", runs)
                runs = [(paragraph.lstrip("\n"), "")]
            if each.mark:
                runs.append(int(each.mark) if each.mark.isdecimal() else (each.mark, SUPERSCRIPT))
        yield paragraph_of("Normal", runs)
    if with_notes:
        yield from _styled("Heading2", noted_essay.HEADING)
        for about in (*noted_essay.about(essay), *essay.origins):
            yield from _styled("Origin", about)


def _chapters(run: Run, outputs: Sequence[ReviewedOutput]) -> Iterator[str]:
    for essay, passages in chapters(run, outputs):
        yield from _styled("Heading1", line(essay.title))
        for passage, written in passages:
            section = f", {passage.section}" if passage.section else ""
            yield from _styled("Heading2", line(passage.id + section))
            yield from _styled("Quote", passage.text)
            for output in written:
                yield from _styled("Normal", output.text)
                yield from _styled("Origin", output.origin)


def _styled(style: str, words: str) -> Iterator[str]:
    """A text in paragraphs of a style; a single line end stays a line end."""
    for paragraph in readable(words).split("\n\n"):
        if not paragraph.strip():
            continue
        yield paragraph_of(style, [(paragraph.strip("\n"), "")])


def paragraph_of(style: str, runs: Sequence[TextRun]) -> str:
    """A paragraph of a style."""
    # The first letter with a direction decides: left to right, or as in Hebrew and Arabic right to left.
    texts = (run[0] for run in runs if not isinstance(run, int))
    directions = (unicodedata.bidirectional(letter) for text in texts for letter in text)
    is_rtl = next((each for each in directions if each in ("L", "R", "AL")), "L") != "L"
    bidi, rtl = ("<w:bidi/>", "<w:rtl/>") if is_rtl else ("", "")
    words = (_footnote_mark("footnoteReference", run) if isinstance(run, int) else _run(*run, rtl) for run in runs)
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{bidi}</w:pPr>{"".join(words)}</w:p>'


def _run(words: str, properties: str, rtl: str) -> str:
    text = escape(words, quote=False)
    text = text.replace("\t", f"</w:t><w:tab/>{_TEXT}").replace("\n", f"</w:t><w:br/>{_TEXT}")
    formatted = f"<w:rPr>{properties}{rtl}</w:rPr>" if properties or rtl else ""
    return f"<w:r>{formatted}{_TEXT}{text}</w:t></w:r>"


# -- footnotes ----------------------------------------------------------------------------------------------

_TYPE_OF_FOOTNOTES = f'<Override PartName="/word/footnotes.xml" ContentType="{_TYPE}.footnotes+xml"/>\n'
_RELATION_OF_FOOTNOTES = f'<Relationship Id="rId2" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/>\n'
_STYLE_OF_FOOTNOTES = ("FootnoteText", "footnote text", '<w:spacing w:after="60"/>', '<w:sz w:val="18"/>')
_STYLE_OF_REFERENCES = (
    '<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>'
    f"<w:rPr>{SUPERSCRIPT}</w:rPr></w:style>\n"
)
_LINES = "".join(
    f'<w:footnote w:type="{line_}" w:id="{number}"><w:p><w:r><w:{line_}/></w:r></w:p></w:footnote>\n'
    for number, line_ in ((-1, "separator"), (0, "continuationSeparator"))
)
"""The lines between text and footnotes, which have numbers like footnotes."""


def _footnotes(footnotes: Sequence[str]) -> str:
    """The part of the footnotes' texts."""
    notes = ""
    for number, note in enumerate(footnotes, start=1):
        paragraph = paragraph_of("FootnoteText", [(f" {note}", "")])
        begin = paragraph.index("</w:pPr>") + len("</w:pPr>")
        marked = f"{paragraph[:begin]}{_footnote_mark('footnoteRef')}{paragraph[begin:]}"
        notes += f'<w:footnote w:id="{number}">{marked}</w:footnote>\n'
    return f'{_HEAD}<w:footnotes xmlns:w="{_WORD}">\n{_LINES}{notes}</w:footnotes>\n'


def _footnote_mark(name: str, number: int | None = None) -> str:
    """The number of a footnote as Word counts it: in the text, or in the footnote itself."""
    id_ = "" if number is None else f' w:id="{number}"'
    return f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:{name}{id_}/></w:r>'


def _before_end(part: str, more: str) -> str:
    """A part with more elements at the end of its root."""
    end = part.rindex("</")
    return f"{part[:end]}{more}{part[end:]}"


# -- styles and properties ----------------------------------------------------------------------------------

_STYLES = (
    ("Normal", "Normal", '<w:spacing w:after="160" w:line="288" w:lineRule="auto"/>', '<w:sz w:val="22"/>'),
    ("Title", "Title", '<w:spacing w:after="120"/>', '<w:sz w:val="48"/>'),
    ("Subtitle", "Subtitle", '<w:spacing w:after="480"/>', '<w:color w:val="595959"/>'),
    (
        "Heading1",
        "heading 1",
        '<w:keepNext/><w:pageBreakBefore/><w:spacing w:after="240"/><w:outlineLvl w:val="0"/>',
        '<w:b/><w:sz w:val="32"/>',
    ),
    (
        "Heading2",
        "heading 2",
        '<w:keepNext/><w:spacing w:before="360" w:after="120"/><w:outlineLvl w:val="1"/>',
        '<w:b/><w:sz w:val="24"/>',
    ),
    ("Quote", "Quote", '<w:ind w:left="567" w:right="567"/>', "<w:i/>"),
    ("Origin", "Origin", '<w:spacing w:after="360"/>', '<w:color w:val="595959"/><w:sz w:val="16"/>'),
)
"""Each style's id, name, and how its paragraphs and letters look. Sizes are in half points, distances in twentieths
of a point."""


def _styles(of_paragraphs: Iterable[tuple[str, str, str, str]]) -> str:
    styles = ""
    for id_, name, paragraph, letters in of_paragraphs:
        default, based = (' w:default="1"', "") if id_ == "Normal" else ("", '<w:basedOn w:val="Normal"/>')
        styles += (
            f'<w:style w:type="paragraph" w:styleId="{id_}"{default}><w:name w:val="{name}"/>{based}'
            f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{letters}</w:rPr></w:style>\n"
        )
    return f'{_HEAD}<w:styles xmlns:w="{_WORD}">\n{styles}</w:styles>\n'


def _properties(properties: Properties) -> str:
    created = ""
    if properties.created:
        created = (
            f'<dcterms:created xsi:type="dcterms:W3CDTF">{properties.created:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>\n'
        )
    return f"""{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<dc:title>{escape(properties.title)}</dc:title>
<dc:creator>{escape(properties.creator)}</dc:creator>
<dc:description>{escape(properties.description)}</dc:description>
{created}</cp:coreProperties>
"""
