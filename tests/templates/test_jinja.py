"""Templates have no way to chance: the same text in each process, or an error that names template and line."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from remix.errors import PromptError
from remix.templates import worker
from remix.templates.worker import Program, RenderingError, Worker
from tests.test_hostile import NAME, render

CONTEXT = {
    "passage": {"id": "roads/001", "section": None, "tags": ["maps", "loss"], "text": "All roads lead there."},
    "essay": {"slug": "roads", "title": "Roads", "author": None, "date": None, "tags": []},
    "previous": "",
    "step": 1,
    "steps": 3,
    "family": None,
}
CHAT_CONTEXT = {"messages": [{"role": "user", "content": "a"}], "bos_token": "<s>", "eos_token": "</s>"}


@pytest.fixture(scope="module")
def workers() -> Iterator[list[Worker]]:
    """Three processes, each with other addresses."""
    made = [Worker() for _ in range(3)]
    yield made
    for each in made:
        each.close()


def answers(workers: list[Worker], form: str, source: str) -> list[str]:
    """What each process says to a template: its text, or its complaint with the line."""
    context = CONTEXT if form == "prompt" else CHAT_CONTEXT
    request = {"do": "render", "key": source, "form": form, "name": "x", "source": source, "context": context}
    found = []
    for each in workers:
        try:
            found.append(each.ask(request)["text"])
        except RenderingError as error:
            found.append(f"{error.line}: {error.reason}")
    return found


REFUSED = [
    # what stands between the braces
    "{{ range }}",
    "{{ namespace }}",
    "{{ namespace(x=1) }}",
    "{{ ''.join }}",
    "{{ {}.items }}",
    "{{ [range] }}",
    "{{ {'a': [(range,)]} }}",
    "{{ {range: 1} }}",
    "{{ {'a': range}.items() }}",
    "{{ {'a': range}.values() }}",
    "{{ {range: 1}.keys() }}",
    "{{ self }}",
    "{{ self.b }}{% block b %}{% endblock %}",
    "{% for a in (1,) %}{{ loop }}{% endfor %}",
    "{% for a in (1,) %}{{ loop.cycle }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m }}",
    "{% macro m() %}{{ caller }}{% endmacro %}{% call m() %}{% endcall %}",
    "{{ 'x'.encode() }}",
    "{{ {}.keys().mapping }}",
    "{{ (-1)**0.5 }}",
    # generators and iterators
    "{{ essay.tags|map('upper') }}",
    "{{ [1]|select }}",
    "{{ [1]|batch(1) }}",
    "{{ [1]|reverse }}",
    "{{ {1: 2}|items }}",
    "{{ [1]|unique|string }}",
    "{{ ([1]|reverse) ~ '' }}",
    "{{ '' ~ ([1]|reverse) }}",
    # filters
    "{{ (range|string)[-15:-1] }}",
    "{{ range|upper }}",
    "{{ range|lower }}",
    "{{ range|title }}",
    "{{ range|capitalize }}",
    "{{ range|trim }}",
    "{{ range|center(99) }}",
    "{{ range|indent }}",
    "{{ range|wordwrap }}",
    "{{ range|truncate(5) }}",
    "{{ range|urlize }}",
    "{{ range|urlencode }}",
    "{{ {'a': range}|urlencode }}",
    "{{ range|striptags }}",
    "{{ range|wordcount }}",
    "{{ range|safe }}",
    "{{ range|escape }}",
    "{{ range|e }}",
    "{{ range|forceescape }}",
    "{{ range|pprint }}",
    "{{ [range]|pprint }}",
    "{{ range|tojson }}",
    "{{ range|filesizeformat }}",
    "{{ range|replace('a', 'b') }}",
    "{{ 'a'|replace('a', range) }}",
    "{{ 'a'|replace(range, 'b') }}",
    "{{ {'a': range}|xmlattr }}",
    "{{ 'abc'|format(range) }}",
    "{{ '%s'|format(range) }}",
    "{{ '%(a)s'|format(a=range) }}",
    "{{ [range]|join }}",
    "{{ ['a', 'b']|join(range) }}",
    "{{ ['a']|join(attribute='upper') }}",
    "{{ [{'a': range}]|join(attribute='a') }}",
    "{{ ['a']|map(attribute='upper')|join }}",
    "{{ ['a']|map('attr', 'upper')|join }}",
    "{{ [range]|map('string')|join }}",
    "{{ [range]|map('map', 'string')|first|first }}",
    "{{ [range]|map('pprint')|list }}",
    "{{ 'a'|indent(range) }}",
    "{% filter replace('a', range) %}a{% endfilter %}",
    "{% set x %}{{ [range]|first|string }}{% endset %}{{ x }}",
    # operators and methods
    "{{ '' ~ range }}",
    "{{ ('x' ~ range)|length }}",
    "{{ ('' ~ 'x'.upper)[-9:] }}",
    "{{ '%s' % range }}",
    "{{ '%r' % (range,) }}",
    "{{ '%(a)s' % {'a': range} }}",
    "{{ ('%a'.encode() % range).decode() }}",
    "{{ ('%s'|safe) % range }}",
    "{{ '{}'.format(range) }}",
    "{{ '{!r}'.format(range) }}",
    "{{ '{0.upper}'.format('x') }}",
    "{{ '{a}'.format(a=range) }}",
    "{{ '{a[b]}'.format_map({'a': {'b': range}}) }}",
    "{{ ['{}']|map(attribute='format')|map('string')|join }}",
    "{{ ('{}'|safe).format(range) }}",
    "{{ (''|safe).join([range]) }}",
    "{{ (''|safe).join([['a']|map('upper')]) }}",
    "{{ (''|safe).join(['a']|map(attribute='upper')) }}",
    "{{ ('a'|safe).replace('a', range) }}",
    "{{ (''|safe).escape(range) }}",
    "{% if range is lower %}x{% endif %}y",
    "{% if range is upper %}x{% endif %}y",
    "{% autoescape true %}{{ range }}{{ '' ~ range }}{% endautoescape %}",
    "{% autoescape true %}{{ [range]|join('<') }}{% endautoescape %}",
    # orders that are nobody's
    "{{ ({'b': 1, none: 2, 'a': 3}.keys() - [])|list }}",
    "{{ ({none: 1, 'a': 2}.items() - [])|list }}",
    "{{ ([none, 'b', range] - {}.keys())|list }}",
    "{{ {(1,): 1, ('a',): 2}|pprint }}",
    "{{ [{(1,): 1, ('a',): 2}]|pprint }}",
    "{{ {1: {none: 1, (2,): 2}}|pprint }}",
    "{{ [1, 2]|random }}",
]


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: body[:60])
def test_nothing_but_texts_become_text(workers: list[Worker], body: str) -> None:
    """Slices of an object's text printed its address: three ids for one request."""
    said = answers(workers, "prompt", body)
    assert len(set(said)) == 1
    assert "0x" not in said[0]
    with pytest.raises(PromptError) as caught:
        assert render(body) == "nothing"
    assert caught.value.message.startswith(f"{NAME}:4: ")
    assert "0x" not in caught.value.message


