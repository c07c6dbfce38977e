"""Counting: a cap that is set later counts as if it had always been there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from store_makers import CLAUDE, NOW, begin, end, purpose, settlement

from watchbill.domain.billing import Allowance, Billing, Limits, Period, Tariff
from watchbill.domain.calls import Bound, Usage
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.runs import Run
from watchbill.domain.windows import Caps
from watchbill.state import accounts, counting, database, ledger, quotas
from watchbill.state.engine import Connection

PLAN, FREE = ProviderName("plan"), ProviderName("free")
COPILOT = ProviderName("copilot")
ALL = (CLAUDE, PLAN, FREE, COPILOT)
TARIFFS = {
    PLAN: Tariff(billing=Billing.SUBSCRIPTION),
    FREE: Tariff(billing=Billing.FREE),
    COPILOT: Tariff(billing=Billing.CREDITS),
}
BEFORE = Caps(tariffs=TARIFFS, zone=ZoneInfo("Europe/Berlin"))
CAPPED = replace(
    BEFORE,
    tokens=Limits(day=10_000, month=10_000, per_provider={"claude": 10_000}, per_task=10_000, per_run=10_000),
    runs=Limits(day=100, month=100, per_provider={"claude": 100}, per_task=100),
    tariffs={
        PLAN: Tariff(billing=Billing.SUBSCRIPTION, allowance=Allowance(tokens=10_000, runs=100, period=Period.WEEK)),
        FREE: TARIFFS[FREE],
        COPILOT: Tariff(billing=Billing.CREDITS, allowance=Allowance(credits=usd(5))),
    },
)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Connection]:
    """A store in which the caps were always set."""
    with database.direct(tmp_path / "other.db") as conn:
        yield conn


def reserve(conn: Connection, run: Run, caps: Caps, days: int = 0) -> CallId:
    wanted = Bound(cost=MicroUsd(100), tokens_in=10, tokens_out=20, price_source="test")
    at = NOW - timedelta(days=days)
    call = ledger.reserve(conn, purpose(run, provider=run.provider), wanted, caps, at, task_cap=None)
    ledger.sent(conn, call)
    return call


def work(conn: Connection, caps: Caps, mark: str = "") -> None:
    """A run of each provider with a call in every state, after one of a week ago and one of the last month."""
    for provider in ALL:
        old = begin(conn, f"{provider}-old{mark}", provider=provider)
        for days in (40, 8):
            ledger.settle(conn, reserve(conn, old, caps, days), settlement(), NOW)
        end(conn, old)
        run = begin(conn, f"{provider}-new{mark}", provider=provider)
        ledger.release(conn, reserve(conn, run, caps), "not sent", NOW)
        ledger.settle(conn, reserve(conn, run, caps), settlement(40), NOW)
        ledger.settle(conn, reserve(conn, run, caps), settlement(40, usage=Usage()), NOW)
        ledger.settle_free(conn, reserve(conn, run, caps), "529", NOW)
        ledger.lose(conn, reserve(conn, run, caps), "cut", NOW)
        reserve(conn, run, caps)


def used(conn: Connection) -> dict[str, tuple[int, int]]:
    names = [tuple(row) for row in conn.execute("SELECT unit, kind, name FROM quotas ORDER BY 1, 2, 3")]
    found = {":".join(name): quotas.used(conn, quotas.Quota(*name)) for name in names}
    return {name: amounts for name, amounts in found.items() if amounts != (0, 0)}


def last_periods(found: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Without what turned: nobody asks for it any more."""
    return {
        name: amounts for name, amounts in found.items() if not name.endswith(("-10", "-10-15", "-11-16", "W42", "W47"))
    }


def test_a_cap_that_is_set_later_counts_as_if_it_had_always_been_there(conn: Connection, other: Connection) -> None:
    work(conn, BEFORE)
    work(other, CAPPED)

    counting.count(conn, CAPPED, ALL, NOW)

    assert last_periods(used(conn)) == last_periods(used(other))
    assert used(conn)["tokens:day:2026-11-24"] == (3 * (10 + 30 + 30), 3 * 30)
    assert used(conn)["runs:plan-week:plan:2026-W48"] == (1, 0)
    assert used(conn)["credits:plan-month:copilot:2026-11"] == (40 + 40 + 40 + 100, 100)


def test_counting_again_changes_nothing_and_gaps_are_filled(conn: Connection, other: Connection) -> None:
    for caps, mark in ((CAPPED, ""), (BEFORE, "-gap"), (CAPPED, "-again")):
        counting.count(conn, caps, ALL, NOW)
        work(conn, caps, mark)
        work(other, CAPPED, mark)

    for _ in range(2):
        counting.count(conn, CAPPED, ALL, NOW)
        assert last_periods(used(conn)) == last_periods(used(other))


def test_what_was_under_way_is_booked_in_the_cap_that_came_meanwhile(conn: Connection) -> None:
    run = begin(conn)
    call = reserve(conn, run, BEFORE)
    counting.count(conn, CAPPED, ALL, NOW)

    ledger.settle(conn, call, settlement(40), NOW)

    assert {used(conn)[name] for name in ("tokens:day:2026-11-24", "tokens:task:a", "tokens:run:run-1")} == {(10, 0)}
    assert [state.left for state in accounts.quota_states(conn, CAPPED, NOW, [CLAUDE])][-1] == 9_990


@pytest.mark.parametrize("caps", [Caps(), BEFORE])
def test_without_caps_nothing_is_counted(conn: Connection, caps: Caps) -> None:
    work(conn, BEFORE)

    counting.count(conn, caps, ALL, NOW)

    assert used(conn) == {}
