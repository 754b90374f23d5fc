"""The tag map: a picture of the tags on the same passages.

Takes passages, gives an SVG, complete in itself, always the same, and legible on light and dark paper.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

import networkx as nx
import numpy as np
import numpy.typing as npt

from remix.corpus.cooccurrence import Pair, cooccurrences
from remix.corpus.tags import count_tags
from remix.records import Passage
from remix.util.names import readable

MOST_TAGS = 60
"""The default: a map of many more tags is illegible."""

NEIGHBOURS = 3
"""Lines drawn for each tag, the strongest: with all lines a map would be a tangle."""

MOST_ROUNDS, MOST_PUSHES = 600, 6 * 10**7
"""Bounds on the time of the layout: rounds, and pairs of tags pushed apart, added up over all rounds."""

MOST_MERGED = 200
"""Tags, at most, whose groups are found by greedy modularity; of more tags by Louvain's method (Blondel et al.,
2008)."""

LONGEST = 32
"""Characters shown of a tag."""

COLOURS = ("#3679bb", "#ca4c33", "#2d864a", "#975cc1", "#a36917", "#23818a", "#c24986", "#7a7a1e")
GREY = "#767676"
"""Each has a relative luminance of 0.18, with a contrast (WCAG 2.2) of 4.5 to white and to black."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

GAP, MARGIN = 14.0, 20.0
"""Between labels, and around the map; in pixels, like all lengths here."""

Points = npt.NDArray[np.float64]
"""Of shape (labels, 2): x to the right, y down."""


class _Label(NamedTuple):
    """A tag as drawn."""

    text: str
    size: float
    """Of the letters."""
    width: float
    """Of the text."""

    @property
    def box(self) -> tuple[float, float]:
        """Width and height of the background."""
        return self.width + self.size, 1.6 * self.size


def draw(passages: Sequence[Passage], most: int = MOST_TAGS) -> bytes:
    """Draw the map of the most frequent tags; returns an SVG file.

    Tags on more passages are larger. Lines join tags on the same passages; the thickness is the passages' share among
    the passages with either tag. Tags of a colour are more often together than with tags of different colours (greedy
    modularity: Clauset, Newman and Moore, 2004).
    """
    counts = count_tags(passages)
    shown = counts[:most]
    graph = _graph(shown, cooccurrences(passages, most))
    labels = [_label(tag, count / shown[0][1]) for tag, count in shown]
    return _svg(graph, labels, _places(graph, labels), f"{len(shown)} of {len(counts)} tags.")


def _label(tag: str, share: float) -> _Label:
    """`share` is relative to the most frequent tag."""
    text = readable(tag, keep="").translate({0xFFFE: "?", 0xFFFF: "?"})
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    size = 11 + 13 * float(np.sqrt(share))
    return _Label(text, size, size * sum(map(_ems, text)))


def _ems(letter: str) -> float:
    """Approximate width of a letter in a sans-serif font, in ems; the SVG states the resulting width for any font."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if unicodedata.combining(letter):
        return 0.0
    if letter in "fijlrt.,:;'’|/- ":
        return 0.35
    return 0.88 if letter in "mwMW" else 0.68 if letter.isupper() else 0.58


# -- lines --------------------------------------------------------------------------------------------------


def _graph(counts: Sequence[tuple[str, int]], pairs: Iterable[Pair]) -> nx.Graph:
    """Tags by number, with the lines to draw: each tag's strongest, and a maximum spanning tree of connected tags."""
    numbers = {tag: number for number, (tag, _) in enumerate(counts)}
    whole = nx.Graph()
    whole.add_nodes_from(
        (number, {"tag": tag, "passages": passages}) for number, (tag, passages) in enumerate(counts)
    )
    for pair in pairs:
        whole.add_edge(numbers[pair.tag], numbers[pair.other], weight=pair.share, together=pair.together)
    kept = {_ordered(edge) for edge in nx.maximum_spanning_edges(whole, data=False)}
    for number in whole:
        strongest = sorted(whole[number], key=lambda other: (-whole[number][other]["weight"], other))
        kept |= {_ordered((number, other)) for other in strongest[:NEIGHBOURS]}
    drawn = nx.create_empty_copy(whole)
    drawn.add_edges_from((*edge, whole.edges[edge]) for edge in sorted(kept))
    return drawn


def _ordered(edge: tuple[int, int]) -> tuple[int, int]:
    return min(edge), max(edge)


def _communities(graph: nx.Graph) -> list[set[int]]:
    """Groups of tags that are often on the same passages, the largest group first."""
    if len(graph) <= MOST_MERGED:
        return list(nx.community.greedy_modularity_communities(graph, weight="weight"))
    # If many tags are all together, greedy modularity takes cubic time.
    found = nx.community.louvain_communities(graph, weight="weight", seed=1)
    return sorted(found, key=lambda group: (-len(group), min(group)))


# -- layout -------------------------------------------------------------------------------------------------


def _places(graph: nx.Graph, labels: Sequence[_Label]) -> Points:
    """The centres of the labels, without overlaps: the largest connected part first, further parts below."""
    boxes = np.array([label.box for label in labels]).reshape(-1, 2)
    places = np.zeros_like(boxes)
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part))
    corner, width, below = np.zeros(2), 0.0, 0.0
    for part in parts:
        points = _apart(_layout(graph.subgraph(part), boxes[part]), boxes[part])
        first, last = (points - boxes[part] / 2).min(0), (points + boxes[part] / 2).max(0)
        if corner[0] and corner[0] + (last - first)[0] > width:
            corner = np.array([0.0, below])
        places[part] = points - first + corner
        width, below = max(width, corner[0] + (last - first)[0]), max(below, (corner + last - first)[1] + 2 * GAP)
        corner[0] += (last - first)[0] + 2 * GAP
    return places


