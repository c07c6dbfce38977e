"""How long the web page and the control API take with ten thousand tasks and a hundred thousand events, while fifty people watch."""

import asyncio
import math
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from benchmarks.crowd import fill
from benchmarks.results import Effort, Result, Section
from benchmarks.towns import DAEMON, town
from tests.acceptance.harness import Daemon, Town
from tests.acceptance.player import write

VIEWERS = 50
AIM = 200.0  # ms
SLOWER = 1.05  # times as long: 5 %
PACE = 30.0  # seconds that a reply of the vendor takes: runs are under way, and go on
REST = 0.25  # seconds between two pages: somebody reads them
PAGES = (
    "/", "/queue", "/queue?page=50", "/queue?q=scenes", "/queue/graph", "/tasks/{task}", "/runs", "/runs/{run}", "/review",
    "/sessions", "/locks", "/schedule", "/budget", "/providers", "/events", "/reports", "/config",
)  # fmt: skip
READS = (
    "/api/v1/state", "/api/v1/tasks?limit=100", "/api/v1/tasks/{task}", "/api/v1/runs", "/api/v1/runs/{run}", "/api/v1/providers",
    "/api/v1/schedule", "/api/v1/budget", "/api/v1/costs", "/api/v1/locks", "/api/v1/reviews", "/api/v1/attention",
    "/api/v1/events", "/metrics",
)  # fmt: skip
BOUND = (
    "It is one look at all tasks anew: reading ten thousand rows and plan(), when something has changed since the last."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    count: float
    seconds: float


def measure(effort: Effort) -> Iterator[Result | str]:
    many, happened = effort.of(500, 10_000), effort.of(2_000, 100_000)
    with town() as (where, player, _vendor):
        config = where.config.read_text()
        where.config.write_text(config.replace(DAEMON, f'{DAEMON}\n[web]\nlisten = "127.0.0.1:0"\n', 1))
        fill(where.state, datetime.now(UTC), open_tasks=many * 19 // 20, ended=many // 20, happened=happened)
        player.pace, player.steps = PACE, {"task": [write("a.md", "Text.\n")]}
        with where.serve() as daemon:
            address = daemon.wait("web.listening")["address"]
            daemon.wait("run.stage", stage="work", count=2)  # the first look is over, and work goes on
            _settle(daemon, effort.of(3, 30))
            yield from asyncio.run(_measured(where, address, effort))
        yield f"{many:,} tasks, {happened:,} events, {VIEWERS} viewers."


def _settle(daemon: Daemon, seconds: int) -> None:
    """Let it end what a start on a full store brings once: a reason told for each task, and the reports of the days before."""
    known = -1
    while known != (told := len(daemon.told("task.waiting")) + len(daemon.told("report.written"))):
        known = told
        time.sleep(seconds)


async def _measured(where: Town, address: str, effort: Effort) -> list[Result]:
    token = (where.state / "web-token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://{address}", headers=headers, timeout=60) as client:
        return [*(await _answers(client, effort)), *(await _ticks(client, effort))]


async def _answers(client: httpx2.AsyncClient, effort: Effort) -> list[Result]:
    """Every page and read in turn, again and again, so that each meets whatever the daemon is at."""
    run = (await client.get("/api/v1/runs", params={"limit": 1})).json()["runs"][0]["id"]
    places = [place.format(task="t1777" if not effort.quick else "t177", run=run) for place in (*PAGES, *READS)]
    took: dict[str, list[float]] = {place: [] for place in places}
    for place in places:  # templates are compiled, and the first forecast is begun
        await _one(client, place)
    async with _watched(client) as heard:
        for _ in range(effort.of(2, 40)):
            for place in places:
                took[place].append(await _one(client, place))
                await asyncio.sleep(REST)
    results = [_late(place, took[place]) for place in places]
    least = min(heard)
    return [*results, Result(what="events that each of the viewers was sent, at least", unit="", samples=[least])]


async def _one(client: httpx2.AsyncClient, place: str) -> float:
    began = time.perf_counter()
    (await client.get(place)).raise_for_status()
    return (time.perf_counter() - began) * 1000


def _late(place: str, took: Sequence[float]) -> Result:
    ordered = sorted(took)
    p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
    what = f"{place}: p95 (median {statistics.median(took):.0f} ms)"
    return Result(what=what, unit="ms", samples=[p95], aim=AIM, bound_by=BOUND)


@asynccontextmanager
async def _watched(client: httpx2.AsyncClient) -> AsyncIterator[list[int]]:
    """While fifty watch; how many events each of them has got so far."""
    heard = [0] * VIEWERS

    async def watch(place: int) -> None:
        async with client.stream("GET", "/api/v1/events/stream", timeout=None) as answer:
            async for line in answer.aiter_lines():
                heard[place] += line.startswith("id:")

    viewers = [asyncio.create_task(watch(place)) for place in range(VIEWERS)]
    try:
        await asyncio.sleep(1)
        yield heard
    finally:
        for viewer in viewers:
            viewer.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*viewers, return_exceptions=True)


async def _ticks(client: httpx2.AsyncClient, effort: Effort) -> list[Result]:
    """In turns with and without viewers, so that what else the machine does meets both."""
    alone, watched = [], []
    for _ in range(effort.of(1, 10)):
        alone.append(await _tick(client))
        async with _watched(client):
            watched.append(await _tick(client))
    longer = [one / other for one, other in zip(watched, alone, strict=True)]
    about = "It is the loop's and the machine's: a tick of a second, and viewers who are told of what follows from it."
    return [
        Result(what="a tick, nobody watches", unit="ms", samples=alone),
        Result(what=f"a tick, {VIEWERS} watch", unit="ms", samples=watched),
        Result(what="the second by the first", unit="x", samples=longer, aim=SLOWER, bound_by=about),
    ]


async def _tick(client: httpx2.AsyncClient) -> float:
    """Milliseconds of a tick, the mean of some that were asked for."""
    before = await _seen(client)
    for _ in range(5):
        (await client.post("/api/v1/refresh")).raise_for_status()
        await asyncio.sleep(1.5)
    after = await _seen(client)
    return (after.seconds - before.seconds) / (after.count - before.count) * 1000


async def _seen(client: httpx2.AsyncClient) -> Ticks:
    text = (await client.get("/metrics")).text
    found: dict[str, Any] = dict(
        line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("watchbill_tick_")
    )
    return Ticks(count=float(found["watchbill_tick_seconds_count"]), seconds=float(found["watchbill_tick_seconds_sum"]))


SECTION = Section(
    name="pages",
    title="The page and the control API with a long queue",
    how="The daemon as a process with `[web]`, 10,000 tasks and 100,000 events in its store, runs under way, and 50 viewers of "
    "the events. Every page and the main reads of the API are asked in turn, some 40 times each, with a pause as of somebody "
    "who reads; the time is that from the request to the whole answer, on loopback. A tick is what the daemon says itself at "
    "`/metrics`, asked for by `/api/v1/refresh`, in turns with and without viewers.",
    measure=measure,
)
