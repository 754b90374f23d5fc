"""A model in parts (`NAME-00001-of-00003.gguf`): the files, and a check that the headers belong together.

Takes the path of any part, gives the paths of all; takes the parts' headers, gives a common header. Opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from remix.errors import ModelError
from remix.models.gguf_header import Header

PART = re.compile(r"-([0-9]{5})-of-([0-9]{5})(?=\.gguf$)", re.IGNORECASE)
"""The end of a part's file name: the part's number, from 1, and the number of parts."""

MOST_PARTS = 512
"""Parts of a model, all open at once; the largest known models have about a hundred."""

_FETCH_ALL = "Fetch all parts again, from one place: `remix models pull` checks each."


def parts_of(path: Path) -> tuple[Path, ...]:
    """The files of a model in order, by the path of any file; only the path itself, unless the name is a part's.

    Raises `ModelError` for an impossible number of a part.
    """
    named = PART.search(path.name)
    if named is None:
        return (path,)
    number, count = int(named[1]), int(named[2])
    if not 1 <= number <= count <= MOST_PARTS:
        raise ModelError(
            f"{path} is named as part {number} of {count}.",
            f"Parts are numbered from 1, and a model has at most {MOST_PARTS}: give the file its own name again.",
        )
    names = (PART.sub(f"-{each:05}-of-{count:05}", path.name) for each in range(1, count + 1))
    return tuple(path.with_name(name) for name in names)


def join(headers: Mapping[Path, Header]) -> Header:
    """A model's header: the first part's, with the tensors of all parts.

    The keys `split.no` and `split.count` must agree with the files' names, and `split.tensors.count` with the
    tensors. Raises `ModelError` otherwise: the files are of different models, or were renamed.
    """
    paths = tuple(headers)
    if len(paths) == 1 and headers[paths[0]].values.get("split.count", 1) == 1:
        return headers[paths[0]]
    for index, (path, header) in enumerate(headers.items()):
        if (count := header.values.get("split.count")) != len(paths):
            named = f"part {index + 1} of {len(paths)}" if len(paths) > 1 else "a whole model"
            said = f"a model in {count} parts" if isinstance(count, int) else "no further parts"
            raise ModelError(
                f"{path} is named as {named}, and its header tells of {said}.",
                "Give each file the name under which it was published, such as NAME-00001-of-00003.gguf.",
            )
        if header.values.get("split.no") != index:
            raise ModelError(f"{path} is another part by its header than by its name.", _FETCH_ALL)
    tensors = tuple(tensor for header in headers.values() for tensor in header.tensors)
    counts = {header.values.get("split.tensors.count") for header in headers.values()}
    if counts != {len({tensor.name for tensor in tensors})}:
        raise ModelError(f"{paths[0]} and its further parts aren't of one model, by their tensors.", _FETCH_ALL)
    unknown_types = any(header.unknown_types for header in headers.values())
    return headers[paths[0]]._replace(tensors=tensors, unknown_types=unknown_types)
