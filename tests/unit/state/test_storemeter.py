"""The store's meter: one token buys one send, and fifty at once do not outspend a small cap."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_makers import CLAUDE, NOW, FakeClock, begin, bound, purpose, put, settlement

from watchbill.domain.calls import CallState
from watchbill.domain.errors import IllegalMove, OverBudget, StoppedModel
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import LimitWindow, WindowUse
from watchbill.domain.ports import Meter
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.state import accounts, allowances, ledger
from watchbill.state.database import Database
from watchbill.state.storemeter import StoreMeter

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def metered(
    path: Path, caps: Caps | None = None, max_cost: int | None = None
) -> AsyncIterator[tuple[Database, Meter]]:
    async with Database.open(path) as database:
        await database.submit(lambda conn: put(conn, "a", max_cost=max_cost))
        await database.submit(begin)
        yield database, StoreMeter(database=database, clock=FakeClock(), caps=lambda: caps or Caps())


async def states(database: Database) -> list[CallState]:
    return [call.state for call in await database.submit(accounts.calls)]


async def test_what_is_reserved_has_used_its_one_send(path: Path):
    async with metered(path) as (database, meter):
        call = await meter.reserve(purpose(), bound(100))

        assert await states(database) == [CallState.SENT]
        with pytest.raises(IllegalMove):
            await database.submit(lambda conn: ledger.sent(conn, call))


@pytest.mark.parametrize(
    ("way", "state"), [("release", CallState.RELEASED), ("settle_free", CallState.SETTLED), ("lose", CallState.UNKNOWN)]
)
async def test_a_call_ends_as_the_transport_says(path: Path, way: str, state: CallState):
    async with metered(path) as (database, meter):
        call = await meter.reserve(purpose(), bound(100))

        await getattr(meter, way)(call, "why")

        assert await states(database) == [state]


async def test_the_tasks_own_cap_binds(path: Path):
    async with metered(path, max_cost=99) as (_, meter):
        with pytest.raises(OverBudget, match="task:a"):
            await meter.reserve(purpose(), bound(100))


async def test_the_caps_are_those_of_the_moment(path: Path):
    caps = [Caps(), Caps(day=MicroUsd(0))]
    async with Database.open(path) as database:
        await database.submit(begin)
        meter = StoreMeter(database=database, clock=FakeClock(), caps=lambda: caps.pop(0))
        await meter.reserve(purpose(), bound(100))

        with pytest.raises(OverBudget, match="day:2026-11-24"):
            await meter.reserve(purpose(), bound(100))


async def test_nothing_is_held_for_a_stopped_model(path: Path):
    async with metered(path) as (database, meter):
        over = await meter.reserve(purpose(), bound(100))
        await database.submit(lambda conn: ledger.settle(conn, over, settlement(150), NOW))

        with pytest.raises(StoppedModel):
            await meter.reserve(purpose(), bound(100))

        assert await states(database) == [CallState.SETTLED]


async def test_what_an_agent_tells_of_an_allowance_keeps_new_work_from_it(path: Path):
    use = WindowUse(window=LimitWindow.FIVE_HOURS, used=0.93, resets_at=NOW + timedelta(hours=2))
    async with metered(path) as (database, meter):
        await meter.note(CLAUDE, [use])
        (held,) = await database.submit(lambda conn: list(allowances.nearly_used_up(conn)))
        await meter.note(CLAUDE, [replace(use, used=0.84)])
        lifted = await database.submit(lambda conn: list(allowances.nearly_used_up(conn)))

    assert (held.provider, held.used, lifted) == (CLAUDE, 0.93, [])


async def test_fifty_reservations_at_once_do_not_outspend_a_small_cap(path: Path):
    async with metered(path, Caps(day=MicroUsd(1000))) as (database, meter):
        ends = await asyncio.gather(*[meter.reserve(purpose(), bound(90)) for _ in range(50)], return_exceptions=True)

        held = await database.submit(lambda conn: ledger.used(conn, Window(WindowKind.DAY, "2026-11-24")))

    assert sum(isinstance(end, str) for end in ends) == 11
    assert sum(isinstance(end, OverBudget) for end in ends) == 39
    assert held == (0, 990)