REFUSED_CHATS = [
    "{{ strftime_now }}",
    "{{ (strftime_now|string)[-15:-1] }}",
    "{{ '%s' % strftime_now }}",
    "{{ strftime_now ~ '' }}",
    "{{ cycler(1, 2) }}",
    "{{ joiner() }}",
    "{{ dict }}",
    "{{ [cycler]|string }}",
    "{{ cycler(1, 2).next|string }}",
    "{{ messages|map(attribute='role') }}",
    "{{ messages[0].get }}",
    "{{ raise_exception(range) }}",
    "{{ range(3) }}",
    "{{ range|tojson }}",
    "{{ [range]|tojson(indent=2) }}",
    "{{ {'a': 'x'.upper}|tojson }}",
    "{% generation %}{{ range }}{% endgeneration %}",
]


@pytest.mark.parametrize("source", REFUSED_CHATS)
def test_nothing_but_texts_become_text_in_chat_templates(workers: list[Worker], source: str) -> None:
    said = answers(workers, "chat", source)
    assert len(set(said)) == 1
    assert said[0].startswith("1: it prints a ")
    assert "0x" not in said[0]


ALLOWED = [
    ("{{ essay.tags|map('upper')|join(', ') }}|{{ [3, 1]|sort|join }}", "|13"),
    ("{{ passage.tags|join('/') }} {{ [passage]|join }}", "maps/loss All roads lead there."),
    ("{{ [{'a': 1}, {'a': none}]|join('-', attribute='a') }}", "1-None"),
    ("{{ {'b': 1, 'a': (2.5, true)} }}", "{'b': 1, 'a': (2.5, True)}"),
    ("{{ {'b': 1, 'a': 2}.items()|list }} {{ {'b': 1}.keys()|list }}", "[('b', 1), ('a', 2)] ['b']"),
    ("{{ {'b': 1, 'a': {3: 4}}|pprint }}", "{'a': {3: 4}, 'b': 1}"),
    ("{{ {'b': 1}|tojson }} {{ [1, none]|tojson }}", '{"b": 1} [1, null]'),
    ("{{ '%s/%05.1f/%d' % (passage, 2, 3) }}", "All roads lead there./002.0/3"),
    ("{{ '%s %s'|format(passage.id, none) }}", "roads/001 None"),
    ("{{ '{0.text} {1[a]} {b:>3}'.format(passage, {'a': 2}, b=3) }}", "All roads lead there. 2   3"),
    ("{% for a in '12' %}{{ '{}{x}'.format(a, x=loop.index) }} {% endfor %}", "11 22"),
    ("{{ ('<'|e) ~ '<' }} {{ ('<{}>'|safe).format('<') }}", "&lt;< <&lt;>"),
    ("{{ 'a, b'.split(', ') }} {{ ', '.join(['a', 'b']|map('upper')) }}", "['a', 'b'] A, B"),
    ("{% autoescape true %}{{ passage.id ~ '<' ~ (passage.id|safe) }}{% endautoescape %}", "roads/001&lt;roads/001"),
    ("{% set ns = namespace(n=0) %}{% for a in '123' %}{% set ns.n = ns.n + a|int %}{% endfor %}{{ ns.n }}", "6"),
    ("{% for role, many in [(1, 2), (1, 3)]|groupby(0) %}{{ role }}{{ many }}{% endfor %}", "1[(1, 2), (1, 3)]"),
    ("{% set l = [1] %}{{ l is sameas l }} {{ [1] is sameas [1] }}", "True False"),
    ("{{ 2**64 - 1 }} {{ 7 * 'ab' }} {{ 2.5**2 }} {{ [0] * 3 }}", f"{2**64 - 1} {'ab' * 7} 6.25 [0, 0, 0]"),
    ("{{ 'abc' is lower }} {{ 5 is divisibleby 5 }} {{ 'b' in 'abc' }}", "True True True"),
]


