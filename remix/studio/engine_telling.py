"""Reports of a run at work: finished texts at once, new words together, some times a second.

Takes events of a run, gives reports. Knows nothing of commands and of models.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from remix.generation import run_events
from remix.records import Frozen, Message
from remix.studio.engine_messages import Began, NewWords, TextFinished, Tried, Words

PACE = 0.05
"""Seconds between reports of new words: 20 a second look smooth, and cost the decoding little."""

Send = Callable[[Frozen], None]
"""Sends a report; any thread may call the function."""


class Telling:
    """Tells a studio of a run at work: finished texts at once, words together every `PACE` seconds."""

    def __init__(self, job: str, send: Send) -> None:
        self._job, self._send = job, send
        self._heard: queue.SimpleQueue[run_events.NewWords] = queue.SimpleQueue()
        self._is_heard = threading.Event()
        self._is_over = threading.Event()
        self._sending = threading.Lock()

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Within the `with` block words are told."""
        teller = threading.Thread(target=self._tell, name="remix-words")
        teller.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._is_heard.set()
            teller.join()

    def hear(self, event: run_events.RunEvent) -> None:
        """Take an event of the run: a `run_events.Listener`."""
        if isinstance(event, run_events.NewWords):
            self._heard.put(event)
            if not self._is_heard.is_set():
                self._is_heard.set()
        elif isinstance(event, run_events.RunBegan):
            run, done = event.folder.run, len(event.folder.done)
            model = run.model_name or ""
            self._send(Began(job=self._job, run=run.name, planned=len(run.tasks), finished=done, model=model))
        else:
            self._send_words()
            self._send(TextFinished(job=self._job, task=event.task.id, record=event.record.id))

    def tell_tried(self, task: str, prompt: tuple[Message, ...], text: str, flags: tuple[str, ...]) -> None:
        """Report a text written to try a template, after the text's words."""
        self._send_words()
        self._send(Tried(job=self._job, task=task, prompt=prompt, text=text, flags=flags))

    def _tell(self) -> None:
        while not self._is_over.is_set():
            self._is_heard.wait()
            self._is_heard.clear()
            self._send_words()
            self._is_over.wait(PACE)
        self._send_words()

    def _send_words(self) -> None:
        """Send the words heard until now, the words of each text in one piece."""
        # Sent under the lock, so that words heard later aren't sent first.
        with self._sending:
            pieces: dict[tuple[str, int, int], list[run_events.NewWords]] = {}
            begun: dict[tuple[str, int], int] = {}
            with suppress(queue.Empty):
                while True:
                    heard = self._heard.get_nowait()
                    text = heard.task.id, heard.candidate
                    begun[text] = begun.get(text, 0) + (heard.at == 0)
                    pieces.setdefault((*text, begun[text]), []).append(heard)
            if pieces:
                words = tuple(
                    Words(task=task, candidate=candidate, at=parts[0].at, piece="".join(each.words for each in parts))
                    for (task, candidate, _), parts in pieces.items()
                )
                self._send(NewWords(job=self._job, words=words))
