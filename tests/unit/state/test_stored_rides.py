"""Rides in the store: who is aboard, who lands with the lead, and what ends a ride."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_makers import NOW, begin, end, put, task

from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import TaskId
from watchbill.domain.pauses import Scope
from watchbill.domain.rides import RideState
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TRANSITIONS, TaskState
from watchbill.scheduling.bill import WatchBill
from watchbill.state import intents, pauses, rides, runs, savings, sessions, snapshot, tasks
from watchbill.state.engine import Connection, Error
from watchbill.state.intents import Intent

LEAD, RIDER, OTHER = TaskId("a"), TaskId("b"), TaskId("c")
LATER = NOW + timedelta(minutes=1)


def boarded(conn: Connection) -> Run:
    """A run of a with b and c in it."""
    put(conn, "b", "c")
    run = begin(conn)
    assert [one.id for one in board(conn, run, "b", "c")] == ["b", "c"]
    return run


def board(conn: Connection, run: Run, *names: str) -> tuple[object, ...]:
    known = [tasks.get(conn, TaskId(name)) for name in names]
    return rides.board(conn, run, [one for one in known if one is not None], NOW)


def states(conn: Connection) -> dict[str, str]:
    return {ride.task: ride.state.value for ride in rides.all_rides(conn)}


def land(conn: Connection, run: Run) -> None:
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED, reason="landed k on main")


def state_of(conn: Connection, name: str) -> TaskState:
    found = tasks.get(conn, TaskId(name))
    assert found is not None
    return found.state


def test_rider_stays_queued_and_nobody_else_begins_it(conn: Connection) -> None:
    boarded(conn)

    assert state_of(conn, "b") is TaskState.QUEUED
    with pytest.raises(IllegalMove, match="it rides with a"):
        begin(conn, "b")


def test_snapshot_knows_leads_by_riders_and_who_goes_alone(conn: Connection) -> None:
    end(conn, boarded(conn), RunState.HANDED_OFF)
    put(conn, "fresh")
    seen = snapshot.load(conn, WatchBill(providers=()), NOW)

    assert seen.rides == {RIDER: LEAD, OTHER: LEAD}
    assert seen.alone == {LEAD, RIDER, OTHER}


def test_riders_land_in_the_transaction_of_their_lead(conn: Connection) -> None:
    run = boarded(conn)
    land(conn, run)
    rider = tasks.get(conn, RIDER)

    assert rider is not None
    assert (rider.state, rider.note) == (TaskState.LANDED, "landed k on main, with a")
    assert [(ride.state, ride.landed_by) for ride in rides.of_task(conn, RIDER)] == [(RideState.LANDED, run.id)]
    assert tasks.done_ids(conn) == {LEAD, RIDER, OTHER}


def test_what_a_rider_landed_is_its_leads_commit(conn: Connection) -> None:
    run = boarded(conn)
    intent = Intent(
        run=run.id,
        task=LEAD,
        repo=run.repo,
        commit="c" * 40,  # type: ignore[arg-type]
        tree="d" * 40,
        target_ref="refs/heads/main",
        old=None,
        delivery="integration",  # type: ignore[arg-type]
    )
    intents.store(conn, run, intent, now=NOW)
    intents.finish(conn, intent, landed=True, now=NOW)
    assert intents.landed(conn, RIDER) is None
    land(conn, run)

    assert intents.landed(conn, RIDER) == intents.landed(conn, LEAD) == intent


@pytest.mark.parametrize("change", [{"body": "more"}, {"title": "Else"}, {"claims": ("x.md",)}, {"needs": (OTHER,)}])
def test_edited_rider_keeps_its_state(conn: Connection, change: dict[str, object]) -> None:
    run = boarded(conn)
    tasks.rewrite(conn, replace(task("b"), **change), NOW)  # type: ignore[arg-type]
    land(conn, run)

    assert (state_of(conn, "b"), state_of(conn, "c")) == (TaskState.QUEUED, TaskState.LANDED)
    assert states(conn) == {"b": "left", "c": "landed"}


def test_moved_rider_is_no_edited_one(conn: Connection) -> None:
    run = boarded(conn)
    tasks.rewrite(conn, task("b", order=7, priority=1), NOW)
    land(conn, run)

    assert state_of(conn, "b") is TaskState.LANDED


def test_held_rider_keeps_its_state(conn: Connection) -> None:
    run = boarded(conn)
    pauses.put(conn, Scope.TASK, "b", until=None, why="", now=NOW)
    pauses.put(conn, Scope.TYPE, "c", until=None, why="", now=NOW)
    land(conn, run)

    assert (state_of(conn, "b"), state_of(conn, "c")) == (TaskState.QUEUED, TaskState.LANDED)


def test_cancelled_rider_keeps_its_state(conn: Connection) -> None:
    run = boarded(conn)
    tasks.move(conn, RIDER, TaskState.CANCELLED, now=NOW)
    land(conn, run)

    assert state_of(conn, "b") is TaskState.CANCELLED
    assert states(conn) == {"b": "left", "c": "landed"}


@pytest.mark.parametrize("state", [RunState.HANDED_OFF, RunState.DEFERRED, RunState.LOST])
def test_riders_stay_while_their_lead_goes_on(conn: Connection, state: RunState) -> None:
    end(conn, boarded(conn), state)

    assert states(conn) == {"b": "riding", "c": "riding"}


@pytest.mark.parametrize("state", [RunState.REJECTED, RunState.FAILED])
def test_riders_leave_when_the_run_came_to_nothing(conn: Connection, state: RunState) -> None:
    end(conn, boarded(conn), state)

    assert states(conn) == {"b": "left", "c": "left"}
    assert not rides.leads(conn)
    assert state_of(conn, "b") is TaskState.QUEUED


@pytest.mark.parametrize("to", [TaskState.CANCELLED, TaskState.FAILED])
def test_whatever_ends_the_lead_ends_the_ride(conn: Connection, to: TaskState) -> None:
    end(conn, boarded(conn))
    tasks.move(conn, LEAD, to, now=LATER)

    assert states(conn) == {"b": "left", "c": "left"}


def test_riders_leave_when_their_lead_is_lost_too_often(conn: Connection) -> None:
    run = boarded(conn)
    for _ in range(runs.MAX_LOSSES - 1):
        assert runs.rescue(conn, run, LATER, "it died")
        assert states(conn) == {"b": "riding", "c": "riding"}
        run = begin(conn)
        board(conn, run, "b", "c")
    runs.rescue(conn, run, LATER, "it died")

    assert states(conn) == {"b": "left", "c": "left"}


def test_riders_stay_with_work_that_waits_for_a_review(conn: Connection) -> None:
    run = boarded(conn)
    session = sessions.get(conn, LEAD)
    assert session is not None
    sessions.save(conn, run, replace(session, checkpoint="f" * 40), NOW)  # type: ignore[arg-type]
    end(conn, run, RunState.REVIEW, task_state=TaskState.REVIEW)
    assert states(conn) == {"b": "riding", "c": "riding"}
    tasks.accept(conn, LEAD, now=LATER)
    run = begin(conn)
    assert len(board(conn, run, "b", "c")) == 2
    land(conn, run)

    assert state_of(conn, "b") is TaskState.LANDED


def test_riders_leave_a_review_that_has_nothing_to_show(conn: Connection) -> None:
    end(conn, boarded(conn), RunState.DEFERRED, task_state=TaskState.REVIEW)

    assert states(conn) == {"b": "left", "c": "left"}


def test_the_next_run_goes_on_with_those_who_are_as_they_were(conn: Connection) -> None:
    end(conn, boarded(conn), RunState.HANDED_OFF)
    tasks.rewrite(conn, task("b", body="more"), NOW)
    run = begin(conn)

    assert [one.id for one in board(conn, run, "b", "c")] == ["c"]  # type: ignore[attr-defined]
    assert states(conn) == {"b": "left", "c": "riding"}
    assert [ride.task for ride in rides.of_run(conn, run.id)] == ["c"]


def test_who_is_not_wanted_any_more_has_left(conn: Connection) -> None:
    end(conn, boarded(conn), RunState.HANDED_OFF)
    board(conn, begin(conn), "b")

    assert states(conn) == {"b": "riding", "c": "left"}


def test_nobody_rides_twice_or_after_a_run_of_its_own(conn: Connection) -> None:
    end(conn, boarded(conn), RunState.REJECTED)
    end(conn, begin(conn, "own"))
    run = begin(conn, "lead")

    assert board(conn, run, "b", "own", "a") == ()


def test_what_is_no_longer_queued_does_not_get_on(conn: Connection) -> None:
    put(conn, "b", state=TaskState.PROPOSED)

    assert board(conn, begin(conn), "b") == ()


def test_a_run_names_those_who_rode_in_it(conn: Connection) -> None:
    first = end(conn, boarded(conn), RunState.REJECTED)
    again = begin(conn, now=LATER + timedelta(minutes=1))

    assert [ride.task for ride in rides.of_run(conn, first.id)] == ["b", "c"]
    assert rides.of_run(conn, again.id) == []


def test_each_rider_that_landed_saved_a_run(conn: Connection) -> None:
    run = boarded(conn)
    tasks.move(conn, OTHER, TaskState.CANCELLED, now=NOW)
    land(conn, run)

    assert savings.savings(conn).merged == savings.savings(conn, run=run.id).merged == 1
    assert savings.savings(conn, since=NOW + timedelta(days=1)).merged == 0


def test_a_ride_that_is_over_never_changes(conn: Connection) -> None:
    land(conn, boarded(conn))

    with pytest.raises(Error, match="never changes"):
        conn.execute("UPDATE rides SET state = 'left'")
    with pytest.raises(Error, match="is remembered"):
        conn.execute("DELETE FROM rides")


def test_a_queued_task_lands_by_riding_alone() -> None:
    assert TaskState.LANDED in TRANSITIONS[TaskState.QUEUED]
    assert TaskState.VERIFIED not in TRANSITIONS[TaskState.QUEUED]