def _layout(part: nx.Graph, boxes: Points) -> Points:
    """Lay out a connected part: the longer axis horizontal, the area in proportion to the labels (ForceAtlas2:
    Jacomy, Venturini, Heymann and Bastian, 2014)."""
    if len(part) == 1:
        return np.zeros((1, 2))
    rounds = min(MOST_ROUNDS, MOST_PUSHES // len(part) ** 2)
    found = nx.forceatlas2_layout(part, max_iter=rounds, weight="weight", seed=1)
    points = np.array([found[number] for number in sorted(part)], dtype=np.float64)
    points -= points.mean(0)
    _, _, axes = np.linalg.svd(points, full_matrices=False)
    # The sign of an axis is arbitrary, but must be the same each time.
    across = points @ (axes * np.where(axes.sum(1, keepdims=True) < 0, -1, 1)).T
    room = np.sqrt((boxes + GAP).prod(1).sum())
    spread: Points = across / np.linalg.norm(across.std(0)) * room * np.array([0.8, 0.52])
    return spread


def _apart(points: Points, boxes: Points) -> Points:
    """Push overlapping labels apart, along the shorter way, until no labels overlap."""
    points, rooms = points.copy(), (boxes[:, None] + boxes + 2 * GAP) / 2
    # With more labels a round takes longer; faster growth gives fewer rounds.
    growth = 1.001 + max(0, len(points) - 100) / 50_000
    # Labels at the same point are pushed to the right or down by earlier labels.
    order = np.sign(np.arange(len(points))[:, None] - np.arange(len(points)))[..., None]
    while True:
        away = points[:, None] - points
        lacking = rooms - np.abs(away)
        overlapping = (lacking > 0.5).all(2) & (order[..., 0] != 0)
        if not overlapping.any():
            return points
        shorter = lacking.argmin(2)[..., None] == np.arange(2)
        directions = np.where(away == 0, order, np.sign(away))
        # The layout also grows a little in each round, which guarantees that the loop ends.
        points = points * growth + np.where(overlapping[..., None] & shorter, directions * lacking, 0).sum(1) / 4


# -- SVG ----------------------------------------------------------------------------------------------------


def _svg(graph: nx.Graph, labels: Sequence[_Label], places: Points, caption: str) -> bytes:
    boxes = np.array([label.box for label in labels]).reshape(-1, 2)
    width, height = (places + boxes / 2).max(0, initial=0) + np.array([2 * MARGIN, 3 * MARGIN])
    places = places + MARGIN
    # Groups beyond the colours, and single tags, are grey.
    groups = [group for group in _communities(graph) if len(group) > 1] if graph.size() else []
    colours = {number: colour for group, colour in zip(groups, COLOURS, strict=False) for number in group}
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "font-family": FONT,
            "text-anchor": "middle",
            "role": "img",
        },
    )
    ET.SubElement(svg, "title").text = "Tags that stand together"
    _draw_lines(svg, graph, places, colours)
    for number, label in enumerate(labels):
        _draw_label(svg, label, places[number], colours.get(number, GREY), "".join(_facts(graph, number)))
    foot = {"x": f"{MARGIN:.0f}", "y": f"{height - MARGIN:.0f}", "text-anchor": "start", "font-size": "11"}
    words = f"{caption} Lines join those that stand on the same passages."
    ET.SubElement(svg, "text", {**foot, "fill": GREY}).text = words
    return bytes(ET.tostring(svg, encoding="utf-8", xml_declaration=True)) + b"\n"


def _draw_lines(svg: ET.Element, graph: nx.Graph, places: Points, colours: dict[int, str]) -> None:
    group = ET.SubElement(svg, "g", {"stroke": GREY, "stroke-opacity": "0.5", "stroke-linecap": "round"})
    for one, other, share in graph.edges(data="weight"):
        (x1, y1), (x2, y2) = places[one], places[other]
        line = {"x1": f"{x1:.0f}", "y1": f"{y1:.0f}", "x2": f"{x2:.0f}", "y2": f"{y2:.0f}"}
        same = {"stroke": colours[one]} if one in colours and colours[one] == colours.get(other) else {}
        ET.SubElement(group, "line", {**line, "stroke-width": f"{1 + 7 * share:.1f}", **same})


def _draw_label(svg: ET.Element, label: _Label, place: Points, colour: str, facts: str) -> None:
    (x, y), (width, height) = place, label.box
    group = ET.SubElement(svg, "g")
    ET.SubElement(group, "title").text = facts
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "rx": f"{height / 2:.0f}"}
    ET.SubElement(group, "rect", {"x": f"{x - width / 2:.0f}", "y": f"{y - height / 2:.0f}", **size, "fill": colour})
    words = {"x": f"{x:.0f}", "y": f"{y + 0.35 * label.size:.0f}", "font-size": f"{label.size:.0f}", "fill": "#fff"}
    fitted = {"textLength": f"{label.width:.0f}", "lengthAdjust": "spacingAndGlyphs"}
    ET.SubElement(group, "text", {**words, **fitted}).text = label.text


def _facts(graph: nx.Graph, number: int) -> Iterator[str]:
    """The tooltip of a label."""
    tag = graph.nodes[number]
    yield f"{_label(tag['tag'], 1).text}: {tag['passages']}"
    others = sorted(graph[number].items(), key=lambda item: (-item[1]["together"], item[0]))
    for other, line in others:
        yield f"\nwith {_label(graph.nodes[other]['tag'], 1).text}: {line['together']}"
