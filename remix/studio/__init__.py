"""The studio: a local web page for reading outputs beside their source and judging them.

open_runs.py           the runs open in the studio: reads, reviews, edits, undo
listing.py             values for the list on the page's left, and of reviews
output_files.py        an output's two files: found, read, noticed when changed
output_detail.py       values for the page's middle (texts side by side) and right (flags, facts, prompt, candidates)
diff.py                which words of two texts differ
measured_sentences.py  which sentences were kept, from an output's `.measures.json`
verify_process.py      `verify` in a process of its own
guard.py               which requests are allowed: Host, Origin, key, session, headers
routes.py              the requests that the page may send, and the answers
server.py              listens, serves, reads and verifies in background threads
connection_limits.py   time limits of requests and answers, and the number of connections
browser.py             opens the browser; prints a new address on Enter
static/                the page's modules, without a build step
"""
