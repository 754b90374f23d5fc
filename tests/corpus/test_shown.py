"""Shown words: what a reader sees of a paragraph of Markdown."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from remix.corpus.shown import shown


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("*x* _x_ **x** __x__ ***x***", "x x x x x"),
        ("snake_case, 2 * 3 * 4, a_b_c and __init", "snake_case, 2 * 3 * 4, a_b_c and __init"),
        ("**a *b* c** and *a **b** c*", "a b c and a b c"),
        ("un*frigging*believable", "unfriggingbelievable"),
        ("*a", "*a"),
        ("*foo**bar*", "foo**bar"),
        ("~~gone~~ and ==marked==, a == b, ~~~x~~~", "gone and marked, a == b, ~~~x~~~"),
        ("**[a *b*](c)** and *[x](y)* [*a](b)*", "a b and x *a*"),
        ("「*地図*」と**領土**である", "「地図」と領土である"),
        ("*a\nb*", "a\nb"),
    ],
)
def test_emphasis(source: str, text: str) -> None:
    assert shown(source).text == text


@pytest.mark.parametrize(
    ("source", "text", "removed"),
    [
        ("[words](address) on", "words on", ["link (address)"]),
        ('[words](address "a title").', "words.", ['link (address "a title")']),
        ("[words](<an address> 'a title')", "words", ["link (<an address> 'a title')"]),
        ("[words](a_(b)_c.html)", "words", ["link (a_(b)_c.html)"]),
        ("[words](Name of a note.md)", "words", ["link (Name of a note.md)"]),
        ("[words](../My note.md#a heading)", "words", ["link (../My note.md#a heading)"]),
        ("[words][label] and [words][]", "words and words", ["link [label]", "link []"]),
        ("[words] and [words] (so he said)", "[words] and [words] (so he said)", []),
        ("[sic](as he wrote)", "[sic](as he wrote)", []),
        ("as shown [1][2]", "as shown [1][2]", []),
        ("see [@key, p. 3] and @key", "see [@key, p. 3] and @key", []),
        ("- [ ] and [x] todo", "- [ ] and [x] todo", []),
        ("[a [b](c) d](e)", "[a b d](e)", ["link (c)"]),
        ('[post]({{< ref "a b.md" >}}) on', "post on", ['link ({{< ref "a b.md" >}})']),
        ("[post]({% post_url 2020-01-02-a %})", "post", ["link ({% post_url 2020-01-02-a %})"]),
        ("[home]({{ site.url }}/about)", "home", ["link ({{ site.url }}/about)"]),
        ("a [](empty) b", "a b", ["link [](empty)"]),
        ("<https://e.org/a_b_c> and <a@e.org>", "https://e.org/a_b_c and a@e.org", []),
        ("https://e.org/_a_?b==c==d and **https://e.org**", "https://e.org/_a_?b==c==d and https://e.org", []),
        ("[[target]]", "target", []),
        ("[[Folder/Note#Heading|shown]] on", "shown on", ["link Folder/Note#Heading"]),
        (r"[[Note\|*shown*]]", "shown", ["link Note\\"]),
        ("[[Note#Heading#Below]] and [[#Here]]", "Note > Heading > Below and Here", []),
        ("[[Note#^a1b2]] on", "Note on", ["link #^a1b2"]),
        ("[[Note|]] and [[]]", "Note and [[]]", []),
        ("[words]{.small} on", "words on", ["html {.small}"]),
    ],
)
def test_links(source: str, text: str, removed: list[str]) -> None:
    result = shown(source)
    assert (result.text, [f"{each.why} {each.text}" for each in result.removed]) == (text, removed)


@pytest.mark.parametrize(
    ("source", "text", "removed"),
    [
        ("a ![the alt](img.png) b", "a b", ["image ![the alt](img.png)"]),
        ("![a *b* [c](d)](e) f", "f", ["image ![a *b* [c](d)](e)"]),
        ("a [![alt](img)](url) b", "a b", ["image [![alt](img)](url)"]),
        ("[![alt](img) words](url)", "words", ["image ![alt](img)", "link (url)"]),
        ("a ![[map.png|300]] b", "a b", ["image ![[map.png|300]]"]),
        ("![a][b]{width=50%} c", "c", ["image ![a][b]", "html {width=50%}"]),
        ("word[^1].", "word.", ["footnote [^1]"]),
        ("word [^note].", "word.", ["footnote [^note]"]),
        ("word^[a *b* [c](d) e] on", "word on", ["footnote ^[a *b* [c](d) e]"]),
        ("four<sup>1</sup> words", "four words", ["footnote <sup>1</sup>"]),
        ("four<sup>[12]</sup>.", "four.", ["footnote <sup>[12]</sup>"]),
        ('four<sup><a href="#fn1">1</a></sup> words', "four words", ['footnote <sup><a href="#fn1">1</a></sup>']),
        (
            'four<a epub:type="noteref" href="n.html">1</a>',
            "four",
            ['footnote <a epub:type="noteref" href="n.html">1</a>'],
        ),
        (r"four[\[1\]](#_ftn1) words", "four words", [r"footnote [\[1\]](#_ftn1)"]),
        ("four[<sup>1</sup>](#fn1) words", "four words", ["footnote [<sup>1</sup>](#fn1)"]),
        ("in [1984](#the-book)", "in 1984", ["link (#the-book)"]),
        ("%%note%% a %% more %% b", "a b", ["comment %%note%%", "comment %% more %%"]),
        ("a <!-- c --> b 100%% c", "a b 100%% c", ["comment <!-- c -->"]),
        ("`= this.file.name` a `$= dv.x` b", "a b", ["shortcode `= this.file.name`", "shortcode `$= dv.x`"]),
        ("<% tp.date.now() %> a", "a", ["shortcode <% tp.date.now() %>"]),
        (
            "a {{< x >}}b{{< /x >}} {{% y %}} c",
            "a b c",
            ["shortcode {{< x >}}", "shortcode {{< /x >}}", "shortcode {{% y %}}"],
        ),
        ("a {% x %} {{ y }}, b", "a, b", ["shortcode {% x %}", "shortcode {{ y }}"]),
        ("a [mood:: good] b (see: there)", "a b (see: there)", ["metadata [mood:: good]"]),
        ("a (due:: [[2024]]) b", "a b", ["metadata (due:: [[2024]])"]),
        ("a [up:: [x](y), [[z]]] b std::vector", "a b std::vector", ["metadata [up:: [x](y), [[z]]]"]),
        ("A heading {#id .class k=v}", "A heading", ["html {#id .class k=v}"]),
        ("A line {: .lead }\nand {braces}", "A line\nand {braces}", ["html {: .lead }"]),
        ('*a*{: style="x"} b `c`{.d}', "a b c", ['html {: style="x"}', "html {.d}"]),
    ],
)
def test_what_shows_nothing(source: str, text: str, removed: list[str]) -> None:
    result = shown(source)
    assert (result.text, [f"{each.why} {each.text}" for each in result.removed]) == (text, removed)


@pytest.mark.parametrize(
    ("source", "text", "removed"),
    [
        ("<b>a</b> <mark class='x'>b</mark>", "a b", ["<b>", "</b>", "<mark class='x'>", "</mark>"]),
        ("one<br>two<br/> three", "one two three", ["<br>", "<br/>"]),
        ("10<sup>6</sup> km<sup>2</sup> 4<sup>th</sup>", "10^6 km^2 4th", ["<sup>", "</sup>"] * 3),
        ("a <script>b</script> c", "a c", ["<script>b</script>"]),
        ("<ruby>漢<rt>かん</rt></ruby>字", "漢字", ["<ruby>", "<rt>かん</rt>", "</ruby>"]),
        ("1 < 2 and <3", "1 < 2 and <3", []),
    ],
)
def test_html(source: str, text: str, removed: list[str]) -> None:
    result = shown(source)
    assert (result.text, [each.text for each in result.removed]) == (text, removed)
    assert {each.why for each in result.removed} <= {"html"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("`code` and `` a ` b ``", "code and a ` b"),
        ("`*a*` and `[[b]]`", "*a* and [[b]]"),
        (r"\*a\* \[b\] \\ \a", r"*a* [b] \ \a"),
        ("&eacute;&nbsp;&amp;&bogus; &#233; &copy=1", "é &&bogus; é &copy=1"),
        ("&#10;a&shy;b", " ab"),
        ("$a*b*c_d_$ and $5 or $10 *so*", "$a*b*c_d_$ and $5 or $10 so"),
        ("$$a_b_c$$ is *so*", "$$a_b_c$$ is so"),
        ("I love #maps_of_me and #_x_ *so*", "I love #maps_of_me and #_x_ so"),
        ("a  \nb\\\nc", "a\nb\nc"),
    ],
)
def test_code_escapes_entities_and_formulas(source: str, text: str) -> None:
    assert shown(source) == (text, ())


def test_lines_of_what_is_removed() -> None:
    result = shown("One %%a\nb%% two.\n[c](d\n'e') f[^1]")
    assert result.text == "One\ntwo.\nc\nf"
    assert [(each.text, each.line) for each in result.removed] == [("%%a\nb%%", 0), ("(d\n'e')", 2), ("[^1]", 3)]


# -- properties ---------------------------------------------------------------------------------------------

SIGNS = (
    *"*_~=`[](){}<>!^|$%#\\:@/-.\"'\n ",
    *(
        "a",
        "b2",
        "é",
        "地",
        "。",
        "**",
        "__",
        "~~",
        "==",
        "``",
        "$$",
        "%%",
        "[[",
        "]]",
        "](",
        "](b)",
        "![",
        "^[",
        "[^",
    ),
    *("<!--", "-->", "<b>", "</b>", "<br>", "<sup>1</sup>", "<script>", "</script>", "<a href='#fn1'>", "</a>"),
    *("{{<", ">}}", "{{%", "%}}", "{%", "%}", "<%", "%>", "{{", "}}", "{#a}", "{: .b}", "a:: ", "https://e.org/_a"),
    *("`= a`", "#tag", ".md)", "10"),
)
paragraphs = st.lists(st.sampled_from(SIGNS), max_size=30).map("".join)


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalnum())


@settings(max_examples=1_000)
@given(paragraphs)
@example("[a]({{<b>}}c)")
@example("[[a#^b#c]] [[a#b#^c]] [[a#^b|c]]")
def test_no_letter_is_lost_and_none_is_new(source: str) -> None:
    result = shown(source)
    assert letters(source) == letters(result.text) + sum((letters(each.text) for each in result.removed), Counter())
    assert result.text.count("\n") == source.count("\n")


@settings(max_examples=1_000)
@given(paragraphs)
def test_a_removed_part_is_where_it_was_written(source: str) -> None:
    lines = source.split("\n")
    for each in shown(source).removed:
        assert each.text in "\n".join(lines[each.line :])
        assert each.text.partition("\n")[0] in lines[each.line]


@given(st.text("abcé地 ,.;:?!()'\"“”—-0123456789\n").filter(lambda text: "  \n" not in text))
def test_prose_without_markup_stays(source: str) -> None:
    assert shown(source) == (source, ())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def rendered(source: str) -> str:
    """The words of CommonMark's HTML."""
    words = _Words()
    words.feed(MarkdownIt("commonmark").renderInline(source))
    words.close()
    return "".join(words.words)


