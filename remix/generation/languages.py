"""Languages of a run's passages: found when the run is planned, and compared with those of the model's card.

Takes passages and a model's facts, gives passages with their language, and a warning in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from remix.measure.language import language_of
from remix.records import Essay, ModelFile, Passage
from remix.util.languages import is_named, name_of


def with_languages(corpus: Sequence[tuple[Essay, Passage]]) -> list[tuple[Essay, Passage]]:
    """The passages, each with its language."""
    return [(essay, passage.model_copy(update={"language": language_of(passage.text)})) for essay, passage in corpus]


def unnamed(file: ModelFile, passages: Iterable[Passage]) -> str:
    """A warning of passages in languages that the model's card doesn't name; empty if there are none."""
    counts = Counter(
        passage.language
        for passage in passages
        if passage.language and not is_named(passage.language, file.languages)
    )
    if not counts:
        return ""
    known = ", ".join(map(name_of, file.languages))
    found = ", ".join(
        f"{name_of(language)}: {count}"
        for language, count in sorted(counts.items(), key=lambda each: name_of(each[0]))
    )
    return (
        f"{file.name} may not know the language: its card names {known}, and passages are in other languages "
        f"({found}). `remix models pull` lists models with their languages."
    )
