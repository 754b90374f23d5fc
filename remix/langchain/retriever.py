"""Passages as LangChain documents.

Takes a query of tags, gives documents. Knows nothing of models.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from remix.corpus import read_seeds, select, tag_key, tag_keys
from remix.records import Passage
from remix.workspace import FILE, Workspace, read_settings


class TagRetriever(BaseRetriever):
    """Finds passages by tag: `invoke("convergence")`, or `invoke("maps, #generic pastness")` for any of several.

    Documents come in the order of the corpus, which is read anew at each question. A tag that no passage has
    finds nothing and is no error, as retrievers promise; the command line is stricter and names near ones.
    Raises `SeedError` where the seeds themselves can't be read. (`tags`, which every retriever has, are labels
    for LangChain's callbacks and have nothing to do with the passages'.)
    """

    workspace: Path
    """A workspace, or just a folder of seeds."""

    k: int | None = Field(None, ge=0)
    """Most passages to return; `invoke(query, k=…)` goes before it."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        found = self._passages([tag for part in query.split(",") if (tag := part.strip().removeprefix("#"))])
        return [_document(passage) for passage in itertools.islice(found, self.k if k is None else k)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        # The inherited one takes no `k`.
        return await asyncio.to_thread(self._get_relevant_documents, query, run_manager=run_manager.get_sync(), k=k)

    def _passages(self, tags: Sequence[str]) -> list[Passage]:
        workspace = _workspace(self.workspace.expanduser().absolute())
        essays = read_seeds(workspace.seeds, workspace.root, exclude=workspace.exclude)
        own = {tag for essay in essays for passage in essay.passages for tag in passage.tags}
        known = {key for tag in own for key in tag_keys(tag)}
        wanted = [tag for tag in tags if tag_key(tag) in known]
        return select(essays, wanted, min_words=workspace.settings.min_words) if wanted else []


def _workspace(folder: Path) -> Workspace:
    """The workspace that is meant; a bare folder of seeds is one whose paths begin with its name."""
    if (folder / FILE).is_file():
        return Workspace(folder, read_settings(folder / FILE))
    if (folder / "seeds").is_dir():
        return Workspace(folder)
    return Workspace(folder.parent).with_seeds(folder)


def _document(passage: Passage) -> Document:
    metadata = passage.model_dump(mode="json", exclude={"id", "text"})
    return Document(page_content=passage.text, id=passage.id, metadata=metadata)
