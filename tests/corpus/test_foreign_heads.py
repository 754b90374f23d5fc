"""Foreign heads: metadata without the fences of YAML and TOML, and prose that only looks like metadata."""

from __future__ import annotations

import pytest

from remix.corpus import head_keys, heads, markdown
from remix.corpus.foreign_heads import MOST_LINES, find
from remix.util.frontmatter import FrontMatterError


def meta_of(text: str) -> tuple[dict[str, object], list[str]]:
    """The metadata, and the lines below the head."""
    head = find(text, "a.md")
    assert head is not None
    assert not head.yaml
    return head.meta, text.split("\n")[head.lines :]


@pytest.mark.parametrize(
    ("text", "meta"),
    [
        ('{\n  "title": "A",\n  "tags": ["b", "c d"],\n  "weight": 1.50\n}\n', {"weight": "1.50"}),
        ('{"title": "A", "draft": true, "author": null}\n', {"draft": "true", "author": ""}),
        ('{ "title": "A {", "params": {"author": {"name": "B"}}}\n', {"params": {"author": {"name": "B"}}}),
        ('{"title": "A", "n": ' + "9" * 5_000 + "}\n", {"n": "9" * 5_000}),
    ],
)
def test_hugo_s_json(text: str, meta: dict[str, object]) -> None:
    found, below = meta_of(f"{text}\nProse.")
    assert below == ["", "Prose."]
    assert found.items() >= meta.items()
    assert str(found["title"]).startswith("A")


@pytest.mark.parametrize(
    "head",
    [
        '"title": "A",\n"tags": ["b"]\n;;;',
        ';;;\n"title": "A",\n"tags": ["b"]\n;;;',
        ';;;\n{"title": "A", "tags": ["b"]}\n;;; ',
    ],
)
def test_hexo_s_json(head: str) -> None:
    assert meta_of(f"{head}\nProse.") == ({"title": "A", "tags": ["b"]}, ["Prose."])


@pytest.mark.parametrize(
    "source",
    ["title: A", "title: A\ndate: 2023-05-07 10:00:00\ntags:\n- b\n- c", "tags: [a]\n# a comment\nkeywords:\n  - b"],
)
def test_hexo_without_the_first_fence(source: str) -> None:
    head = find(f"{source}\n---\nProse.", "a.md")
    assert head
    assert (head.yaml, head.lines) == (source, source.count("\n") + 2)


@pytest.mark.parametrize(
    ("head", "meta"),
    [
        ("Title: A: b\nDate: 2023-05-07\nTags: maps, old cities", {"Title": "A: b", "Tags": ["maps", "old cities"]}),
        ("Title:   A  \nTags: machine learning", {"Title": "A", "Tags": ["machine learning"]}),
        ("title: A\nsummary: Long,\n    and longer\nslug: a", {"summary": "Long, and longer"}),
        ("Date: 7 May 2023", {"Date": "7 May 2023"}),
        ("Author: A\nAuthor: B\nSave as:", {"Author": "A, B", "Save as": ""}),
        ("Title: C# notes", {"Title": "C# notes"}),
        ("Title: A\nTags: #maps #cities", {"Tags": "#maps #cities"}),
        ("Category: Essays; Notes", {"Category": "Essays; Notes"}),
    ],
)
def test_pelican_and_multimarkdown(head: str, meta: dict[str, object]) -> None:
    found, below = meta_of(f"{head}\n\nProse.")
    assert below == ["", "Prose."]
    assert found.items() >= meta.items()


@pytest.mark.parametrize(
    ("head", "meta"),
    [
        (
            "% A title\n% Ada Marsh; B\n% 7 May 2023",
            {"title": "A title", "author": ["Ada Marsh", "B"], "date": "7 May 2023"},
        ),
        (
            "% A title\n  on two lines\n% Ada Marsh\n  B",
            {"title": "A title on two lines", "author": ["Ada Marsh", "B"]},
        ),
        ("% A title", {"title": "A title"}),
        ("%\n%\n% 2023", {"date": "2023"}),
        ("% A\n%\n% 2023", {"title": "A", "date": "2023"}),
    ],
)
def test_pandoc_s_title_block(head: str, meta: dict[str, object]) -> None:
    assert meta_of(f"{head}\n\nProse.") == (meta, ["", "Prose."])


@pytest.mark.parametrize(
    "text",
    [
        "Prose.",
        "",
        "Note: the ferry is late.\n\nProse.",
        "Summary: it was late.\n\nProse.",
        "Date: we never met.\nAnd then we did.\n\nProse.",
        "Title: of a file without prose.",
        "Title: and then\n***\n\nProse.",
        "https://a.b/c\n\nProse.",
        "Tags: #maps #cities\n\nProse.",
        "%% a comment %%\n\nProse.",
        "%ages are rare.\n\nProse.",
        "%\n\nProse.",
        '{"title": "A"} is JSON.',
        "{% raw %}\nProse.",
        "{{< figure >}}\nProse.",
        "{ in a brace }",
        '"title" is a word.\n;;;\n',
        '"Title": he said.\n\nProse.',
        ";;;\nProse.",
        "title: A" + "\na: b" * MOST_LINES + "\n---\nProse.",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    assert find(text, "a.md") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"title": "A",\n"tags": [b]\n}\n', "a.md:3: broken front matter (Expecting value)."),
        ('{"a": ' + "[" * 50_000, "a.md:1: broken front matter"),
        ('{"a": "\\ud83d"}', "a.md:1: broken front matter (half a character)."),
        (';;;\n"title": A\n;;;\n', "a.md:2: broken front matter (Expecting value)."),
        ('"title": "A"\n"b": 1\n;;;\n', "a.md:2: broken front matter (Expecting ',' delimiter)."),
    ],
)
def test_broken_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        find(text, "a.md")
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("head", "meta"),
    [
        ("title:: Lamps", {"title": "Lamps"}),
        (
            "title:: Lamps\nalias:: Lanterns, Lights\ntags:: [[light]]",
            {"title": "Lamps", "alias": "Lanterns, Lights"},
        ),
        ("date:: [[Mar 2nd, 2024]]\n- A block\n  title:: B", {"date": "[[Mar 2nd, 2024]]"}),
    ],
)
def test_properties_of_a_page_in_logseq(head: str, meta: dict[str, object]) -> None:
    found, below = meta_of(f"{head}\n\nProse.")
    assert found == meta
    assert below == [*head.split("\n"), "", "Prose."]


def test_properties_of_a_page_count_for_the_note() -> None:
    text = "title:: Lamps\nauthor:: [[Ada]]\ntags:: light, [[old lamps]]\n\n- Words."
    found = heads.split(text, "a.md")
    keys = head_keys.read(found.meta, "a.md", text)
    body = markdown.read(text, "a.md")
    assert (keys.title, keys.author, body.tags) == ("Lamps", "Ada", ("light", "old lamps"))
    assert [block.text for block in body.blocks if block.text] == ["- Words."]


@pytest.mark.parametrize("text", ["std::vector is a word", "When was the ferry built?::In 1890.", "::", "a::b"])
def test_two_colons_within_words_are_no_properties(text: str) -> None:
    assert find(text, "a.md") is None
