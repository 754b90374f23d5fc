"""The SVG of a tree of branches."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from remix.outputs.branches import BranchNode, Turn
from remix.pages import tree_svg
from tests.conftest import work_of_at_most

SVG = "{http://www.w3.org/2000/svg}"
TRUNK = "The old roads went on along the river. Nobody walked there."


def node(
    text: str,
    put: str = "",
    at: int = 0,
    was: str = "",
    branches: tuple[BranchNode, ...] = (),
    task: str = "a/001/b.1",
) -> BranchNode:
    """A text; with `at` a branch that leaves at that character, and has `put` there."""
    return BranchNode(
        record="0" * 64,
        run="a run",
        task=task,
        is_here=True,
        is_asked=not at,
        verdict=None,
        turn=Turn(token=at, character=at, was=was, put=put) if at else None,
        text=text,
        after=text.partition(put)[2] if at else "",
        branches=branches,
        left_out=0,
    )


def lines_of(svg: bytes) -> list[str]:
    return [
        "".join(each.text or "" for each in text.iter(f"{SVG}tspan"))
        for text in ET.fromstring(svg).iter(f"{SVG}text")
    ]


def test_the_words_run_along_the_line_and_branches_leave_between_them() -> None:
    below = node("The old path went back.", "back", 18, "down")
    drawn = tree_svg.draw(
        node(
            TRUNK,
            branches=(
                node("The old path went down.", "path", 8, "roads", (below,)),
                node(f"{TRUNK} But I did.", "But", 60),
            ),
        )
    )
    assert lines_of(drawn) == [
        "a/001/b.1 · a run",
        "The old",
        "token 8, in place of “roads”",
        "path went",
        "token 18, in place of “down”",
        "back.",
        "down.",
        "roads went on along the river. Nobody walked there.",
        "token 60, at the end",
        "But I did.",
    ]
    root = ET.fromstring(drawn)
    put = [each.text for each in root.iter(f"{SVG}tspan") if each.get("class") == "put"]
    assert put == ["path", "back", "But"]
    assert [each.text for each in root.iter(f"{SVG}tspan") if each.get("class") == "was"] == ["down", "roads"]
    assert "3 branches in all." in str(root.findtext(f"{SVG}desc"))
    assert root.get("aria-labelledby") == " ".join(
        str(part.get("id")) for part in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if part is not None
    )


def test_candidates_leave_at_the_beginning_with_all_their_words_and_editors_are_named() -> None:
    def changed(each: BranchNode, **values: object) -> BranchNode:
        assert each.turn is not None
        return each.model_copy(update={"turn": each.turn.model_copy(update=values)})

    edited = changed(node("The old path went down.", "path", 8, "roads"), editor="Ada")
    of_candidate = changed(node("A new lane ended.", "lane", 21, "alley"), candidate=2)
    assert lines_of(tree_svg.draw(node(TRUNK, branches=(edited, of_candidate)))) == [
        "a/001/b.1 · a run",
        "token 21, in place of “alley”, of candidate 2",
        "A new lane ended.",
        "The old",
        "token 8, in place of “roads”, as edited by Ada",
        "path went down.",
        "roads went on along the river. Nobody walked there.",
    ]


def test_a_picture_is_complete_and_knows_dark_paper() -> None:
    drawn = tree_svg.draw(node(TRUNK)).decode()
    assert "prefers-color-scheme: dark" in drawn
    assert not re.search(r"<script|href|url\(|@import|@font-face|on\w+=", drawn)


def test_strangers_words_are_words() -> None:
    hostile = (
        "\x1b[31m<script>alert(1)</script> & \x00\ufffe\ud800 \u202eדבר\u202c ]]> <!-- " + "ab" * 5000 + " 漢字" * 50
    )
    drawn = tree_svg.draw(node(hostile, branches=(node(f"x{hostile}", hostile, 1, hostile),), task=hostile))
    root = ET.fromstring(drawn)
    assert {each.tag.removeprefix(SVG) for each in root.iter()} == {
        *("svg", "title", "desc", "style", "rect", "path", "text", "tspan")
    }
    assert "<script>alert(1)</script> &" in "".join(root.itertext())
    assert "\\u001b" in "".join(root.itertext())
    assert "דבר" in "".join(root.itertext())
    width = float(str(root.get("width")))
    assert width < 1300, "long words are cut, to 76 letters of one or two columns"
    assert max(map(len, lines_of(drawn))) <= 1200


def test_a_thousand_branches_are_drawn_in_a_bounded_time() -> None:
    many = tuple(node(f"The path {number}", "path", 1 + number // 20) for number in range(1000))
    with work_of_at_most(10):
        drawn = tree_svg.draw(node(TRUNK, branches=many))
    assert len([line for line in lines_of(drawn) if line.startswith("path")]) == 1000
    assert "And 980 more." in str(ET.fromstring(drawn).findtext(f"{SVG}desc"))
