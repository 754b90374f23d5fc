"""Drawings that go into a page."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path as Path_
from xml.etree import ElementTree

import numpy as np
import pytest

from remix.analysis import plots
from remix.analysis.plots import Bar, Path, Row, Series
from tests.conftest import python_path

LINE = Series("to <its> passage", 0, "-", [1, 2, 3], [0.5, 0.4, 0.3], [0.4, 0.3, None], [0.6, 0.5, None])


def drawings(title: str = "rewrite") -> list[str]:
    ways = [Path(np.array([[0.0, 0.0], [1.0, 2.0 * at]])) for at in range(3)]
    return [
        plots.lines(title, [LINE, LINE._replace(colour=-1, style=":")], "similarity", top=1),
        plots.strips(title, [Row("step 1", 7, [0.0, 0.5, 0.5]), Row("step 2", 1, [])], "kept"),
        plots.paths(title, ways, 2, (-1, 2, -1, 5)),
        plots.stacks(title, [Bar("step 1", [0.7, 0.3]), Bar("step 2", [0.0, 1.0])], ["said", "unsure"], [7, -1]),
    ]


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert drawings() == drawings()


@pytest.mark.parametrize("drawing", drawings())
def test_a_drawing_is_a_part_of_a_page(drawing: str) -> None:
    """Well-formed, without a size, a name of its own, a font, a colour or an address of somewhere else."""
    root = ElementTree.fromstring(drawing)
    assert root.attrib.keys() == {"viewBox", "role", "aria-label"}
    assert "<script" not in drawing
    assert "<style" not in drawing
    assert "font-family" not in drawing
    assert not re.search(r"#[0-9a-f]{6}\b", drawing)
    assert re.findall(r'href="([^#"][^"]*)"', drawing) == []
    assert "var(--ink)" in drawing
    assert all(each.get("id") is None for each in root.iter() if each.tag.endswith("}g") or each.tag == "g")


def test_a_part_shows_its_name_if_there_is_room() -> None:
    drawing = drawings()[3].replace("\n", "")
    assert drawing.count(">said<") == 1
    assert drawing.count(">unsure<") == 2
    assert "step 2, said 0%, unsure 100%" in drawing


def test_numbers_stay_text() -> None:
    assert ">0.4<" in drawings()[0].replace("\n", "")


def test_colours_go_round() -> None:
    assert "var(--series-2)" in drawings()[1]  # the eighth of six


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", "a & b", "$\\frac{\\g<0>", 'say "so"', "überschrieben"]
)
def test_a_kind_may_be_called_what_it_likes(title: str) -> None:
    for drawing in drawings(title):
        root = ElementTree.fromstring(drawing)
        assert title in "".join(root.itertext())
        assert root.attrib["aria-label"].startswith(title)


def test_what_is_drawn_is_told_in_words() -> None:
    assert 'aria-label="rewrite, by step: to &lt;its&gt; passage from 0.50 to 0.30;' in drawings()[0]
    assert 'aria-label="rewrite: the paths of 3 chains' in drawings()[2]


def test_a_users_own_settings_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    before = drawings()
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 9.0)
    monkeypatch.setitem(matplotlib.rcParams, "font.size", 30.0)
    assert drawings() == before


def test_without_the_library_no_plot_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not plots.is_installed()
    assert set(drawings()) == {""}


def test_what_is_below_zero_is_drawn() -> None:
    """Cosines of vectors whose mean was taken off: the line of other passages lay outside of its frame."""
    below = plots.lines(
        "k", [Series("to other passages", 0, "-", [1, 2], [0.3, -0.2], [None] * 2, [None] * 2)], "likeness"
    )
    assert "\N{MINUS SIGN}0.2" in below


@pytest.mark.parametrize("kind", ["a pipe", "code"])
def test_no_settings_of_the_current_folder_are_read(kind: str, tmp_path: Path_) -> None:
    """matplotlib reads `matplotlibrc` there: a pipe hung, and versions before 3.11 evaluated what it says."""
    if kind == "a pipe":
        os.mkfifo(tmp_path / "matplotlibrc")
    else:
        code = "(g.gi_frame.f_back.f_back.f_builtins['open']('pwned', 'w') for x in [1])"
        (tmp_path / "matplotlibrc").write_text(f"no.such: key\naxes.prop_cycle: [*(g := {code})]\n", encoding="utf-8")
    code = (
        "import numpy as np; from tests.analysis.test_plots import LINE, plots; plots.lines('x', [LINE], 'y', top=1)"
    )
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | python_path(), capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    assert not (tmp_path / "pwned").exists()
