"""Options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from remix.records.bounds import LARGEST_WHOLE, MOST_STEPS, MOST_THREADS, MOST_TOKENS
from remix.util.units import read_size

min_words_option = click.option(
    "--min-words",
    type=click.IntRange(0, LARGEST_WHOLE),
    metavar="N",
    default=0,
    envvar="REMIX_MIN_WORDS",
    help="Leave out passages of fewer words.",
)


def _text(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """What passages should be like: the text itself, or that of a file."""
    if value is None or not os.path.isfile(value):  # noqa: PTH113 - says no to whatever is no path at all
        return value
    from remix.util import frontmatter

    return frontmatter.split(frontmatter.read_text(Path(value)), value).body


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--tag", "tags", multiple=True, metavar="TAG", help="Passages with this tag; repeat for any of several."
    ),
    click.option("--essay", "essays", multiple=True, metavar="SLUG", help="Passages of this essay; repeatable."),
    click.option(
        "--where",
        metavar="QUERY",
        help="Passages that a query means: 'maps and not (cities or text:\"exact words\")'. "
        "Fields are tag, essay, section, text, words, before and after.",
    ),
    click.option(
        "--like",
        metavar="TEXT",
        callback=_text,
        help="Passages that share words with a sentence, or with a file; the likest first.",
    ),
    click.option(
        "--by",
        type=click.Choice(["words", "meaning"]),
        default="words",
        show_default=True,
        help="What --like goes by; meaning wants the extra `embeddings`.",
    ),
    click.option(
        "--sample",
        type=click.IntRange(1, LARGEST_WHOLE),
        metavar="N",
        help="N of the passages, drawn with --seed; in their order.",
    ),
    min_words_option,
    click.option("--limit", type=click.IntRange(1, LARGEST_WHOLE), metavar="N", help="Only the first N passages."),
)

seed_option = click.option(
    "--seed",
    type=click.IntRange(-LARGEST_WHOLE, LARGEST_WHOLE),
    metavar="N",
    default=1,
    show_default=True,
    envvar="REMIX_SEED",
    help="The run's seed, and what --sample draws with.",
)

model_option = click.option(
    "--model", envvar="REMIX_MODEL", help="Path or name of a GGUF; by default the bundled one."
)
steps_option = click.option(
    "--steps",
    type=click.IntRange(1, MOST_STEPS),
    metavar="N",
    default=3,
    show_default=True,
    envvar="REMIX_STEPS",
    help="How often a kind is applied to its own result.",
)
max_tokens_option = click.option(
    "--max-tokens",
    type=click.IntRange(1, MOST_TOKENS),
    metavar="N",
    envvar="REMIX_MAX_TOKENS",
    help="Tokens an output, at most.",
)
threads_option = click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    envvar="REMIX_THREADS",
    help="By default one for each physical core.",
)


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    try:
        bytes_ = None if value is None else read_size(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from error
    if bytes_ is not None and bytes_ > LARGEST_WHOLE:
        raise click.BadParameter(f"{value} is more than any machine has.", ctx, param)
    return bytes_


memory_option = click.option(
    "--memory",
    callback=_size,
    metavar="SIZE",
    envvar="REMIX_MEMORY",
    help="For what sequences keep in memory, like 4G; by default half of what is free.",
)

_NAMES = ("tags", "essays", "where", "like", "sample")
"""Parameters that say which passages. `--limit` says only how many."""


def choosing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chooses(chosen: dict[str, Any]) -> bool:
    """Whether any of them was given."""
    return any(chosen[name] not in (None, ()) for name in _NAMES)
