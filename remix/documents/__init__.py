"""Documents: files as people have them, made into seeds.

Takes a file in one of the forms below, gives a `Document`; gives a `Document`'s Markdown; writes it among the seeds.
Documents come from strangers: no path, link or picture in them is followed, and sizes are bounded. Knows nothing of
prompts, models or outputs.

    add.py       file → document → seed, written where nothing stands
    confined.py  the process that files are converted in, and its bounds
    convert.py   file → document → seed, read back by remix's own reader
    source.py    the bytes of a file
    document.py  what every form is read into
    plain.py     plain text: one paragraph a line, or wrapped lines with empty ones between
    note.py      a note from a digital garden
    segment.py   words run together → the words
    markdown.py  Markdown, kept as it is
    org.py, html.py, docx.py, epub.py
    library.py   the libraries that not everybody has
    seed.py      document → the seed's Markdown
"""

from remix.documents.add import Added, add, prepare, write
from remix.documents.document import Document

__all__ = ["Added", "Document", "add", "prepare", "write"]
