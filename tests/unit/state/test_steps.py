"""Steps in the store: what failed is climbed, and what passed and was no good is counted."""

import pytest

from tests.unit.state.store_makers import NOW, begin, end
from watchbill.domain.findings import Finding, Verdict
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import steps, tasks, verdicts
from watchbill.state.engine import Connection

A = TaskId("a")
BROKEN = Finding(gate="python", rule="syntax", path="a.py", line=1, message="is broken")


def ran(conn: Connection, step: str, state: RunState, task: TaskState, *, passes: bool | None = None) -> None:
    run = begin(conn)
    steps.note(conn, run.id, step)
    if passes is not None:
        verdict = Verdict(tree="t", base="b", new=() if passes else (BROKEN,), debt=(), gates=())
        verdicts.store(conn, run, verdict, NOW)
    end(conn, run, state, task_state=task)


def test_failed_and_rejected_steps_are_climbed_in_their_order(conn: Connection) -> None:
    ran(conn, "cheap", RunState.REJECTED, TaskState.QUEUED, passes=False)
    ran(conn, "middle", RunState.FAILED, TaskState.QUEUED)
    ran(conn, "dear", RunState.DEFERRED, TaskState.QUEUED)

    assert steps.climbs(conn) == {A: ("cheap", "middle")}


def test_work_that_passed_and_met_a_conflict_is_not_its_steps_fault(conn: Connection) -> None:
    ran(conn, "cheap", RunState.REJECTED, TaskState.QUEUED, passes=True)

    assert steps.climbs(conn) == {}
    (total,) = steps.totals(conn)
    assert (total.passed, total.failed, total.false_accept_rate) == (0, 0, None)


@pytest.mark.parametrize("to", [TaskState.REVERTED, TaskState.QUEUED])
def test_landed_result_that_comes_undone_is_a_false_accept(conn: Connection, to: TaskState) -> None:
    ran(conn, "cheap", RunState.LANDED, TaskState.LANDED)

    tasks.move(conn, A, to, now=NOW)

    (total,) = steps.totals(conn)
    assert (total.passed, total.undone, total.false_accept_rate) == (1, 1, 1.0)


def test_reverted_result_is_counted_once_and_its_step_climbed(conn: Connection) -> None:
    ran(conn, "cheap", RunState.LANDED, TaskState.LANDED)
    tasks.move(conn, A, TaskState.REVERTED, now=NOW)

    tasks.reopen(conn, A, now=NOW)

    assert steps.climbs(conn) == {A: ("cheap",)}
    assert [total.undone for total in steps.totals(conn)] == [1]


def test_review_that_is_retried_by_hand_is_a_false_accept(conn: Connection) -> None:
    ran(conn, "cheap", RunState.REVIEW, TaskState.REVIEW, passes=True)

    tasks.reopen(conn, A, now=NOW)

    assert [(total.passed, total.undone) for total in steps.totals(conn)] == [(1, 1)]
    assert steps.climbs(conn) == {A: ("cheap",)}


def test_review_that_never_passed_is_no_false_accept(conn: Connection) -> None:
    ran(conn, "cheap", RunState.REVIEW, TaskState.REVIEW, passes=False)

    tasks.move(conn, A, TaskState.CANCELLED, now=NOW)

    assert [(total.passed, total.undone) for total in steps.totals(conn)] == [(0, 0)]


def test_accepted_result_is_one_result_although_two_runs_had_it(conn: Connection) -> None:
    ran(conn, "cheap", RunState.REVIEW, TaskState.REVIEW, passes=True)
    tasks.accept(conn, A, now=NOW)
    ran(conn, "cheap", RunState.LANDED, TaskState.LANDED, passes=True)

    assert [(total.runs, total.passed, total.undone) for total in steps.totals(conn)] == [(2, 1, 0)]


def test_task_that_came_to_nothing_begins_anew_when_a_person_retries_it(conn: Connection) -> None:
    ran(conn, "cheap", RunState.FAILED, TaskState.FAILED)

    tasks.reopen(conn, A, now=NOW)

    assert steps.climbs(conn) == {}


def test_run_without_a_ladder_has_no_step(conn: Connection) -> None:
    run = begin(conn)

    assert steps.of_run(conn, run.id) is None
    assert steps.totals(conn) == []
