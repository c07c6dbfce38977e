"""Locks, a run's journey and how runs came out, as answers."""

from datetime import timedelta

from operator_makers import NOW, begin, end, land, outlook, put, spend

from watchbill.domain.findings import Verdict
from watchbill.domain.runs import RunState, Stage
from watchbill.domain.tasks import TaskState
from watchbill.operator.queries import counters, journey, locks, outcomes, status, tasks
from watchbill.operator.sieve import OF_TASKS, parse
from watchbill.state import measures, runs, verdicts
from watchbill.state.engine import Connection


def test_lock_names_its_holder_its_files_its_age_and_who_waits(conn: Connection) -> None:
    put(conn, "a", claims=("book/", "map.md"))
    put(conn, "b", claims=("book/1.md",), provider="gpt")
    put(conn, "c")
    run = begin(conn, "a", at=NOW - timedelta(minutes=12))

    (lock,) = locks.listing(conn, outlook())["locks"]

    assert (lock["task"], lock["run"], lock["provider"], lock["seconds"]) == ("a", run.id, "claude", 720)
    assert lock["files"] == ["book/", "map.md"]
    assert lock["waiting"] == ["b"]


def test_stage_lasts_from_its_first_mark_to_that_of_the_next(conn: Connection) -> None:
    put(conn, "a")
    begun = NOW - timedelta(minutes=30)
    run = begin(conn, "a", at=begun)
    spend(conn, run, "0.05", begun + timedelta(minutes=2))
    verdicts.store(conn, run, Verdict(tree="t", base="u", new=(), debt=(), gates=()), begun + timedelta(minutes=20))
    runs.set_stage(conn, run, Stage.GATE)
    known = runs.get(conn, run.id)
    assert known is not None

    told = {each["stage"]: (each["seconds"], each["now"]) for each in journey.stages(conn, known, NOW)}

    assert told == {
        "brief": (120, False),
        "work": (18 * 60, False),
        "gate": (600, True),
        "land": (None, False),
        "settle": (None, False),
    }


def test_landed_run_has_been_through_every_stage(conn: Connection) -> None:
    put(conn, "a")
    known = runs.get(conn, land(conn, "a").id)
    assert known is not None

    assert all(each["from"] for each in journey.stages(conn, known, NOW))


def test_runs_that_came_to_nothing_are_counted_among_those_that_ended(conn: Connection) -> None:
    put(conn, "a", "b", "c", "d")
    assert outcomes.since(conn, NOW)["wasted_share"] is None
    land(conn, "a")
    end(conn, begin(conn, "b"), RunState.REJECTED, TaskState.QUEUED)
    end(conn, begin(conn, "c"), RunState.HANDED_OFF, TaskState.QUEUED)
    end(conn, begin(conn, "d"), RunState.DEFERRED, TaskState.QUEUED)  # before its first call

    found = outcomes.since(conn, NOW - timedelta(days=1))

    assert (found["ended"], found["landed"], found["wasted"], found["wasted_share"]) == (3, 1, 1, 0.3333)
    assert (
        counters.counters(conn, outlook())["in_vain_ratio"] == measures.ends(conn, NOW - timedelta(days=1)).wasted_share
    )


def test_tasks_are_filtered_by_what_people_call_their_state(conn: Connection) -> None:
    put(conn, "a", "b")
    put(conn, "c", needs=("a",))
    put(conn, "d", claims=("**",), type="docs")
    land(conn, "b")

    def named(text: str) -> list[str]:
        wanted = tasks.Filter(sieve=parse(text, OF_TASKS))
        return [task["id"] for task in tasks.listing(conn, outlook(), wanted)["tasks"]]

    assert named("state:blocked") == ["c"]
    assert named("state:ready") == ["a", "d"]
    assert named("state:done") == ["b"]
    assert named("reason:deps_unmet") == ["c"]
    assert named("type:docs") == ["d"]
    assert named("provider:claude state:ready") == ["a"]
    assert len(named("state:all")) == 4
    assert named("") == ["a", "c", "d"]


def test_list_can_be_read_page_by_page(conn: Connection) -> None:
    put(conn, *(f"t{number}" for number in range(5)))

    found = tasks.listing(conn, outlook(), tasks.Filter(), skip=2, limit=2)

    assert (found["count"], [task["id"] for task in found["tasks"]]) == (5, ["t2", "t3"])


def test_what_was_verified_is_not_counted_as_landed(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    end(conn, begin(conn, "b"), RunState.VERIFIED, TaskState.VERIFIED)

    found = outcomes.since(conn, NOW - timedelta(days=1))
    (claude, *_) = status.status(conn, outlook(now=NOW + timedelta(hours=1)))["providers"]

    assert (found["ended"], found["landed"], found["verified"]) == (2, 1, 1)
    assert (claude["runs_24h"], claude["landed_24h"], claude["verified_24h"]) == (2, 1, 1)
