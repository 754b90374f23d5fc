"""From the shipped seeds and templates to `Work`.

Takes a model and how much of the seeds is wanted, gives tasks with their prompts rendered and tokenised by remix's
own code. Computes nothing. Loads llama.cpp for its vocabulary, so no contender imports this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.work import Task, Work
from remix.corpus import read_seeds
from remix.engine import llama
from remix.engine import tune as tuning
from remix.engine.chat import ChatTemplate
from remix.generation.plan import plan
from remix.models import catalog, identity
from remix.records import Essay, ModelFile, Options, Passage, Request, Sampling, TemplateUsed, sha256
from remix.templates.folder import read_templates
from remix.templates.template import Reading, Template, settings_for
from remix.util import environment
from remix.workspace import shipped

Corpus = list[tuple[Essay, Passage]]
SEED = 1


class Model(NamedTuple):
    """A GGUF, and what it is."""

    path: Path
    file: ModelFile


@contextmanager
def opened(wanted: Iterable[str | None], file_types: Iterable[str], threads: int) -> Iterator[list[Model]]:
    """The models named (the bundled one, if none is), and the first of them in other weight types.

    Those are made in a temporary folder and gone when the context ends.
    """
    found = [catalog.find(each) for each in list(wanted) or [None]]
    given = [Model(each.path, identity.identify(each.path, each.name)) for each in found]
    with TemporaryDirectory(prefix="remix-benchmark-") as folder:
        yield given + [_requantised(given[0], each, Path(folder), threads) for each in file_types]


def _requantised(original: Model, file_type: str, folder: Path, threads: int) -> Model:
    target = folder / f"{original.file.name}+{file_type.upper()}.gguf"
    llama.quantise(original.path, target, file_type, threads)
    return Model(target, identity.identify(target, f"{original.file.name}+{file_type.upper()}"))


def tune(opened: Iterable[Model], threads: int, say: Callable[[str], None]) -> None:
    """Find the best exact shape for each model; it is kept in the user's cache, as `remix models tune` keeps it."""
    for model in opened:
        tuning.tune(model.path, model.file, threads, say)


def corpus(passages: int | None = None) -> Corpus:
    """The first of the shipped passages, or all."""
    folder = shipped("seeds")
    essays = read_seeds(folder, folder.parent)
    return [(essay, passage) for essay in essays for passage in essay.passages][:passages]


def resized(model: Model, tokens: int, passages: int) -> Corpus:
    """Passages of a given length, cut out of the seeds' text one after another, over and over."""
    all_of_them = corpus()
    with llama.LlamaModel(model.path, vocab_only=True) as words:
        stream = words.tokenize_text("\n".join(passage.text for _, passage in all_of_them))
        stream *= 1 + tokens * passages // len(stream)
        cuts = [stream[at : at + tokens] for at in range(0, tokens * passages, tokens)]
        texts = [b"".join(map(words.piece, cut)).decode(errors="replace") for cut in cuts]
    essay, first = all_of_them[0]
    return [
        (essay, first.model_copy(update={"id": f"cut/{number:03}", "text": text, "sha256": sha256(text)}))
        for number, text in enumerate(texts, 1)
    ]


def work(model: Model, passages: Corpus, max_tokens: int, variants: int = 1, threads: int | None = None) -> Work:
    """All kinds over all those passages, then again for each variant, first steps only."""
    templates = read_templates(shipped("prompts"))
    by_id = {passage.id: (essay, passage) for essay, passage in passages}
    alone = [
        TemplateUsed(kind=kind, name=each.name, sha256=each.sha256, source=each.source)
        for kind, each in templates.items()
        if each.reads == "passage"
    ]
    planned = plan([passage for _, passage in passages], alone, 1, variants, SEED)
    planned.sort(key=lambda task: task.variant)
    with _Writing(model, Options(max_tokens=max_tokens)) as writing:
        tasks = [writing.task(templates[each.kind], *by_id[each.place], each.seed) for each in planned]
    threads = threads or environment.physical_cores()
    return Work(
        model=model.path,
        name=model.file.name,
        file_type=model.file.file_type,
        sha256=model.file.sha256,
        tasks=tuple(tasks),
        shape=tuning.choose(model.path, model.file, threads).config,
        threads=threads,
        passages=len(passages),
        max_tokens=max_tokens,
    )


class _Writing:
    """Prompts for one model."""

    def __init__(self, model: Model, options: Options) -> None:
        self._labels = model.file.labels
        self._chat = ChatTemplate(model.file.chat_template)
        self._options = options
        self._words = llama.LlamaModel(model.path, vocab_only=True)

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, *_: object) -> None:
        self._words.close()

    def task(self, template: Template, essay: Essay, passage: Passage, seed: int) -> Task:
        """One prompt, as `remix generate` would ask it."""
        prompt = template.render(Reading(((essay, passage),)), 1, 1, self._labels)
        settings = settings_for(template, self._options, self._labels)
        sampling = Sampling(
            seed=seed, chain=settings.sampling.chain(), max_tokens=settings.max_tokens, stop=settings.stop
        )
        tokens = self._chat.tokenize(prompt.messages, self._words)
        return Task(messages=prompt.messages, request=Request(token_ids=tuple(tokens), sampling=sampling))
