"""The journal of decisions: only what changed, with what it was decided from."""

from datetime import timedelta

from store_makers import NOW, put

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import TaskState
from watchbill.state import decisions, tasks
from watchbill.state.decisions import Journaled
from watchbill.state.engine import Connection

WAITS = ("a", "wait", "deps_unmet", '{"for":"b"}')
STARTS = ("a", "start", "claude m", "{}")
OTHER = ("b", "wait", "paused", "{}")


def test_what_was_decided_last_is_told(conn: Connection):
    decisions.journal(conn, NOW, decisions.pack("{}"), [WAITS])
    decisions.journal(conn, NOW + timedelta(minutes=1), decisions.pack("{}"), [STARTS])

    latest = decisions.latest(conn, "a")

    assert latest is not None
    assert (latest.at, latest.kind, latest.reason, latest.body) == (
        NOW + timedelta(minutes=1),
        "start",
        "claude m",
        "{}",
    )


def test_nothing_was_decided_about_what_nobody_looked_at(conn: Connection):
    assert decisions.latest(conn, "a") is None


def test_an_unchanged_decision_is_not_journaled_again(conn: Connection):
    assert decisions.journal(conn, NOW, decisions.pack("1"), [WAITS, OTHER]) == 2
    assert decisions.journal(conn, NOW, decisions.pack("2"), [WAITS, OTHER]) == 0
    assert decisions.journal(conn, NOW, decisions.pack("3"), [("a", "wait", "deps_unmet", '{"for":"c"}'), STARTS]) == 1

    assert [entry.inputs for entry in decisions.replayable(conn)] == ["1", "3"]


def test_a_decision_that_comes_back_is_news(conn: Connection):
    for decided in (WAITS, STARTS, WAITS):
        assert decisions.journal(conn, NOW, decisions.pack("{}"), [decided]) == 1


def test_every_look_can_be_replayed_from_its_inputs(conn: Connection):
    inputs = '{"tasks":["ä"]}'
    decisions.journal(conn, NOW, decisions.pack(inputs), [OTHER, WAITS])

    assert list(decisions.replayable(conn)) == [Journaled(at=NOW, inputs=inputs, decisions=(WAITS, OTHER))]


def test_the_same_inputs_are_kept_once_and_compressed(conn: Connection):
    inputs = "x" * 10_000
    decisions.journal(conn, NOW, decisions.pack(inputs), [WAITS])
    decisions.journal(conn, NOW, decisions.pack(inputs), [OTHER])

    (row,) = conn.execute("SELECT length(body) AS bytes FROM plan_inputs").fetchall()
    assert row["bytes"] < 100


def test_what_stands_is_the_last_of_each_open_task(conn: Connection):
    put(conn, "a")
    put(conn, "b")
    put(conn, "done")
    tasks.move(conn, TaskId("done"), TaskState.CANCELLED, now=NOW)
    for decided in (WAITS, STARTS, OTHER, ("done", "wait", "paused", "{}"), ("run-1", "relieve", "late", "{}")):
        decisions.journal(conn, NOW, decisions.pack("{}"), [decided])

    assert decisions.standing(conn) == {"a": ("start", "claude m"), "b": ("wait", "paused")}
