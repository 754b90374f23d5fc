"""Small chat templates, a feature each, with conversations and the prompts that come of them."""

from __future__ import annotations

from typing import NamedTuple

from remix.records import Message

TURNS = {"s": "Be brief.", "u": "One road?", "a": "Many.", "v": "Which one?"}
_ROLES = {"s": "system", "u": "user", "a": "assistant", "v": "user"}


def conversation(letters: str) -> list[Message]:
    """The turns of `TURNS` by their letters."""
    return [Message.model_validate({"role": _ROLES[each], "content": TURNS[each]}) for each in letters]


class Case(NamedTuple):
    """A template, the letters of a conversation, and the prompt."""

    source: str
    turns: str
    text: str


_EACH = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"

ALIKE = {
    "the tag of an assistant's turn": Case(
        "{% for m in messages %}\n{% if m.role == 'assistant' %}{% generation %}<{{ m.content -}} >"
        "{% endgeneration %}{% else %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}",
        "uav",
        "One road?\n<Many.>Which one?\n",
    ),
    "what is set in that tag stays there": Case(
        "{% set x = 1 %}{% set ns = namespace(y=1) %}{% generation %}{% set x = 2 %}{% set ns.y = 2 %}"
        "{{ x }}{{ ns.y }}{% for n in [1, 2, 3] %}{% if n == 2 %}{% continue %}{% endif %}{{ n }}{% endfor %}"
        "{% endgeneration %}{{ x }}{{ ns.y }}" + _EACH,
        "u",
        "221312[user]One road?",
    ),
    "unknown names": Case(
        "{{ nobody }}{{ '<' ~ nobody ~ '>' }}{% if nobody %}x{% endif %}{% for n in nobody %}x{% endfor %}"
        "{{ nobody is defined }} {{ nobody|default('y') }}{{ messages[0].tool_calls }}" + _EACH,
        "u",
        "<>False y[user]One road?",
    ),
    "a namespace": Case(
        "{% set ns = namespace(last='', n=0) %}{% for m in messages %}{% set ns.last = m.role %}"
        "{% set ns.n = ns.n + 1 %}{{ m.content }}|{% endfor %}{{ ns.last }}{{ ns.n }}",
        "suav",
        "Be brief.|One road?|Many.|Which one?|user4",
    ),
    "loops left early": Case(
        "{% for m in messages[::-1] %}{% if m.role == 'assistant' %}{{ loop.index0 }}{% break %}{% endif %}"
        "{% endfor %}" + _EACH,
        "uav",
        "1[user]One road?[assistant]Many.[user]Which one?",
    ),
    "JSON": Case(
        "{% set x = {'b': '<é> & \\'', 'a': [1, none, true]} %}{{ x|tojson }} {{ x|tojson(ensure_ascii=True) }} "
        "{{ [x]|tojson(indent=1) }} {{ x|tojson(separators=(',', ':'), sort_keys=True) }}" + _EACH,
        "u",
        """{"b": "<é> & '", "a": [1, null, true]} {"b": "<\\u00e9> & '", "a": [1, null, true]} """
        """[\n {\n  "b": "<é> & '",\n  "a": [\n   1,\n   null,\n   true\n  ]\n }\n] """
        """{"a":[1,null,true],"b":"<é> & '"}[user]One road?""",
    ),
    "lines and indents of blocks": Case(
        "    {% if true %}\n  a\n    {%- endif %}\n\n{# note #}\n  {{ 'b' }}\n" + _EACH + "\n",
        "u",
        "  a\n  b\n[user]One road?",
    ),
    "the day": Case(
        "{{ strftime_now('%A, %d %B %Y') }} {{ messages[0].content }}", "u", "Friday, 26 July 2024 One road?"
    ),
    "no tools": Case(
        "{{ tools is defined }} {{ tools is none }} {{ documents is none }} {% if tools is not none %}{{ 1 / 0 }}"
        "{% endif %}" + _EACH,
        "u",
        "True True True [user]One road?",
    ),
    "calls, slices and methods": Case(
        "{% macro show(m, left='<') %}{{ left }}{{ m.content.strip() }}{{ caller() }}{% endmacro %}"
        "{% for m in messages|selectattr('role', 'equalto', 'user') %}{% call show(m) %}>{% endcall %}{% endfor %}"
        "{% for m in messages if m['role'] not in ('user',) %}{{ (m.content.split('</think>')[-1]).lstrip('\\n') }}"
        "{{ m.content is string and m is mapping and not m.content.startswith('<tool') }}"
        "{{ loop.previtem is defined }}{{ m.items()|list|length }}{% endfor %}{{ dict(a=1)['a'] }}",
        "uav",
        "<One road?><Which one?>Many.TrueFalse21",
    ),
    "contents in parts, where there are any": Case(
        "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}"
        "{{ p.text }}{% endfor %}{% endif %}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}",
        "uav",
        "One road?<eos>Many.<eos>Which one?<eos>A:",
    ),
}
"""What transformers makes of these templates, too."""

_STRICT = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}"
    "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('in turns') }}{% endif %}"
    "<{{ m.role }}>{{ m.content | trim }}{% endfor %}"
)

_IN_PARTS = (
    "{% for m in messages %}<{{ m.role }}>{% for p in m['content'] %}{% if p['type'] == 'text' %}{{ p['text'] }}"
    "{% endif %}{% endfor %}{% endfor %}"
)

MENDED = {
    "no system message": Case(_STRICT, "suav", "<user>Be brief.\n\nOne road?<assistant>Many.<user>Which one?"),
    "a system message alone": Case(_STRICT, "s", "<user>Be brief."),
    "strict turns": Case(_STRICT, "uvau", "<user>One road?\n\nWhich one?<assistant>Many.<user>One road?"),
    "a system message that is dropped": Case(
        "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}{% endfor %}",
        "suav",
        "<user>Be brief.\n\nOne road?<assistant>Many.<user>Which one?",
    ),
    "a system message anywhere but first": Case(
        "{% for m in messages %}{% if m.role != 'system' or loop.first %}<{{ m.role }}>{{ m.content }}{% endif %}"
        "{% endfor %}",
        "suasv",
        "<system>Be brief.<user>One road?<assistant>Many.<user>Be brief.\n\nWhich one?",
    ),
    "two system messages": Case(
        "{% for m in messages %}{% if m.role != 'system' or loop.first %}<{{ m.role }}>{{ m.content }}{% endif %}"
        "{% endfor %}",
        "ssu",
        "<system>Be brief.\n\nBe brief.<user>One road?",
    ),
    "contents in parts": Case(_IN_PARTS, "su", "<system>Be brief.<user>One road?"),
    "contents in parts and no system message": Case(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + _IN_PARTS,
        "su",
        "<user>Be brief.\n\nOne road?",
    ),
    "a list of tools that may be left out": Case("{% for t in tools %}x{% endfor %}" + _EACH, "u", "[user]One road?"),
    "an unknown name after a plus": Case(
        "{{ 'Tools: ' + nobody }}{{ nobody + '.' }}" + _EACH, "u", "Tools: .[user]One road?"
    ),
}
"""Templates that refuse these conversations as they are."""
