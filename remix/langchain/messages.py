"""Converts LangChain's messages into remix's, and generations into parts of LangChain's messages.

Only text is converted: images, tool calls and further roles are refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.messages.ai import UsageMetadata

from remix.errors import PromptError
from remix.records import Generation, Message

_ROLES = {"human": "user", "ai": "assistant", "user": "user", "assistant": "assistant", "system": "system"}


def from_langchain(messages: Sequence[BaseMessage]) -> list[Message]:
    """Convert LangChain's messages into remix's. Raises `PromptError` for a message with content other than text."""
    if not messages:
        raise PromptError("there are no messages.", "Send at least one.")
    turns = [_turn(message) for message in messages]
    # An empty last `AIMessage` begins no answer.
    return turns[:-1] if turns[-1].role == "assistant" and not turns[-1].content and turns[:-1] else turns


def _turn(message: BaseMessage) -> Message:
    role = _ROLES.get(getattr(message, "role", message.type))
    if role is None or getattr(message, "tool_calls", None):
        raise PromptError(
            f"a message of type '{message.type}' can't be read, nor one that calls tools.",
            "ChatRemix takes system, human and AI messages of text.",
        )
    return Message.model_validate({"role": role, "content": _text(message)})


def _text(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    texts: list[str] = []
    for block in message.content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") == "text" and isinstance(block.get("text"), str):
            texts.append(block["text"])
        else:
            raise PromptError(
                f"a message holds a block of type '{block.get('type')}'.", "ChatRemix reads text alone."
            )
    return "".join(texts)


_TYPES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


def to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    """Convert remix's messages into LangChain's."""
    return [_TYPES[message.role](content=message.content) for message in messages]


def thoughts_of(generation: Generation) -> dict[str, str]:
    """The thoughts, under the key used by LangChain's reasoning models."""
    return {"reasoning_content": generation.thoughts.text} if generation.thoughts else {}


def usage_of(generation: Generation) -> UsageMetadata:
    """The numbers of tokens read and written, including thoughts."""
    thought = generation.thoughts.token_ids if generation.thoughts else ()
    read, written = len(generation.prompt_token_ids or ()), len(generation.token_ids or ()) + len(thought or ())
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
