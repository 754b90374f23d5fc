"""The studio: a local web site for reading, writing and judging texts.

studio.py              the parts of a studio, for the routes of all pages
garden.py              values of the home page: essays, tags, runs, accepted texts; lists of passages
garden_routes.py       the requests of the home page and of the page of a passage, and the answers
passage_texts.py       a passage with all its texts, and the differences between texts
prose.py               a passage as paragraphs, items and quotations
run_list.py            the runs found in the outputs folder, and their planned outputs
findings.py            what verification found in the runs
open_runs.py           the runs open in the studio: reads, reviews, edits, undo
listing.py             values for the list on the page's left, and of reviews
output_files.py        an output's two files: found, read, noticed when changed
kept_texts.py          what was read of the texts asked for last
output_detail.py       values for the page's middle (texts side by side) and right (flags, facts, prompt, candidates)
diff.py                which words of two texts differ
measured_sentences.py  which sentences were kept, from an output's `.measures.json`
verify_process.py      `verify` in a process of its own
guard.py               which requests are allowed: Host, Origin, key, session, headers
routes.py              the ASGI application: sign-in, pages, files, and the routes of each noun
drafts.py              drafts as pages show them; watched for edits by other programs
page_routes.py         the pages
desk_routes.py         the desk's requests, and the answers
draft_routes.py        the routes of drafts
json_http.py           requests and answers in JSON
static_files.py        the files that pages are made of
joined_files.py        a page's modules as one script, its style sheets as one sheet
server.py              listens, serves, reads and verifies in background threads
connection_limits.py   time limits of requests and answers, and the number of connections
browser.py             opens the browser; prints a new address on Enter
static/                the page's modules, without a build step
"""
