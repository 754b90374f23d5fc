"""Messages between the studio and its engine process: frozen values, each a line of JSON.

The studio sends commands, the engine process reports. Knows nothing of processes and of models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, StringConstraints, TypeAdapter, model_validator

from remix.records import Failure, Frozen, Message, Options
from remix.records.weave import WeaveOrder

LONGEST_NAME = 1000
"""Characters of the name of a run or an output."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]


ChosenOptions = Annotated[
    Options, PlainSerializer(lambda options: options.model_dump(mode="json", exclude_unset=True))
]
"""Options that the user chose; unset options are taken from remix.toml, or else from the defaults."""


class WriteRequest(Frozen):
    """A new run."""

    does: Literal["write"] = "write"
    options: ChosenOptions


class WeaveChoices(Frozen):
    """What is asked of a woven essay; passages, model and the like are options."""

    order: WeaveOrder = "closest"
    length: int = Field(600, ge=50, le=100_000)
    """Words of the essay."""
    dialectic: bool = False
    """Whether each paragraph gets an objection and a synthesis."""
    accepted: bool = False
    """Whether accepted texts are woven in place of passages: those of the chosen passages, or else all."""


class WeaveRequest(Frozen):
    """A new run that weaves an essay."""

    does: Literal["weave"] = "weave"
    options: ChosenOptions
    weave: WeaveChoices = WeaveChoices()


class ResumeRequest(Frozen):
    """The rest of an interrupted run."""

    does: Literal["resume"] = "resume"
    run: Name
    """The run's name."""


class RedoRequest(Frozen):
    """A further variant of a text."""

    does: Literal["redo"] = "redo"
    output: Name
    """`RUN:essay/NNN/kind.step[.vN]`."""


class BranchRequest(Frozen):
    """A branch of a text: exactly one of `take`, `write` and `text_before` says how the branch leaves the text."""

    does: Literal["branch"] = "branch"
    output: Name
    """`RUN:essay/NNN/kind.step[.vN]`."""
    at: Annotated[str, StringConstraints(max_length=LONGEST_NAME)] | None = None
    """A word, `WORD:N`, or the number of a token, from 1; null for the text's end."""
    take: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)] | None = None
    """The word to put at the place, or the rank of an alternative, from 1."""
    write: Annotated[str, StringConstraints(min_length=1, max_length=2**20)] | None = None
    """Words to put at the place."""
    text_before: Annotated[str, StringConstraints(min_length=1, max_length=2**20)] | None = None
    """The whole text up to the place where the model continues, perhaps edited."""
    variants: int = Field(1, ge=1, le=100)

    @model_validator(mode="after")
    def _one_way(self) -> BranchRequest:
        if sum(each is not None for each in (self.take, self.write, self.text_before)) != 1:
            raise ValueError("exactly one of take, write and text_before is wanted")
        if self.text_before is not None and self.at is not None:
            raise ValueError("text_before says where by itself: leave `at` out")
        return self


class TryRequest(Frozen):
    """A template tried on a passage; nothing is kept."""

    does: Literal["try"] = "try"
    kind: Name
    """Name of the template's kind."""
    source: Annotated[str, StringConstraints(min_length=1, max_length=2**20)]
    """The source of the template's file."""
    passage: Name
    """Id of a passage."""
    options: ChosenOptions = Options()
    """Steps, model, seed and the like; options that choose passages and kinds have no effect."""


JobRequest = Annotated[
    WriteRequest | WeaveRequest | ResumeRequest | RedoRequest | BranchRequest | TryRequest,
    Field(discriminator="does"),
]


# -- commands of the studio -----------------------------------------------------------------------------------


class Begin(Frozen):
    """Carry out a job; the process works on one job at a time."""

    command: Literal["begin"] = "begin"
    job: str
    request: JobRequest


class Stop(Frozen):
    """Stop a job after the current decode call; a job that has ended isn't changed."""

    command: Literal["stop"] = "stop"
    job: str


class AskEstimate(Frozen):
    """Plan a run, and report its size; nothing is written."""

    command: Literal["estimate"] = "estimate"
    question: str
    """An id of the question; the answer repeats the id."""
    options: ChosenOptions
    weave: WeaveChoices | None = None
    """What is asked of an essay; null for a run that weaves none."""


class LetGo(Frozen):
    """Free the model, unless a job is at work."""

    command: Literal["let go"] = "let go"


Command = Annotated[Begin | Stop | AskEstimate | LetGo, Field(discriminator="command")]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


# -- reports of the engine process ----------------------------------------------------------------------------


class Stage(Frozen):
    """A step before the first text, perhaps a long one."""

    report: Literal["stage"] = "stage"
    job: str
    stage: str
    """In words."""
    share: float | None
    """Share done, 0 to 1; null if unknown."""


class Began(Frozen):
    """A run's folder is on disk."""

    report: Literal["began"] = "began"
    job: str
    run: str
    planned: int
    finished: int
    model: str


class Words(Frozen):
    """New words of a text."""

    task: str
    """Id of the task."""
    candidate: int
    at: int
    """Number of characters of the text before `piece`; 0 if the text begins, or begins again."""
    piece: str


class NewWords(Frozen):
    """New words of all texts being written."""

    report: Literal["words"] = "words"
    job: str
    words: tuple[Words, ...]


class TextFinished(Frozen):
    """A text and its record are on disk."""

    report: Literal["text"] = "text"
    job: str
    task: str
    record: str
    """The record's id."""


class Tried(Frozen):
    """A text written to try a template."""

    report: Literal["tried"] = "tried"
    job: str
    task: str
    """The id that the task would have in a run."""
    prompt: tuple[Message, ...]
    """The messages made by the template."""
    text: str
    flags: tuple[str, ...]


class Ended(Frozen):
    """A job has ended."""

    report: Literal["ended"] = "ended"
    job: str
    state: Literal["finished", "stopped", "failed"]
    error: str = ""
    hint: str = ""
    failures: tuple[Failure, ...] = ()
    """Texts that could not be written."""
    notes: tuple[str, ...] = ()
    """Notes for the user, for example on passages left out."""


class Seconds(Frozen):
    """How long a run will take."""

    least: float
    most: float
    by: str
    """In words: the measurements behind `least` and `most`."""


class PlannedPassage(Frozen):
    """A passage that a paragraph is going to read."""

    id: str
    title: str
    """Title of the passage's essay."""
    first_words: str


class PlannedParagraph(Frozen):
    """A paragraph of an essay to be woven."""

    words: int
    passages: tuple[PlannedPassage, ...]


class Estimate(Frozen):
    """How large a planned run is."""

    texts: int
    passages: int
    candidates: int
    """Number of texts to be written; the best are kept."""
    kinds: tuple[str, ...]
    model: str
    prompt_tokens: int
    prompt_tokens_computed: int
    seconds: Seconds | None
    memory: str
    """In words; empty if unknown."""
    notes: tuple[str, ...]
    """Notes for the user, for example on passages left out."""
    paragraphs: tuple[PlannedParagraph, ...] = ()
    """The plan of an essay, if the run weaves one."""


class Estimated(Frozen):
    """The answer to a question for an estimate."""

    report: Literal["estimated"] = "estimated"
    question: str
    estimate: Estimate | None
    """Null if no run can be planned."""
    error: str = ""
    hint: str = ""


class Loaded(Frozen):
    """The name of the model in memory."""

    report: Literal["loaded"] = "loaded"
    model: str | None


Report = Annotated[
    Stage | Began | NewWords | TextFinished | Tried | Ended | Estimated | Loaded, Field(discriminator="report")
]
REPORT: TypeAdapter[Report] = TypeAdapter(Report)
