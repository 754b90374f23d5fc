"""The reader of candidates: a model reads each beside its passage, so that the best can be chosen.

Takes passages and texts, gives `Reading`s. The model is the writer itself or another GGUF beside it. What is asked of
the model is computed in company with the texts that are being written; what it finds doesn't depend on the company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from remix.engine import local
from remix.engine.local import LoadOptions, LocalModel, config_of
from remix.engine.memory import MemoryUse
from remix.errors import ModelError, PromptError
from remix.generation.recorder import ReadBy
from remix.generation.writer import Writer
from remix.reader import reader
from remix.reader.calibration import calibration_of
from remix.reader.reader import Asked, Scorer
from remix.records import EngineUsed, ModelFile, ModelUsed, ReaderUsed, Reading, Run, RunReader, canonical_sha256

PARALLEL = 4
"""Sequences of a reader beside the writer. Prompts are computed one at a time; further sequences keep their shared
beginnings."""


class CandidateReader:
    """Reads candidates by one model. Close it when done, after or before the model."""

    def __init__(
        self,
        scorer: Scorer,
        file: ModelFile,
        engine: EngineUsed | None = None,
        check: Callable[[], object] = lambda: None,
    ) -> None:
        """`engine` is that of a reader beside the writer; null if the writer reads. `check` raises an error if the
        reader's file was changed while in use; the writer checks its own."""
        self._scorer = scorer
        self._check = check
        self._file = file
        self._calibration = calibration_of(file)
        self.engine = engine
        # One thread waits for the answers, in the order of the questions.
        self._waiting = ThreadPoolExecutor(1, "remix-reading")

    @property
    def by(self) -> ReadBy:
        """The reader, as records name it."""
        calibration = self._calibration
        used = ReaderUsed(
            model=ModelUsed(sha256=self._file.sha256, metadata_sha256=self._file.metadata_sha256),
            version=reader.VERSION,
            calibration=canonical_sha256(calibration.model_dump(mode="json")) if calibration else None,
            engine=self.engine,
        )
        return ReadBy(self._file.name, used)

    def read(self, passage: str, texts: Sequence[str]) -> Future[list[Reading | None]]:
        """The readings of several texts of a passage; null for a text that is blank or exceeds the model's context.

        Raises the engine's errors, as the future does.
        """
        scorer = reader.Remembering(self._scorer)
        asked = [self._ask(scorer, passage, text) for text in texts]
        return self._waiting.submit(self._answered, asked)

    def close(self) -> None:
        """Answer nothing more."""
        self._waiting.shutdown(wait=False, cancel_futures=True)

    def _ask(self, scorer: Scorer, passage: str, text: str) -> Asked | None:
        if not passage.strip() or not text.strip():
            return None
        try:
            return reader.ask(scorer, passage, text)
        except PromptError:
            return None

    def _answered(self, asked: Sequence[Asked | None]) -> list[Reading | None]:
        found = [each and reader.answered(each, self._file, self._calibration) for each in asked]
        self._check()
        return found


@contextmanager
def opened(run: Run, writer: Writer, find: Callable[[], Path], threads: int) -> Iterator[CandidateReader | None]:
    """The reader of a run's candidates; null if measures choose, or each text is the only one.

    `find` gives the path of the reader, and is called if another model than the writer reads. Raises `ModelError` if
    the reader can't be found or loaded, or if the writer can't read.
    """
    if not run.options.reads_candidates:
        yield None
        return
    if run.reader is None:
        scorer, file = writer.scorer, writer.info.file
        if scorer is None or file is None:
            raise ModelError(f"{writer.info.name} can't read candidates.", "Name another reader with --reader.")
        with closing(CandidateReader(scorer, file)) as own:
            yield own
        return
    with (
        LocalModel(find(), run.reader.file, _needs(run, run.reader, threads)) as model,
        closing(CandidateReader(model, run.reader.file, model.info.engine, lambda: model.info)) as other,
    ):
        yield other


def memory_use(run: Run, path: Path) -> MemoryUse:
    """The memory that a run's reader takes beside the writer, before it is loaded.

    Raises `ModelError` if there is too little memory, and `ValueError` for a run without such a reader.
    """
    if run.reader is None:
        raise ValueError("no other model reads")
    return local.memory_use(path, run.reader.file, _needs(run, run.reader, threads=1))


def _needs(run: Run, reader: RunReader, threads: int) -> LoadOptions:
    config = config_of(reader.engine) if reader.engine else None
    return LoadOptions(reader.contexts, PARALLEL, threads, fast=run.options.fast, config=config)
