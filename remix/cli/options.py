"""Options that several commands have."""

from __future__ import annotations

import click

min_words_option = click.option(
    "--min-words",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    envvar="REMIX_MIN_WORDS",
    help="Leave out passages of fewer words.",
)
