"""Raises, overages and shortages in the store: more for a while, and what people were told."""

from datetime import timedelta

import pytest
from store_makers import NOW, begin, bound, purpose, put

from watchbill.domain.billing import Allowance, Billing, Overage, Tariff
from watchbill.domain.errors import OverBudget
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, WindowKind
from watchbill.state import ledger, raises, shortage, tasks
from watchbill.state.engine import Connection
from watchbill.state.raises import Granted, Raise

HOUR = timedelta(hours=1)
ALL = Caps(
    day=MicroUsd(100),
    month=MicroUsd(100),
    per_provider={"claude": MicroUsd(100)},
    per_repo={"site": MicroUsd(100)},
    per_type={"prose": MicroUsd(100)},
    per_provider_month={"claude": MicroUsd(100)},
    per_repo_month={"site": MicroUsd(100)},
    per_type_month={"prose": MicroUsd(100)},
)


def more(kind: WindowKind, name: str = "", amount: int = 50) -> Raise:
    return Raise(kind=kind, name=name, amount=MicroUsd(amount), until=NOW + HOUR, who="ada", why="a show", since=NOW)


@pytest.mark.parametrize(
    ("kind", "name", "raised"),
    [
        (WindowKind.DAY, "", lambda caps: caps.day),
        (WindowKind.MONTH, "", lambda caps: caps.month),
        (WindowKind.PROVIDER, "claude", lambda caps: caps.per_provider["claude"]),
        (WindowKind.REPO, "site", lambda caps: caps.per_repo["site"]),
        (WindowKind.TYPE, "prose", lambda caps: caps.per_type["prose"]),
        (WindowKind.PROVIDER_MONTH, "claude", lambda caps: caps.per_provider_month["claude"]),
        (WindowKind.REPO_MONTH, "site", lambda caps: caps.per_repo_month["site"]),
        (WindowKind.TYPE_MONTH, "prose", lambda caps: caps.per_type_month["prose"]),
    ],
)
def test_a_raise_counts_until_its_end_and_then_no_more(conn: Connection, kind, name, raised):
    raises.put(conn, more(kind, name))
    raises.put(conn, more(kind, name, 7))

    assert raised(raises.in_force(conn, ALL, NOW)) == 157
    assert raises.in_force(conn, ALL, NOW + HOUR) == ALL
    assert len(raises.ended(conn, NOW + HOUR)) == 2
    assert raises.ended(conn, NOW + HOUR) == []


def test_what_has_no_cap_gets_none_by_a_raise(conn: Connection):
    raises.put(conn, more(WindowKind.DAY))
    raises.put(conn, more(WindowKind.REPO, "site"))

    assert raises.in_force(conn, Caps(), NOW) == Caps()


def test_what_was_reserved_under_a_raise_stays_and_nothing_more_fits_after_it(conn: Connection):
    run = begin(conn)
    raises.put(conn, more(WindowKind.DAY))
    for at, cost in ((NOW, 150), (NOW + HOUR, 1)):
        caps = raises.in_force(conn, Caps(day=MicroUsd(100)), at)
        if at == NOW:
            ledger.reserve(conn, purpose(run), bound(cost), caps, at, task_cap=None)
        else:
            with pytest.raises(OverBudget):
                ledger.reserve(conn, purpose(run), bound(cost), caps, at, task_cap=None)


@pytest.mark.parametrize(
    ("asks", "expected"),
    [(Overage.ASK, Overage.ALLOW), (Overage.NEVER, Overage.NEVER)],
)
def test_money_beyond_credits_is_allowed_only_where_it_is_asked_for(conn: Connection, asks, expected):
    tariff = Tariff(billing=Billing.CREDITS, allowance=Allowance(credits=MicroUsd(5), overage=asks))
    caps = Caps(tariffs={"copilot": tariff})
    for name in ("copilot", "unknown"):
        given = Granted(provider=ProviderName(name), until=NOW + HOUR, who="ada", why="a show")
        raises.grant(conn, given, NOW)

    assert raises.in_force(conn, caps, NOW).tariff_of("copilot").allowance.overage is expected
    assert raises.in_force(conn, caps, NOW + HOUR) == caps


def test_only_tasks_that_were_put_off_to_just_then_are_woken(conn: Connection):
    put(conn, "a", not_before=NOW + HOUR)
    put(conn, "b", not_before=NOW + 2 * HOUR)

    raises.wake_put_off(conn, NOW + HOUR, NOW)

    found = [tasks.get(conn, TaskId(name)) for name in "ab"]
    assert [task.not_before for task in found if task] == [None, NOW + 2 * HOUR]


def test_a_share_is_told_once_and_a_higher_one_again(conn: Connection):
    told = [shortage.reaches(conn, "day:2026-11-24", share, NOW) for share in (0.5, 0.5, 0.8, 0.5)]

    assert told == [True, False, True, False]


def test_a_shortage_keeps_the_biggest_call_until_the_window_turns(conn: Connection):
    news = [shortage.mark(conn, "day:x", wanted=wanted, until=NOW + HOUR, now=NOW) for wanted in (5, 9, 7)]

    assert news == [True, False, False]
    assert shortage.marked(conn, NOW) == {"day:x": 9}
    assert shortage.marked(conn, NOW + HOUR) == {}
    assert shortage.lift(conn, NOW) == []
    assert shortage.lift(conn, NOW, "day:x") == ["day:x"]