def blankless(text: str) -> str:
    return "".join(text.split())


EMPHASIS = ("*", "**", "_", "__", "`", "``", "\\", "a", "b", " ", " ", ".", "(", ")", "é", "地", "。", "\n")
LINKS = ("[", "](b)", "](c 'd')", "](<e f>)", "]", "\\", "`", "a", " *a", "a* ", " ", "(", ")", "\n")
"""Emphasis stands apart from brackets: markdown-it-py, unlike the standard, takes a link's end for the text's end."""


@settings(max_examples=1_500)
@given(st.lists(st.sampled_from(EMPHASIS), max_size=20).map("".join))
@example("*a `*` b*")
@example("***a** b*")
@example("**a*b*c**")
@example("_a_b_ *a*b*")
@example("*a**b***c**")
def test_emphasis_as_in_commonmark(source: str) -> None:
    assert blankless(shown(source).text) == blankless(rendered(source))


@settings(max_examples=1_500)
@given(st.lists(st.sampled_from(LINKS), max_size=20).map("".join))
@example("[a *b](c)*")
@example("*[a*](b)")
@example("[a [b](c) d](e)")
def test_links_as_in_commonmark(source: str) -> None:
    assume(not any(mark in source for mark in ("][", "[[", "]]")))
    assert blankless(shown(source).text) == blankless(rendered(source))
