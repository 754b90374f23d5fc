"""The studio's drafts: pieces with their sources as pages show them, saved, and watched for edits by other programs.

Takes the workspace's drafts and the studio's runs, gives frozen values that become JSON. Threads may share a
`StudioDrafts`. Knows nothing of HTTP.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from pydantic import Field

from remix.drafts import Draft, DraftError, Drafts, NoSuchDraftError
from remix.drafts.folder import MOST_PIECES
from remix.drafts.origins import origin_of, original_text
from remix.drafts.pieces import is_edited
from remix.errors import RemixError, RunError
from remix.outputs import RunFolder
from remix.records import Frozen, Sha256
from remix.records.draft import Origin, Piece, PieceId
from remix.studio.draft_names import DraftNames
from remix.studio.json_http import NotInStudio
from remix.studio.open_runs import OpenRuns
from remix.studio.output_detail import SHOWN, View, view_of
from remix.studio.output_files import key_of
from remix.studio.prose import Block, blocks_of
from remix.util.names import readable
from remix.workspace import Workspace

PACE = 1.0
"""Seconds between looks at the folder of drafts."""

Publish = Callable[[str, Frozen], None]

_Seen = dict[str, tuple[float, str | None]]
"""Time and version of each draft at a look."""


class DraftRow(Frozen):
    """A draft in a list."""

    name: str
    changed: float
    """Time of the last change, in seconds since 1970."""
    words: int
    pieces: int
    sources: int
    """Number of pieces that were accepted texts."""
    opening: str
    problem: str
    """Why the draft can't be read; else empty."""


class DraftList(Frozen):
    """All drafts, the one changed last first."""

    drafts: tuple[DraftRow, ...]


class ShownSource(Frozen):
    """Where a piece comes from."""

    record: Sha256
    key: str
    """The output's key in the studio."""
    run: str
    passage: str
    task: str
    """Id of the output's task."""


class ShownPiece(Frozen):
    """A piece of a draft. The text is as in the file: a page must send back what it was given."""

    id: PieceId
    text: str
    source: ShownSource | None
    is_edited: bool
    """Whether the text differs from its source."""


class ShownDraft(Frozen):
    """A draft."""

    name: str
    version: str
    pieces: tuple[ShownPiece, ...]


class ShownOrigin(Frozen):
    """A piece beside its source."""

    view: View
    """The accepted text, and the piece."""
    passage: tuple[Block, ...]
    problem: str
    """Why the accepted text can't be shown; else empty."""


class ThrownAway(Frozen):
    """A draft that was moved to the trash."""

    name: str
    place: str
    """The path of the draft's text there, beside the folder of drafts."""


class DraftEvent(Frozen):
    """A draft that came, changed or went."""

    name: str
    version: str | None
    """Null if the draft is gone or can't be read."""
    renamed: str | None = None
    """The draft's name now, if a draft of this name was renamed."""


class SourceRequest(Frozen):
    """The source of a piece: one that the draft has or had, or else the output of a key."""

    record: Sha256
    key: str = Field("", max_length=100)


class PieceRequest(Frozen):
    """A piece as a page has it."""

    id: PieceId
    text: str
    source: SourceRequest | None = None


class SaveRequest(Frozen):
    """A draft as a page has it."""

    version: Sha256
    """The version that the page saw last."""
    pieces: tuple[PieceRequest, ...] = Field(max_length=MOST_PIECES, fail_fast=True)


