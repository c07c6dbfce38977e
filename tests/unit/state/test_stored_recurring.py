"""Recurring entries and turns in the store."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_makers import CLAUDE, COMMIT, GPT, NOW, OTHER_COMMIT, SITE, put, task

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.state import passes, recurring, tasks
from watchbill.state.engine import Connection, Error
from watchbill.state.recurring import Recurrence

HOUR = timedelta(hours=1)
LOOKED = Recurrence(
    entry="writer",
    seen=NOW,
    looked_at=NOW + HOUR,
    commit=COMMIT,
    found=("a.txt", "b.txt"),
    made=(TaskId("writer-a"),),
    owed=("b.txt",),
    fault="half of it",
)


def make(conn: Connection, name: str, target: str, at=NOW) -> bool:
    return recurring.make(conn, "writer", target, task(name), occurrence=at, now=NOW)


def test_a_look_is_kept_whole_and_the_next_one_takes_its_place(conn: Connection) -> None:
    recurring.looked(conn, LOOKED)
    assert recurring.all_recurrences(conn) == {"writer": LOOKED}

    later = Recurrence(entry="writer", seen=NOW + HOUR, looked_at=NOW + HOUR, commit=OTHER_COMMIT)
    recurring.looked(conn, later)
    assert recurring.all_recurrences(conn) == {"writer": later}


def test_an_occurrence_that_is_passed_by_leaves_the_last_look_as_it_was(conn: Connection) -> None:
    recurring.pass_by(conn, "writer", NOW)
    assert recurring.all_recurrences(conn) == {"writer": Recurrence(entry="writer", seen=NOW)}

    recurring.looked(conn, LOOKED)
    recurring.pass_by(conn, "writer", NOW - HOUR)
    assert recurring.all_recurrences(conn) == {"writer": replace(LOOKED, seen=NOW - HOUR)}


def test_a_target_is_taken_while_a_task_for_it_is_open_or_failed(conn: Connection) -> None:
    for name in ("a", "b", "c"):
        assert make(conn, name, f"{name}.txt")
    tasks.move(conn, TaskId("b"), TaskState.CANCELLED, now=NOW)
    tasks.move(conn, TaskId("c"), TaskState.FAILED, now=NOW)

    assert recurring.open_targets(conn, "writer") == {"a.txt": TaskState.QUEUED, "c.txt": TaskState.FAILED}
    assert recurring.open_targets(conn, "other") == {}


def test_the_same_task_is_made_once(conn: Connection) -> None:
    assert make(conn, "a", "a.txt")
    assert not make(conn, "a", "a.txt")


def test_the_latest_occurrence_of_each_target_is_known(conn: Connection) -> None:
    make(conn, "a", "a.txt")
    make(conn, "a2", "a.txt", NOW + HOUR)
    make(conn, "b", "b.txt")

    assert recurring.latest_by_target(conn, "writer") == {"a.txt": NOW + HOUR, "b.txt": NOW}


def test_a_task_knows_the_entry_that_made_it(conn: Connection) -> None:
    make(conn, "a", "a.txt")
    put(conn, "b")

    assert recurring.entry_of(conn, TaskId("a")) == "writer"
    assert recurring.entry_of(conn, TaskId("b")) is None


def test_stand_ins_are_kept_with_the_task_and_rewritten_with_it(conn: Connection) -> None:
    put(conn, "a", provider=CLAUDE, fallback=(GPT, CLAUDE))
    found = tasks.get(conn, TaskId("a"))
    assert found is not None
    assert found.fallback == (GPT, CLAUDE)

    tasks.rewrite(conn, replace(found, fallback=()), NOW)
    assert tasks.open_tasks(conn)[0].fallback == ()


def test_places_of_repositories_are_kept(conn: Connection) -> None:
    assert passes.all_passes(conn) == {}

    passes.put(conn, SITE, 5)
    passes.put(conn, RepoName("app"), 7)
    passes.put(conn, SITE, 9)

    assert passes.all_passes(conn) == {"app": 7, "site": 9}
    with pytest.raises(Error):
        passes.put(conn, SITE, -1)
