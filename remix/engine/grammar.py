"""JSON schemas as grammars that a text can be decoded under.

Takes a JSON schema, gives the `Grammar` whose whole texts are JSON that fits it. What can't be held to is refused
here, since the converter behind it (`llama.grammar_of`) would leave it out without a word. Knows nothing of models.
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
"""Most values of a range of integers, most items and most characters that a schema may count. llama.cpp's reader
goes one call deeper for each of them, and none of its errors there could be caught."""

_NOTES = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "discriminator"}
_NOTES |= {"$schema", "$id", "$comment"}
"""What a schema says to people and tools, and not about the JSON."""

_WISHES = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "prefixItems", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum"},
    "boolean": set[str](),
    "null": set[str](),
}
"""What can be held to, of each type."""

_FORMATS = ("date", "time", "date-time", "uuid")
"""Those of a string that are held to; any other is a note, as it is in JSON Schema itself."""

_ANYTHING: Schema = {"type": "value"}
"""The converter's own name for any JSON."""

_BOUNDED: dict[tuple[str, float, float | None], str] = {
    ("integer", 0, None): "whole",
    ("integer", 1, None): "counting",
    ("number", 0, None): "positive",
    ("number", 0, 1): "share",
}
"""Numbers that `llama.grammar_of` has rules for, by type and bounds."""


def json_grammar(schema: Mapping[str, Any], longest: int | None = None) -> Grammar:
    """The grammar of the JSON that fits a schema. Raises `ModelError` for what it can't hold a text to.

    Not all such JSON, but enough of it: objects have the properties that the schema names, the required ones
    first, in its order, and blank space is at most one space, since small models would go on with it for ever.
    Strings whose length the schema doesn't limit have no more characters than `longest`; without it, they end
    where the model ends them.
    """
    if longest is not None and not 1 <= longest <= LARGEST:
        raise ModelError(f"strings of at most {longest} characters can't be held to.", f"Say 1 to {LARGEST:,}.")
    homes = [key for key in ("$defs", "definitions") if key in schema]
    try:
        plain = _plain({key: value for key, value in schema.items() if key not in homes}, "the schema")
        named = {home: {name: _plain(each, f"`{name}`") for name, each in schema[home].items()} for home in homes}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ModelError(f"this is no JSON schema ({error}).", "Mend it.") from error
    return llama.grammar_of({**plain, **named}, longest)


def _plain(schema: Any, at: str) -> Schema:
    """A schema without its notes, in the few forms the converter gets right. `at` says where it stands."""
    if schema is True:
        return _ANYTHING
    if not isinstance(schema, Mapping):
        raise _refused(at, "no JSON satisfies it", "Leave it out.")
    wishes = {key: value for key, value in schema.items() if key not in _NOTES}
    if not wishes:
        return _ANYTHING
    for key, form in _FORMS.items():
        if key in wishes:
            _refuse_others(wishes, {key, "type"} if key in ("enum", "const") else {key}, at)
            return form(wishes[key], at)
    kind = wishes.get("type") or next((key for key, known in _WISHES.items() if known & wishes.keys()), None)
    if isinstance(kind, list):
        return _any_of([_one_kind(wishes, each) for each in kind], at)
    if kind not in _WISHES:
        raise _refused(at, f"it is of no known type ({kind!r})", f"The types are {', '.join(_WISHES)}.")
    _refuse_others(wishes, _WISHES[kind] | {"type"}, at)
    return _KINDS[kind]({**wishes, "type": kind}, at)


def _one_kind(wishes: Schema, kind: str) -> Schema:
    """What a schema of several types wishes of one of them."""
    others = {key for each, known in _WISHES.items() if each != kind for key in known} - _WISHES.get(kind, set())
    return {key: value for key, value in wishes.items() if key not in others} | {"type": kind}


# -- forms that have no type --------------------------------------------------------------------------------


def _ref(ref: str, at: str) -> Schema:
    if not re.fullmatch(r"#/(\$defs|definitions)/[^/]+", ref):
        raise _refused(at, f"it refers to '{ref}'", "Refer to what stands under `$defs` of the same schema.")
    return {"$ref": ref}


def _any_of(schemas: list[Any], at: str) -> Schema:
    if not schemas:
        raise _refused(at, "it has no alternatives", "Give it some.")
    return {"anyOf": [_plain(each, at) for each in schemas]}


