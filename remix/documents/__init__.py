"""Documents: files in the formats that writers use, converted to essays.

Takes files in a format of `reading.FORMS`, gives Markdown with front matter, written to the folder of essays.
Documents come from strangers: no path, link or picture in a document is followed, and sizes are bounded. Doesn't know
prompts, models or outputs.
"""

from remix.documents.add import AddedEssay, add, prepare, write
from remix.documents.document import Document

__all__ = ["AddedEssay", "Document", "add", "prepare", "write"]
