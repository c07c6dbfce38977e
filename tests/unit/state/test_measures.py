"""What is counted of a period's work, and the first week, which is counted once."""

from datetime import timedelta

import pytest
from store_makers import CLAUDE, NOW, begin, end, put, reserve, sent, settlement

from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import events, ledger, measures
from watchbill.state.engine import Connection

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def paid(conn: Connection, name: str, cost: int = 40) -> None:
    run = begin(conn, name)
    call = sent(conn, run)
    ledger.settle(conn, call, settlement(cost), NOW)
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED, now=NOW + 10 * timedelta(minutes=1))


def test_runs_count_by_how_they_ended(conn: Connection) -> None:
    paid(conn, "a")
    end(conn, begin(conn, "b"), RunState.REJECTED, task_state=TaskState.FAILED)
    end(conn, begin(conn, "c"), RunState.DEFERRED)  # before its first call
    end(conn, begin(conn, "d"), RunState.CANCELLED, task_state=TaskState.CANCELLED)
    asked = begin(conn, "e")
    sent(conn, asked)
    end(conn, asked, RunState.DEFERRED)

    found = measures.work(conn, NOW, NOW + HOUR)

    assert (found.ended, found.in_vain, found.called, found.landed) == (3, 1, 2, 1)


def test_money_and_time_are_those_of_the_period(conn: Connection) -> None:
    paid(conn, "a", 40)
    paid(conn, "b", 60)

    found = measures.work(conn, NOW, NOW + HOUR)

    assert (found.spent, found.made, found.flow_seconds) == (100, 2, 600.0)
    assert measures.work(conn, NOW - HOUR, NOW).ended == 0


def test_set_ups_made_and_found_are_told_apart(conn: Connection) -> None:
    events.append(conn, "setup.made", {"repo": "r", "environment": "x", "seconds": 48.5, "bytes": 1}, NOW)
    for seconds in (0.5, 1.0):
        events.append(conn, "setup.reused", {"repo": "r", "environment": "x", "seconds": seconds}, NOW)
    events.append(conn, "recurring.idle", {"entry": "e", "occurrence": "x"}, NOW)

    found = measures.work(conn, NOW, NOW + HOUR)

    assert (found.setups, found.setup_seconds, found.uses, found.waited_seconds) == (1, 48.5, 3, 50.0)
    assert found.idle_looks == 1


def test_the_first_week_is_counted_once_it_is_over_and_never_again(conn: Connection) -> None:
    paid(conn, "a")
    assert measures.keep_first_week(conn, NOW + 6 * DAY) is None
    assert measures.first_week(conn) is None

    assert measures.keep_first_week(conn, NOW + 7 * DAY) == (NOW, NOW + 7 * DAY)
    first = measures.first_week(conn)
    paid(conn, "late")

    assert measures.keep_first_week(conn, NOW + 9 * DAY) is None
    assert measures.first_week(conn) == first
    assert first is not None
    assert (first.landed, first.spent) == (1, 40)
    with pytest.raises(Exception, match="counted once"):
        conn.execute("DELETE FROM baselines")


def test_without_a_run_there_is_no_first_week(conn: Connection) -> None:
    assert measures.began(conn) is None
    assert measures.first_seen(conn) is None
    assert measures.keep_first_week(conn, NOW) is None


def test_a_held_call_is_no_call_yet(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a", provider=CLAUDE)
    reserve(conn, run)

    assert measures.work(conn, NOW, NOW + HOUR).made == 0
