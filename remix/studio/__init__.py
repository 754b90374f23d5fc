"""The desk: a local page for reading outputs against their source and judging them.

desk.py      the runs that lie on it: a row an output, and what is said of them
verdicts.py  what people said in all runs of a folder, kept up with
checking.py  whether the runs are what was written, found out in a process of its own
sheet.py     one output laid open: beside what it was made from, turn by turn, its record in words
diff.py      which words of a text are another's
turns.py     which turns made which word
guard.py     who may ask
opening.py   the browser opened at the desk, and new addresses for it
connections.py   how long a request may take, and how many there may be at a time
server.py    HTTP
static/      what the browser runs: plain modules, no build step
"""
