"""Rules of dialects: formulas, code in shortcodes, shortcodes, containers, footnotes and definitions of links."""

from __future__ import annotations

import pytest

from remix.corpus import markdown
from remix.corpus.blocks import passages
from tests.conftest import work_of_at_most


def read(body: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The texts of the passages, and the reasons with what was left out."""
    found = markdown.read(body, "a.md")
    return [each.text for each in passages(found.blocks, "a.md")], [(part.why, part.text) for part in found.left_out]


def texts(body: str) -> list[str]:
    return read(body)[0]


FORMULAS = [
    "$$\na = b\n\nc = d\n$$",
    "$$\nh\n=\na + b\n$$",
    "$$\n\\begin{aligned}\np &= q\n- r\n+ s \\\\\n\\end{aligned}\n$$",
    "$$ h = a $$",
    "$$ h = a $$ {#eq:one}",
    "$$\nh = a\n$$ (1)",
    "$$\nh = a\n$$.",
    "\\[ h = a + b \\]",
    "\\[\nh\n===\na\n\\]",
    "\\\\[ h = a + b \\\\]",
    "\\begin{equation}\n  h = a \\cos(\\omega t)\n\\end{equation}",
    "\\begin{align*}\na &= \\begin{cases} 1 \\\\ 2 \\end{cases}\n\n- b\n\\end{align*}",
    "\\begin{array}{l}\n\\begin{array}{c}\n# 1\n\\end{array}\n\\end{array}",
    "$h = a$",
    "$h = a$, $b = c$",
    "{{< katex >}}\na\n= b\n{{< /katex >}}",
    "```math\na = b\n```",
]


PLACES = [
    (before, formula)
    for before in ("", "Before.\n\n", "Before.\n")
    for formula in FORMULAS
    # Right below words, a formula between single dollars is a line of their paragraph.
    if not (before == "Before.\n" and formula.startswith("$h"))
]


@pytest.mark.parametrize(("before", "formula"), PLACES)
def test_a_formula_is_a_block_of_its_own(before: str, formula: str) -> None:
    """A lone `=` made a heading of the words above, `-` a list, an empty line two passages."""
    found, left_out = read(f"{before}{formula}\n\nAfter.")
    assert found == [*(["Before."] if before else []), "After."]
    assert left_out == [("formula", formula)]
    assert markdown.read(f"{before}{formula}\n\nAfter.", "a.md").title is None


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("$$a$$ is a formula.", ["$$a$$ is a formula."]),
        ("$$\na\n$$ where a is a height.", ["where a is a height."]),
        ("It follows $$\na\n=\nb\n$$ and so on.", ["It follows", "and so on."]),
        ("See $$a\nb$$\nmore $$x$$ here.", ["See $$a b$$ more $$x$$ here."]),
        ("$$ is the sign of money.\n\n> Quoted.", ["$$ is the sign of money.", "> Quoted."]),
        (
            "$$ was a shop where my father bought ropes.\n\nIt closed.\n\nAll spoke of $$ for years.",
            ["$$ was a shop where my father bought ropes.", "It closed.", "All spoke of $$ for years."],
        ),
        ("\\[sic\\] he wrote.", ["[sic] he wrote."]),
        ("\\[Chorus\\]\nWe row.", ["[Chorus] We row."]),
        ("```\n$$\n```\n\nOne.\n\n$$\n", ["One."]),
        ("- one\n  $$\n  a\n  $$\n- two", ["- one\n- two"]),
        ("> one\n> $$\n> = a\n> $$\n> two", ["> one\n> two"]),
        ("- $$\n  a\n- $$ b", ["- $$\n  a\n- $$ b"]),
        ("\\begin{a}\nnever closed", ["\\begin{a} never closed"]),
    ],
)
def test_what_stands_beside_a_formula_is_read(body: str, found: list[str]) -> None:
    assert texts(body) == found


CODE = [
    "{% highlight python %}\ndef lift(x):\n\n# not a heading\n    return x\n{% endhighlight %}",
    "{%- highlight js -%}\n- a\n{%- endhighlight -%}",
    "{{< highlight python >}}\ndef turn(x):\n\n    return -x\n{{< /highlight >}}",
    "{{% highlight go %}}\n# x\n{{% /highlight %}}",
    "{% codeblock lang:js %}\nalert(1)\n\nalert(2)\n{% endcodeblock %}",
    "{% code %}\na\n{% endcode %}",
    "{{< mermaid >}}\ngraph TD\n\nA --> B\n{{< /mermaid >}}",
    "{% raw %}\n{{ crane }}\n{% endraw %}",
    "<pre>\ndef raw(): #notatag\n\n    pass\n</pre>",
]


@pytest.mark.parametrize("code", CODE)
def test_code_in_a_shortcode_is_not_read(code: str) -> None:
    found, left_out = read(f"Before.\n\n{code}\n\nAfter.")
    assert found == ["Before.", "After."]
    assert left_out == [("code", code)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{{< notice tip >}}\nProse of a notice.\n{{< /notice >}}", ["Prose of a notice."]),
        ("{{% details %}}\nOne.\n\n- two\n{{% /details %}}", ["One.", "- two"]),
        ("{% note info %}\nProse of a note.\n{% endnote %}", ["Prose of a note."]),
        ("{% raw %}\nA whole post that keeps its braces.\n\nAnd more of it.\n{% endraw %}", None),
        (":::note\nProse of a container.\n:::", ["Prose of a container."]),
        ("::: {.aside}\nProse of a container.\n:::", ["Prose of a container."]),
        ('!!! note "A title"\n    Prose of an admonition, indented.', ["Prose of an admonition, indented."]),
        ("!!! what a day", ["!!! what a day"]),
        ("{% highlight %}\nnever closed", ["never closed"]),
        ("{{< never\n\nclosed", ["{{< never", "closed"]),
    ],
)
def test_prose_between_shortcodes_is_read(body: str, found: list[str] | None) -> None:
    assert texts(body) == (found or ["A whole post that keeps its braces.", "And more of it."])


@pytest.mark.parametrize(
    "shortcode",
    [
        '{{< figure src="a.png"\n   title="A crane" >}}',
        '{% include figure.html src="a.png"\n   caption="A crane" %}',
        "<% tp.date.now() %>",
        "<%*\nlet a = 1\n\ntR += a\n%>",
        "{{< a >}} {{< b >}}",
        "{% youtube x %}",
        "{{ site.title }}",
        "```dataview\nLIST FROM #maps\n```",
    ],
)
def test_shortcodes_are_left_out(shortcode: str) -> None:
    assert read(f"One.\n\n{shortcode}\n\nTwo.") == (["One.", "Two."], [("shortcode", shortcode)])


@pytest.mark.parametrize(
    ("body", "found", "left_out"),
    [
        ("[^1]: A note.\n\nOne.", ["One."], ["[^1]: A note."]),
        ("[^1]: A note\nthat goes on.\n[^2]: Another.", [], ["[^1]: A note\nthat goes on.", "[^2]: Another."]),
        (
            "[^a]: A note.\n\n    A second paragraph of the note. #maps\n\nOne.",
            ["A second paragraph of the note.", "One."],
            ["[^a]: A note."],
        ),
        ("One.\n[^1]: A note.", ["One."], ["[^1]: A note."]),
        ("> [^1]: A note.\n> on two lines\n\nOne.", ["One."], ["[^1]: A note.\n> on two lines"]),
    ],
)
def test_definitions_of_footnotes_are_no_passages(body: str, found: list[str], left_out: list[str]) -> None:
    seen, parts = read(body)
    assert (seen, [text for why, text in parts if why == "footnote"]) == (found, left_out)


def test_definitions_of_links_are_left_out() -> None:
    body = '[a]: http://a.example "Title"\n[b]: <b.md>\n\nOne.'
    assert read(body) == (["One."], [("link", '[a]: http://a.example "Title"'), ("link", "[b]: <b.md>")])


@pytest.mark.parametrize(
    "line",
    [
        "$$ a\n\n",
        "\\[ a\n",
        "\\begin{a}\n",
        "{% raw %}\n",
        "{{< highlight >}}\n",
        "{{< a\n",
        "<% a\n\n",
        "{{",
        "<table>\n\n",
        "<!-- a\n\n",
        "<pre>\n\n",
        "- $$\n",
        "> {% raw %}\n",
        "x $$\n",
        "[^1]: a\n",
    ],
)
@pytest.mark.parametrize(
    "end", ["", "\n\n> $$ \\] \\end{a} {% endraw %} {{< /highlight >}} }} %> --> </pre></table>"]
)
def test_unclosed_marks_take_no_longer_than_their_length(line: str, end: str) -> None:
    with work_of_at_most(20):
        markdown.read(line * (75_000 // len(line)) + end, "a.md")


@pytest.mark.parametrize(
    ("body", "shown", "hidden"),
    [
        ("{% assign x = 1 %}{% comment %}not this{% endcomment %}", [], "{% comment %}not this{% endcomment %}"),
        (
            "Words {% comment %} not\nthese {%- endcomment -%} here.",
            ["Words here."],
            "{% comment %} not\nthese {%- endcomment -%}",
        ),
        (
            "{::comment}\nNot this.\n\nNor this.\n{:/comment}\n\nA.",
            ["A."],
            "{::comment}\nNot this.\n\nNor this.\n{:/comment}",
        ),
        ("Words {::comment}not these{:/comment} here.", ["Words here."], "{::comment}not these{:/comment}"),
        ("> A {% comment %}b{% endcomment %}", ["> A"], "{% comment %}b{% endcomment %}"),
    ],
)
def test_comments_of_liquid_and_kramdown_are_hidden(body: str, shown: list[str], hidden: str) -> None:
    found, left_out = read(body)
    assert found == shown
    assert ("comment", hidden) in left_out


def test_a_comment_that_is_never_closed_is_prose() -> None:
    assert texts("{% comment %} A word.\n\n{::comment} Another.") == ["A word.", "Another."]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("[#Marsh:1999]: Ada Marsh. *On Lamps*.\n\nA.", ["A."]),
        ("\\newpage\n\nA.", ["A."]),
        ("\\vspace{2em} \\noindent\n\nA.", ["A."]),
        ("A word\n\\bigskip\nand more.", ["A word", "and more."]),
        ("import Tabs from '@theme/Tabs';\n\nA.", ["A."]),
        ("export const a = 1\n\n{/* not this */}\n\nA.", ["A."]),
        ("import duties rise from 'ten' to 'twelve'.", ["import duties rise from 'ten' to 'twelve'."]),
        ("export default rules", ["export default rules"]),
        ("__TOC__\n\n${toc}\n\nA.", ["A."]),
        ("> A\n>\n> | a | b |\n> |---|---|\n> | c | d |", ["> A"]),
        ("- A\n- ![[a.png]]\n-", ["- A"]),
        ("\\emph{A word} stays.", ["\\emph{A word} stays."]),
        ('[caption id="a" width="300"]![](x.png) A quay.[/caption]', ["A quay."]),
        ('[caption id="a"][![b](c.png)](d) A quay.[/caption]', ["A quay."]),
        ("[youtube http://e.org/watch?v=a]\n\nA.", ["A."]),
        ("Energy is mc<sup>2</sup>.", ["Energy is mc^2."]),
        ("[gallery ids='1,2']\n\nA [video] and [gallery](x).", ["A [video] and gallery."]),
        ('<div markdown="1">\n## A quay\nWords. #water\n</div>', ["Words."]),
        ("<section class='a' markdown=block>\n- one\n- two\n</section>", ["- one\n- two"]),
    ],
)
def test_marks_of_dialects_are_no_prose(body: str, shown: list[str]) -> None:
    assert texts(body) == shown


@pytest.mark.parametrize(
    "part", ["{% comment %}", "{::comment}", "[caption ", "[caption a=1 ", "<div markdown ", "\\newpage{"]
)
def test_marks_of_dialects_take_no_longer_than_their_length(part: str) -> None:
    with work_of_at_most(20):
        markdown.read(part * (50_000 // len(part)), "a.md")
