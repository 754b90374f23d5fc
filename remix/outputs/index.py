"""A run's table of contents (`index.md`), for people who read the folder in Obsidian, on a git host, or in an editor.

Takes a run's folder, writes `index.md`: title, tags, and every passage with links to its texts, their flags and
verdicts. No part of remix reads the table. A table that a person has changed is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from textwrap import shorten
from urllib.parse import quote

from remix.errors import RunError
from remix.outputs import note, reviews
from remix.outputs.facts import about, shown_under, variant_label
from remix.outputs.layout import INDEX
from remix.outputs.run import RunFolder
from remix.records import Passage, Standing, Task, sha256
from remix.util import names
from remix.util.files import write_whole
from remix.util.names import readable

_SIGN = re.compile(rb"<!-- by remix, ([0-9a-f]{64}) -->\n\Z")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$%^=&]|^[-+])")
_MARKUP = re.compile(r"[<>&`*\[\]|]")
_NUMBER = re.compile(r"^(\d+)([.)])")
"""The beginning of an item of a numbered list."""
_WORKSPACE = "../.."
"""The way from a run's folder to the workspace: outputs/RUN."""
_MARKS = {"accept": "✓", "star": "★", "reject": "✗"}


def write_index(folder: RunFolder) -> bool:
    """Write the table, unless a person has changed the table; gives whether. Raises `RunError` if writing fails."""
    if not _is_ours(folder):
        return False
    body = _index(folder).encode()
    write_whole(folder.path / INDEX, body + f"<!-- by remix, {sha256(body)} -->\n".encode())
    return True


def _is_ours(folder: RunFolder) -> bool:
    """Whether the table is missing, or unchanged since remix wrote the table."""
    try:
        data = folder.read_bytes(INDEX)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    sign = _SIGN.search(data)
    return sign is not None and sha256(data[: sign.start()]) == sign[1].decode()


def _index(folder: RunFolder) -> str:
    done = folder.done
    standings = reviews.standings(reviews.read(folder.path).reviews)
    by_passage: dict[str, list[Task]] = {}
    places = shown_under(folder.run)
    for task in done:
        by_passage.setdefault(places[task.id], []).append(task)
    run = folder.run
    lines = [
        _head(folder),
        f"# {_plain(about(run))}",
        f"{len(done)} of {len(run.tasks)} texts by {_plain(run.model_name or '')}. {_LEGEND}",
    ]
    for essay in run.essays:
        passages = [passage for passage in essay.passages if passage.id in by_passage]
        if passages:
            title = _plain(essay.title)
            # A link, if the workspace has its usual folders around the run.
            is_there = not names.leads_out(essay.path) and (folder.path / _WORKSPACE / essay.path).is_file()
            lines.append(f"## [{title}]({_WORKSPACE}/{quote(essay.path)})" if is_there else f"## {title}")
            for passage in passages:
                lines += _passage(folder, passage, by_passage[passage.id], standings)
    return "\n\n".join(lines) + "\n\n"


def _head(folder: RunFolder) -> str:
    """Front matter: the title, the run's name as alias, and the tags of the run and its passages."""
    run = folder.run
    tags = note.tags((*run.options.tags, *(tag for _, passage in run.corpus for tag in passage.tags)))
    lines = [
        "---",
        f"title: {_in_front_matter(about(run))}",
        f"aliases: [{_in_front_matter(folder.path.name)}]",
        f"tags: [{', '.join(map(_in_front_matter, tags))}]",
        "---",
    ]
    return "\n".join(lines)


def _in_front_matter(words: str) -> str:
    """A string of YAML without markup: readers that don't know front matter show the string as Markdown."""
    source = json.dumps(readable(words, keep=""), ensure_ascii=False)
    return _MARKUP.sub(lambda match: f"\\u{ord(match[0]):04x}", source)


_LEGEND = "Numbers are steps; what looks wrong stands behind them; ✓ accepted, ★ starred, ✗ rejected."


def _passage(folder: RunFolder, passage: Passage, tasks: list[Task], standings: dict[str, Standing]) -> Iterator[str]:
    section = f", {_plain(passage.section)}" if passage.section else ""
    yield f"### {_plain(passage.id)}{section}"
    yield f"> {_plain(shorten(passage.text, 162, placeholder=' …'))}"
    chains: dict[str, list[str]] = {}
    for task in tasks:
        chain = f"{task.kind}{variant_label(task)}"
        chains.setdefault(chain, []).append(_link(folder, task, standings))
    yield "\n".join(f"- {_plain(chain)}: {', '.join(links)}" for chain, links in chains.items())


def _link(folder: RunFolder, task: Task, standings: dict[str, Standing]) -> str:
    link = f"[{task.step}]({quote(task.id)}.md)"
    try:
        record, _ = folder.read(task.id)
    except RunError:
        return f"{link} changed since"
    standing = standings.get(record.id)
    marks = [_MARKS[standing.verdict]] if standing and standing.verdict else []
    if standing and standing.edit:
        marks.append(f"[edited]({quote(standing.edit.file)})")
    about = " ".join([*marks, *map(_plain, record.flags)])
    return f"{link} {about}" if about else link


def _plain(words: str) -> str:
    """Words with Markdown's special characters escaped: titles may come from strangers."""
    plain = _SPECIAL.sub(r"\\\1", readable(words, keep="").strip())
    return _NUMBER.sub(r"\1\\\2", plain)
