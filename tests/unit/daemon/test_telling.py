"""Telling people: the outbox, what comes of a target that fails, and what a restart finds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from tests.unit.operator.operator_makers import outlook
from watchbill.config.notifying import NotifySetup, Target
from watchbill.daemon.standing import Orders
from watchbill.daemon.telling import AGAIN, Teller
from watchbill.daemon.timers import Timers
from watchbill.domain.errors import StateError
from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator.doors import Plain
from watchbill.operator.queries import notices as answers
from watchbill.scheduling.telling import APART, GIVE_UP, SETTLE, Terms
from watchbill.state import events as journal
from watchbill.state import notices, tasks
from watchbill.state.database import Database

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
MIDNIGHT = NOON + timedelta(hours=12)
QUIET = (time(23), time(7))
DOWN = {"provider": "gpt", "model": "", "until": None, "why": "503"}
BACK = {"provider": "gpt", "model": ""}


@dataclass
class Post:
    """A notifier that takes what it is given, or says why not."""

    why: str = ""
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    hangs: asyncio.Event | None = None

    async def send(self, url: str, title: str, body: str) -> str:
        if self.hangs is not None:
            self.hangs.set()
            await asyncio.sleep(3600)
        self.sent.append((url, title, body))
        return self.why

    @property
    def titles(self) -> list[str]:
        return [title.removeprefix("watchbill: ") for _, title, _ in self.sent]


@dataclass
class Here:
    database: Database
    post: Post
    at: datetime = NOON
    terms: Terms = field(
        default_factory=lambda: Terms(events=("*",), urgent=(), quiet=None, digest=None, zone=ZoneInfo("UTC"))
    )
    urls: tuple[str, ...] = ("json://one",)
    log: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    flush: Callable[[], Any] | None = None
    woken_at: list[datetime] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def emit(self, name: str, **facts: object) -> None:
        self.log.append((name, facts))

    def wake_at(self, _name: str, moment: datetime, _wake: Callable[[], None]) -> None:
        self.woken_at.append(moment)

    @property
    def teller(self) -> Teller:
        setup = NotifySetup(
            terms=self.terms,
            targets=tuple(Target(name=f"file:/t#{n}", url=SecretStr(url)) for n, url in enumerate(self.urls, 1)),
        )

        async def nothing() -> None: ...

        return Teller(
            database=self.database,
            clock=cast("Any", self),
            events=self,
            orders=cast("Orders", SimpleNamespace(standing=SimpleNamespace(notify=setup))),
            timers=cast("Timers", self),
            notifier=self.post,
            flush=self.flush or nothing,
            outlook=lambda: replace(outlook(), now=self.at),
        )

    async def happens(self, name: str, **facts: object) -> None:
        await self.database.submit(lambda conn: journal.append(conn, name, facts, self.at))

    async def look(self, *, after: timedelta = SETTLE) -> datetime | None:
        """Look now, and again after that time."""
        await self.teller.look()
        self.at += after
        return await self.teller.look()

    async def listed(self) -> list[Plain]:
        found: list[Plain] = (
            await self.database.submit(lambda conn: answers.listing(conn, replace(outlook(), now=self.at), 50))
        )["notices"]
        return found


@asynccontextmanager
async def here(tmp_path: Path, **fields: Any) -> AsyncIterator[Here]:
    async with Database.open(tmp_path / "watchbill.db") as database:
        made = Here(database=database, post=Post(), **fields)
        await made.teller.look()  # from here on people are told
        yield made


async def test_one_occasion_is_told_once_to_every_target(tmp_path: Path) -> None:
    async with here(tmp_path, urls=("json://one", "json://two")) as it:
        await it.happens("task.review", task="kael", run="r1", why="a protected path")
        await it.look()
        await it.look()

    assert sorted(url for url, _, _ in it.post.sent) == ["json://one", "json://two"]
    assert it.post.sent[0][1:] == (
        "watchbill: Review: kael",
        "a protected path\n→ watchbill review show kael",
    )
    assert [name for name, _ in it.log] == ["notify.sent", "notify.sent"]


async def test_what_happened_before_anybody_is_told_is_not_told(tmp_path: Path) -> None:
    async with here(tmp_path, urls=()) as it:
        await it.happens("task.failed", task="kael", why="")
        await it.look()
        it.urls = ("json://one",)
        await it.look()
        await it.happens("task.failed", task="anna", why="")
        await it.look()

    assert it.post.titles == ["Failed: anna"]


async def test_routine_and_what_no_pattern_names_is_silent(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it.terms = replace(it.terms, events=("budget.*",))
        await it.happens("run.started", run="r1")
        await it.happens("task.failed", task="kael", why="")
        await it.look()

    assert it.post.sent == []


async def test_a_provider_that_flaps_is_told_of_twice_in_half_an_hour_at_most(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        for _ in range(10):
            await it.happens("provider.breaker_opened", **DOWN)
            await it.look(after=timedelta(minutes=1))
            await it.happens("provider.breaker_closed", **BACK)
            await it.look(after=timedelta(minutes=1))
        soon = list(it.post.titles)
        await it.look(after=APART)

    assert soon == ["Provider gpt is down", "Provider gpt is back"]
    assert it.post.titles == soon  # it is back, as was told


async def test_what_is_over_before_it_is_told_is_not_told(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        await it.happens("provider.breaker_opened", **DOWN)
        await it.happens("provider.breaker_closed", **BACK)
        await it.happens("task.review", task="kael", run="r1", why="")
        await it.happens("task.approved", task="kael", who="me", tree="t", edited=False)
        await it.look()

    assert it.post.sent == []


async def test_what_flapped_meanwhile_is_one_message_that_counts(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        await it.happens("provider.breaker_opened", **DOWN)
        await it.look()
        for _ in range(2):
            await it.happens("provider.breaker_closed", **BACK)
            await it.happens("provider.breaker_opened", **DOWN)
        await it.look(after=APART)

    assert it.post.titles == ["Provider gpt is down"] * 2
    assert "4 changes of it are in this one message" in it.post.sent[1][2]


async def test_quiet_hours_hold_everything_for_one_message(tmp_path: Path) -> None:
    async with here(tmp_path, at=MIDNIGHT) as it:
        it.terms = replace(it.terms, quiet=QUIET, urgent=("daemon.stuck",))
        await it.happens("task.failed", task="kael", why="4 attempts")
        await it.happens("budget.alert", window="day", share=0.8)
        await it.happens("daemon.stuck", parts=["planner"])
        await it.look()
        at_night = list(it.post.titles)
        again = await it.look(after=timedelta(hours=8))
        states = {each["title"]: each["state"] for each in await it.listed()}

    assert at_night == ["The daemon makes no progress: planner"]
    assert it.post.titles[1:] == ["2 things while it was quiet"]
    assert "- Failed: kael → watchbill task retry kael" in it.post.sent[1][2]
    assert states["Failed: kael"] == "folded"
    assert again is None


async def test_a_single_thing_that_was_held_is_told_as_itself(tmp_path: Path) -> None:
    async with here(tmp_path, at=MIDNIGHT) as it:
        it.terms = replace(it.terms, quiet=QUIET)
        await it.happens("task.failed", task="kael", why="4 attempts")
        await it.look(after=timedelta(hours=8))

    assert it.post.titles == ["Failed: kael"]


async def test_a_return_in_the_morning_is_told_after_a_going_that_the_night_held(tmp_path: Path) -> None:
    async with here(tmp_path, at=MIDNIGHT) as it:
        it.terms = replace(it.terms, quiet=QUIET)
        await it.happens("provider.breaker_opened", **DOWN)
        await it.happens("task.failed", task="kael", why="")
        await it.look(after=timedelta(hours=8))
        await it.happens("provider.breaker_closed", **BACK)
        await it.look()

    assert it.post.titles == ["2 things while it was quiet", "Provider gpt is back"]


async def test_the_digest_comes_once_a_day_with_what_the_night_held(tmp_path: Path) -> None:
    async with here(tmp_path, at=MIDNIGHT) as it:
        it.terms = replace(it.terms, quiet=QUIET, digest=time(7, 30))
        await it.happens("task.failed", task="kael", why="")
        next_look = await it.look()
        await it.look(after=timedelta(hours=8))
        await it.look(after=timedelta(hours=1))

    assert next_look == MIDNIGHT + timedelta(hours=7, minutes=30)
    assert it.post.titles == ["Tue 01 Dec: 0 done, 0 for you"]
    assert it.post.sent[0][2].splitlines() == [
        "Done since Tue 00:00: nothing",
        "Cost in 24 h: $0.00; day $0.00 of $5.00, month $0.00 of $100.00",
        "Needs you: nothing",
        "Well: 100 of 100",
        "While it was quiet:",
        "- Failed: kael → watchbill task retry kael",
        "→ watchbill status",
    ]


async def test_what_was_done_is_in_one_digest_however_late_that_was_made(tmp_path: Path) -> None:
    async with here(tmp_path, at=MIDNIGHT) as it:
        it.terms = replace(it.terms, digest=time(7, 30))
        for name, hour in (("early", 7), ("between", 10)):
            landed = Task(id=TaskId(name), repo=RepoName("r"), title=name, type=TaskType("t"), state=TaskState.LANDED)
            await it.database.submit(partial(tasks.insert, task=landed, now=MIDNIGHT + timedelta(hours=hour)))
        await it.look(after=timedelta(hours=11))
        await it.look(after=timedelta(hours=22))

    assert it.post.titles == ["Tue 01 Dec: 1 done, 0 for you", "Wed 02 Dec: 1 done, 0 for you"]
    assert ["- early" in body for _, _, body in it.post.sent] == [True, False]


async def test_a_target_that_fails_is_tried_again_with_growing_pauses_and_given_up_after_a_day(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it.post.why = "refused"
        await it.happens("task.failed", task="kael", why="")
        first = await it.look()
        moments = [it.at]
        while first is not None and len(moments) < 60:
            it.at = first
            moments.append(first)
            first = await it.teller.look()
        found = (await it.listed())[0]["deliveries"][0]

    assert [later - sooner for sooner, later in pairwise(moments)][:4] == [
        timedelta(seconds=30 * 2**n) for n in range(4)
    ]
    assert GIVE_UP - timedelta(hours=1) <= moments[-1] - moments[0] <= GIVE_UP
    assert (found["state"], found["why"]) == ("failed", "refused")
    assert [name for name, _ in it.log] == ["notify.put_off", "notify.failed"]


async def test_a_target_that_fails_keeps_nothing_from_another(tmp_path: Path) -> None:
    async with here(tmp_path, urls=("json://one", "json://two")) as it:

        async def send(url: str, title: str, _body: str) -> str:
            it.post.sent.append((url, title, ""))
            return "refused" if url == "json://one" else ""

        it.post.send = send  # type: ignore[method-assign]
        await it.happens("task.failed", task="kael", why="")
        await it.look()
        await it.look(after=timedelta(minutes=1))
        states = [each["state"] for each in (await it.listed())[0]["deliveries"]]

    assert [url for url, _, _ in it.post.sent] == ["json://one", "json://two", "json://one"]
    assert states == ["waiting", "sent"]


async def test_a_message_that_was_under_way_at_a_kill_is_sent_again(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it.post.hangs = asyncio.Event()
        await it.happens("task.failed", task="kael", why="")
        await it.teller.look()
        it.at += SETTLE
        await it.database.submit(lambda conn: notices.tell(conn, 1, ["file:/t#1"], it.at))
        await it.database.submit(lambda conn: notices.begin(conn, "file:/t#1", it.at))  # and then the power goes
        it.post.hangs = None
        await it.teller.recover()
        await it.look()

    assert it.post.titles == ["Failed: kael"]
    assert [name for name, _ in it.log] == ["notify.put_off", "notify.sent"]


async def test_a_restart_goes_on_in_the_journal_where_the_last_one_stopped(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        await it.happens("task.failed", task="kael", why="")
        await it.look()
        await it.happens("task.failed", task="anna", why="")  # written just before the end
    async with Database.open(tmp_path / "watchbill.db") as database:
        again = Here(database=database, post=it.post, at=it.at)
        await again.teller.recover()
        await again.look()

    assert it.post.titles == ["Failed: kael", "Failed: anna"]


async def test_what_waits_for_a_target_that_is_no_more_is_forgotten(tmp_path: Path) -> None:
    async with here(tmp_path, urls=("json://one", "json://two")) as it:
        it.post.why = "refused"
        await it.happens("task.failed", task="kael", why="")
        await it.look()
        it.urls = ("json://one",)
        await it.teller.look()
        found = {each["target"]: each["state"] for each in (await it.listed())[0]["deliveries"]}

    assert found == {"file:/t#1": "waiting", "file:/t#2": "failed"}


async def test_an_event_that_another_version_wrote_otherwise_is_passed_over(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        await it.happens("task.failed", who="nobody")
        await it.happens("task.failed", task="anna", why="")
        await it.look()

    assert it.post.titles == ["Failed: anna"]


async def test_an_address_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        teller = it.teller
        setup = NotifySetup(terms=it.terms, targets=(), missing={"file:/t": "it is empty"})
        teller._orders.standing = cast("Any", SimpleNamespace(notify=setup))
        await teller.look()
        await teller.look()

    assert it.log == [("notify.unaddressed", {"target": "file:/t", "why": "it is empty"})]


async def test_the_end_of_the_daemon_waits_for_a_message_that_is_all_but_out(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        begun = asyncio.Event()

        async def send(url: str, title: str, body: str) -> str:
            begun.set()
            await asyncio.sleep(0.05)
            it.post.sent.append((url, title, body))
            return ""

        it.post.send = send  # type: ignore[method-assign]
        await it.happens("task.failed", task="kael", why="")
        await it.teller.look()
        it.at += SETTLE
        looking = asyncio.create_task(it.teller.look())
        await begun.wait()
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking
        state = (await it.listed())[0]["deliveries"][0]["state"]

    assert (state, it.post.titles) == ("sent", ["Failed: kael"])


async def test_the_loop_survives_a_store_that_fails_and_looks_again(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        asked = asyncio.Event()

        async def broken() -> None:
            asked.set()
            raise StateError("the disk is full")

        it.flush = broken
        teller = it.teller
        running = asyncio.create_task(teller.run())
        await asked.wait()
        asked.clear()
        teller.hear("run.started", {}, NOON)  # nothing that anybody is told of
        await asyncio.sleep(0)
        assert not asked.is_set()
        teller.hear("task.failed", {}, NOON)
        await asked.wait()
        running.cancel()
        await asyncio.wait({running})

    assert it.log[0] == ("daemon.fault", {"error": "StateError('the disk is full')", "where": "notices"})
    assert it.woken_at[0] == NOON + timedelta(minutes=1)


async def test_a_look_that_fails_is_told_of_once_and_wakes_nobody_before_its_time(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        teller = it.teller

        def emit(name: str, **facts: object) -> None:
            it.log.append((name, facts))
            teller.hear(name, facts, it.at)

        async def full() -> None:
            raise StateError("the disk is full")

        teller._events, teller._flush = SimpleNamespace(emit=emit), full  # type: ignore[assignment]
        running = asyncio.create_task(teller.run())
        async with asyncio.timeout(60):
            for looks in range(1, 5):
                while len(it.woken_at) < looks:
                    await asyncio.sleep(0.01)
                teller.wake() if looks < 4 else running.cancel()

    assert [name for name, _ in it.log] == ["daemon.fault"]
    assert it.woken_at == [it.at + AGAIN] * 4