@pytest.mark.parametrize(("body", "text"), ALLOWED)
def test_texts_are_what_they_were(workers: list[Worker], body: str, text: str) -> None:
    assert [each.strip() for each in answers(workers, "prompt", body)] == [text] * 3


def test_the_same_text_is_the_same(workers: list[Worker]) -> None:
    """Whether Python has a text once or twice hangs on what the process did before."""
    body = "{{ none is sameas none }} {{ true is sameas 1 }} {{ ('a' ~ 'b') is sameas 'ab' }}"
    assert answers(workers, "prompt", body) == ["True False True"] * 3


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{{ 9**(9**9) }}", "more than 131072 bits"),
        (
            "{% set n = namespace(x=9) %}{% for a in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}",
            "bits",
        ),
        ("{{ (-10) ** (10**6) }}", "bits"),
        ("{{ (1, 2)|map('attr', '__class__')|map('string')|list }}", "unsafe|undefined"),
    ],
)
def test_what_a_template_works_out_is_bounded(body: str, why: str) -> None:
    """Python doesn't hear the clock while it works out a power: the worker died of it."""
    with pytest.raises(PromptError, match=rf"^{NAME}:4: the template fails on .* \(.*({why})"):
        render(body)


def test_a_date_is_the_same_in_every_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """`%s` of the C library counts seconds from where the machine stands."""
    monkeypatch.setenv("TZ", "XYZ5")
    monkeypatch.setattr(worker, "_KEPT", ("TZ",))
    (said,) = answers([made := Worker()], "chat", "{{ strftime_now('%Y-%m-%d %s') }}")
    made.close()
    assert said == "2024-07-26 1721952000"


