"""Code of site generators, and their attribute lists: neither is prose, and no `#` within is a tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gardens.reading import read_text

CRANES = """\
---
tags: [cranes]
---
A crane is a sum.

{% highlight python %}
def lift(x):
    return x + 1

# not a heading
def lower(x):
    return x - 1
{% endhighlight %}

{{< highlight python >}}
def turn(x):

    return -x
{{< /highlight >}}

{% raw %}
{{ crane }}
{% endraw %}

{{< notice tip >}}
A crane in a notice, which is prose.
{{< /notice >}}

{% include figure.html src="a.png"
   caption="A crane" %}

{{< figure src="a.png"
   title="A crane" >}}

```python {hl_lines=[1]}
def lift(): pass #notatag
```

<pre>
def raw(): #notatag

    pass
</pre>

The sum is never finished.
"""

QUAY = """\
# The quay {#quay}

## Stones {#stones .unnumbered}

A stone is put on a stone.

## Ropes {.unnumbered #ropes}

A rope is put round a stone.

## [Cranes](https://example.org/cranes) and <a name="x">chains</a>

A chain is put round a rope.

## Bells {: #bells }

A bell is rung.

A last word on bells.
{: .lead #last}
"""


def test_code_in_shortcodes_is_not_read(tmp_path: Path) -> None:
    found = read_text(tmp_path, CRANES, "a.md")
    assert found.essay.title == "a"
    assert found.passages == [
        "A crane is a sum.",
        "A crane in a notice, which is prose.",
        "The sum is never finished.",
    ]
    assert found.tags == [("cranes",)] * 3
    assert found.headings == ()
    assert {"lift", "lower", "turn", "crane", "raw"} <= set(found.left("code").split())
    assert {"include", "figure", "caption", "notice"} <= set(found.left("shortcode").split())


@pytest.mark.parametrize(
    "code",
    [
        "{% highlight ruby linenos %}\n# lift #crane\n\nputs 1\n{% endhighlight %}",
        "{%- highlight ruby -%}\n- lift\n{%- endhighlight -%}",
        '{{< highlight go "linenos=table" >}}\nfunc lift() {\n\n}\n{{< /highlight >}}',
        "{{% highlight go %}}\n# lift\n{{% /highlight %}}",
        "{% codeblock lang:js %}\nlet lift = 1\n\n=\n{% endcodeblock %}",
        "{% raw %}\n{{ lift }}\n{% endraw %}",
        "{% comment %}\nlift #crane\n\n# this\n{% endcomment %}",
        "{% mermaid() %}\ngraph TD\n\n  lift --> lower\n{% end %}",
        "{{< code-toggle file=hugo >}}\n[[lift]]\nheight = 1\n{{< /code-toggle >}}",
        "{{< mermaid >}}\ngraph TD\n\n  lift --> lower\n{{< /mermaid >}}",
        "```mermaid\ngraph TD\n  lift --> lower\n```",
        "~~~ruby\n# lift\n\nputs 1\n~~~",
        "````md\n```\n# lift\n```\n````",
        "``` {.python #lift}\nlift()\n```",
    ],
)
def test_no_line_of_code_is_read(tmp_path: Path, code: str) -> None:
    found = read_text(tmp_path, f"A crane turns.\n\n{code}\n\nA crane stops.", "a.md")
    assert found.passages == ["A crane turns.", "A crane stops."]
    assert (found.essay.title, found.headings, found.tags) == ("a", (), [(), ()])


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("{{< notice tip >}}\nA crane in a notice.\n\nAnd a second paragraph.\n{{< /notice >}}",
         ["A crane in a notice.", "And a second paragraph."]),
        ("{{% aside %}}\nA crane *aside*.\n{{% /aside %}}", ["A crane aside."]),
        ("{% quote %}\nA crane, quoted.\n{% endquote %}", ["A crane, quoted."]),
        ('{% quote(author="A crane") %}\nA crane, quoted.\n{% end %}', ["A crane, quoted."]),
        ("{% if page.cranes %}\nA crane, perhaps.\n{% endif %}", ["A crane, perhaps."]),
        ("::: note\nA crane in a container.\n:::", ["A crane in a container."]),
        (":::warning\nКран в рамке.\n:::", ["Кран в рамке."]),
        ('{{< figure src="a.png"\n   title="A crane" >}}\n\nA crane.', ["A crane."]),
        ('{% include figure.html src="a.png"\n  caption="A crane" %}\n\nA crane.', ["A crane."]),
        ("{% raw %}\nA crane of {{ braces }}, in a post that is raw as a whole.\n{% endraw %}",
         ["A crane of, in a post that is raw as a whole."]),
        ("See {{< ref \"crane.md\" >}} the crane.", ["See the crane."]),
        ("See {% post_url 2024-05-06-crane %} the crane.", ["See the crane."]),
        ("The crane of {{ site.title }} turns.", ["The crane of turns."]),
        ("<%* let a = 1\n\nlet b = 2 %>\n\nA crane.", ["A crane."]),
        ("{{< never closed\n\nA crane.", ["{{< never closed", "A crane."]),
        ("{% highlight python %}\n\nA crane without an end.", ["A crane without an end."]),
        ("A crane in {braces} and 100 % of {{sums}}", None),
    ],
)  # fmt: skip
def test_prose_beside_shortcodes_is_read(tmp_path: Path, text: str, passages: list[str] | None) -> None:
    found = read_text(tmp_path, text)
    assert found.passages == passages if passages else len(found.passages) == 1


def test_attribute_lists_leave_headings_and_paragraphs(tmp_path: Path) -> None:
    found = read_text(tmp_path, QUAY)
    assert found.essay.title == "The quay"
    assert found.headings == ("The quay", "Stones", "Ropes", "Cranes and chains", "Bells")
    assert [each.section for each in found.essay.passages] == [
        "Stones",
        "Ropes",
        "Cranes and chains",
        "Bells",
        "Bells",
    ]
    assert found.passages == [
        "A stone is put on a stone.",
        "A rope is put round a stone.",
        "A chain is put round a rope.",
        "A bell is rung.",
        "A last word on bells.",
    ]
    assert found.tags == [()] * 5


@pytest.mark.parametrize(
    ("text", "headings", "passages"),
    [
        ("## Quay {#quay}\n\nA stone.", ("Quay",), ["A stone."]),
        ("## Quay {: .big #quay data-x='1'}\n\nA stone.", ("Quay",), ["A stone."]),
        ("## Quay {.unnumbered} ##\n\nA stone.", ("Quay",), ["A stone."]),
        ("Quay {#quay}\n====\n\nA stone.", ("Quay",), ["A stone."]),
        ("## Причал {#причал}\n\nКамень.", ("Причал",), ["Камень."]),
        ("## 岸壁 {#quay}\n\n石。", ("岸壁",), ["石。"]),
        ("## Quay\n{: #quay}\n\nA stone.", ("Quay",), ["A stone."]),
        ("## Quay\n{:toc}\n\n* toc\n{:toc}\n\nA stone.", ("Quay",), ["A stone."]),
        ("* TOC\n{:toc}\n\n1. TOC\n{:toc}\n\nA stone.", (), ["A stone."]),
        ("[TOC]\n\nA stone.", (), ["A stone."]),
        ("A stone.\n{: .lead}", (), ["A stone."]),
        ("{: .lead}\nA stone.", (), ["A stone."]),
        ("{:.lead #first}\n\nA stone.", (), ["A stone."]),
        ("> A stone.\n{: .quote #said}", (), ["A stone."]),
        ("- a stone\n{: .list}", (), ["a stone"]),
        ("A [stone](a.md){: .external #link} lies.", (), ["A stone lies."]),
        ("A [stone]{.big #first} lies.", (), None),
        ("## A {curly} word\n\nA set {a, b} of stones.", ("A {curly} word",), ["A set {a, b} of stones."]),
    ],
)  # fmt: skip
def test_attribute_lists(tmp_path: Path, text: str, headings: tuple[str, ...], passages: list[str] | None) -> None:
    found = read_text(tmp_path, text)
    assert found.headings == headings
    assert passages is None or found.passages == passages
    assert not any(found.tags)
