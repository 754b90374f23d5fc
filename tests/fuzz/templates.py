"""Prompt templates and chat templates, compiled and rendered by the worker.

A case that begins with `---` is a prompt template's file, any other is a chat template. A fault is whatever isn't a
`PromptError` or a `ModelError`, a message that nobody would read to its end, a worker that isn't replaced after its
death, and, of every second case, a text that another worker doesn't make too.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from remix.engine.chat import ChatTemplate
from remix.errors import ModelError, PromptError
from remix.records import Essay, Message, Passage, sha256
from remix.templates import worker
from remix.templates.reading import Reading
from remix.templates.template import Template
from remix.templates.worker import Program, RenderingError, Worker

from ..conftest import Letters
from .harness import Target

SHIPPED = Path(__file__).parents[2] / "prompts"

LONGEST = 1000
"""Letters of an error's message."""

TEXT = "All roads lead there, or “nowhere”: it's 1 of 2.\n\nThe rest <b>isn't</b> said."
PASSAGE = Passage(
    id="roads/001",
    essay="roads",
    title="Roads",
    section="Maps",
    path="seeds/roads.md",
    lines=(5, 7),
    tags=("maps", "loss"),
    text=TEXT,
    sha256=sha256(TEXT),
)
ESSAY = Essay(
    slug="roads", title="Roads", author=None, date="1921", tags=("maps",), path="seeds/roads.md", passages=(PASSAGE,)
)
MESSAGES = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="Say it."),
    Message(role="assistant", content="It."),
    Message(role="user", content="Again."),
]

CHATS = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>'"
    " + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}{{ '[INST] ' ~ message['content']|trim ~ ' [/INST]' }}"
    "{% endfor %}",
    "{%- if messages[0]['role'] == 'system' -%}{%- set system_message = messages[0]['content'] -%}"
    "{%- set loop_messages = messages[1:] -%}{%- else -%}{%- set system_message = strftime_now('%d %b %Y') -%}"
    "{%- set loop_messages = messages -%}{%- endif -%}{{ system_message }}\n"
    "{%- set ns = namespace(n=0, last='') -%}{%- for message in loop_messages recursive -%}"
    "{%- if message is mapping and message.content is string and not loop.last -%}{%- set ns.n = ns.n + 1 -%}"
    "{%- set ns.last = message.role -%}{%- endif -%}{{ message.role|upper|replace('USER', 'human') }}: "
    "{{ message.content }}{{ '\\n' if not loop.first else eos_token }}{%- endfor -%}{{ ns.n }}"
    "{{ ns.last|default('x') }}",
    "{%- macro turn(role, text, n=3) -%}{{ '<' ~ role ~ '>' }}{{ text }}{{ '%s/%d'|format(role, n) }}{%- endmacro -%}"
    "{%- for role, group in messages|groupby('role') -%}{%- call(x) turn(role, group|map(attribute='content')|join)"
    " -%}{%- endcall -%}{{ {'role': role, 'n': [1, 2.5, none, true]}|tojson(indent=2) }}{%- break -%}{%- endfor -%}"
    "{%- for message in messages|selectattr('role', 'equalto', 'user')|list|batch(2, '-') -%}"
    "{{ message|first|items|list }}{%- continue -%}{%- endfor -%}",
)

