"""Tasks as answers."""

from datetime import timedelta

import pytest
from operator_makers import BASE, CLAUDE, LANDED, NOW, begin, land, outlook, put

from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import tasks
from watchbill.operator.queries.look import look
from watchbill.operator.queries.tasks import Filter
from watchbill.state.engine import Connection


def ids(conn: Connection, wanted: Filter) -> list[str]:
    return [each["id"] for each in tasks.listing(conn, outlook(), wanted)["tasks"]]


def test_tasks_come_in_the_order_of_work(conn: Connection) -> None:
    put(conn, "late", priority=9)
    put(conn, "soon", priority=1)

    assert ids(conn, Filter()) == ["soon", "late"]


def test_done_ones_come_only_when_asked_for_and_last(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")

    assert ids(conn, Filter()) == ["b"]
    assert ids(conn, Filter(states=frozenset(TaskState))) == ["b", "a"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(text="CHAPTER"), ["c"]),
        (Filter(type="polish"), ["p"]),
        (Filter(repo="nowhere"), []),
        (Filter(repo="novel"), ["c", "p", "w"]),
        (Filter(states=frozenset({TaskState.REVIEW})), []),
    ],
)
def test_filters_restrict(conn: Connection, wanted: Filter, found: list[str]) -> None:
    put(conn, "c", title="A chapter")
    put(conn, "p", type=TaskType("polish"))
    put(conn, "w")

    assert ids(conn, wanted) == found


def test_every_task_that_does_not_run_has_a_reason(conn: Connection) -> None:
    put(conn, "a")
    put(conn, "b", needs=(TaskId("a"),))

    (one, two) = tasks.listing(conn, outlook(), Filter())["tasks"]

    assert one["decision"]["kind"] == "start"
    assert (two["decision"]["reason"], two["decision"]["kind"]) == ("deps_unmet", "wait")


def test_a_used_up_task_is_about_to_be_given_up(conn: Connection) -> None:
    put(conn, "a", attempts=4)

    (only,) = tasks.listing(conn, outlook(), Filter())["tasks"]

    assert (only["decision"]["kind"], only["decision"]["why"]) == ("give_up", "4 of 4 attempts did not land")


def test_a_running_task_needs_no_decision(conn: Connection) -> None:
    put(conn, "a")
    begin(conn, "a")

    (only,) = tasks.listing(conn, outlook(), Filter())["tasks"]

    assert (only["state"], only["decision"]) == ("running", None)


def test_a_task_whole_tells_its_runs_session_and_landing(conn: Connection) -> None:
    put(conn, "a", requirements="two oaths", effort=timedelta(hours=1), extra={"type because": "so"})
    land(conn, "a")

    whole = tasks.one(conn, outlook(), TaskId("a"))

    assert whole["landed"] == {"commit": LANDED, "target": "refs/heads/watchbill/main"}
    assert [run["provider"] for run in whole["runs"]] == [CLAUDE]
    assert whole["session"]["handoff"]["next_steps"] == ("the end",)
    assert (whole["requirements"], whole["effort_minutes"]) == ("two oaths", 60)
    assert whole["runs"][0]["base"] == BASE


def test_a_new_task_has_neither_session_nor_landing(conn: Connection) -> None:
    put(conn, "a")

    whole = tasks.one(conn, outlook(), TaskId("a"))

    assert (whole["session"], whole["landed"], whole["runs"], whole["created_at"]) == (
        None,
        None,
        [],
        "2026-11-24T12:30:00Z",
    )
    assert NOW.isoformat().startswith("2026-11-24T12:30:00")


def test_the_beginning_of_an_id_suffices_where_it_is_the_only_one(conn: Connection) -> None:
    put(conn, "scene-1", "scene-2", "other")

    assert tasks.get(conn, TaskId("oth")).id == tasks.get(conn, TaskId("oth…")).id == "other"
    with pytest.raises(NotFound, match="several tasks begin with 'sce': scene-1, scene-2"):
        tasks.get(conn, TaskId("sce"))


def test_a_whole_id_goes_before_longer_ones(conn: Connection) -> None:
    put(conn, "scene-1", "scene-10")

    assert tasks.get(conn, TaskId("scene-1")).id == "scene-1"


def test_of_many_that_begin_so_the_first_are_named_and_the_rest_counted(conn: Connection) -> None:
    put(conn, *(f"scene-{number}" for number in range(10)))

    with pytest.raises(NotFound, match=r"scene-7 and 2 more$"):
        tasks.get(conn, TaskId("scene"))


@pytest.mark.parametrize(
    ("said", "told"), [("duen", "did you mean dune-and-dusk"), ("moon", "'moon'$"), ("scnee", "'scnee'$")]
)
def test_a_misspelt_task_is_guessed_where_only_one_is_like_it(conn: Connection, said: str, told: str) -> None:
    put(conn, "dune-and-dusk", "scene-1", "scene-2")

    with pytest.raises(NotFound, match=told):
        tasks.get(conn, TaskId(said))


def test_an_unknown_task_is_not_found(conn: Connection) -> None:
    with pytest.raises(NotFound, match="there is no task 'x'"):
        tasks.one(conn, outlook(), TaskId("x"))


def test_what_is_decided_is_gathered_once_for_all_tasks(conn: Connection) -> None:
    put(conn, "a", "b")

    seen = look(conn, outlook())

    assert seen.decision_by_task is seen.decision_by_task
    assert set(seen.decision_by_task) == {"a", "b"}
