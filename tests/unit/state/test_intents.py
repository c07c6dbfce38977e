"""Intents: the exact commit is durable before a branch moves, and finished once."""

from dataclasses import replace

import pytest
from store_makers import COMMIT, NOW, OTHER_COMMIT, SITE, begin, end

from watchbill.domain.errors import IllegalMove, LeaseLost
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Delivery, TaskState
from watchbill.state import intents, tasks
from watchbill.state.engine import Connection, IntegrityError
from watchbill.state.intents import Intent


def intent_of(run: Run) -> Intent:
    return Intent(
        run=run.id,
        task=run.task,
        repo=SITE,
        commit=COMMIT,
        tree="tree",
        target_ref="refs/heads/watchbill/main",
        old=OTHER_COMMIT,
        delivery=Delivery.INTEGRATION,
    )


def test_what_is_stored_is_pending_until_it_is_finished(conn: Connection):
    run = begin(conn)
    intent = intent_of(run)

    intents.store(conn, run, intent, NOW)
    assert intents.pending(conn) == [intent]
    intents.finish(conn, intent, landed=True, now=NOW)

    assert intents.pending(conn) == []
    assert intents.landed(conn, run.task) == intent


def test_what_never_landed_is_not_told_as_landed(conn: Connection):
    run = begin(conn)
    intents.store(conn, run, intent_of(run), NOW)

    intents.finish(conn, intent_of(run), landed=False, now=NOW)

    assert intents.landed(conn, run.task) is None


def test_a_branch_that_is_not_there_yet_has_no_old_commit(conn: Connection):
    run = begin(conn)
    intent = replace(intent_of(run), old=None)

    intents.store(conn, run, intent, NOW)

    assert intents.pending(conn) == [intent]


def test_a_landing_is_finished_once(conn: Connection):
    run = begin(conn)
    intents.store(conn, run, intent_of(run), NOW)
    intents.finish(conn, intent_of(run), landed=True, now=NOW)

    with pytest.raises(IllegalMove, match="not pending"):
        intents.finish(conn, intent_of(run), landed=False, now=NOW)


def test_a_run_tries_again_after_a_branch_moved_under_it(conn: Connection):
    run = begin(conn)
    intents.store(conn, run, intent_of(run), NOW)
    intents.finish(conn, intent_of(run), landed=False, now=NOW)

    intents.store(conn, run, intent_of(run), NOW)

    assert len(intents.pending(conn)) == 1


def test_a_run_has_one_landing_under_way(conn: Connection):
    run = begin(conn)
    intents.store(conn, run, intent_of(run), NOW)

    with pytest.raises(IntegrityError):
        intents.store(conn, run, replace(intent_of(run), commit=OTHER_COMMIT), NOW)


def test_only_the_holder_intends(conn: Connection):
    run = begin(conn)
    end(conn, run)

    with pytest.raises(LeaseLost):
        intents.store(conn, run, intent_of(run), NOW)


def test_nothing_is_landed_for_a_task_that_was_cancelled(conn: Connection):
    run = begin(conn)
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW)

    with pytest.raises(LeaseLost, match="no longer running"):
        intents.store(conn, run, intent_of(run), NOW)
