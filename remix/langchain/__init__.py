"""remix inside LangChain, and LangChain inside remix. Only this folder imports `langchain_core`.

For LangChain's programs, `TagRetriever` is a retriever of passages by tags, and `ChatRemix` is a chat model over the
exact batched engine. For remix, `ChatModelWriter` lets any LangChain chat model write a run's outputs, and
`generate_with` makes a run with a chat model.
"""

from remix.langchain.chat import ChatRemix
from remix.langchain.retriever import TagRetriever
from remix.langchain.writer import ChatModelWriter, generate_with

__all__ = ["ChatModelWriter", "ChatRemix", "TagRetriever", "generate_with"]
