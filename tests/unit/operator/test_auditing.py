"""The audit: who asked is written down before anything is done, and one key is one change."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import httpx2
import pytest
from operator_makers import NOW, outlook
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import Receive, Scope, Send

from watchbill.domain.wishes import KeyReused, Wish
from watchbill.operator.auditing import Audited
from watchbill.operator.queries import audits
from watchbill.state import audit
from watchbill.state.engine import Connection, Error

pytestmark = pytest.mark.anyio
T = TypeVar("T")


class Desk:
    """An application that counts what it does, behind the audit."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.now = NOW
        self.done: list[str] = []
        self.told: list[dict[str, object]] = []
        self.hold: asyncio.Event | None = None
        self.fault: Exception | None = None
        self.app = Audited(self._answer, read=self.read, now=lambda: self.now, tell=self._tell)

    def read(self, work: Callable[[Connection], T]) -> Awaitable[T]:
        async def done() -> T:
            return work(self.conn)

        return done()

    def _tell(self, name: str, /, **facts: object) -> None:
        self.told.append({"name": name, **facts})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await PlainTextResponse("looked")(scope, receive, send)
            return
        body = (await Request(scope, receive).body()).decode()
        if self.hold is not None:
            await self.hold.wait()
        if self.fault is not None:
            raise self.fault
        self.done.append(body)
        await JSONResponse({"times": len(self.done)}, status_code=202)(scope, receive, send)

    async def ask(
        self, body: str = "x", key: str | None = None, method: str = "POST", **more: object
    ) -> httpx2.Response:
        async def named(scope: Scope, receive: Receive, send: Send) -> None:
            await self.app({**scope, "state": {"actor": "alice"}}, receive, send)

        headers = {} if key is None else {"idempotency-key": key}
        transport = httpx2.ASGITransport(app=named, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as http:
            return await http.request(method, "/do?a=1", content=body, headers=headers)

    @property
    def entries(self) -> list[audit.Entry]:
        return audit.latest(self.conn)


async def test_a_change_is_written_down_with_who_asked_and_what_came_of_it(conn: Connection) -> None:
    desk = Desk(conn)
    await desk.ask("please")
    (entry,) = desk.entries

    assert (entry.wish.actor, entry.wish.path, entry.wish.said, entry.status) == ("alice", "/do?a=1", "please", 202)
    assert entry.answer is None
    assert desk.told == [
        {"name": "control.asked", "actor": "alice", "method": "POST", "path": "/do?a=1", "status": 202}
    ]


async def test_looking_is_not_written_down(conn: Connection) -> None:
    desk = Desk(conn)
    answer = await desk.ask(method="GET", key="k")

    assert (answer.text, desk.entries) == ("looked", [])


async def test_the_same_key_twice_is_one_change_and_one_answer(conn: Connection) -> None:
    desk = Desk(conn)
    first, second = await desk.ask(key="k"), await desk.ask(key="k")

    assert (first.json(), second.json(), len(desk.done)) == ({"times": 1}, {"times": 1}, 1)
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["idempotency-replayed"] == "true"


async def test_a_repeated_question_waits_for_the_first_ones_answer(conn: Connection) -> None:
    desk = Desk(conn)
    desk.hold = asyncio.Event()
    asked = [asyncio.create_task(desk.ask(key="k")) for _ in range(3)]
    await asyncio.sleep(0.02)
    desk.hold.set()
    answers = await asyncio.gather(*asked)

    assert [answer.json() for answer in answers] == [{"times": 1}] * 3
    assert len(desk.done) == 1


async def test_a_key_of_another_question_is_refused(conn: Connection) -> None:
    desk = Desk(conn)
    await desk.ask("one", key="k")
    answer = await desk.ask("two", key="k")

    assert (answer.status_code, answer.json()["error"]["code"], desk.done) == (409, "refused.key", ["one"])


async def test_without_keys_each_question_is_a_change(conn: Connection) -> None:
    desk = Desk(conn)
    await desk.ask()
    await desk.ask()

    assert len(desk.done) == 2


async def test_after_a_day_a_key_is_free_again(conn: Connection) -> None:
    desk = Desk(conn)
    await desk.ask(key="k")
    desk.now = NOW + timedelta(hours=25)
    await desk.ask(key="k")

    assert len(desk.done) == 2
    assert [entry.wish.key for entry in desk.entries] == ["k", None]


async def test_what_a_crash_left_open_is_not_done_again(conn: Connection) -> None:
    desk = Desk(conn)
    await desk.ask(key="other")
    digest = desk.entries[0].wish.digest
    audit.begin(conn, Wish(actor="alice", method="POST", path="/do?a=1", said="x", digest=digest, key="k"), NOW)
    answer = await desk.ask(key="k")

    assert (answer.status_code, "not known" in answer.text, len(desk.done)) == (409, True, 1)


async def test_a_fault_is_written_down_as_one(conn: Connection) -> None:
    desk = Desk(conn)
    desk.fault = ZeroDivisionError()
    await desk.ask(key="k")

    assert [entry.status for entry in desk.entries] == [500]


@pytest.mark.parametrize("key", ["", "a" * 201, "\x07"])
async def test_what_is_no_key_is_refused(conn: Connection, key: str) -> None:
    desk = Desk(conn)
    answer = await desk.ask(key=key)

    assert (answer.status_code, desk.done, desk.entries) == (400, [], [])


def begin(conn: Connection, actor: str, at: datetime = NOW) -> audit.Entry:
    wish = Wish(actor=actor, method="POST", path="/p", said="s" * 3000, digest="d" * 64)
    return audit.begin(conn, wish, at)[0]


def test_the_answer_pages_from_the_newest_on_and_by_actor(conn: Connection) -> None:
    for actor in ("a", "b", "a"):
        begin(conn, actor)
    page = audits.listing(conn, outlook(), limit=2)

    assert [entry["id"] for entry in page["entries"]] == [3, 2]
    assert [entry["id"] for entry in audits.listing(conn, outlook(), before=page["next_before"])["entries"]] == [1]
    assert [entry["id"] for entry in audits.listing(conn, outlook(), actor="b")["entries"]] == [2]
    assert len(page["entries"][0]["said"]) == 2000


def test_what_was_asked_and_what_came_of_it_cannot_be_changed(conn: Connection) -> None:
    entry = begin(conn, "a")
    audit.end(conn, entry.number, audit.Said(status=200, media="", text=""), NOW)

    for change in ("actor = 'b'", "status = 500", "said = ''"):
        with pytest.raises(Error, match="never change"):
            conn.execute(f"UPDATE audit SET {change}")


def test_keys_are_each_actors_own(conn: Connection) -> None:
    wish = Wish(actor="a", method="POST", path="/p", said="", digest="d" * 64, key="k")
    audit.begin(conn, wish, NOW)
    other = Wish(actor="b", method="POST", path="/p", said="", digest="e" * 64, key="k")

    assert audit.begin(conn, other, NOW)[1] is True
    with pytest.raises(KeyReused):
        audit.begin(conn, Wish(actor="a", method="POST", path="/q", said="", digest="e" * 64, key="k"), NOW)
