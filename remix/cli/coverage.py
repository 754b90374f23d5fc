"""What `remix measure` prints of texts of several passages: the number heard, and the unheard passages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remix.cli.printing import note, print_table

if TYPE_CHECKING:
    from remix.analysis.coverage import RunCoverage


def print_coverage(covered: RunCoverage | None) -> None:
    """Print the passages heard and not heard, text by text; nothing if no text is made from several passages."""
    if covered is None:
        return
    note("")
    print_table(["output", "passages heard", "sentences added", "not heard"], covered.rows)
    note("A passage is heard if it stands behind a sentence. A sentence is added if no passage stands behind it.")
