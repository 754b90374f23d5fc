"""Keys of results of probing, tuning and load checks in the user's cache.

Takes a procedure's name and a model, gives a key for the same file, libraries and processor.
"""

from __future__ import annotations

from typing import Any

from remix.engine import llama
from remix.records import ModelFile, canonical_sha256


def memo_key(procedure: str, file: ModelFile, **further: Any) -> str:
    """A result's key: `procedure` is the name and version of the procedure, `further` are all further conditions of
    the result."""
    return canonical_sha256(
        {
            "procedure": procedure,
            "model": file.sha256,
            "libraries": llama.library_sha256s(),
            "system_info": llama.system_info(),
            **further,
        }
    )
