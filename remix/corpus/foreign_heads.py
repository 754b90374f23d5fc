"""Foreign heads: metadata above a note in forms without the fences of YAML and TOML.

Takes a file's text, gives the metadata and the number of lines. Knows JSON (Hugo), JSON before `;;;` and YAML before
`---` (Hexo), `Title: …` before an empty line (Pelican, MultiMarkdown), `% title` (Pandoc), and `title:: …` (Logseq).

Prose may look like a head: `Note: the ferry is late.` A first line of `key: value` begins a head only if the key is
in `FIRST_KEYS`, and only if all lines up to the end of the head have the same form.
"""

from __future__ import annotations

import json
import re
from itertools import takewhile
from typing import Any, NamedTuple

from remix.corpus.head_keys import TAG_KEYS, key_form
from remix.util.frontmatter import FENCE, MOST_FRONT_MATTER, FrontMatterError, strings

JSON_FENCE = ";;;"

FIRST_KEYS = frozenset({"title", "date", "author", "authors", "tags", "category", "categories", "keywords", "slug"})
"""Keys that begin a head without a fence."""

MOST_LINES = 200
"""Of a head without a fence."""

_JSON = re.compile(r'\{\s*+"[^"\n]{0,200}+"\s*+:')
_JSON_ENTRY = re.compile(r'"([^"\n]{0,200}+)"[ \t]*+:')
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Leaves numbers as written: Python takes time in the square of a number's length."""

_PAIR = re.compile(r"([A-Za-z][\w -]{0,60}+):(?:[ \t]++(.*)|)")
_PROPERTY = re.compile(r"([A-Za-z][\w -]{0,60}+)::[ \t]++(\S.*)")
_YAML_LINE = re.compile(r"[A-Za-z][^:#]{0,60}+:(?:[ \t]|$)|[ \t]++\S|- |#")
_INDENTED = re.compile(r"(?: {4}|\t)[ \t]*+(\S.*)")
_PERCENT = re.compile(r"%(?:[ \t]++(.*)|)")


class ForeignHead(NamedTuple):
    """A head without fences."""

    lines: int
    """Number of lines, including the line that ends the head."""
    meta: dict[str, Any]
    """Strings, and lists and mappings of strings."""
    yaml: str = ""
    """The head's source, if the head is YAML; then `meta` is empty."""


def find(text: str, name: str) -> ForeignHead | None:
    """The head of a text; none if the text begins with prose. Raises `FrontMatterError` for broken JSON."""
    if _JSON.match(text):
        return _json(text, name)
    lines = text[:MOST_FRONT_MATTER].split("\n", MOST_LINES)[:MOST_LINES]
    entry = _JSON_ENTRY.match(lines[0])
    if lines[0].rstrip() == JSON_FENCE or (entry and key_form(entry[1]) in FIRST_KEYS):
        return _json_entries(lines, name)
    if _PERCENT.fullmatch(lines[0]):
        return _percent(lines)
    if _PROPERTY.fullmatch(lines[0]):
        return _properties(lines)
    pair = _PAIR.fullmatch(lines[0])
    if pair and key_form(pair[1]) in FIRST_KEYS:
        return _unfenced_yaml(lines) or _pairs(lines)
    return None


# -- JSON ---------------------------------------------------------------------------------------------------


def _json(text: str, name: str) -> ForeignHead | None:
    """A head of JSON, as in Hugo; none if words follow on the last line."""
    head = text[:MOST_FRONT_MATTER]
    try:
        found, end = _DECODER.raw_decode(head)
        meta = _object(found, name)
    except json.JSONDecodeError as error:
        raise _broken(f"{name}:{error.lineno}", error.msg) from error
    except RecursionError as error:
        raise _broken(f"{name}:1", "nested too deeply") from error
    rest = text[end:].partition("\n")[0]
    return None if rest.strip() else ForeignHead(text.count("\n", 0, end) + 1, meta)


