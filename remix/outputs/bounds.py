"""How large the files of a run may be: what is larger is neither read nor written.

A run's folder may be a stranger's. JSON of many small values takes up to 25 times its bytes as Python's values: each
bound keeps that below 1 GB.
"""

MOST_REQUEST = 32 * 2**20
"""Bytes of `run.json`: five times what a run of 10,000 texts has."""

MOST_RECORD = 16 * 2**20
"""Bytes of a record: 99 candidates of 8,000 tokens with their texts have half of that."""

MOST_TEXT = 8 * 2**20
"""Bytes of a text's file: 20 times a text of 100,000 tokens. A person's own version has 4 MiB at most."""

MOST_TRACE = 64 * 2**20
"""Bytes of a trace: at 500 a token, one of 130,000 tokens."""

MOST_MEASURES = 16 * 2**20
"""Bytes of a text's measures, which name its sentences and those of its passage."""

MOST_LIST = 32 * 2**20
"""Bytes of `failures.json`, and of `resumed.json`: at 300 a failure, 100,000 failures."""

MOST_REVIEWS = 32 * 2**20
"""Bytes of the reviews of a run: at 300 a review, 100,000 reviews."""

MOST_INDEX = 32 * 2**20
"""Bytes of the table of contents."""

MOST_MANIFEST = 32 * 2**20
"""Bytes of a manifest: at 100 a file, one of 150,000 texts."""

MOST_SIGNATURE = 2**16
"""Bytes of a signature: the largest key that OpenSSH takes makes one of 3,000."""

MOST_HOLDER = 2**16
"""Bytes of the note on who writes a run."""

MOST_ENTRIES = 1_000_000
"""Files and folders in a run's folder: six for each of 150,000 texts."""

LOOKED_AT = 10_000
"""Files and folders that are looked at for a text, where `run.json` is lost: a link may stand for all of a disk."""

NAMED = 100
"""Lines of a file that are named where each is wrong; of the others it is told how many they are."""
