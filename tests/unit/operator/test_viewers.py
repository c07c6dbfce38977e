"""Events as they come: replayed from any point on, in order, none twice, with nothing kept for who reads slowly."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from operator_makers import NOW
from starlette.types import Message

from watchbill.operator import viewers
from watchbill.operator.faults import TooMany
from watchbill.operator.viewers import Viewers
from watchbill.state import events
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio
T = TypeVar("T")


class Store:
    """Events that are written and told of, and how often was looked."""

    def __init__(self, conn: Connection, heartbeat: float = 0.05) -> None:
        self.conn = conn
        self.news = asyncio.Event()
        self.looks = 0
        self.viewers = Viewers(self.read, lambda: self.news, heartbeat=heartbeat)

    def read(self, work: Callable[[Connection], T]) -> Awaitable[T]:
        async def done() -> T:
            self.looks += 1
            await asyncio.sleep(0)
            return work(self.conn)

        return done()

    def happened(self, *names: str) -> None:
        for name in names:
            events.append(self.conn, name, {"task": "a\nb"}, NOW)
        news, self.news = self.news, asyncio.Event()
        news.set()


class Viewer:
    """What one viewer got, and the door by which it goes."""

    def __init__(self) -> None:
        self.text = ""
        self.gone = asyncio.Event()
        self.slow: asyncio.Event | None = None

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.text += message.get("body", b"").decode()
        if self.slow is not None:
            await self.slow.wait()

    @property
    def ids(self) -> list[int]:
        return [int(found) for found in re.findall(r"^id: (\d+)$", self.text, re.MULTILINE)]

    async def until(self, word: str) -> None:
        async with asyncio.timeout(60):
            while word not in self.text:
                await asyncio.sleep(0.001)


@asynccontextmanager
async def watching(
    store: Store, after: int | None = None, kind: str | None = None, method: str = "GET"
) -> AsyncIterator[Viewer]:
    viewer = Viewer()
    scope = {"type": "http", "method": method}
    stream = asyncio.create_task(store.viewers.stream(after, kind)(scope, viewer.receive, viewer.send))
    await viewer.until("retry: " if method == "GET" else "")
    yield viewer
    viewer.gone.set()
    await asyncio.wait_for(stream, 60)


async def test_what_was_missed_comes_first_and_then_what_happens(conn: Connection) -> None:
    store = Store(conn)
    store.happened("run.started", "run.ended", "task.landed")
    async with watching(store, after=1) as viewer:
        await viewer.until("id: 3")
        store.happened("task.failed")
        await viewer.until("id: 4")

    assert viewer.ids == [2, 3, 4]
    assert 'event: task.failed\ndata: {"id": 4, "at": "2026-11-24T12:30:00Z", "name": "task.failed"' in viewer.text
    assert r'"a\nb"' in viewer.text


async def test_a_long_replay_comes_in_stretches_and_whole(conn: Connection) -> None:
    store = Store(conn, heartbeat=600)
    store.happened(*["run.step"] * 450)
    async with watching(store, after=0) as viewer:
        await viewer.until("id: 450\n")

    assert (viewer.ids, store.looks) == (list(range(1, 451)), 4)


async def test_without_a_place_it_begins_now(conn: Connection) -> None:
    store = Store(conn)
    store.happened("run.started")
    async with watching(store) as viewer:
        await viewer.until(": still here")
        store.happened("run.ended")
        await viewer.until("id: 2")

    assert viewer.ids == [2]


async def test_only_the_kind_that_was_asked_for(conn: Connection) -> None:
    store = Store(conn)
    store.happened("run.started", "task.landed", "run.ended")
    async with watching(store, after=0, kind="run.*") as viewer:
        await viewer.until("id: 3")

    assert viewer.ids == [1, 3]


async def test_a_place_of_another_database_is_now(conn: Connection) -> None:
    store = Store(conn)
    store.happened("run.started")
    async with watching(store, after=1_000_000) as viewer:
        await viewer.until(": still here")
        store.happened("run.ended")
        await viewer.until("id: 2")

    assert viewer.ids == [2]


async def test_many_viewers_at_one_place_share_a_look(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "_PACE", 0.0)
    store = Store(conn, heartbeat=600)
    async with watching(store, 0) as one, watching(store, 0) as two, watching(store, 0) as three:
        store.happened("run.started")
        for viewer in (one, two, three):
            await viewer.until("id: 1")
        before = store.looks
        store.happened("run.ended")
        for viewer in (one, two, three):
            await viewer.until("id: 2")

    assert store.looks - before == 1


async def test_a_viewer_that_takes_nothing_holds_up_nobody(conn: Connection) -> None:
    store = Store(conn, heartbeat=600)
    async with watching(store, 0) as slow, watching(store, 0) as quick:
        slow.slow = asyncio.Event()
        store.happened("run.started")
        await slow.until("id: 1")
        for _ in range(20):
            store.happened("run.step")
        await quick.until("id: 21")
        assert slow.ids == [1]
        slow.slow.set()
        await slow.until("id: 21")

    assert slow.ids == quick.ids == list(range(1, 22))


async def test_hanging_up_ends_every_stream(conn: Connection) -> None:
    store = Store(conn)
    viewer = Viewer()
    stream = asyncio.create_task(store.viewers.stream(None, None)({"method": "GET"}, viewer.receive, viewer.send))
    await viewer.until("still here")
    store.viewers.hang_up()

    await asyncio.wait_for(stream, 60)


async def test_there_are_only_so_many(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(conn)
    monkeypatch.setattr(viewers, "MOST", 1)
    async with watching(store):
        with pytest.raises(TooMany):
            store.viewers.stream(None, None)
    async with watching(store):
        pass


async def test_only_the_headers_are_asked_for_without_watching(conn: Connection) -> None:
    async with watching(Store(conn), method="HEAD") as viewer:
        pass

    assert viewer.text == ""