def test_a_worker_that_forgot_a_template_is_told_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being told and being asked it could forget: an answer without a text."""
    ask = worker._worker.ask

    def ask_and_forget(request: dict[str, Any]) -> dict[str, Any]:
        worker._worker.close()
        return ask(request)

    monkeypatch.setattr(worker._worker, "ask", ask_and_forget)
    assert worker.render(Program("prompt", "x", "{{ step }}"), CONTEXT).text == "1"


LATE = """
import signal
from contextlib import suppress
from remix.templates.sandbox import OvertimeError, Renderer

def late(request):
    with suppress(OvertimeError):
        signal.raise_signal(signal.SIGPROF)
    return {"text": "", "turns": []}

renderer = Renderer()
renderer._answer = late
assert renderer.answer({"do": "render"})["trouble"] == "time"
"""


@pytest.mark.skipif(not hasattr(signal, "SIGPROF"), reason="there is no such signal here")
def test_an_answer_after_the_time_is_none() -> None:
    """What is raised within a finaliser is lost: a template could have come through by chance."""
    subprocess.run([sys.executable, "-P", "-c", LATE], check=True)


def test_a_name_of_a_megabyte_is_not_printed() -> None:
    """An unknown name was repeated in full."""
    with pytest.raises(PromptError) as caught:
        render("{{ " + "x" * 100_000 + " }}")
    assert len(caught.value.message) < 1000


BOMBS = {
    "nested ifs": "{% if 1 %}" * 5000 + "{% endif %}" * 5000,
    "macros": "{% macro m() %}{{ 1 }}{% endmacro %}" * 30_000,
    "a long sum": "{{ 1" + " + 1" * 50_000 + " }}",
    "attributes": "{{ passage" + ".text" * 20_000 + " }}",
    "filters": "{{ passage.text" + "|upper" * 20_000 + " }}",
    "nested lists": "{% set n = namespace(x=[]) %}{% for a in range(99999) %}{% set n.x = [n.x] %}{% endfor %}"
    "{{ n.x }}",
    "nested generators": "{% set n = namespace(x=[1]) %}{% for a in range(99999) %}{% set n.x = n.x|map('int') %}"
    "{% endfor %}{{ n.x|list }}",
    "lists of themselves": "{% set n = namespace(x=[1]) %}{% for a in range(60) %}{% set n.x = [n.x, n.x] %}"
    "{% endfor %}{{ n.x }}",
    "rounding": "{{ 5|round(10**9, 'ceil') }}",
    "wordwrap": "{{ ('a' * 10**7)|wordwrap(1)|length }}",
    "urlize": "{{ ('http://a.b ' * 10**6)|urlize|length }}",
    "indent": "{{ ('a\\n' * 10**7)|indent(10**5)|length }}",
    "products of ranges": "{% for a in range(10**5) %}{% for b in range(10**5) %}{% endfor %}{% endfor %}",
    "a width": "{{ '%*d' % (10**9, 1) }}",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_an_error(body: str) -> None:
    with pytest.raises(PromptError) as caught:
        assert render(body)[:100] == "nothing"
    assert caught.value.message.startswith(NAME)
    assert len(caught.value.message) < 1000
    assert render("{{ passage.id }}") == "roads/001"


def test_a_template_that_takes_too_long_again_and_again_is_not_rendered_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`check` waited two seconds for each passage of a garden."""
    asked: list[str] = []

    def ask(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request["key"])
        raise RenderingError("time", None, "it computes for more than 2 seconds")

    monkeypatch.setattr(worker._worker, "ask", ask)
    program = Program("prompt", "prompts/endless.md.j2", "{% for a in range(9) %}{% endfor %}")
    reasons = []
    for _ in range(100):
        with pytest.raises(RenderingError) as caught:
            worker.render(program, {})
        reasons.append(caught.value.reason)
    assert len(asked) == worker.MOST_LATE
    assert reasons[-1] == "it took too much 3 times, and is not rendered any more"
