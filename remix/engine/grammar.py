"""From a JSON schema to a grammar for constrained decoding.

Takes a JSON schema, gives a `Grammar` of JSON texts that fit the schema. Constraints that the grammar can't express
are refused here, since the converter (`llama.grammar_of`) would ignore the constraints silently. Knows no models.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from remix.engine import llama
from remix.errors import ModelError
from remix.records import Grammar

Schema = dict[str, Any]

LARGEST = 1000
"""Most values of a range of integers, items of an array and characters of a string. llama.cpp's parser recurses once
for each, and a stack overflow can't be caught."""

_NOTES = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "discriminator"}
_NOTES |= {"$schema", "$id", "$comment"}
"""Keywords for people and tools, without effect on the JSON."""

_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum"},
    "boolean": set[str](),
    "null": set[str](),
}
"""Supported keywords by type."""

_FORMATS = ("date", "time", "date-time", "uuid")
"""Supported formats of strings; further formats are notes, as in JSON Schema itself."""

_ANYTHING: Schema = {"type": "value"}
"""Any JSON, by the converter's name."""

_BOUNDED: dict[tuple[str, float, float | None], str] = {
    ("integer", 0, None): "whole",
    ("integer", 1, None): "counting",
    ("number", 0, None): "positive",
    ("number", 0, 1): "share",
}
"""Names of `llama.grammar_of`'s rules for numbers, by type and bounds."""


def json_grammar(schema: Mapping[str, Any], longest: int | None = None) -> Grammar:
    """The grammar of JSON that fits a schema. Raises `ModelError` for an unsupported constraint.

    The grammar is stricter than the schema: objects have only the named properties, the required properties first, in
    the schema's order; white space is at most a single space, since small models would repeat spaces for ever.
    Strings without a limit in the schema have at most `longest` characters, if given.
    """
    if longest is not None and not 1 <= longest <= LARGEST:
        raise ModelError(f"strings of at most {longest} characters are not supported.", f"Say 1 to {LARGEST:,}.")
    groups = [key for key in ("$defs", "definitions") if key in schema]
    try:
        plain = _plain({key: value for key, value in schema.items() if key not in groups}, "the schema")
        named = {group: {name: _plain(each, f"`{name}`") for name, each in schema[group].items()} for group in groups}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ModelError(f"this is no JSON schema ({error}).", "Mend the schema.") from error
    return llama.grammar_of({**plain, **named}, longest)


def _plain(schema: Any, at: str) -> Schema:
    """A schema without notes, in the few forms that the converter handles correctly; `at` is the place, for
    errors."""
    if schema is True:
        return _ANYTHING
    if not isinstance(schema, Mapping):
        raise _refused(at, "no JSON satisfies it", "Leave it out.")
    schema = {key: value for key, value in schema.items() if key not in _NOTES}
    if not schema:
        return _ANYTHING
    for key, form in _FORMS.items():
        if key in schema:
            _refuse_others(schema, {key, "type"} if key in ("enum", "const") else {key}, at)
            return form(schema[key], at)
    kind = schema.get("type") or next((key for key, known in _KEYWORDS.items() if known & schema.keys()), None)
    if isinstance(kind, list):
        return _any_of([_one_kind(schema, each) for each in kind], at)
    if kind not in _KEYWORDS:
        raise _refused(at, f"it is of no known type ({kind!r})", f"The types are {', '.join(_KEYWORDS)}.")
    _refuse_others(schema, _KEYWORDS[kind] | {"type"}, at)
    return _KINDS[kind]({**schema, "type": kind}, at)


def _one_kind(schema: Schema, kind: str) -> Schema:
    """A schema of several types, reduced to the keywords of a single type."""
    others = {key for each, known in _KEYWORDS.items() if each != kind for key in known} - _KEYWORDS.get(kind, set())
    return {key: value for key, value in schema.items() if key not in others} | {"type": kind}


# -- forms without a type -------------------------------------------------------------------------------


def _ref(ref: str, at: str) -> Schema:
    if not re.fullmatch(r"#/(\$defs|definitions)/[^/]+", ref):
        raise _refused(at, f"it refers to '{ref}'", "Refer to a definition under `$defs` of the same schema.")
    return {"$ref": ref}


def _any_of(schemas: list[Any], at: str) -> Schema:
    if not schemas:
        raise _refused(at, "it has no alternatives", "Add an alternative.")
    return {"anyOf": [_plain(each, at) for each in schemas]}


