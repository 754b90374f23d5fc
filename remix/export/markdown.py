"""Export to Markdown: one file with essays as chapters, each passage quoted, and the passage's texts below.

Takes a run and outputs with their reviews, gives a text. Markdown in texts stays Markdown, except raw HTML, scripts,
and markup with effects beyond the end of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from remix.export.reviewed_outputs import ReviewedOutput, chapters, line, title
from remix.export.safe_markdown import contained, without_html, without_imitations
from remix.records import Run
from remix.util.names import readable

_ORIGIN = re.compile(r"; record [0-9a-f]{12}")
"""In a `ReviewedOutput.origin`; lines of a text that imitate an origin are shown as code."""


def markdown(run: Run, outputs: Sequence[ReviewedOutput]) -> str:
    lines = [f"# {contained(title(run))}"]
    for essay, passages in chapters(run, outputs):
        lines.append(f"## {contained(line(essay.title))}")
        for passage, written in passages:
            lines.append("\n".join(f"> {each}".rstrip() for each in _text(passage.text).split("\n")))
            for output in written:
                lines += [_text(output.text), f"— {contained(output.origin)}"]
    return without_html("\n\n".join(lines) + "\n")


def _text(text: str) -> str:
    return contained(without_imitations(readable(text), _ORIGIN))
