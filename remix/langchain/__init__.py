"""remix inside LangChain, and LangChain inside remix. Only this folder imports `langchain_core`.

`TagRetriever` finds passages by their tags, `ChatRemix` is the exact batched engine as a chat model. The other
way round, `ChatModelWriter` lets any LangChain chat model write a run's outputs, and `generate_with` makes a run so.
"""

from remix.langchain.chat import ChatRemix
from remix.langchain.retriever import TagRetriever
from remix.langchain.writer import ChatModelWriter, generate_with

__all__ = ["ChatModelWriter", "ChatRemix", "TagRetriever", "generate_with"]
