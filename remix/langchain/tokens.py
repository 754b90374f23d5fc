"""The lengths of prompts for a LangChain chat model, as far as the model itself can count tokens.

Takes messages, gives numbers of tokens. Loads no tokenizer: LangChain's own default would load `transformers` and may
download GPT-2's vocabulary, which gives wrong counts for all models except GPT-2.
"""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel

from remix.langchain.messages import to_langchain
from remix.records import Message, PromptSize

LONGEST_TOKEN = 1024
"""Characters. No vocabulary in use has a longer token: the longest tokens are runs of spaces."""

MARGIN = 512
"""Tokens that a chat template may add to the messages: roles, and the template's system message."""

_CONTEXTS = ("num_ctx", "n_ctx", "context")
"""Fields for the context in tokens: of `ChatOllama`, of `ChatLlamaCpp`, and of `ChatRemix`."""

_COUNTING = ("get_token_ids", "get_num_tokens", "get_num_tokens_from_messages")


class ChatModelTokens:
    """Counts the tokens of prompts by the model's own methods: a `TokenCounter`.

    Some models ask the provider for the count, or load a tokenizer: a prompt that fits even at one token for each
    byte is therefore never counted.
    """

    def __init__(self, model: BaseChatModel, name: str, context: int) -> None:
        self.name = name
        self.context = context
        self._model = model
        self._fails = False

    def may_fit(self, messages: Sequence[Message], most: int) -> bool:
        """Whether a prompt may have at most `most` tokens, by the number of characters."""
        return sum(len(message.content) for message in messages) <= most * LONGEST_TOKEN

    def measure(self, messages: Sequence[Message], most: int) -> PromptSize:
        """A prompt's tokens as counted by the model, or an upper bound of at most `most`.

        Null after the model has failed once: some classes override the methods and still can't count.
        """
        bound = sum(len(message.content.encode()) for message in messages) + MARGIN
        if bound <= most:
            return PromptSize(bound)
        if not self._fails:
            try:
                return PromptSize(self._model.get_num_tokens_from_messages(to_langchain(messages)))
            # The method is foreign code and may need the network: without a count the prompt is tried unchecked.
            except Exception:
                self._fails = True
        return PromptSize(None)


def counter_of(model: BaseChatModel, name: str) -> ChatModelTokens | None:
    """A counter for a model; null if the model can't count, or if neither fields nor `profile` tell the context."""
    overrides = any(getattr(type(model), method) is not getattr(BaseChatModel, method) for method in _COUNTING)
    told = [getattr(model, field, None) for field in _CONTEXTS]
    told.append((model.profile or {}).get("max_input_tokens"))
    contexts = [each for each in told if isinstance(each, int) and each > 0]
    if not contexts or not (overrides or model.custom_get_token_ids):
        return None
    return ChatModelTokens(model, name, min(contexts))
