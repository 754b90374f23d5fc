"""The options of a run, each declared once: type, bounds, help text, default.

A field of `Options` says everything about an option: its type has the bounds, its `Flag` the help text and the names.
The flags and `REMIX_*` variables (`cli/options.py`), the table `[generate]` of remix.toml (`workspace.py`) and the
Python API follow from the fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo

from remix.records.bounds import (
    LARGEST_WHOLE,
    MOST_CANDIDATES,
    MOST_LAYERS,
    MOST_PARALLEL,
    MOST_RETRIES,
    MOST_STEPS,
    MOST_STRENGTH,
    MOST_THREADS,
    MOST_TOKENS,
    MOST_VARIANTS,
)
from remix.records.values import Frozen, Many, is_empty
from remix.util.units import read_size

Subject = Literal["passages", "texts", "machine"]
"""Whether an option chooses passages, decides which texts are written, or how the machine computes the texts."""


@dataclass(frozen=True)
class Flag:
    """Help, placeholder and places of an option, for the command line and remix.toml."""

    subject: Subject
    help: str
    metavar: str | None = None
    """Placeholder of the value in the help: N, TAG, SIZE."""
    word: str = ""
    """The option's name in the singular if it can be given several times: the option `kinds` is `--kind KIND`,
    `REMIX_KIND` and `kind = [...]`."""
    setting: Literal["generate", "top"] | None = None
    """Table of remix.toml that may hold the option. An option in a table also has a `REMIX_*` variable."""
    takes_file: bool = False
    """Whether the value may be the name of a file with the text."""


def flag_of(field: FieldInfo) -> Flag | None:
    """The flag of a field. Fields without a flag belong to the Python API alone."""
    return next((each for each in field.metadata if isinstance(each, Flag)), None)


MinWords = Annotated[
    int,
    Field(ge=0, le=LARGEST_WHOLE),
    Flag("passages", "Leave out passages of fewer than N words.", "N", setting="top"),
]

Strict = Annotated[
    bool,
    Flag(
        "machine",
        "Stop if an essay, a template or a passage can't be used, instead of leaving it out.",
        setting="top",
    ),
]


class Options(Frozen):
    """The options of a run, with all defaults filled in."""

    tags: Annotated[
        Many[str], Flag("passages", "Passages with this tag; can be given several times.", "TAG", word="tag")
    ] = ()
    essays: Annotated[
        Many[str], Flag("passages", "Passages of this essay; can be given several times.", "ESSAY", word="essay")
    ] = ()
    passages: Annotated[
        Many[str],
        Field(exclude_if=is_empty),
        Flag("passages", "The passage of this id; can be given several times.", "PASSAGE", word="passage"),
    ] = ()
    where: Annotated[
        str | None,
        Flag(
            "passages",
            "Passages that match a query: 'maps and not (cities or text:\"exact words\")'. "
            "The fields are tag, essay, section, text, words, before and after.",
            "QUERY",
        ),
    ] = None
    like: Annotated[
        str | None,
        Flag(
            "passages",
            "Passages similar to a text, the closest match first. TEXT is a sentence or the name of a file.",
            "TEXT",
            takes_file=True,
        ),
    ] = None
    by: Annotated[
        Literal["words", "meaning"],
        Flag(
            "passages",
            "What --like compares, and `remix weave --order closest`: shared words, or meaning (needs the extra "
            "`embeddings`).",
        ),
    ] = "words"
    sample: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_WHOLE),
        Flag("passages", "N of the passages, drawn at random with --seed.", "N"),
    ] = None
    min_words: MinWords = 0
    limit: Annotated[
        int | None, Field(ge=1, le=LARGEST_WHOLE), Flag("passages", "Only the first N passages.", "N")
    ] = None
    kinds: Annotated[
        Many[str],
        Flag(
            "texts",
            "Texts of this kind (a template's name), and of the kinds that it reads; can be given several times; by "
            "default all kinds that read a passage alone.",
            "KIND",
            word="kind",
            setting="generate",
        ),
    ] = ()
    steps: Annotated[
        int,
        Field(ge=1, le=MOST_STEPS),
        Flag(
            "texts",
            "Steps of each chain: the first step reads the passage, each later step the text before.",
            "N",
            setting="generate",
        ),
    ] = 3
    variants: Annotated[
        int,
        Field(ge=1, le=MOST_VARIANTS),
        Flag("texts", "Independent chains for each passage and kind.", "N", setting="generate"),
    ] = 1
    best_of: Annotated[
        int,
        Field(ge=1, le=MOST_CANDIDATES),
        Flag("texts", "Candidates written for each text, of which the best is kept.", "N", setting="generate"),
    ] = 1
    choose_by: Annotated[
        Literal["measures", "model"],
        Flag(
            "texts",
            "How --best-of finds the best: by words and letters, or by a model that reads each candidate beside its "
            "passage.",
            setting="generate",
        ),
    ] = "measures"
    retry_copies: Annotated[
        int,
        Field(ge=0, le=MOST_RETRIES),
        Flag(
            "texts",
            "Write a text that copies or stands still again, with another seed, up to N times.",
            "N",
            setting="generate",
        ),
    ] = 0
    seed: Annotated[
        int,
        Field(ge=-LARGEST_WHOLE, le=LARGEST_WHOLE),
        Flag("texts", "Number from which all random draws follow.", "N", setting="generate"),
    ] = 1
    max_tokens: Annotated[
        int | None,
        Field(ge=1, le=MOST_TOKENS),
        Flag("texts", "Most tokens of each text; by default what its template says.", "N", setting="generate"),
    ] = None
    think: Annotated[
        bool,
        Flag(
            "texts",
            "Let a reasoning model think before it writes; its thoughts are kept in the record, apart from the text.",
            setting="generate",
        ),
    ] = False
    max_thoughts: Annotated[
        int | None,
        Field(ge=0, le=MOST_TOKENS),
        Flag(
            "texts",
            "Most tokens of a reasoning model's thoughts, beside the text's; by default 1024 with --think, else 256, "
            "and 0 if the model isn't known to think.",
            "N",
            setting="generate",
        ),
    ] = None
    temperature: Annotated[
        float | None,
        Field(ge=0, le=MOST_STRENGTH),
        Flag(
            "texts",
            "Sampling temperature: 0 always takes the most probable token; by default what the template says.",
            "X",
            setting="generate",
        ),
    ] = None
    model: Annotated[
        str | None,
        Flag("machine", "Path or name of the GGUF model; by default the bundled model.", "MODEL", setting="top"),
    ] = None
    """A run keeps the model's name, and no path."""
    reader: Annotated[
        str | None,
        Flag(
            "machine",
            "With --choose-by model: path or name of the GGUF that reads; by default the model that writes.",
            "MODEL",
            setting="generate",
        ),
    ] = None
    """A run keeps the reader's name, and no path."""
    parallel: Annotated[
        int | None,
        Field(ge=1, le=MOST_PARALLEL),
        Flag(
            "machine",
            "Most texts written at the same time; by default 16 (with some models fewer), or what `remix models "
            "tune` found.",
            "N",
            setting="generate",
        ),
    ] = None
    memory: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_WHOLE),
        BeforeValidator(lambda value: read_size(value) if isinstance(value, str) else value),
        Flag(
            "machine",
            "Memory for the KV cache, as in 4G or 512M; by default half of the memory free beside the weights.",
            "SIZE",
            setting="generate",
        ),
    ] = None
    """In bytes."""
    gpu_layers: Annotated[
        int,
        Field(ge=0, le=MOST_LAYERS),
        BeforeValidator(lambda value: MOST_LAYERS if value == "all" else value),
        Flag(
            "machine",
            "Layers of the model to put on the GPU, or `all`; needs a llama.cpp built for GPUs.",
            "N",
            setting="generate",
        ),
    ] = 0
    threads: Annotated[
        int | None,
        Field(ge=1, le=MOST_THREADS),
        Flag("machine", "Threads to compute with; by default one for each physical core.", "N", setting="generate"),
    ] = None
    fast: Annotated[
        bool, Flag("machine", "Faster, but not exact: a text's bytes then depend on the texts written beside it.")
    ] = False
    strict: Strict = False

    @property
    def reads_candidates(self) -> bool:
        """Whether a model reads candidates: there are several, and a model is asked to choose."""
        return self.choose_by == "model" and self.best_of > 1
