"""A run in other programs' formats, or to read.

Takes a verified run, gives a file or a folder. Knows nothing of models, seeds and templates: a run can be exported
without them. `export.py` verifies, chooses and writes; each format has a file, from outputs to a text or bytes.

epub.py, docx.py                books to read
markdown.py, html.py            pages to read
jsonl.py                        an object for each output
dpo.py                          preference pairs
prov.py                         W3C PROV
rocrate.py                      Process Run Crate
noted_essay.py                  a woven essay with its notes, for books
threads.py                      sentences and passages linked both ways, for pages
sentences.py                    an output's sentences with the passages behind them
crate_sentences.py              the same as entities of a crate
reviewed_outputs.py             an output with its reviews: what all formats are made from
drafts.py                       drafts, with draft_markdown.py and draft_docx.py
refreshed.py                    a run with the texts of its refreshes
safe_markdown.py                strangers' Markdown made safe
"""

from remix.export.export import FORMATS, ExportOptions, Only, export, export_bytes

__all__ = ["FORMATS", "ExportOptions", "Only", "export", "export_bytes"]