def _all_of(schemas: list[Any], at: str) -> Schema:
    if len(schemas) != 1:
        raise _refused(at, "`allOf` with several parts is not supported", "Join the parts in one object.")
    return _plain(schemas[0], at)


def _enum(values: list[Any], at: str) -> Schema:
    if not values:
        raise _refused(at, "its `enum` is empty", "Add a value.")
    return {"enum": list(values)}


_FORMS: dict[str, Callable[[Any, str], Schema]] = {
    "$ref": _ref,
    "anyOf": _any_of,
    "oneOf": _any_of,
    "allOf": _all_of,
    "enum": _enum,
    "const": lambda value, at: {"enum": [value]},
}

# -- types --------------------------------------------------------------------------------------------------


def _object(schema: Schema, at: str) -> Schema:
    properties = {name: _plain(each, f"`{name}`") for name, each in schema.get("properties", {}).items()}
    required = list(schema.get("required", ()))
    if unknown := [name for name in required if name not in properties]:
        raise _refused(at, f"it requires `{unknown[0]}`, which it doesn't describe", "Put it among `properties`.")
    if properties:
        # Unnamed properties are left out: a grammar can't prevent an unnamed property from repeating a property's
        # name.
        return {"type": "object", "properties": properties, "required": required}
    others = schema.get("additionalProperties", "properties" not in schema)
    return {"type": "object", "additionalProperties": _plain(others, at) if others is not False else False}


def _array(schema: Schema, at: str) -> Schema:
    least, most = _counts(schema, "minItems", "maxItems", at)
    items = schema.get("items", True)
    prefix = schema.get("prefixItems", items if isinstance(items, list) else None)
    if prefix is None:
        counts = {"minItems": least} | ({} if most is None else {"maxItems": most})
        return {"type": "array", "items": _plain(items, at), **counts}
    if least > len(prefix) or (most is not None and most < len(prefix)):
        raise _refused(
            at, "the number of items differs from the described items", "Describe each item, or all items alike."
        )
    return {"type": "array", "prefixItems": [_plain(each, at) for each in prefix]}


def _string(schema: Schema, at: str) -> Schema:
    if schema.get("format") in _FORMATS:
        return {"type": "string", "format": schema["format"]}
    least, most = _counts(schema, "minLength", "maxLength", at)
    if not least and most is None:
        return {"type": "string"}
    return {"type": "string", "minLength": least} | ({} if most is None else {"maxLength": most})


def _number(schema: Schema, at: str) -> Schema:
    kind = schema["type"]
    low, high = schema.get("minimum"), schema.get("maximum")
    if kind == "integer":
        low = schema["exclusiveMinimum"] + 1 if "exclusiveMinimum" in schema else low
        high = schema["exclusiveMaximum"] - 1 if "exclusiveMaximum" in schema else high
        if low is not None and high is not None and low <= high < low + LARGEST:
            return {"enum": list(range(low, high + 1))}
    if (low, high) == (None, None):
        return {"type": kind}
    if low is not None and (kind, low, high) in _BOUNDED:
        return {"type": _BOUNDED[kind, low, high]}
    raise _refused(
        at,
        "its bounds are not supported",
        f"Integers may have two bounds, {LARGEST:,} apart at most, or begin at 0 or 1; numbers be >= 0, or 0 to 1.",
    )


def _bare(schema: Schema, at: str) -> Schema:
    return {"type": schema["type"]}


_KINDS: dict[str, Callable[[Schema, str], Schema]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": _bare,
    "null": _bare,
}


def _counts(schema: Schema, least: str, most: str, at: str) -> tuple[int, int | None]:
    low, high = schema.get(least, 0), schema.get(most)
    if low > LARGEST or (high is not None and not low <= high <= LARGEST):
        raise _refused(
            at, f"`{least}` and `{most}` are not supported", f"Count up to {LARGEST:,}, or leave them out."
        )
    return low, high


def _refuse_others(schema: Schema, known: set[str], at: str) -> None:
    if unknown := sorted(schema.keys() - known):
        raise _refused(at, f"`{unknown[0]}` is not supported", "Leave it out of the schema, and check it afterwards.")


def _refused(at: str, reason: str, hint: str) -> ModelError:
    return ModelError(f"{at}: {reason}.", hint)
