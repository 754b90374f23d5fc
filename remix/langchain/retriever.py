"""Passages as LangChain documents.

Takes a query of tags, gives `Document`s. Knows nothing of models.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from remix.corpus import Corpus, consult
from remix.corpus.query import Term, all_of, any_of, parse
from remix.errors import SeedError
from remix.records import Passage
from remix.workspace import FILE, Workspace, read_settings

_logger = logging.getLogger(__name__)


class TagRetriever(BaseRetriever):
    """Finds passages by tag: `invoke("convergence")`, or `invoke("maps, #generic pastness")` for any of several tags.

    Each query reads the workspace anew; documents come in the corpus's order. An unknown tag finds no passage and is
    no error, as usual for retrievers; the command line is stricter and suggests similar tags. Raises `SeedError` if
    no essay can be read, and `QueryError` if `where` can't be parsed. (The field `tags` of every LangChain retriever
    labels callbacks, and is unrelated to the passages' tags.) An unreadable essay is left out with a warning in the
    log; with `strict = true` in remix.toml the `SeedError` is raised.
    """

    workspace: Path
    """A workspace, or a folder of essays alone."""

    where: str | None = None
    """A further query for passages, as for `remix passages --where`."""

    k: int | None = Field(None, ge=0)
    """Most passages to return; `invoke(query, k=…)` overrides the field."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        tags = [tag for part in query.split(",") if (tag := part.strip().removeprefix("#"))]
        return [
            Document(
                page_content=passage.text,
                id=passage.id,
                metadata=passage.model_dump(mode="json", exclude={"id", "text", "language"}),
            )
            for passage in self._passages(tags, self.k if k is None else k)
        ]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        # The inherited method takes no `k`.
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k)

    def _passages(self, tags: Sequence[str], most: int | None) -> list[Passage]:
        workspace = _workspace(self.workspace.expanduser().absolute())
        least = workspace.settings.min_words
        further = (Term("words", str(least)) if least else None, parse(self.where) if self.where else None)

        def choose(corpus: Corpus) -> list[Passage]:
            wanted = any_of([Term("tag", tag) for tag in tags])
            hits = corpus.find(all_of(wanted, *further)) if wanted else []
            return [passage for _, passage in corpus.pairs(hits[:most])]

        def log(error: SeedError) -> None:
            _logger.warning("Left out: %s %s", error.message, error.hint)

        on_error = None if workspace.settings.strict else log
        return consult(workspace.seeds, workspace.root, choose, on_error, workspace.exclude)


def _workspace(folder: Path) -> Workspace:
    """The workspace at a folder; paths of a bare folder of essays begin with the folder's name."""
    if (folder / FILE).is_file():
        return Workspace(folder, read_settings(folder / FILE))
    if (folder / "seeds").is_dir():
        return Workspace(folder)
    return Workspace(folder.parent).with_seeds(folder)