def _json_entries(lines: list[str], name: str) -> ForeignHead | None:
    """A head of JSON without braces before `;;;`, as in Hexo; the line above may be `;;;`, too."""
    start = int(lines[0].rstrip() == JSON_FENCE)
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == JSON_FENCE), None)
    if end is None:
        return None
    source = "\n".join(lines[start:end])
    whole = source if source.lstrip().startswith("{") else "{" + source + "}"
    try:
        return ForeignHead(end + 1, _object(_DECODER.decode(whole), name))
    except json.JSONDecodeError as error:
        raise _broken(f"{name}:{error.lineno + start}", error.msg) from error
    except RecursionError as error:
        raise _broken(f"{name}:1", "nested too deeply") from error


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _broken(f"{name}:1", "not a list of keys and values")
    meta = strings(value)
    if re.search("[\ud800-\udfff]", json.dumps(meta, ensure_ascii=False)):
        raise _broken(f"{name}:1", "half a character")
    return dict(meta)


def _broken(place: str, problem: str) -> FrontMatterError:
    return FrontMatterError(f"{place}: broken front matter ({problem}).", "Mend the JSON.")


# -- lines of key and value ---------------------------------------------------------------------------------


def _properties(lines: list[str]) -> ForeignHead:
    """Logseq's properties of a page: `title:: Lamps`. The lines stay in the body, and tags are read from the body."""
    pairs = [match for match in takewhile(bool, map(_PROPERTY.fullmatch, lines)) if match]
    meta = {match[1]: match[2].strip() for match in pairs if key_form(match[1]) not in TAG_KEYS}
    return ForeignHead(0, meta)


def _unfenced_yaml(lines: list[str]) -> ForeignHead | None:
    """YAML that ends at `---`, without a line above, as in Hexo."""
    source = list(takewhile(lambda line: _YAML_LINE.match(line) and line.rstrip() != FENCE, lines))
    if lines[len(source) : len(source) + 1] and lines[len(source)].rstrip() == FENCE:
        return ForeignHead(len(source) + 1, {}, "\n".join(source))
    return None


def _pairs(lines: list[str]) -> ForeignHead | None:
    """Lines of `Key: value` up to an empty line, as in Pelican and MultiMarkdown; indented lines continue a value."""
    head = list(takewhile(str.strip, lines))
    values: dict[str, str] = {}
    key = ""
    for line in head:
        if pair := _PAIR.fullmatch(line):
            key = pair[1]
            before = f"{values[key]}, " if key in values else ""
            values[key] = before + (pair[2] or "").strip()
        elif more := _INDENTED.fullmatch(line):
            values[key] = f"{values[key]} {more[1].strip()}".strip()
        else:
            return None
    if not any(map(str.strip, lines[len(head) :])):
        return None
    if len(head) == 1 and key_form(key) in TAG_KEYS and "#" in values[key]:
        return None  # a line of tags, which may stand anywhere in a note
    return ForeignHead(len(head), {key: _listed(key, value) for key, value in values.items()})


def _listed(key: str, value: str) -> str | list[str]:
    """A value; tags as a list, because Pelican's tags may have several words without a comma between tags."""
    if key_form(key) == "tags" and "#" not in value and "[[" not in value:
        if value.startswith("[") and value.endswith("]"):
            value = value[1:-1]
        return [tag.strip() for tag in re.split("[,;]", value)]
    return value


def _percent(lines: list[str]) -> ForeignHead | None:
    """Up to three fields, title, authors and date, each after `%`, as in Pandoc; indented lines continue a field."""
    fields: list[list[str]] = []
    end = 0
    for line in lines:
        if (found := _PERCENT.fullmatch(line)) and len(fields) < 3:
            fields.append([(found[1] or "").strip()])
        elif line[:1] in (" ", "\t") and line.strip():
            fields[-1].append(line.strip())
        else:
            break
        end += 1
    title, authors, date = [*fields, [], []][:3]
    named = [name.strip() for line in authors for name in line.split(";") if name.strip()]
    meta = {"title": " ".join(title), "author": named, "date": " ".join(date)}
    return ForeignHead(end, {key: value for key, value in meta.items() if value}) if any(meta.values()) else None
