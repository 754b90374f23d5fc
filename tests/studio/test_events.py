"""Events for open pages: order, the present state first, and pages that read too slowly."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable

import pytest

from remix.records import Frozen
from remix.studio import events as events_
from remix.studio.events import Events, Stream


class Number(Frozen):
    """Something that happened."""

    number: int


def read(data: bytes) -> list[tuple[str, str, int]]:
    """The events of a stream's bytes: id, name and number."""
    found = []
    for block in data.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields["id"], fields["event"], json.loads(fields["data"])["number"]))
    return found


async def heard(
    events: Events, stream: Stream, count: int, present: Iterable[tuple[str, Frozen]] = ()
) -> list[tuple[str, str, int]]:
    """The first events of a stream."""
    data, sent = b"", events.sent(stream, present)
    while len(read(data)) < count:
        data += await asyncio.wait_for(anext(sent), 60)
    await sent.aclose()  # type: ignore[attr-defined]
    return read(data)


def opened(events: Events, session: str = "one") -> Stream:
    stream = events.open(session)
    assert stream is not None
    return stream


@pytest.mark.asyncio
async def test_the_present_state_comes_first_then_each_event_in_order_from_any_thread() -> None:
    events = Events()
    stream = opened(events)
    threads = [threading.Thread(target=events.publish, args=("job", Number(number=at))) for at in range(2, 5)]
    for thread in threads:
        thread.start()
        thread.join()
    found = await heard(events, stream, 4, [("job", Number(number=1))])
    assert [number for _, _, number in found] == [1, 2, 3, 4]
    ids = [id_ for id_, _, _ in found]
    assert len({id_.partition(".")[0] for id_ in ids}) == 1
    assert [int(id_.partition(".")[2]) for id_ in ids] == [3, 1, 2, 3]


@pytest.mark.asyncio
async def test_every_page_hears_every_event() -> None:
    events = Events()
    streams = [opened(events), opened(events), opened(events, "two")]
    events.publish("text", Number(number=7))
    for stream in streams:
        assert [(name, number) for _, name, number in await heard(events, stream, 1)] == [("text", 7)]


@pytest.mark.asyncio
async def test_a_page_that_reads_too_slowly_loses_its_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_, "MOST_UNREAD", 10)
    events = Events()
    slow, quick = opened(events), opened(events)
    for number in range(10):
        events.publish("text", Number(number=number))
    assert len(await heard(events, quick, 10)) == 10
    events.publish("text", Number(number=10))
    assert [data async for data in events.sent(slow, ())] == [f"retry: {events_.RETRY}\n\n".encode()]
    assert opened(events), "its place is free again"


@pytest.mark.asyncio
async def test_a_session_and_all_sessions_have_so_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_, "MOST_STREAMS", 2)
    monkeypatch.setattr(events_, "MOST_PAGES", 3)
    events = Events()
    first = opened(events)
    opened(events)
    assert events.open("one") is None
    opened(events, "two")
    assert events.open("three") is None
    events.close(first)
    opened(events, "three")


@pytest.mark.asyncio
async def test_a_silent_stream_sends_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_, "HEARTBEAT", 0.01)
    events = Events()
    sent = events.sent(opened(events), ())
    assert [await anext(sent) for _ in range(3)][1:] == [b": still here\n\n"] * 2
    await sent.aclose()  # type: ignore[attr-defined]


@pytest.mark.asyncio
async def test_a_closed_stream_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events()
    stream = opened(events)
    sent = events.sent(stream, ())
    await anext(sent)
    events.close(stream)
    assert [data async for data in sent] == []


def test_publishing_after_the_loop_has_ended_raises_nothing() -> None:
    events = Events()

    async def open_only() -> None:
        opened(events)

    asyncio.run(open_only())
    events.publish("job", Number(number=1))
