"""The rules of a grammar (GBNF) for a JSON schema, by llama-cpp-python's converter.

Takes a schema checked and simplified by `engine/grammar.py`, gives a `Grammar`. Knows no model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from llama_cpp import llama_grammar

from remix.errors import ModelError
from remix.records import Grammar

_EXTRA_RULES = {
    "whole": "integral-part space",
    "counting": "[1-9] [0-9]{0,15} space",
    "positive": 'integral-part ("." decimal-part)? space',
    "share": '("0" ("." decimal-part)? | "1" ("." "0"{1,15})?) space',
}
"""Rules for numbers within bounds, by type names used only in remix."""

_CHARACTER = (
    r"""[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" ([0-9a-cefA-CEF] [0-9a-fA-F] | [dD] [0-7]) [0-9a-fA-F]{2})"""
)
"""A character of a JSON string: no unescaped control character, and no half of a surrogate pair."""


class _Converter(llama_grammar.SchemaConverter):  # type: ignore[misc]  # llama_cpp has no types
    """llama-cpp-python's converter, with corrections."""

    def __init__(self, schema: dict[str, Any], longest: int | None) -> None:
        super().__init__(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
        self.schema = schema
        # The inherited `resolve_refs` finds no definitions in a schema that is itself a reference.
        for place in ("$defs", "definitions"):
            self._refs |= {f"#/{place}/{name}": each for name, each in schema.get(place, {}).items()}
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
        # The inherited rule for characters allows line breaks in strings, contrary to JSON.
        for own, content in self._own.items():
            if rule is llama_grammar.PRIMITIVE_RULES[own]:
                rule = llama_grammar.BuiltinRule(content, rule.deps)
        return str(super()._add_primitive(name, rule))

    def _format_literal(self, literal: str) -> str:
        # The inherited method doesn't escape backslashes: a quotation mark in a name would end the literal.
        return _literal(json.dumps(json.loads(literal), ensure_ascii=False))

    def _resolve_ref(self, ref: str) -> str:
        # The inherited method confuses a definition with any rule of the same name.
        if ref not in self._names:
            name = self._names[ref] = self._add_rule(f"ref{len(self._names)}", f"reserved for {ref}")
            self._rules[name] = self.visit(self._refs[ref], f"{name}-is")
        return self._names[ref]


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _one_of(texts: Sequence[str]) -> str:
    """A rule for any of several texts, with common prefixes written once.

    llama.cpp tries each token on each alternative: with hundreds of alternatives a token takes a third of a second.
    """
    start = os.path.commonprefix(texts)  # noqa: RUF071 - a prefix by characters is wanted
    rests = [text[len(start) :] for text in texts]
    branches: dict[str, list[str]] = {}
    for rest in filter(None, rests):
        branches.setdefault(rest[0], []).append(rest)
    more = " | ".join(_one_of(branch) for branch in branches.values())
    optional = "?" if "" in rests else ""
    return " ".join(filter(None, [start and _literal(start), more and f"({more}){optional}"]))


def grammar_of(schema: Mapping[str, Any], longest: int | None = None) -> Grammar:
    """The grammar of all JSON that fits a schema, with strings of at most `longest` characters.

    The converter ignores many constraints without an error; `engine/grammar.py` refuses these constraints first.
    Raises `ModelError` if the converter fails.
    """
    try:
        converter = _Converter(json.loads(json.dumps(schema)), longest)
        root = converter.visit(converter.schema, "")
        return Grammar(source=converter.format_grammar(), root=root)
    # The converter raises assertion, key and recursion errors; each is caused by the schema.
    except Exception as error:
        raise ModelError(
            f"the schema can't be made a grammar ({' '.join(str(error).split()) or type(error).__name__}).",
            "Take a plainer schema.",
        ) from error
