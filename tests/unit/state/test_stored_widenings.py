"""Widenings in the store: asked, offered, accepted, refused."""

import pytest
from store_makers import NOW, begin, end, put, task

from watchbill.daemon import widening
from watchbill.domain.errors import LeaseLost
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.widening import Free, Held, Unfit
from watchbill.state import tasks, widenings
from watchbill.state.engine import Connection
from watchbill.state.widenings import WideningState


def states(conn: Connection) -> dict[str, WideningState]:
    return {each.pattern: each.state for each in widenings.of_task(conn, TaskId("a"))}


def offered(conn: Connection) -> Run:
    run = begin(conn, "a")
    widening.put_before_a_person(conn, run, ["b.md"], now=NOW)
    return end(conn, run, RunState.REVIEW, task_state=TaskState.REVIEW)


def test_each_wish_is_remembered_with_what_became_of_it(conn: Connection) -> None:
    run = begin(conn, "a")
    begin(conn, "taken")

    for pattern in ("free.md", "taken.md", "**"):
        widening.decide(conn, run, [pattern], why="it has to", now=NOW)

    assert states(conn) == {
        "free.md": WideningState.GRANTED,
        "taken.md": WideningState.WANTED,
        "**": WideningState.REFUSED,
    }


def test_accepting_the_task_grants_what_was_offered(conn: Connection) -> None:
    offered(conn)

    assert tasks.accept(conn, TaskId("a"), now=NOW).reach == ("a.md", "b.md")
    assert states(conn) == {"b.md": WideningState.GRANTED}


def test_what_is_done_anew_has_no_offers(conn: Connection) -> None:
    offered(conn)

    tasks.reopen(conn, TaskId("a"), now=NOW)

    assert states(conn) == {"b.md": WideningState.REFUSED}


def test_what_is_taken_is_not_offered(conn: Connection) -> None:
    run = begin(conn, "a")
    begin(conn, "b")

    assert isinstance(widening.put_before_a_person(conn, run, ["b.md"], now=NOW), Held)
    assert states(conn) == {}


def test_a_task_that_was_done_begins_anew_with_its_own_files(conn: Connection) -> None:
    run = begin(conn, "a")
    widening.decide(conn, run, ["b.md"], why="", now=NOW)
    end(conn, run, RunState.LANDED, task_state=TaskState.LANDED)

    assert tasks.reopen(conn, TaskId("a"), now=NOW).reach == ("a.md",)


def test_who_lost_its_lease_is_given_nothing(conn: Connection) -> None:
    run = begin(conn, "a")
    end(conn, run)

    with pytest.raises(LeaseLost):
        widening.decide(conn, run, ["b.md"], why="", now=NOW)


def finding(rule: str, path: str = "b.md", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(gate="change", rule=rule, path=path, line=0, message="", severity=severity)


def test_a_change_that_is_wrong_in_another_way_has_no_strays() -> None:
    warned = finding("size", severity=Severity.WARNING)

    assert widening.outside([finding("claims"), warned]) == ("b.md",)
    assert widening.outside([finding("claims"), finding("secret")]) == ()
    assert widening.outside([]) == ()


def test_a_model_reads_what_became_of_its_wish() -> None:
    asked = task("a", widened=("b.md",))

    assert "a.md, b.md" in widening.told(Free(patterns=("b.md",)), ["b.md"], asked)
    assert "refused: no" in widening.told(Unfit(why="no"), ["**"], asked)


def test_the_queue_cannot_take_away_what_was_granted(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    widening.decide(conn, run, ["b.md"], why="", now=NOW)

    tasks.rewrite(conn, task("a", title="Another"), NOW)

    found = tasks.get(conn, TaskId("a"))
    assert found is not None
    assert (found.title, found.reach) == ("Another", ("a.md", "b.md"))
