"""LangChain's structured output: from a schema to a grammar, and from JSON to objects.

Takes schemas in the forms accepted by LangChain, gives a `response_format`, the grammar of a `response_format`, and
the output parser for the answers. Knows nothing of the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from langchain_core.exceptions import OutputParserException
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import Runnable, RunnableParallel, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import TBaseModel, is_basemodel_subclass  # noqa: F401 - mypy's plugin wants it
from pydantic import BaseModel

from remix.errors import ModelError
from remix.records import Grammar

METHODS = ("json_schema", "json_mode", "function_calling")


def response_format(schema: dict[str, Any] | type | None) -> dict[str, Any]:
    """A schema in OpenAI's form, for `bind(response_format=…)`; without a schema, the form for any JSON object.

    Raises `ValueError` if LangChain can't make a JSON schema of `schema`.
    """
    if schema is None:
        return {"type": "json_object"}
    plain = _json_schema(schema)
    return {"type": "json_schema", "json_schema": {"name": plain.get("title", "answer"), "schema": plain}}


def grammar(wanted: object, longest: int | None = None) -> Grammar:
    """The grammar of a `response_format`; strings have at most `longest` characters if the schema has no bound.

    Raises `ModelError` for an unknown form, or a schema without a grammar.
    """
    # Imported late, because the import loads llama.cpp.
    from remix.engine.grammar import json_grammar

    match wanted:
        case {"type": "json_schema", "json_schema": {"schema": Mapping() as schema}}:
            return json_grammar(schema, longest)
        case {"type": "json_object"}:
            return json_grammar({"type": "object"}, longest)
    raise ModelError(
        "`response_format` is of no known form.",
        'Write {"type": "json_schema", "json_schema": {"name": …, "schema": …}} or {"type": "json_object"}.',
    )


def parsed(
    answers: Runnable[Any, Any], schema: dict[str, Any] | type | None, include_raw: bool
) -> Runnable[Any, dict[str, Any] | BaseModel]:
    """The answers as instances of a pydantic class, or as plain JSON values for any further kind of schema."""
    is_class = isinstance(schema, type) and is_basemodel_subclass(schema)
    parser: Runnable[Any, Any] = _WholeObject(pydantic_object=schema) if is_class else _WholeJson()
    if not include_raw:
        return answers | parser
    tried = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    # The chat model comes before the map, not within the map as in LangChain's own models: a `RunnableSequence` calls
    # the chat model's `batch`, a `RunnableParallel` doesn't.
    raw: Runnable[Any, Any] = answers | RunnableParallel(raw=RunnablePassthrough())
    return raw | tried.with_fallbacks([failed], exception_key="parsing_error")


def _json_schema(schema: dict[str, Any] | type) -> dict[str, Any]:
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        # Classes of pydantic 1 have `schema` instead.
        name = "model_json_schema" if issubclass(schema, BaseModel) else "schema"
        return dict(getattr(schema, name)())
    if isinstance(schema, dict) and not {"function", "parameters"} & schema.keys():
        return schema
    return convert_to_json_schema(schema)


class _WholeJson(JsonOutputParser):
    """Refuses JSON cut off before the end: the inherited parser would close the brackets silently."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        answer = result[0]
        # A chunk before the last has no `finish_reason`.
        about = answer.message.response_metadata if isinstance(answer, ChatGeneration) else {}
        finish = about.get("finish_reason")
        if finish or not partial:
            _refuse_cut(answer.text, finish)
        return super().parse_result(result, partial=partial)


class _WholeObject(_WholeJson, PydanticOutputParser[Any]):
    """Refuses JSON cut off before the end, and makes instances of a pydantic class."""


def _refuse_cut(text: str, finish: str | None) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        why = (
            "`max_tokens` cut it" if finish == "length" else "a stop string cut it, or it wasn't written for a schema"
        )
        raise OutputParserException(
            f"The answer is no whole JSON ({why}). Raise `max_tokens`, or limit strings by `max_string` and "
            f"lists by the schema. It ends: …{text[-40:]!r}",
            llm_output=text,
        ) from error
