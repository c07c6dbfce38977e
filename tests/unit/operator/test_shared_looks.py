"""The last look is shared as long as a fresh one would say the same."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from operator_makers import NOW, begin, bill, land, outlook, put

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import TaskState
from watchbill.operator.memory import LASTS, Memory
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import look
from watchbill.state import events, tasks
from watchbill.state.engine import Connection


def remembering() -> Outlook:
    return replace(outlook(), memory=Memory(lambda: 0))


def test_answers_share_a_look_while_nothing_changes(conn: Connection) -> None:
    put(conn, "a")
    here = remembering()

    assert look(conn, here).snapshot is look(conn, replace(here, now=NOW + timedelta(seconds=5))).snapshot


def test_what_was_written_in_the_same_transaction_is_seen(conn: Connection) -> None:
    put(conn, "a")
    here = remembering()
    look(conn, here)

    put(conn, "b")

    assert [task.id for task in look(conn, here).snapshot.tasks] == ["a", "b"]


def test_what_is_written_aside_leaves_a_look_as_it_is(conn: Connection) -> None:
    put(conn, "a")
    aside = 0
    here = replace(outlook(), memory=Memory(lambda: aside))
    first = look(conn, here)

    before = conn.total_changes
    events.append(conn, "daemon.tick_idle", {"next": "soon"}, NOW)
    aside += conn.total_changes - before

    assert look(conn, here).snapshot is first.snapshot


@pytest.mark.parametrize("later", [LASTS, timedelta(days=1), -timedelta(seconds=1)])
def test_a_look_is_made_anew_once_it_is_old_or_the_clock_was_set_back(conn: Connection, later: timedelta) -> None:
    put(conn, "a")
    here = remembering()

    assert look(conn, here).snapshot is not look(conn, replace(here, now=NOW + later)).snapshot


def test_another_bill_and_a_broken_repository_are_seen_at_once(conn: Connection) -> None:
    put(conn, "a")
    here = remembering()
    first = look(conn, here)

    assert look(conn, replace(here, bill=bill(max_parallel=1))).snapshot is not first.snapshot
    assert (
        look(conn, replace(here, broken_repos={"novel": "it is gone"})).snapshot.broken_repos["novel"] == "it is gone"
    )


@pytest.mark.parametrize("seed", range(8))
def test_after_any_writes_the_shared_look_equals_a_fresh_one(conn: Connection, seed: int) -> None:
    chance, here, known = Random(seed), remembering(), 0
    for _ in range(12):
        for _ in range(chance.randrange(3)):
            open_ = [task for task in tasks.open_tasks(conn) if task.state is TaskState.QUEUED]
            match chance.choice(("put", "cancel", "begin", "event")):
                case "cancel" if open_:
                    tasks.move(conn, chance.choice(open_).id, TaskState.CANCELLED, now=NOW, note="no")
                case "begin" if open_:
                    chance.choice((begin, land))(conn, chance.choice(open_).id)
                case "event":
                    events.append(conn, "daemon.tick_idle", {"next": "soon"}, NOW)
                case _:
                    known += 1
                    put(conn, f"t{known}", needs=(TaskId(f"t{known - 1}"),) if chance.random() < 0.3 else ())
        shared, fresh = look(conn, here), look(conn, replace(here, memory=None))
        assert (shared.snapshot, shared.plan, shared.decision_by_task) == (
            fresh.snapshot,
            fresh.plan,
            fresh.decision_by_task,
        )
