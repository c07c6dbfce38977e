"""Conflicts in the store: what is news, what is over, and what was tried beside what landed."""

from datetime import timedelta

from store_makers import COMMIT, NOW, OTHER_COMMIT, begin, end

from watchbill.domain.ids import TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.state import conflicts
from watchbill.state.conflicts import Rung
from watchbill.state.engine import Connection

LATER = NOW + timedelta(minutes=5)


def see(conn: Connection, run: Run, *paths: str, other: str = "main", late: bool = False) -> bool:
    now = LATER if late else NOW
    return conflicts.see(conn, run.id, other, commit=COMMIT, paths=paths, now=now)


def test_a_collision_is_news_once_until_it_is_another_or_comes_back(conn: Connection) -> None:
    run = begin(conn, "a")

    assert see(conn, run, "a.md")
    assert not see(conn, run, "a.md", late=True)
    assert see(conn, run, "b.md", late=True)
    assert conflicts.clear(conn, run.id, "main", LATER)
    assert not conflicts.clear(conn, run.id, "main", LATER)
    assert conflicts.predicted(conn) == []
    assert see(conn, run, "b.md", late=True)


def test_what_ended_collides_with_nothing(conn: Connection) -> None:
    older, newer = begin(conn, "a"), begin(conn, "b")
    see(conn, newer, "a.md", other=older.id)
    see(conn, newer, "a.md")

    assert [one.other for one in conflicts.predicted(conn)] == ["main", older.id]
    end(conn, older)
    assert [one.other for one in conflicts.predicted(conn)] == ["main"]
    end(conn, newer)
    assert conflicts.predicted(conn) == []


def test_what_was_tried_is_kept_in_order_and_counted(conn: Connection) -> None:
    run = begin(conn, "a")
    for rung, worked in ((Rung.REBASE, False), (Rung.THREE_WAY, False), (Rung.PROVIDER, True)):
        conflicts.tried(conn, run, rung, worked=worked, onto=OTHER_COMMIT, paths=("a.md",), now=NOW)
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED)

    assert [one.rung for one in conflicts.of_run(conn, run.id)] == [Rung.REBASE, Rung.THREE_WAY, Rung.PROVIDER]
    assert [one.rung for one in conflicts.handed(conn, TaskId("a"))] == [Rung.PROVIDER]
    totals = conflicts.totals(conn, NOW)
    assert (totals.landed, totals.met, totals.predicted) == (1, 1, 0)
    assert totals.by_rung == {Rung.THREE_WAY: 0, Rung.PROVIDER: 1, Rung.REVIEW: 0}
    assert conflicts.totals(conn, LATER).met == 0
