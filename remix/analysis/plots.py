"""Plots as SVG for a page: lines over steps, strips of points, paths in a plane.

Takes series and points, gives SVG that uses the page's colours and fonts, in light and dark mode. The same numbers
give the same bytes. Without matplotlib, the extra `essay-remix[report]`, each plot is an empty string. Knows nothing
of runs and kinds.
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

from remix.measure.vectors import FloatArray
from remix.util.names import readable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = 6
"""Number of series colours; a seventh series has the first colour again."""

_INK, _FAINT, _RULE, _PAPER = "#010101", "#020202", "#030303", "#040404"
"""Placeholders that `_for_page` replaces by the page's colours."""

_SIZE = (3.5, 2.6)
"""Width and height of a panel in inches."""

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
    "svg.fonttype": "none",  # text stays text, for search and screen readers
    "svg.hashsalt": "remix",
    "text.color": _INK,
    "text.parse_math": False,  # a kind's name may contain dollar signs
    "xtick.color": _RULE,
    "xtick.labelcolor": _FAINT,
    "ytick.color": _RULE,
    "ytick.labelcolor": _FAINT,
}


class Series(NamedTuple):
    """A line with its 95 % intervals."""

    name: str
    """Name in the plot's description."""
    colour: int
    """Number of the colour, from 0; -1 for the faint colour."""
    style: str
    """`-`, `--` or `:`."""
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float | None]
    """Lower ends of the intervals; null for a point without an interval."""
    high: Sequence[float | None]


class Row(NamedTuple):
    """A row of points in a strip plot."""

    name: str
    colour: int
    values: Sequence[float]


class Bar(NamedTuple):
    """A bar in a stack, from parts that sum to 1."""

    name: str
    parts: Sequence[float]


class Path(NamedTuple):
    """A chain's path through the plane."""

    points: FloatArray
    """(steps + 1, 2), the passage first."""


HINT = "pip install 'essay-remix[report]'"
"""How to install matplotlib."""


def is_installed() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def lines(title: str, series: Sequence[Series], label: str, top: float | None = None) -> str:
    """Lines over steps with their intervals as bands. The axis begins at 0, or below the lowest value if negative."""
    if not is_installed():
        return ""
    parts = (f"{each.name} from {each.y[0]:.2f} to {each.y[-1]:.2f}" for each in series if len(each.y))
    with _panel(title, f"{title}, by step: {'; '.join(parts)}.") as (axes, drawn):
        from matplotlib import ticker

        for each in series:
            colour = _FAINT if each.colour < 0 else _colour(each.colour)
            axes.plot(each.x, each.y, each.style, color=colour, marker="o", markersize=3)
            known = [at for at, low in enumerate(each.low) if low is not None]
            low, high = ([float(ends[at] or 0) for at in known] for ends in (each.low, each.high))
            axes.fill_between([each.x[at] for at in known], low, high, color=colour, alpha=0.16, linewidth=0)
        axes.set_xlabel("step")
        axes.set_ylabel(label)
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        # Cosines of centred vectors may be negative.
        least = min((low for each in series for low in (*each.y, *each.low) if low is not None), default=0.0)
        axes.set_ylim(1.05 * min(least, 0.0), top)
        axes.grid(axis="y", color=_RULE, linewidth=0.5)
    return drawn[0]


def strips(title: str, rows: Sequence[Row], label: str) -> str:
    """One point per value, 0 … 1, in rows, and a mark at each row's median."""
    if not is_installed():
        return ""
    import numpy as np

    parts = (f"{row.name}, {len(row.values)} texts" for row in rows)
    with _panel(title, f"{title}: {'; '.join(parts)}.") as (axes, drawn):
        from matplotlib import ticker

        for at, row in enumerate(rows):
            # A fixed pattern instead of random jitter, so that the same numbers give the same bytes.
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
        axes.xaxis.set_major_formatter(ticker.PercentFormatter(1.0, decimals=0, symbol=" %"))
        axes.grid(axis="x", color=_RULE, linewidth=0.5)
    return drawn[0]


LETTERS = 40
"""Letters that fit into a whole bar."""


def stacks(title: str, bars: Sequence[Bar], names: Sequence[str], colours: Sequence[int]) -> str:
    """Bars from the left to the right, cut into named parts; a part wide enough for its name shows the name."""
    if not is_installed():
        return ""
    shares = (
        f"{bar.name}, {', '.join(f'{name} {part:.0%}' for name, part in zip(names, bar.parts, strict=True))}"
        for bar in bars
    )
    with _panel(title, f"{title}: {'; '.join(shares)}.") as (axes, drawn):
        from matplotlib import ticker

        for at, bar in enumerate(bars):
            left = 0.0
            for name, part, colour in zip(names, bar.parts, colours, strict=True):
                fill = _FAINT if colour < 0 else _colour(colour)
                axes.barh(at, part, left=left, height=0.7, color=fill, edgecolor=_PAPER, linewidth=1)
                if part * LETTERS >= len(name) + 2:
                    axes.text(left + part / 2, at, name, color=_PAPER, size=8, ha="center", va="center")
                left += part
        axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xlabel("share of sentences")
        axes.xaxis.set_major_formatter(ticker.PercentFormatter(1.0, decimals=0, symbol=" %"))
    return drawn[0]


def paths(title: str, paths: Sequence[Path], colour: int, limits: tuple[float, float, float, float]) -> str:
    """Paths in a plane, with a ring at the beginning and a point at the end. `limits`: left, right, bottom, top."""
    if not is_installed():
        return ""
    import numpy as np

    description = f"{title}: the paths of {len(paths)} chains from their passages."
    with _panel(title, description, size=(3.5, 3.3)) as (axes, drawn):
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


# -- from matplotlib's SVG to the page's --------------------------------------------------------------------


@contextmanager
def _panel(title: str, description: str, size: tuple[float, float] = _SIZE) -> Iterator[tuple[Axes, list[str]]]:
    """Axes to draw on, and a list that holds the SVG after the block."""
    _load()
    from matplotlib import style
    from matplotlib.figure import Figure

    drawn: list[str] = []
    # matplotlib's defaults override a user's settings.
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
    """Import matplotlib from a folder without a stranger's `matplotlibrc`.

    matplotlib reads `matplotlibrc` in the current folder first, and versions before 3.11 evaluate values in the file.
    """
    with contextlib.chdir(sys.prefix):
        importlib.import_module("matplotlib")


def _for_page(svg: str, description: str) -> str:
    """An SVG file as a part of a page: without sizes and ids, in the page's colours and fonts."""
    box = svg[svg.index("viewBox=") : svg.index('"', svg.index("viewBox=") + 9) + 1]
    svg = svg[svg.index(">", svg.index("<svg")) + 1 :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"<style.*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    for stand_in, name in ((_INK, "ink"), (_FAINT, "faint"), (_RULE, "rule"), (_PAPER, "paper")):
        svg = svg.replace(stand_in, f"var(--{name})")
    svg = re.sub(r"#0a000(\d)", lambda found: f"var(--series-{found.group(1)})", svg)
    head = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {box} role="img"'
    return f'{head} aria-label="{html.escape(description)}">{svg}'


def _colour(number: int) -> str:
    return f"#0a000{number % COLOURS + 1}"
