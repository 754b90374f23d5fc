"""The tag map: well-formed, the same each time, legible."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from remix.corpus import read_seeds
from remix.corpus.tag_map import COLOURS, GREY, LONGEST, draw
from remix.records import Passage
from remix.workspace import shipped
from tests.corpus.test_tags import passage

SVG = "{http://www.w3.org/2000/svg}"
Box = tuple[float, float, float, float]


def boxes(svg: ET.Element) -> list[Box]:
    """Left, top, right and bottom of each label."""
    found = []
    for rect in svg.iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        found.append((x, y, x + width, y + height))
    return found


def overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def garden(tags: int, passages: int, seed: int) -> list[Passage]:
    """Passages with one to six tags, some of the tags long; drawn at random."""
    lot = random.Random(seed)
    names = [" ".join("word" * lot.randint(1, 3) for _ in range(lot.randint(1, 3))) + str(n) for n in range(tags)]
    return [passage(*lot.sample(names, min(tags, lot.randint(1, 6)))) for _ in range(passages)]


@pytest.mark.parametrize(
    "passages",
    [
        [passage("maps")],
        [passage("maps"), passage("loss")],
        [passage("maps", "loss")],
        [passage("maps", "loss", "time")] * 2,
        [passage("a", "b"), passage("b", "c"), passage("d", "e"), passage("f")],
        [passage(*(f"tag {n}" for n in range(60)))],
        [passage("hub", f"spoke {n}") for n in range(59)],
        [passage(f"alone {n}") for n in range(70)],
        garden(60, 300, seed=1),
        garden(90, 200, seed=2),
    ],
    ids=["one", "two", "pair", "three", "parts", "all with all", "star", "all alone", "sixty", "ninety"],
)
def test_all_labels_are_there_and_none_covers_another(passages: list[Passage]) -> None:
    svg = ET.fromstring(draw(passages))
    there = len({tag for each in passages for tag in each.tags})
    assert len(boxes(svg)) == min(there, 60)
    assert not any(overlap(one, other) for one, other in combinations(boxes(svg), 2))
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    assert all(x1 > 0 and y1 > 0 and x2 < width and y2 < height for x1, y1, x2, y2 in boxes(svg))
    assert words(svg)[-1].startswith(f"{min(there, 60)} of {there} tags.")


def test_what_stands_together_is_joined_and_of_one_colour() -> None:
    passages = [passage("maps", "loss")] * 3 + [passage("time", "clocks")] * 2 + [passage("alone")]
    svg = ET.fromstring(draw(passages))
    colours = dict(zip(words(svg), (rect.attrib["fill"] for rect in svg.iter(f"{SVG}rect")), strict=False))
    assert colours["maps"] == colours["loss"] != colours["time"] == colours["clocks"]
    assert colours["alone"] == GREY
    assert len(list(svg.iter(f"{SVG}line"))) == 2
    facts = [title.text for title in svg.iter(f"{SVG}title")]
    assert "maps: 3\nwith loss: 3" in facts
    assert "alone: 1" in facts


def test_a_tag_on_more_passages_is_larger() -> None:
    svg = ET.fromstring(draw([passage("rare", "some", "much"), passage("some", "much"), passage("much")]))
    sizes = {text.text: float(text.attrib["font-size"]) for text in svg.iter(f"{SVG}text")}
    assert sizes["much"] > sizes["some"] > sizes["rare"] >= 11


@pytest.mark.parametrize(
    "tag", ["<script>alert(1)</script>", "a & b", "]]>", '"quoted"', "\x1b[2J", "a\u202eb", "\ufffe", "\x00", "&#0;"]
)
def test_tags_from_strangers_stay_words(tag: str) -> None:
    svg = ET.fromstring(draw([passage(tag, "maps")]))
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {"svg", "title", "g", "line", "rect", "text"}
    shown = next(word for word in words(svg) if word != "maps")
    assert shown.isprintable()


def test_endless_tags_are_cut() -> None:
    svg = ET.fromstring(draw([passage("endless " * 10_000, "maps")]))
    assert max(len(word) for word in words(svg)[:2]) == LONGEST


def test_it_is_the_same_picture_in_another_process() -> None:
    """The order of sets of words differs between processes."""
    code = (
        "import sys; from remix.corpus import read_seeds; from remix.corpus.tag_map import draw\n"
        "from remix.workspace import shipped; folder = shipped('seeds')\n"
        "essays = read_seeds(folder, folder.parent)\n"
        "sys.stdout.buffer.write(draw([passage for essay in essays for passage in essay.passages]))"
    )
    folder = shipped("seeds")
    here = draw([each for essay in read_seeds(folder, folder.parent) for each in essay.passages])
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
        assert done.stdout == here


@pytest.mark.parametrize("colour", [*COLOURS, GREY])
def test_colours_are_legible_on_white_on_black_and_below_white(colour: str) -> None:
    """Contrast by WCAG 2.2, which asks for 4.5."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    assert 1.05 / (luminance + 0.05) > 4.5
    assert (luminance + 0.05) / 0.05 > 4.5


# -- many tags ----------------------------------------------------------------------------------------------


def test_the_layout_of_many_tags_takes_fewer_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The map of 1,000 tags took 65 s: each round pushes all pairs of tags apart."""
    rounds: list[tuple[int, int]] = []

    def layout(part: nx.Graph, max_iter: int, **_: object) -> dict[int, tuple[float, float]]:
        rounds.append((len(part), max_iter))
        return {number: (float(at % 37), float(at % 41)) for at, number in enumerate(part)}

    monkeypatch.setattr(nx, "forceatlas2_layout", layout)
    for size in (60, 300, 500):
        draw([passage(f"t{n}", f"t{n + 1}") for n in range(size - 1)], size)
    assert rounds == [(60, 600), (300, 600), (500, 240)]


@pytest.mark.parametrize(
    "tags",
    [
        [tuple(f"t{n}" for n in range(400))],
        [(f"t{n}",) for n in range(1_000)],
        [("hub", f"t{n}") for n in range(400)],
        [(f"t{n}" * 60, f"t{n + 1}" * 60) for n in range(200)],
        [("\u202e" * 200, "\x1b[2J", "<script>", "&amp;", "\ufffe", "]]>", "ﷺ" * 200, "\u0301" * 200)],
    ],
    ids=["all together", "none together", "a hub", "long", "what XML doesn't take"],
)
def test_maps_of_hostile_tags(tags: list[tuple[str, ...]]) -> None:
    svg = ET.fromstring(draw([passage(*each) for each in tags], 1_000))
    found = boxes(svg)
    assert len(found) == len({tag for each in tags for tag in each})
    assert not any(overlap(one, other) for one, other in combinations(found[:100], 2))
