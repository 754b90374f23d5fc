"""The bundled SmolLM2 with six of its thirty layers: for tests of what happens to tokens and texts.

Tokens, template, weight type and the shapes of matrices are the same, and the work is a quarter. What it writes is
nonsense made of words: no text's worth can be tested.

Takes a GGUF, gives one with fewer layers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from gguf import GGUFReader, GGUFValueType, GGUFWriter

LAYERS = (0, 1, 2, 27, 28, 29)
"""The layers that are kept: the first embed, and the last make words."""


def shorten(source: Path, target: Path, layers: Sequence[int] = LAYERS) -> Path:
    """Write a copy with only these layers of a model, and give its path."""
    reader = GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    writer = GGUFWriter(target, architecture)
    for name, field in reader.fields.items():
        # The writer gives the file's header and the architecture itself.
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        value = len(layers) if name == f"{architecture}.block_count" else field.contents()
        items = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(name, value, field.types[0], items)
    for tensor in reader.tensors:
        layer = re.match(r"blk\.(\d+)\.", tensor.name)
        if layer is None:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        elif int(layer[1]) in layers:
            name = f"blk.{layers.index(int(layer[1]))}.{tensor.name[layer.end() :]}"
            writer.add_tensor(name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