def _all_of(schemas: list[Any], at: str) -> Schema:
    if len(schemas) != 1:
        raise _refused(at, "`allOf` with several parts can't be held to", "Join the parts in one object.")
    return _plain(schemas[0], at)


def _enum(values: list[Any], at: str) -> Schema:
    if not values:
        raise _refused(at, "its `enum` is empty", "Give it some values.")
    return {"enum": list(values)}


def _const(value: Any, at: str) -> Schema:
    return {"enum": [value]}


_FORMS: dict[str, Callable[[Any, str], Schema]] = {
    "$ref": _ref,
    "anyOf": _any_of,
    "oneOf": _any_of,
    "allOf": _all_of,
    "enum": _enum,
    "const": _const,
}

# -- types --------------------------------------------------------------------------------------------------


def _object(wishes: Schema, at: str) -> Schema:
    properties = {name: _plain(each, f"`{name}`") for name, each in wishes.get("properties", {}).items()}
    required = list(wishes.get("required", ()))
    if unknown := [name for name in required if name not in properties]:
        raise _refused(at, f"it requires `{unknown[0]}`, which it doesn't describe", "Put it among `properties`.")
    if properties:
        # Others beside them may stay away, and could only say the same names again.
        return {"type": "object", "properties": properties, "required": required}
    others = wishes.get("additionalProperties", "properties" not in wishes)
    return {"type": "object", "additionalProperties": _plain(others, at) if others is not False else False}


def _array(wishes: Schema, at: str) -> Schema:
    least, most = _counts(wishes, "minItems", "maxItems", at)
    items = wishes.get("items", True)
    prefix = wishes.get("prefixItems", items if isinstance(items, list) else None)
    if prefix is None:
        counts = {"minItems": least} | ({} if most is None else {"maxItems": most})
        return {"type": "array", "items": _plain(items, at), **counts}
    if least > len(prefix) or (most is not None and most < len(prefix)):
        raise _refused(at, "it counts other items than it describes", "Describe each of them, or all alike.")
    return {"type": "array", "prefixItems": [_plain(each, at) for each in prefix]}


def _string(wishes: Schema, at: str) -> Schema:
    if wishes.get("format") in _FORMATS:
        return {"type": "string", "format": wishes["format"]}
    least, most = _counts(wishes, "minLength", "maxLength", at)
    if not least and most is None:
        return {"type": "string"}
    return {"type": "string", "minLength": least} | ({} if most is None else {"maxLength": most})


def _number(wishes: Schema, at: str) -> Schema:
    kind = wishes["type"]
    low, high = wishes.get("minimum"), wishes.get("maximum")
    if kind == "integer":
        low = wishes["exclusiveMinimum"] + 1 if "exclusiveMinimum" in wishes else low
        high = wishes["exclusiveMaximum"] - 1 if "exclusiveMaximum" in wishes else high
        if low is not None and high is not None and low <= high < low + LARGEST:
            return {"enum": list(range(low, high + 1))}
    if (low, high) == (None, None):
        return {"type": kind}
    if low is not None and (kind, low, high) in _BOUNDED:
        return {"type": _BOUNDED[kind, low, high]}
    raise _refused(
        at,
        "its bounds can't be held to",
        f"Integers may have two bounds, {LARGEST:,} apart at most, or begin at 0 or 1; numbers be from 0, or 0 to 1.",
    )


def _bare(wishes: Schema, at: str) -> Schema:
    return {"type": wishes["type"]}


_KINDS: dict[str, Callable[[Schema, str], Schema]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _number,
    "number": _number,
    "boolean": _bare,
    "null": _bare,
}


def _counts(wishes: Schema, least: str, most: str, at: str) -> tuple[int, int | None]:
    low, high = wishes.get(least, 0), wishes.get(most)
    if low > LARGEST or (high is not None and not low <= high <= LARGEST):
        raise _refused(at, f"`{least}` and `{most}` can't be held to", f"Count up to {LARGEST:,}, or leave them out.")
    return low, high


def _refuse_others(wishes: Schema, known: set[str], at: str) -> None:
    if unknown := sorted(wishes.keys() - known):
        raise _refused(at, f"`{unknown[0]}` can't be held to", "Leave it out of the schema, and check it afterwards.")


def _refused(at: str, reason: str, hint: str) -> ModelError:
    return ModelError(f"{at}: {reason}.", hint)
