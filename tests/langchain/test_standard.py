"""LangChain's own suites for chat models and retrievers, where `langchain-tests` is installed.

Many of the suites' tests skip themselves: they are about tools, images and sound.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_tests")

from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import ChatModelIntegrationTests, RetrieversIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from remix.langchain import ChatRemix, TagRetriever


class TestChatRemixUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatRemix

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"context": 512, "parallel": 4}


@pytest.mark.model
class TestChatRemixIntegration(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatRemix

    @property
    def chat_model_params(self) -> dict[str, Any]:
        # Short strings: the bundled model would go on in one for ever, and the suites want whole JSON.
        return {"context": 512, "parallel": 4, "max_tokens": 64, "max_string": 16}

    @property
    def supports_json_mode(self) -> bool:
        return True


class TestTagRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return TagRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"workspace": Path(__file__).parents[2] / "seeds"}

    @property
    def retriever_query_example(self) -> str:
        return "convergence"
