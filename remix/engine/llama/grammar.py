"""JSON schema -> grammar in llama.cpp's form of BNF."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from llama_cpp import llama_grammar

from remix.engine.llama.library import one_line
from remix.errors import ModelError
from remix.records import Grammar

_EXTRA_RULES = {
    "whole": "integral-part space",
    "counting": "[1-9] [0-9]{0,15} space",
    "positive": 'integral-part ("." decimal-part)? space',
    "share": '("0" ("." decimal-part)? | "1" ("." "0"{1,15})?) space',
}
"""Numbers within bounds, by types of our own that JSON schemas don't have."""

_CHARACTER = (
    r"""[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] [0-9a-fA-F] | [dD] [0-7]) [0-9a-fA-F]{2})"""
)
"""What may stand in a JSON string: no bare control characters, and no half of a surrogate pair."""


class _Converter(llama_grammar.SchemaConverter):  # type: ignore[misc]  # llama_cpp tells no types
    """llama-cpp-python's converter, with what it gets wrong put right."""

    def __init__(self, schema: dict[str, Any], longest: int | None) -> None:
        super().__init__(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
        self.schema = schema
        # `resolve_refs` would find none of them in a schema that is itself a reference.
        for home in ("$defs", "definitions"):
            self._refs |= {f"#/{home}/{name}": each for name, each in schema.get(home, {}).items()}
        self._names: dict[str, str] = {}
        self._own = {"char": _CHARACTER}
        if longest is not None:
            self._own["string"] = rf""""\"" char{{0,{longest}}} "\"" space"""

    def visit(self, schema: dict[str, Any], name: str) -> str:
        kind = schema.get("type")
        if "enum" in schema:
            texts = [json.dumps(value, ensure_ascii=False) for value in schema["enum"]]
            rule_name = f"{name}-" if name in llama_grammar.RESERVED_NAMES else name or "root"
            return str(self._add_rule(rule_name, _one_of(texts)))
        if kind not in _EXTRA_RULES:
            return str(super().visit(schema, name))
        rule = llama_grammar.BuiltinRule(_EXTRA_RULES[kind], ["integral-part", "decimal-part"])
        return self._add_primitive(kind if name else "root", rule)

    def _add_primitive(self, name: str, rule: Any) -> str:
        # The inherited rule of a character lets line breaks into strings, and those are no JSON.
        for own, content in self._own.items():
            if rule is llama_grammar.PRIMITIVE_RULES[own]:
                rule = llama_grammar.BuiltinRule(content, rule.deps)
        return str(super()._add_primitive(name, rule))

    def _format_literal(self, literal: str) -> str:
        # The inherited one leaves backslashes as they are, so that a quotation mark in a name ends its literal.
        return _literal(json.dumps(json.loads(literal), ensure_ascii=False))

    def _resolve_ref(self, ref: str) -> str:
        # The inherited one takes any rule for the definition whose name it happens to have.
        if ref not in self._names:
            name = self._names[ref] = self._add_rule(f"ref{len(self._names)}", f"reserved for {ref}")
            self._rules[name] = self.visit(self._refs[ref], f"{name}-is")
        return self._names[ref]


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_of(texts: Sequence[str]) -> str:
    """A rule for any of several texts that asks once what many begin with.

    llama.cpp holds each token against each way to go on: with hundreds of them it takes a third of a second.
    """
    start = os.path.commonprefix(texts)  # noqa: RUF071 - letter by letter is just what is wanted
    rests = [text[len(start) :] for text in texts]
    branches: dict[str, list[str]] = {}
    for rest in filter(None, rests):
        branches.setdefault(rest[0], []).append(rest)
    more = " | ".join(_one_of(branch) for branch in branches.values())
    optional = "?" if "" in rests else ""
    return " ".join(filter(None, [start and _literal(start), more and f"({more}){optional}"]))


def grammar_of(schema: Mapping[str, Any], longest: int | None = None) -> Grammar:
    """The grammar of all JSON that fits a schema, by llama-cpp-python's converter; strings of no more than `longest`.

    It leaves out many of a schema's wishes without a word: `engine/grammar.py` sees to it that it is asked for
    nothing else than it can do. Raises `ModelError` where it can't.
    """
    try:
        converter = _Converter(json.loads(json.dumps(schema)), longest)
        root = converter.visit(converter.schema, "")
        return Grammar(source=converter.format_grammar(), root=root)
    # It asserts, looks up and recurses as it goes along: whatever comes of that is about the schema.
    except Exception as error:
        raise ModelError(
            f"the schema can't be made a grammar ({one_line(str(error)) or type(error).__name__}).",
            "Take a plainer schema.",
        ) from error
