"""Gardens of every kind, read in place, each with the peculiarities of its format."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import remix.cli
from remix.corpus import read_seeds, select
from remix.records import Essay

OBSIDIAN = {
    ".obsidian/templates.json": '{"folder": "Extras"}',
    ".obsidian/workspace.md": "Not a note.",
    "Extras/Daily.md": "---\ntitle: {{title}}\n---\n{{date}}",
    "Maps.md": """\
---
aliases: [Cartography, "Of maps"]
tags:
  - geography
  - "#seedling"
created: 2024-01-02
---
#on/paper

I love #maps and cities, [[Cities#heading]] most of all, see [[Cities#The #old town|there]].

%%
#private thoughts

that nobody reads
%%

> [!quote] Borges
> On exactitude #in/science. ^borges

```dataview
LIST FROM #maps
```

![[map.png]]

## Open questions #todo

- [ ] What of C#? #music
- `#code` and [a #link](x.md) ^q1
""",
    "Folder/Cities.md": "A city of one paragraph. #maps/cities ^a1b2\n",
}

HUGO_YAML = {
    "content/posts/ferry.md": """\
---
title: "The Ferry"
date: 2024-03-01T10:00:00+01:00
draft: false
tags: ["time tables", boats]
categories:
- Essays
author: {name: A. Writer, email: a@example.org}
aliases: [/old/ferry/]
---
The table lists what leaves.

<!--more-->

{{< figure src="ferry.jpg" title="The #ferry" >}}

It never lists what stays. #sequence, #local knowledge
""",
    "archetypes/default.md": "---\ntitle: {{ .Name }}\n---\n",
    "layouts/index.html": "<p>#no</p>",
}

HUGO_TOML = {
    "content/tide.md": """\
+++
title = "The Tide"
date = 2024-03-01
weight = 10
tags = ["water", "time/tides"]
categories = ["Essays"]
[author]
name = "A. Writer"
+++

It comes back.
"""
}

JEKYLL = {
    "_posts/2024-05-06-on-walls.md": """\
---
layout: post
title: On Walls
tags: walls stone
category: Field Notes
---
{% include figure.html %}

A wall has two sides.
{: .lead }
""",
    "_layouts/post.md": "{{ content }}",
    "_includes/note.md": "A note.",
    "_site/index.md": "A copy.",
}

QUARTZ = {
    "content/index.md": """\
---
title: Garden
tags:
  - home
date: 2024-01-01
draft: true
---
Welcome to the #garden/front of it all, with ==a mark== and a note[^1].

[^1]: Of the #footnotes kind.
""",
    "node_modules/pkg/README.md": "A package.",
}

ORG = {
    "20240102-maps.org": """\
:PROPERTIES:
:ID: 1
:END:
#+title: Of Maps
#+date: [2024-01-02 Tue]
#+filetags: :geography:paper:

A map is not the territory.

* TODO Old ones :history:
SCHEDULED: <2024-99-99>
They were made by hand:
- one
- two

#+begin_src sh
# not a comment #nor a tag
#+end_src
** Older still :antiquity:
These are lost.
* Private :noexport:
Nobody reads this.
"""
}

TEXT = {
    "notes.txt": "seed\n\nA paragraph\non two lines. #maps\n\n"
    + "A line that no editor wrapped. " * 8
    + "#long lines\nAnother.\n"
}


def plant(folder: Path, files: dict[str, str]) -> list[Essay]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return read_seeds(folder, folder.parent / "elsewhere")


def shown(essay: Essay) -> list[tuple[str, tuple[str, ...]]]:
    return [(passage.text.split("\n")[0], passage.tags) for passage in essay.passages]


def test_obsidian(tmp_path: Path) -> None:
    cities, maps = plant(tmp_path / "vault", OBSIDIAN)
    assert (cities.slug, maps.slug, maps.path) == ("folder--cities", "maps", "vault/Maps.md")
    assert (maps.title, maps.aliases, maps.tags) == ("Maps", ("Cartography", "Of maps"), ("geography", "seedling"))
    everywhere = ("on/paper", "geography", "seedling")
    assert shown(maps) == [
        ("I love #maps and cities, Cities > heading most of all, see there.", ("maps", *everywhere)),
        ("> Borges", ("in/science", *everywhere)),
        ("- [ ] What of C#? #music", ("music", "todo", *everywhere)),
    ]
    assert [passage.lines for passage in maps.passages] == [(10, 10), (18, 19), (29, 30)]
    assert maps.passages[-1].text.endswith("- #code and a #link")
    assert shown(cities) == [("A city of one paragraph.", ("maps/cities",))]
    assert [passage.id for passage in select([cities, maps], ["maps"])] == ["folder--cities/001", "maps/001"]
    assert select([cities, maps], slugs=["of maps"]) == list(maps.passages)


def test_hugo_with_yaml(tmp_path: Path) -> None:
    (ferry,) = plant(tmp_path / "site", HUGO_YAML)
    assert (ferry.title, ferry.author, ferry.date) == ("The Ferry", "A. Writer", "2024-03-01T10:00:00+01:00")
    assert (ferry.tags, ferry.aliases) == (("time tables", "boats", "Essays"), ("/old/ferry/",))
    assert shown(ferry) == [
        ("The table lists what leaves.", ferry.tags),
        ("It never lists what stays.", ("sequence", "local knowledge", *ferry.tags)),
    ]
    assert [passage.lines for passage in ferry.passages] == [(11, 11), (17, 17)]


def test_hugo_with_toml(tmp_path: Path) -> None:
    (tide,) = plant(tmp_path / "site", HUGO_TOML)
    assert (tide.title, tide.author, tide.date) == ("The Tide", "A. Writer", "2024-03-01")
    assert shown(tide) == [("It comes back.", ("water", "time/tides", "Essays"))]
    assert tide.passages[0].lines == (11, 11)


def test_jekyll(tmp_path: Path) -> None:
    (walls,) = plant(tmp_path / "site", JEKYLL)
    assert (walls.title, walls.date) == ("On Walls", "2024-05-06")
    assert shown(walls) == [("A wall has two sides.", ("walls", "stone", "Field Notes"))]


def test_quartz(tmp_path: Path) -> None:
    (index,) = plant(tmp_path / "quartz", QUARTZ)
    assert (index.title, index.date) == ("Garden", "2024-01-01")
    assert [tags for _, tags in shown(index)] == [("garden/front", "home")]


def test_org(tmp_path: Path) -> None:
    (maps,) = plant(tmp_path / "roam", ORG)
    assert (maps.title, maps.date, maps.tags) == ("Of Maps", "[2024-01-02 Tue]", ("geography", "paper"))
    assert shown(maps) == [
        ("A map is not the territory.", maps.tags),
        ("They were made by hand:", ("history", *maps.tags)),
        ("These are lost.", ("antiquity", "history", *maps.tags)),
    ]
    assert [(each.section, each.lines) for each in maps.passages] == [
        (None, (8, 8)),
        ("Old ones", (12, 14)),
        ("Older still", (20, 20)),
    ]


def test_plain_text(tmp_path: Path) -> None:
    (notes,) = plant(tmp_path / "notes", TEXT)
    assert [(text[:20], tags) for text, tags in shown(notes)] == [
        ("seed", ()),
        ("A paragraph on two l", ("maps",)),
        ("A line that no edito", ("long lines",)),
        ("Another.", ()),
    ]


@pytest.mark.parametrize("garden", [OBSIDIAN, HUGO_YAML, HUGO_TOML, JEKYLL, QUARTZ, ORG, TEXT])
def test_lines_are_where_the_words_stand(tmp_path: Path, garden: dict[str, str]) -> None:
    for essay in plant(tmp_path / "garden", garden):
        lines = (tmp_path / essay.path).read_text(encoding="utf-8").split("\n")
        for passage in essay.passages:
            source = "\n".join(lines[passage.lines[0] - 1 : passage.lines[1]])
            assert source == (passage.source or passage.text)
            assert set(re.findall(r"\w+", passage.text)) <= set(re.findall(r"\w+", source))


def run(*words: object, **variables: str) -> Any:
    result = CliRunner().invoke(remix.cli.cli, [*map(str, words), "--json"], env=variables)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_garden_elsewhere_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path / "vault", OBSIDIAN)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    found = run("--seeds", "../vault", "passages", "--tag", "maps")
    assert [(each["id"], each["path"]) for each in found] == [
        ("folder--cities/001", "vault/Folder/Cities.md"),
        ("maps/001", "vault/Maps.md"),
    ]
    assert found == run("passages", "--tag", "maps", REMIX_SEEDS=str(tmp_path / "vault"))
    assert not any(str(tmp_path) in json.dumps(each) for each in found)
    assert {"tag": "music", "passages": 1} in run("--seeds", tmp_path / "vault", "tags")


def test_a_garden_as_its_own_workspace(tmp_path: Path) -> None:
    """The garden's settings, templates and outputs lie among the notes, and are not read."""
    plant(tmp_path, OBSIDIAN)
    (tmp_path / "remix.toml").write_text('seeds = "."\nexclude = ["Folder/"]\nmin_words = 6\n')
    (tmp_path / "outputs").mkdir()
    (tmp_path / "outputs" / "README.md").write_text("Runs lie here, a folder each.")
    found = run("-C", tmp_path, "passages")
    assert [(each["id"], each["path"]) for each in found] == [
        ("maps/001", "Maps.md"),
        ("maps/002", "Maps.md"),
        ("maps/003", "Maps.md"),
    ]
    assert [each["id"] for each in run("-C", tmp_path, "passages", "--min-words", 12)] == ["maps/001", "maps/003"]
    assert {"tag": "geography", "passages": 1} in run("-C", tmp_path, "tags", REMIX_MIN_WORDS="13")
