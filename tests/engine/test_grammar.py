"""JSON schemas as grammars: what fits, what doesn't, and what is refused."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import llama_cpp
import pytest
from pydantic import BaseModel, Field, ValidationError

from remix.engine.grammar import LARGEST, json_grammar
from remix.engine.llama import LlamaModel, samplers
from remix.errors import ModelError
from remix.records import Dist, Grammar, Sampling, TopK


@pytest.fixture(scope="module")
def words(model_path) -> Iterator[LlamaModel]:
    with LlamaModel(model_path, vocab_only=True) as words:
        yield words


def fits(words: LlamaModel, grammar: Grammar, text: str) -> bool:
    """Whether a text, token by token, and its end follow a grammar."""
    sampler = samplers.create(words, grammar, 1)
    end = int(words.writable[[words.is_end(int(token)) for token in words.writable].index(True)])
    try:
        for token in [*words.tokenize_text(text), end]:
            data = llama_cpp.llama_token_data(id=token, logit=1.0, p=0.0)
            array = llama_cpp.llama_token_data_array(data=ctypes.pointer(data), size=1, selected=-1, sorted=False)
            llama_cpp.llama_sampler_apply(sampler, ctypes.byref(array))
            if data.logit != 1.0:
                return False
            llama_cpp.llama_sampler_accept(sampler, token)
    finally:
        llama_cpp.llama_sampler_free(sampler)
    return True


STRING = {"type": "string"}
PERSON = {"type": "object", "properties": {"name": STRING, "age": {"type": "integer"}}, "required": ["name"]}
TREE = {
    "$ref": "#/$defs/a_tree",
    "$defs": {
        "a_tree": {
            "type": "object",
            "properties": {"twigs": {"type": "array", "items": {"$ref": "#/$defs/a_tree"}}},
            "required": ["twigs"],
        }
    },
}
NAMESAKES = {
    "type": "object",
    "properties": {"leaf": {"enum": ["green"]}, "other": {"$ref": "#/$defs/leaf"}, "string": {"const": 1}},
    "required": ["leaf", "other", "string"],
    "$defs": {"leaf": {"type": "boolean", "description": "Whether."}},
}
STRANGE = ['say "hi"', "back\\slash", "line\nbreak", "é", "🙂", "[a]|b"]


@pytest.mark.model
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (PERSON, [{"name": "Ada"}, {"name": "Ada", "age": -3}], [{}, {"age": 3, "name": "Ada"}, {"name": 1}]),
        (TREE, [{"twigs": []}, {"twigs": [{"twigs": []}, {"twigs": []}]}], [{}, {"twigs": [1]}]),
        (
            NAMESAKES,
            [{"leaf": "green", "other": True, "string": 1}],
            [{"leaf": "green", "other": "green", "string": 1}],
        ),
        ({"enum": [*STRANGE, 1, None]}, [*STRANGE, 1, None], ["say", 2, ""]),
        (
            {"enum": ["a", "ab", "abc", "b", "ba", 1, 12, -1]},
            ["a", "ab", "abc", "b", "ba", 1, 12, -1],
            ["bab", 2, "", "c"],
        ),
        ({"type": "integer", "minimum": -12, "maximum": 120}, [-12, -1, 0, 9, 10, 99, 120], [-13, 121, 130, "1"]),
        ({"const": {"a": ["\\"]}}, [{"a": ["\\"]}], [{"a": []}]),
        ({"type": "string", "minLength": 1, "maxLength": 3}, ["a", "abc", 'é"\n'], ["", "abcd"]),
        ({"type": "string", "format": "date"}, ["2024-02-29"], ["2024-2-29", "today"]),
        ({"type": "string", "format": "email"}, ["anything"], [1]),
        ({"type": ["string", "null"], "maxLength": 2}, ["ab", None], ["abc", 1]),
        ({"type": "integer", "minimum": 2, "exclusiveMaximum": 12}, [2, 11], [1, 12, 20, 2.0]),
        ({"type": "integer", "minimum": 0}, [0, 17], [-1, 1.5]),
        ({"type": "integer", "exclusiveMinimum": 0}, [1, 10], [0, -1]),
        ({"type": "number", "minimum": 0}, [0, 0.25, 3.5], [-0.5]),
        ({"type": "number", "minimum": 0, "maximum": 1}, [0, 0.25, 1, 1.0], [1.5, 2, -1]),
        ({"type": "array", "items": STRING, "minItems": 1, "maxItems": 2}, [["a"], ["a", "b"]], [[], ["a"] * 3]),
        ({"type": "array", "prefixItems": [STRING, {"type": "null"}]}, [["a", None]], [["a"], [None, "a"]]),
        ({"type": "array"}, [[], [1, ["a", {}]]], [{}]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [{}, {"a": 1}], [{"a": "b"}]),
        ({"type": "object"}, [{}, {"a": [None]}], [[]]),
        ({"type": "object", "properties": {}}, [{}], [{"a": 1}]),
        ({"properties": {"": STRING}, "required": [""]}, [{"": "a"}], [{}, "a"]),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, [True, None], [0]),
        ({"allOf": [PERSON], "title": "A person"}, [{"name": "Ada"}], [{}]),
        ({"title": "Anything"}, [1, "a", [{}], None, 1.5], []),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_what_fits_a_schema_follows_its_grammar(words, schema, good, bad):
    grammar = json_grammar(schema)
    assert [value for value in good if not fits(words, grammar, json.dumps(value, ensure_ascii=False))] == []
    assert [value for value in bad if fits(words, grammar, json.dumps(value, ensure_ascii=False))] == []


@pytest.mark.model
def test_only_json_follows_a_grammar(words):
    grammar = json_grammar(STRING)
    for good in (r'"\u00e9"', r'"\"\\"', '"\u2028"', '"a" '):
        assert json.loads(good)
        assert fits(words, grammar, good)
    for bad in ('"a\nb"', '"a\tb"', '"\0"', r'"\x"', r'"\ud83d"', '"a', 'a"', "", '  "a"', '"a"  '):
        assert not fits(words, grammar, bad)


@pytest.mark.model
def test_strings_without_a_length_may_get_one(words):
    schema = {"type": "object", "properties": {"a": STRING, "b": {"type": "string", "maxLength": 4}, "c": {}}}
    grammar = json_grammar(schema, longest=2)
    assert fits(words, grammar, '{"a": "ab", "b": "abcd", "c": ["ab"]}')
    assert not fits(words, grammar, '{"a": "abc"}')
    assert not fits(words, grammar, '{"c": ["abc"]}')
    assert not fits(words, json_grammar(STRING, longest=2), '"abc"')
    for longest in (0, LARGEST + 1):
        with pytest.raises(ModelError, match="characters"):
            json_grammar(STRING, longest)


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    friends: list[Dog] = []


class Household(BaseModel):
    """Who lives there."""

    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = Field(max_length=4)
    mood: Mood = Mood.GOOD
    since: date | None = None
    place: tuple[float, float] | None
    trust: float = Field(0.5, ge=0, le=1)
    notes: dict[str, Any] = {}


@pytest.mark.model
def test_pydantic_s_own_schemas(words):
    grammar = json_grammar(Household.model_json_schema())
    household = Household(
        pets=[Cat(kind="cat"), Dog(kind="dog", friends=[Dog(kind="dog")])],
        since=date(2024, 2, 29),
        place=None,
        notes={"a": [1, None]},
    )
    written = household.model_dump(mode="json")
    required = {name: written.pop(name) for name in ("pets", "place")}
    assert fits(words, grammar, json.dumps(required | written))
    assert fits(words, grammar, '{"pets": [], "place": [0.5, -1]}')
    assert not fits(words, grammar, '{"pets": [{"kind": "cow"}], "place": null}')
    assert not fits(words, grammar, '{"pets": [{"kind": "cat", "lives": 10}], "place": null}')


@pytest.mark.model
def test_the_longest_counts_are_read(words):
    for schema in ({"type": "string", "maxLength": LARGEST}, {"type": "array", "items": STRING, "minItems": LARGEST}):
        assert not fits(words, json_grammar(schema), "{")


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"type": "string", "pattern": "^a$"}, "`pattern`"),
        ({"type": "object", "properties": {"a": {"type": "number", "multipleOf": 2}}}, "`a`: `multipleOf`"),
        ({"type": "integer", "minimum": -5}, "bounds"),
        ({"type": "integer", "minimum": 0, "maximum": 10_000}, "bounds"),
        ({"type": "number", "maximum": 1}, "bounds"),
        ({"type": "array", "items": STRING, "uniqueItems": True}, "`uniqueItems`"),
        ({"type": "array", "prefixItems": [STRING], "minItems": 2}, "number of items"),
        ({"type": "array", "items": STRING, "maxItems": LARGEST + 1}, "`maxItems`"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "`minLength`"),
        ({"type": "object", "patternProperties": {"a": STRING}}, "`patternProperties`"),
        ({"type": "object", "properties": {}, "required": ["a"]}, "requires `a`"),
        ({"allOf": [PERSON, PERSON]}, "`allOf`"),
        ({"anyOf": []}, "alternatives"),
        ({"anyOf": [STRING], "type": "string"}, "`type`"),
        ({"enum": []}, "`enum`"),
        ({"not": STRING}, "type"),
        ({"type": "tuple"}, "'tuple'"),
        ({"$ref": "#"}, "refers"),
        ({"$ref": "https://example.org/schema"}, "refers"),
        ({"$ref": "#/$defs/nowhere"}, "nowhere"),
        ({"type": "object", "properties": {"a": False}}, "`a`"),
        ({"type": "object", "properties": [STRING]}, "no JSON schema"),
        ({"type": "string", "maxLength": "long"}, "no JSON schema"),
        ({"enum": ["\ud83d"]}, "can't be made a grammar"),
        ({"enum": [object()]}, "can't be made a grammar"),
        ({"type": "array", "items": "string"}, "no JSON"),
    ],
    ids=lambda value: str(value).partition(" at 0x")[0][:40],  # an address would be another in each process
)
def test_what_cannot_be_held_to_is_refused(schema, word):
    with pytest.raises(ModelError) as refused:
        json_grammar(schema)
    assert word in refused.value.message
    assert refused.value.hint


@pytest.mark.model
def test_a_schema_that_never_ends_is_refused(words):
    grammar = json_grammar({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})
    with pytest.raises(ModelError, match="grammar"):
        samplers.create(words, grammar, 1)


def test_a_grammar_goes_first():
    grammar = Grammar(source='root ::= "a"')
    Sampling(seed=1, chain=(grammar, TopK(k=3), Dist()), max_tokens=1, stop=())
    for chain in ((TopK(k=3), grammar, Dist()), (grammar, grammar, Dist())):
        with pytest.raises(ValidationError, match="first"):
            Sampling(seed=1, chain=chain, max_tokens=1, stop=())
    with pytest.raises(ValidationError):
        Grammar(source="")