class StudioDrafts:
    """The drafts of a workspace, and the runs that their pieces come from."""

    def __init__(self, workspace: Workspace, runs: OpenRuns, publish: Publish) -> None:
        self._runs, self._publish = runs, publish
        self._drafts = Drafts(workspace.drafts, self.run_of)
        self._outputs = workspace.outputs
        self._seen: _Seen | None = None
        """The last look."""
        self._names = DraftNames()

    def all(self) -> DraftList:
        """All drafts."""
        return DraftList(drafts=tuple(self._row(line.name, line.changed) for line in self._drafts.all()))

    def create(self, title: str) -> ShownDraft:
        """A new draft with a title. Raises `DraftError`."""
        draft = self._drafts.create(title)
        self._names.came(draft.name)
        return self._shown(draft)

    def read(self, name: str) -> ShownDraft:
        """A draft. Raises `NotInStudio` or `DraftError`."""
        return self._shown(self.draft(name))

    def draft(self, name: str) -> Draft:
        """A draft with all that the files have, also by an earlier name. Raises `NotInStudio` or `DraftError`."""
        try:
            return self._drafts.read(self._now(name))
        except NoSuchDraftError as error:
            raise NotInStudio(error.message, error.hint) from error

    def save(self, name: str, request: SaveRequest) -> ShownDraft:
        """Save a draft over the version that the page saw. Raises `DraftConflictError` and as `read`.

        A page that knows an earlier name of the draft saves it, too, and is answered with the name of now.
        """
        name = self._now(name)
        try:
            known = self._drafts.origins(name)
            pieces = [
                Piece(id=each.id, text=each.text, origin=each.source and self._origin(each.source, known))
                for each in request.pieces
            ]
            return self._shown(self._drafts.save(name, request.version, pieces))
        except NoSuchDraftError as error:
            raise NotInStudio(error.message, error.hint) from error

    def rename(self, name: str, title: str) -> ShownDraft:
        """Name a draft after another title. Raises as `read`."""
        name = self._now(name)
        try:
            shown = self._shown(self._drafts.rename(name, title))
        except NoSuchDraftError as error:
            raise NotInStudio(error.message, error.hint) from error
        self._names.note(name, shown.name)
        if name != shown.name:
            self._publish("drafts", self._gone(name))
        return shown

    def throw_away(self, name: str) -> ThrownAway:
        """Move a draft to the trash. Raises as `read`."""
        name = self._now(name)
        try:
            place = self._drafts.throw_away(name)
        except NoSuchDraftError as error:
            raise NotInStudio(error.message, error.hint) from error
        return ThrownAway(name=name, place=readable(place.relative_to(self._drafts.folder.parent).as_posix()))

    def add(self, name: str, key: str) -> ShownDraft:
        """Add an output, or its edited version, at the end of a draft. Raises as `save`, and `RunError`."""
        origin, words = self._output(key)
        draft = self.draft(name)
        number = sum(each.origin == origin for each in draft.pieces)
        piece = Piece(id=f"{origin.record[:30]}-{number}", text=words, origin=origin)
        return self._shown(self._drafts.save(draft.name, draft.version, [*draft.pieces, piece]))

    def text_of(self, key: str) -> ShownPiece:
        """An output as it would be a piece of a draft. Raises `NotInStudio` and `RunError`."""
        origin, words = self._output(key)
        return self._shown_piece(Piece(id=origin.record[:30], text=words, origin=origin))

    def compare(self, name: str, piece: str) -> ShownOrigin:
        """A piece beside its source. Raises `NotInStudio` or `DraftError`."""
        found = next((each for each in self.draft(name).pieces if each.id == piece and each.origin), None)
        if found is None or found.origin is None:
            raise NotInStudio("This piece has no source.", "It is your own.")
        problem = original = ""
        try:
            original = original_text(found.origin, self.run_of)
        except RunError as error:
            problem = readable(f"{error.message} {error.hint}")
        before = self._words_before(found.origin)
        return ShownOrigin(
            view=view_of("pair", original, found.text, ()),
            passage=tuple(
                each.model_copy(update={"text": readable(each.text)}) for each in blocks_of(before[:SHOWN])
            ),
            problem=problem,
        )

    def run_of(self, name: str) -> RunFolder:
        """The studio's run of a name. Raises `RunError` if there is none."""
        folder = next((each for each in self._runs.folders if each.path.name == name), None)
        if folder is None:
            raise RunError(f"There is no run {readable(name)}.", "Bring its folder back.")
        return folder

    # -- edits by other programs -----------------------------------------------------------------------------

    def watch(self, stop: threading.Event) -> None:
        """Look again and again for changed drafts. A folder that can't be read now may be readable later."""
        while not stop.is_set():
            with suppress(OSError, RemixError):
                self.look()
            stop.wait(PACE)

    def present(self) -> list[tuple[str, Frozen]]:
        """The drafts as of the last look, as events for a page that begins to listen."""
        seen = self._seen or {}
        events = [DraftEvent(name=name, version=version) for name, (_, version) in sorted(seen.items())]
        # A page that wasn't shown when its draft was renamed hears of the new name when it listens again.
        gone = [self._gone(name) for name in self._names.had() if name not in seen]
        return [("drafts", event) for event in (*events, *gone)]

    def look(self) -> None:
        """Publish what has changed since the last look; the first look publishes nothing."""
        before = self._seen
        seen: _Seen = {}
        for line in self._drafts.all():
            was = (before or {}).get(line.name)
            seen[line.name] = was if was and was[0] == line.changed else (line.changed, self._version(line.name))
        self._seen = seen
        if before is None:
            return
        self._names.find(*({name: version for name, (_, version) in each.items()} for each in (before, seen)))
        for name in sorted(before.keys() | seen.keys()):
            if before.get(name) != seen.get(name):
                event = DraftEvent(name=name, version=seen[name][1]) if name in seen else self._gone(name)
                self._publish("drafts", event)

    # -- internals -------------------------------------------------------------------------------------------

    def _now(self, name: str) -> str:
        """The present name of a draft that may have been renamed."""
        return self._names.now(name, {line.name for line in self._drafts.all()})

    def _gone(self, name: str) -> DraftEvent:
        now = self._now(name)
        return DraftEvent(name=name, version=None, renamed=now if now != name else None)

    def _version(self, name: str) -> str | None:
        with suppress(RemixError):
            return self._drafts.version(name)
        return None

    def _row(self, name: str, changed: float) -> DraftRow:
        pieces: Sequence[Piece] = ()
        problem = ""
        try:
            pieces = self._drafts.read(name).pieces
        except RemixError as error:
            problem = readable(f"{error.message} {error.hint}")
        text = " ".join(piece.text for piece in pieces)
        return DraftRow(
            name=name,
            changed=changed,
            words=len(text.split()),
            pieces=len(pieces),
            sources=sum(piece.origin is not None for piece in pieces),
            opening=readable(" ".join(text[:400].split())[:160]),
            problem=problem,
        )

    def _output(self, key: str) -> tuple[Origin, str]:
        """The source for an output of a key, and its text."""
        output = self._runs.planned.outputs.get(key)
        if output is None:
            raise NotInStudio("This text isn't in the studio.", "Reload the page.")
        return origin_of(output.folder, output.task.id)

    def _origin(self, source: SourceRequest, known: dict[str, Origin]) -> Origin:
        if source.record in known:
            return known[source.record]
        output = self._runs.planned.outputs.get(source.key)
        origin = origin_of(output.folder, output.task.id)[0] if output else None
        if origin is None or origin.record != source.record:
            raise DraftError(
                "A text of the draft is gone, or was written anew.", "Take the piece out, and add it again."
            )
        return origin

    def _words_before(self, origin: Origin) -> str:
        """The words of the passages behind a source; empty if the source isn't in the studio."""
        output = self._runs.planned.outputs.get(self._key(origin))
        return output.text_before if output else ""

    def _key(self, origin: Origin) -> str:
        folder = next((each.path for each in self._runs.folders if each.path.name == origin.run), None)
        return key_of(folder or self._outputs / origin.run, origin.task)

    def _shown(self, draft: Draft) -> ShownDraft:
        pieces = tuple(map(self._shown_piece, draft.pieces))
        return ShownDraft(name=draft.name, version=draft.version, pieces=pieces)

    def _shown_piece(self, piece: Piece) -> ShownPiece:
        origin = piece.origin
        source = origin and ShownSource(
            record=origin.record,
            key=self._key(origin),
            run=readable(origin.run),
            passage=readable(origin.passage),
            task=readable(origin.task),
        )
        return ShownPiece(id=piece.id, text=piece.text, source=source, is_edited=is_edited(piece))
