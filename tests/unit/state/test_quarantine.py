"""Quarantine in the store: the third failure of a kind, with its evidence; a person ends it."""

from datetime import timedelta

import pytest
from store_makers import NOW, begin, end, reserve

from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.findings import Finding
from watchbill.domain.ids import TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import ledger, quarantine, tasks
from watchbill.state.engine import Connection
from watchbill.state.quarantine import Quarantine

FOUND = Finding(gate="g", rule="r", path="a.md", line=1, message="no label 7")
MINUTE = timedelta(minutes=1)


def fails(
    conn: Connection, why: str = "no label", *, is_own: bool = True, at: int = 0
) -> tuple[Run, Quarantine | None]:
    now = NOW + at * MINUTE
    run = begin(conn)
    found = quarantine.after(conn, run, why=why, findings=(FOUND,) if is_own else (), is_own=is_own, now=now)
    end(conn, run, state=RunState.FAILED, task_state=TaskState.QUEUED, now=now)
    return run, found


def answers_another(conn: Connection, at: int) -> None:
    call = reserve(conn, begin(conn, f"other{at}", claims=(f"o{at}.md",)))
    ledger.sent(conn, call)
    used = Usage(tokens_in=1, tokens_out=1)
    ledger.settle(conn, call, Settlement(cost=MicroUsd(1), usage=used, price_source="t"), NOW + at * MINUTE)


def test_the_third_of_a_kind_is_quarantined_with_its_evidence(conn: Connection) -> None:
    first, none = fails(conn)
    second, _ = fails(conn)
    other, still_none = fails(conn, is_own=False, why="network: cut")
    third, kept = fails(conn)

    assert (none, still_none) == (None, None)
    assert kept == Quarantine(
        task=TaskId("a"),
        why="the same failure 3 times: no label",
        runs=(first.id, second.id, third.id),
        findings=(FOUND,),
        put_at=NOW,
    )
    assert quarantine.all(conn) == {TaskId("a"): kept}
    assert other.id not in kept.runs


def test_a_person_ends_it_and_what_was_before_is_forgiven(conn: Connection) -> None:
    for _ in range(3):
        fails(conn)
    tasks.move(conn, TaskId("a"), TaskState.FAILED, now=NOW)

    tasks.reopen(conn, TaskId("a"), now=NOW)

    assert quarantine.all(conn) == {}
    assert fails(conn)[1] is None


def test_a_sick_providers_failures_are_not_the_tasks(conn: Connection) -> None:
    assert [fails(conn, "network: cut", is_own=False, at=at)[1] for at in range(9)] == [None] * 9


@pytest.mark.parametrize("between", [True, False])
def test_they_are_where_it_answers_others_in_between(conn: Connection, *, between: bool) -> None:
    found = None
    for at in (10, 20, 30):
        _, found = fails(conn, "network: cut", is_own=False, at=at)
        if between:
            answers_another(conn, at + 5)

    assert (found is not None) is between