VALUES = (
    "passage",
    "passage.text",
    "essay.tags",
    "previous",
    "turns",
    "messages",
    "messages[0].content",
    "loop",
    "loop.index",
    "range",
    "range(99999)",
    "namespace",
    "namespace(x=1)",
    "dict(a=1)",
    "{}.keys()",
    "strftime_now",
    "raise_exception",
    "cycler(1, 2)",
    "joiner()",
    "self",
    "caller",
    "super",
    "none",
    "''.join",
    "'é👩‍🚀'",
    "('x'|safe)",
    "[3, 1, [2]]",
    "{'b': 1, (1,): 2, none: 3}",
    "10**9",
    "-1",
    "1e308",
    "'nan'|float",
    "9999999999999999999",
    "(1, 2)",
    "undefined_thing",
)
FILTERS = (
    *("abs", "attr('upper')", "batch(2)", "capitalize", "center(99)", "default('x', true)", "dictsort", "escape"),
    *("filesizeformat", "first", "float", "forceescape", "format(1, 2)", "groupby(0)", "indent(2)", "int", "items"),
    *("join(',')", "join(attribute='upper')", "last", "length", "list", "lower", "map('string')", "map('upper')"),
    *("map(attribute='text')", "max", "min", "pprint", "reject('none')", "replace('a', 'b')", "reverse", "round(2)"),
    *("safe", "select", "slice(2)", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "truncate(5)"),
    *("unique", "upper", "urlencode", "urlize", "wordcount", "wordwrap(3)", "xmlattr", "map('list')", "batch(10**6)"),
)
WORDS = (
    *(f"{{{{ {value} }}}}" for value in VALUES),
    *(f"{{{{ {value}|string }}}}" for value in VALUES),
    *(f"{{{{ '' ~ {value} }}}}" for value in VALUES),
    *(f"|{each}" for each in FILTERS),
    *(f" {value} " for value in VALUES),
    *("{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "(", ")", "[", "]", "[-15:-1]", "[::2]", "*", "**", "%", "~"),
    *("{% user %}", "{% enduser %}", "{% assistant %}", "{% endassistant %}", "{% endfor %}", "{% endif %}"),
    *(
        "{% generation %}",
        "{% endgeneration %}",
        "{% if 1 %}",
        "{% if 1 %}{% endif %}",
        "{% for a in range(999) %}",
        "{% for a in (1, 2) recursive %}",
    ),
    *("{% set x = 1 %}", "{% set ns.x = ns.x ~ ns.x %}", "{% macro m(a=[]) %}{{ m(a) }}{% endmacro %}{{ m() }}"),
    *("{% block b %}", "{% endblock %}", "{{ self.b() }}", "{% raw %}", "{% endraw %}", "{% filter upper %}"),
    *("{% autoescape true %}", "{% endautoescape %}", "{% include 'x' %}", "{% extends messages %}"),
    *(".__class__", "['__class__']", "|attr('__init__')", "'{0.upper}'.format('x')", "'%s' % range", " is sameas 1"),
    *("---\n", "description: x\n", "opening: '{{ step }}'\n", "sampling:\n  top_k: 1\n", "\x00", "\ud7ff", "0x7f00"),
)


def corpus(folder: Path) -> list[bytes]:
    """The templates that are shipped, and chat templates as models bring them."""
    shipped = [path.read_bytes() for path in sorted(SHIPPED.glob("*.j2"))]
    small = "---\ndescription: x\nopening: '{{ turns|length }}'\n---\n{% user %}{{ passage }}{% enduser %}\n"
    return [*shipped, small.encode(), *(chat.encode() for chat in CHATS)]


def check(case: bytes, place: Path) -> None:
    """Make a prompt of a template as remix does, and see that the worker still works."""
    program, context = _prompt(case) if case.startswith(b"---") else _chat(case)
    if program and sha256(program.source)[-1] in "02468ace":
        _compare(program, context)
    known = Program("prompt", "known", "{{ step }} {{ passage }}")
    assert worker.render(known, _KNOWN_CONTEXT).text == f"2 {TEXT}", "the worker is out of order"


_KNOWN_CONTEXT: dict[str, Any] = {
    "passage": PASSAGE.model_dump(include={"id", "section", "tags", "text"}),
    "essay": ESSAY.model_dump(include={"slug", "title", "author", "date", "tags"}),
    "step": 2,
}

_CHAT_CONTEXT: dict[str, Any] = {
    "messages": [each.model_dump(include={"role", "content"}) for each in MESSAGES],
    "add_generation_prompt": True,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "enable_thinking": False,
}


def _prompt(case: bytes) -> tuple[Program | None, dict[str, Any]]:
    try:
        template = Template("fuzz", case, "prompts/fuzz.md.j2")
        reading = Reading(((ESSAY, PASSAGE),), "Before.", dict.fromkeys(template.reads_kinds, "A text."))
        template.render(reading, 2, 3, ("tiny",))
    except PromptError as error:
        _read_to_its_end(error.message)
        return None, {}
    return template._template, template._context(reading) | {"step": 2, "steps": template.steps(3), "family": None}


def _chat(case: bytes) -> tuple[Program | None, dict[str, Any]]:
    source = case.decode("utf-8", "replace")
    try:
        ChatTemplate(source, "tiny").tokenize(MESSAGES, Letters())
    except ModelError as error:
        _read_to_its_end(error.message)
        if "every message once" not in error.message:
            return None, {}
    return Program("chat", "chat template", source or " "), _CHAT_CONTEXT


def _read_to_its_end(message: str) -> None:
    assert len(message) < LONGEST, message


def _compare(program: Program, context: dict[str, Any]) -> None:
    """Render in a second worker: its addresses are others."""
    description = worker._description(program)
    other = Worker()
    try:
        with suppress(RenderingError):
            first = worker.render(program, context)
            other.ask({"do": "compile", **description})
            second = other.ask({"do": "render", "key": program.key, "context": context})
            assert second["text"] == first.text, "another worker makes another text"
            assert [tuple(turn) for turn in second["turns"]] == first.turns, "another worker makes other turns"
    finally:
        other.close()


TARGET = Target("templates", corpus, check, words=tuple(word.encode() for word in WORDS), seconds=60)
