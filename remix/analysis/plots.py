"""Numbers as drawings: SVG to be put into a page.

Takes series and points, gives SVG that follows the page's colours and fonts, so that it is readable by day and by
night. The same numbers give the same bytes. Knows nothing of runs and kinds; draws with matplotlib, which is the
extra `essay-remix[report]`.
"""

from __future__ import annotations

import contextlib
import functools
import html
import importlib
import importlib.util
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from remix.errors import RemixError
from remix.measure.vectors import FloatArray
from remix.util.names import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import Formatter, Locator

COLOURS = 6
"""So many series have colours of their own; then they begin again."""

_INK, _FAINT, _RULE = "#010101", "#020202", "#030303"
"""Stand-ins that become the page's colours."""

_SIZE = (3.5, 2.6)
"""Inches of a panel, of which a page shows several in a row or one below the other."""

_SETTINGS: dict[Any, Any] = {
    "axes.edgecolor": _RULE,
    "axes.labelcolor": _FAINT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": _INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",  # letters stay letters: to be read aloud, searched and enlarged
    "svg.hashsalt": "remix",
    "text.color": _INK,
    "text.parse_math": False,  # a kind may be called what it likes
    "xtick.color": _RULE,
    "xtick.labelcolor": _FAINT,
    "ytick.color": _RULE,
    "ytick.labelcolor": _FAINT,
}


class DrawingError(RemixError):
    """There is nothing to draw with."""


class Series(NamedTuple):
    """A line with its intervals."""

    name: str
    """For the description."""
    colour: int
    """Its number, from 0; -1 for a faint one."""
    style: str
    """`-`, `--` or `:`."""
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float | None]
    """Lower ends of the intervals; null where there is none."""
    high: Sequence[float | None]


class Row(NamedTuple):
    """One line of a strip of points."""

    name: str
    colour: int
    values: Sequence[float]


class Path(NamedTuple):
    """A way through the plane."""

    points: FloatArray
    """(steps, 2), the passage first."""


def check() -> None:
    """Raise `DrawingError` where the library isn't installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise DrawingError(
            "The report's plots need matplotlib, which isn't installed.", "pip install 'essay-remix[report]'"
        )


def lines(title: str, series: Sequence[Series], label: str, top: float | None = None) -> str:
    """Lines over steps, each in the band of its intervals, from 0 or what is less to `top` or the greatest."""
    with _panel(title, _of_lines(title, series)) as (axes, drawn):
        for each in series:
            colour = _FAINT if each.colour < 0 else _colour(each.colour)
            axes.plot(each.x, each.y, each.style, color=colour, marker="o", markersize=3)
            known = [at for at, low in enumerate(each.low) if low is not None]
            low, high = ([float(ends[at] or 0) for at in known] for ends in (each.low, each.high))
            axes.fill_between([each.x[at] for at in known], low, high, color=colour, alpha=0.16, linewidth=0)
        axes.set_xlabel("step")
        axes.set_ylabel(label)
        axes.xaxis.set_major_locator(_whole())
        axes.set_ylim(_bottom(series), top)
        axes.grid(axis="y", color=_RULE, linewidth=0.5)
    return drawn[0]


def _bottom(series: Sequence[Series]) -> float:
    """0, or just below the least: cosines of vectors whose mean was taken off may be negative."""
    least = min((low for each in series for low in (*each.y, *each.low) if low is not None), default=0.0)
    return 1.05 * min(least, 0.0)


def strips(title: str, rows: Sequence[Row], label: str) -> str:
    """A point a value in rows, from 0 to 1, and a stroke at each row's median."""
    import numpy as np

    with _panel(title, _of_strips(title, rows)) as (axes, drawn):
        for at, row in enumerate(rows):
            # Spread out by their number, so that no lots are drawn.
            offsets = [((7 * number) % 11 - 5) / 20 for number in range(len(row.values))]
            axes.scatter(
                row.values,
                [at + offset for offset in offsets],
                s=9,
                color=_colour(row.colour),
                alpha=0.5,
                linewidth=0,
            )
            if row.values:
                middle = float(np.median(row.values))
                axes.plot([middle, middle], [at - 0.38, at + 0.38], color=_INK, linewidth=2)
        axes.set_yticks(range(len(rows)), [row.name for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter(_percent())
        axes.grid(axis="x", color=_RULE, linewidth=0.5)
    return drawn[0]


def paths(title: str, paths: Sequence[Path], colour: int, limits: tuple[float, float, float, float]) -> str:
    """Ways through a plane: rings where they begin, points where they end."""
    import numpy as np

    with _panel(title, f"{title}: the ways of {len(paths)} chains from their passages.", size=(3.5, 3.3)) as (
        axes,
        drawn,
    ):
        for path in paths:
            axes.plot(path.points[:, 0], path.points[:, 1], color=_colour(colour), alpha=0.25, linewidth=0.7)
        first, last = (np.array([path.points[at] for path in paths]) for at in (0, -1))
        axes.scatter(first[:, 0], first[:, 1], s=12, facecolor="none", edgecolor=_FAINT, linewidth=0.8)
        axes.scatter(last[:, 0], last[:, 1], s=14, color=_colour(colour), linewidth=0)
        left, right, bottom, top = limits
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[["right", "top"]].set_visible(True)
    return drawn[0]


# -- the page's own look ------------------------------------------------------------------------------------


@contextmanager
def _panel(title: str, description: str, size: tuple[float, float] = _SIZE) -> Iterator[tuple[Axes, list[str]]]:
    """Axes to draw on; their SVG is in the list when the block ends."""
    _load()
    from matplotlib import style
    from matplotlib.figure import Figure

    drawn: list[str] = []
    # The defaults first: no user's settings change the page.
    with style.context(["default", _SETTINGS]):
        figure = Figure(figsize=size)
        axes = figure.subplots()
        axes.set_title(readable(title, keep=""))
        yield axes, drawn
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn.append(_for_page(buffer.getvalue(), readable(description, keep="")))


@functools.cache
def _load() -> None:
    """Import matplotlib where no stranger's `matplotlibrc` lies.

    It reads one in the current folder before all others, and versions before 3.11 evaluate what is written there.
    """
    with contextlib.chdir(sys.prefix):
        importlib.import_module("matplotlib")


def _for_page(svg: str, description: str) -> str:
    """An SVG file as a part of a page: no sizes, no names twice, colours and letters those of the page."""
    box = svg[svg.index("viewBox=") : svg.index('"', svg.index("viewBox=") + 9) + 1]
    svg = svg[svg.index(">", svg.index("<svg")) + 1 :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<style.*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    for stand_in, name in ((_INK, "ink"), (_FAINT, "faint"), (_RULE, "rule")):
        svg = svg.replace(stand_in, f"var(--{name})")
    svg = re.sub(r"#0a000(\d)", lambda found: f"var(--series-{found.group(1)})", svg)
    head = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {box} role="img"'
    return f'{head} aria-label="{html.escape(description)}">{svg}'


def _colour(number: int) -> str:
    return f"#0a000{number % COLOURS + 1}"


def _whole() -> Locator:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True)


def _percent() -> Formatter:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0, symbol=" %")


def _of_lines(title: str, series: Sequence[Series]) -> str:
    parts = (f"{each.name} from {each.y[0]:.2f} to {each.y[-1]:.2f}" for each in series if len(each.y))
    return f"{title}, by step: {'; '.join(parts)}."


def _of_strips(title: str, rows: Sequence[Row]) -> str:
    parts = (f"{row.name}, {len(row.values)} texts" for row in rows)
    return f"{title}: {'; '.join(parts)}."
