"""Accounting: each word of a file is in a passage, in a heading or in a part left out, and in one place alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from remix.corpus.blocks import passages
from remix.corpus.essays import READERS
from remix.errors import RemixError
from tests.gardens.reading import Units, letters, words

# -- documents from grammars; each § becomes a word of its own ------------------------------------------------


def _numbered(text: str) -> str:
    """The text with a new word for each §."""
    first, *rest = text.split("§")
    return first + "".join(f"q{number}x{part}" for number, part in enumerate(rest))


def _one_of(forms: str) -> st.SearchStrategy[str]:
    """Forms on lines and between `¦`; ⏎ stands for a line end, ␣ for a blank, ⇥ for a tab."""
    written = [form for line in forms.strip().split("\n") for form in line.strip().split(" ¦ ")]
    return st.sampled_from([form.translate({0x23CE: "\n", 0x2423: " ", 0x21E5: "\t"}) for form in written])


def _wrapped(*forms: str) -> Callable[[st.SearchStrategy[str]], st.SearchStrategy[str]]:
    """Forms around smaller parts, which stand at `{}`."""
    return lambda parts: st.builds(lambda form, part: form.replace("{}", part), st.sampled_from(forms), parts)


def _joined(parts: st.SearchStrategy[str], joint: str, most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, min_size=1, max_size=most).map(joint.join)


def _indented(margin: str, first: str | None = None) -> Callable[[str], str]:
    """A block behind a margin; the first line may have a mark in its place."""

    def write(block: str) -> str:
        lines = [margin + line for line in block.split("\n")]
        return "\n".join([(first or margin) + lines[0].removeprefix(margin), *lines[1:]])

    return write


INLINE = st.recursive(
    _one_of(r"""
    § ¦ § § ¦ §. ¦ `§` ¦ `` § ` § `` ¦ [§](https://e.org/§) ¦ [§](§.md "§") ¦ [[§]] ¦ [[§|§]] ¦ [§][§] ¦ [[§#§]]
    ![§](§.png) ¦ ![[§.png]] ¦ <https://e.org/§> ¦ https://e.org/§ ¦ §[^1] ¦ ^[§] ¦ %%§%% ¦ <!-- § --> ¦ $§$
    {{< § >}} ¦ {% § %} ¦ {{ § }} ¦ <% § %> ¦ `= §` ¦ [§:: §] ¦ (§:: §) ¦ #§ ¦ #§/§ ¦ \*§ ¦ \#§ ¦ <b>§</b> ¦ <br>
    <span title='§'>§</span> ¦ &mdash; ¦ &amp; § ¦ * ¦ ** ¦ _ ¦ [ ¦ ]( ¦ ]] ¦ < ¦ { ¦ } ¦ $ ¦ ` ¦ ~~ ¦ == ¦ %%
    §_§_§ ¦ §{#§ .§} ¦ [^§] ¦ §:: § ¦ §:
    """),
    _wrapped("*{}*", "**{}**", "_{}_", "~~{}~~", "=={}==", "[{}](§)", "[{}](<§ §>)", "<i>{}</i>", "({})"),
    max_leaves=4,
)
LINE = _joined(INLINE, " ", 4)
PARAGRAPH = _joined(LINE, "\n", 3)

LEAF = (
    PARAGRAPH
    | LINE.map(lambda line: f"## {line}")
    | LINE.map(lambda line: f"{line}\n===")
    | LINE.map(lambda line: f"## {line} #§ {{#§ .§}}")
    | LINE.map(lambda line: f"<p>{line}</p>")
    | PARAGRAPH.map(lambda text: f"<div class='§'>\n{text}\n</div>")
    | LINE.map(lambda line: f"| {line} | § |\n|---|---|\n| § | § |")
    | LINE.map(lambda line: f"[^1]: {line}\n    §\n\n    § §.")
    | PARAGRAPH.map(lambda text: f"{text}\n---")
    | PARAGRAPH.map(lambda text: f"{text} #§ #§")
    | PARAGRAPH.map(lambda text: f"#§ #§\n{text}")
    | LINE.map(lambda line: f"\t- {line}\n\t- §")
    | _one_of(r"""
    ```§⏎# §⏎⏎- §⏎``` ¦ ~~~⏎§ ¦ $$⏎§⏎=⏎- §⏎$$ ¦ \[⏎§⏎⏎§⏎\] ¦ \begin{§}⏎§⏎\end{§} ¦ $$ § $$ (1)
    {% highlight § %}⏎# §⏎⏎§⏎{% endhighlight %} ¦ {{< figure src='§'⏎  title='§' >}} ¦ {% raw %}⏎§
    {{< notice § >}}⏎§ §.⏎{{< /notice >}} ¦ ::: §⏎§ §⏎::: ¦ <pre>⏎§⏎⏎§⏎</pre> ¦ <script>⏎§⏎</script>
    <details>⏎<summary>§</summary>⏎⏎§⏎⏎</details> ¦ <table>⏎<tr><td>§⏎⏎§</td></tr>⏎</table> ¦ <p>§⏎<p>§
    <!-- §⏎⏎§ --> ¦ %%⏎§⏎⏎# §⏎%% ¦ <!-- § ¦ <div> ¦ </div> ¦ <ul>⏎<li>§</li>⏎<li>§⏎</ul> ¦ Tags: #§ #§ ¦ **Tags**: §
    tags:: §, § ¦ §:: §⏎§:: #§ ¦ Status: § § § § § § § § § § §. ¦ date: 2024-03-01 ¦ [§]: https://e.org/§ '§'
    [^§]: § ¦ - [[§]]⏎- [[§]] ¦ ![[§]] ¦ --- ¦ * * * ¦ [TOC] ¦ {:toc} ¦ {: .§ #§} ¦ ␣␣␣␣§ § §
    ␣␣␣␣def §(§):⏎␣␣␣␣    return § ¦ 　§ § ¦ ^§ ¦ <h2 id='§'>§</h2> ¦ # #§ ¦ # ¦ <% §⏎⏎§ %>
    ```dataview⏎LIST FROM §⏎``` ¦ §⏎: § ¦ <img src='§' alt='§'> ¦ <figure>⏎§
    """)
)
BLOCKS = st.recursive(
    LEAF,
    lambda blocks: (
        st.builds(lambda parts: _indented("> ")("\n\n".join(parts)), st.lists(blocks, min_size=1, max_size=3))
        | blocks.map(lambda block: _indented("> ")(f"[!note]- §\n{block}"))
        | st.lists(blocks.map(_indented("  ", "- ")), min_size=1, max_size=3).map("\n".join)
        | st.lists(blocks.map(_indented("   ", "1. ")), min_size=1, max_size=2).map("\n\n".join)
        | blocks.map(_indented("\t", "- [ ] "))
        | st.lists(blocks, min_size=1, max_size=3).map(lambda parts: "<div>\n\n" + "\n\n".join(parts) + "\n\n</div>")
    ),
    max_leaves=5,
)
HEAD = st.just("") | _one_of(r"""
    ---⏎title: §⏎tags: [§, '#§']⏎---⏎ ¦ +++⏎title = "§"⏎[taxonomies]⏎tags = ["§"]⏎+++⏎ ¦ % §⏎% §⏎⏎
    title: §⏎tags: §⏎---⏎ ¦ Title: §⏎Tags: §, §⏎⏎ ¦ {"title": "§", "tags": ["§"]}⏎⏎ ¦ #§ #§⏎⏎
    ---⏎title: §: §⏎author: [[§]]⏎---⏎ ¦ ---⏎# §⏎date:⏎  §: §⏎...⏎ ¦ ---⏎---⏎ ¦ ---⏎
    """)  # fmt: skip
MARKDOWN = st.builds(
    lambda head, blocks, joint: _numbered(head + joint.join(blocks)),
    HEAD,
    st.lists(BLOCKS, max_size=6),
    st.sampled_from(["\n\n", "\n\n", "\n", "\n\n\n"]),
)

ORG_INLINE = _joined(
    _one_of(r"""
    § ¦ § §. ¦ *§* ¦ /§/ ¦ _§_ ¦ +§+ ¦ =§= ¦ ~§~ ¦ [[https://e.org/§][§ §]] ¦ [[file:§.png]] ¦ [[§]] ¦ #§ ¦ [fn:1]
    [fn:: §] ¦ <<§>> ¦ @@html:<§>@@ ¦ {{{§}}} ¦ \alpha ¦ <2024-03-01 Fri> ¦ [cite:@§] ¦ $§$ ¦ *
    """),
    " ",
    4,
)
ORG_LEAF = ORG_INLINE | _one_of(r"""
    * § :§: ¦ ** TODO [#A] § [1/2] :§:§: ¦ * COMMENT §⏎§ ¦ * § :noexport:⏎§ ¦ :PROPERTIES:⏎:§: §⏎:END: ¦ # §
    #+begin_src §⏎# §⏎⏎§⏎#+end_src ¦ #+begin_example⏎§⏎#+end_example ¦ #+begin_export html⏎§⏎#+end_export
    #+caption: §⏎#+attr_html: :§ §⏎[[file:§.png]] ¦ | § | § |⏎|---+---| ¦ : § ¦ \[⏎§⏎\] ¦ -----
    \begin{§}⏎§⏎\end{§} ¦ [fn:1] § § ¦ #+title: § ¦ #+filetags: :§:§: ¦ #+§: § ¦ #+hugo_tags: § "§ §"
    - tags :: [[§][§]] ¦ SCHEDULED: <2024-05-01 Wed> ¦ :LOGBOOK:⏎CLOCK: §⏎:END: ¦ #+begin_src⏎§ ¦ § #§ #§
    """)  # fmt: skip
ORG_BLOCKS = st.recursive(
    ORG_LEAF,
    lambda blocks: (
        blocks.map(lambda block: f"#+begin_quote\n{block}\n#+end_quote")
        | blocks.map(lambda block: f"#+begin_verse\n{block}\n#+end_verse")
        | blocks.map(_indented("  ", "- "))
        | blocks.map(_indented("   ", "1. "))
    ),
    max_leaves=4,
)
ORG = st.builds(
    lambda blocks, joint: _numbered(joint.join(blocks)),
    st.lists(ORG_BLOCKS, max_size=7),
    st.sampled_from(["\n\n", "\n"]),
)

PLAIN = _joined(
    _one_of(r"""
    § §. ¦ §⏎§, §. ¦ § #§ #§ ¦ #§ #§⏎§ ¦ #§ ¦ * * * ¦ ==== ¦ https://e.org/§ ¦ Tags: #§ ¦ ␣␣§ § ¦ > § ¦ - §⏎- §
    [^1] § ¦ § * § * ¦ &amp; § ¦ <p>§</p> ¦ §_§ ¦ ---⏎title: §⏎--- ¦ # §
    """),
    "\n\n",
    7,
).map(_numbered)

SIGNS = "ab1 \n\n\n\t#*_`~=$%^:;|-+<>[](){}!\\/'\".,?&;　é港ب"
NOISE = st.text(SIGNS, max_size=80) | st.lists(
    _one_of(r"""
    a ¦ b ¦ 1 ¦ ␣ ¦ ⏎ ¦ ⏎ ¦ ⇥ ¦ # ¦ * ¦ _ ¦ ` ¦ ~ ¦ = ¦ $ ¦ % ¦ ^ ¦ : ¦ | ¦ - ¦ + ¦ < ¦ > ¦ [ ¦ ] ¦ ( ¦ ) ¦ { ¦ }
    ! ¦ \ ¦ / ¦ ' ¦ " ¦ $$ ¦ ``` ¦ ~~~ ¦ %% ¦ <!-- ¦ --> ¦ ---⏎ ¦ +++⏎ ¦ >␣ ¦ -␣ ¦ ␣␣␣␣ ¦ 1.␣ ¦ [[ ¦ ]] ¦ [^1]
    [^1]:␣ ¦ ^[ ¦ :: ¦ a::␣ ¦ Tags:␣ ¦ {{< ¦ >}} ¦ {% ¦ %} ¦ <% ¦ %> ¦ <p> ¦ </p> ¦ <div> ¦ </div> ¦ <pre> ¦ </pre>
    <table> ¦ <b ¦ <a href= ¦ \[ ¦ \] ¦ \begin{a} ¦ \end{a} ¦ {#a} ¦ {: .a} ¦ ::: ¦ #a␣ ¦ |---| ¦ ![ ¦ ]( ¦ * H :a:
    #+begin_quote⏎ ¦ #+end_quote⏎ ¦ #+begin_src⏎ ¦ #+end_src⏎ ¦ #+title:␣ ¦ :a:⏎ ¦ :END:⏎ ¦ [fn:1] ¦ [fn::␣ ¦ a␣
    b⏎⏎ ¦ ==⏎
    """),
    max_size=40,
).map("".join)

# -- where the words went -------------------------------------------------------------------------------------


def _places(text: str, suffix: str) -> str | None:
    """All that was found in a text, a line each; nothing if the file is refused."""
    try:
        body = READERS[suffix](text, f"note{suffix}")
        found = list(passages(body.blocks, f"note{suffix}"))
    except RemixError:
        return None
    headings = [block.text for block in body.blocks if block.kind == "heading"]
    return "\n".join([*(each.text for each in found), *headings, *(part.text for part in body.left_out)])


def _numbered_words(text: str) -> list[str]:
    """Words, each numbered word on its own: Markdown shows no blank between the two of `` ` one `two` ``."""
    return words(re.sub(r"q\d+x", r" \g<0> ", text))


def _assert_accounted(text: str, suffix: str, units: Units) -> None:
    found = _places(text, suffix)
    if found is None:
        return
    there, accounted = (Counter(units(each)) for each in (text, found))
    assert (there - accounted, accounted - there) == (Counter(), Counter()), "lost, and there too often"


@settings(max_examples=400)
@given(MARKDOWN)
@example("` q0x `q1x`")
def test_no_word_of_markdown_is_lost_or_doubled(text: str) -> None:
    _assert_accounted(text, ".md", _numbered_words)


@settings(max_examples=300)
@given(ORG)
def test_no_word_of_org_is_lost_or_doubled(text: str) -> None:
    _assert_accounted(text, ".org", words)


@settings(max_examples=200)
@given(PLAIN)
def test_no_word_of_plain_text_is_lost_or_doubled(text: str) -> None:
    _assert_accounted(text, ".txt", words)


@pytest.mark.parametrize("suffix", [".md", ".org", ".txt"])
@settings(max_examples=300)
@given(text=NOISE)
def test_no_letter_of_noise_is_lost_or_doubled(suffix: str, text: str) -> None:
    _assert_accounted(text, suffix, letters)


@settings(max_examples=150)
@given(MARKDOWN | ORG)
def test_lines_hold_the_words(text: str) -> None:
    """Passages and parts left out stand on the lines that they name."""
    for suffix in (".md", ".org"):
        try:
            body = READERS[suffix](text, f"note{suffix}")
        except RemixError:
            continue
        lines = text.split("\n")
        for part in (*body.blocks, *body.left_out):
            there = "\n".join(lines[part.lines[0] - 1 : part.lines[1]])
            assert not Counter(words(part.text)) - Counter(words(there))
