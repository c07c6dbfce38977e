"""Forecasts as answers."""

from datetime import timedelta

import pytest
from operator_makers import CLAUDE, NOW, asked, begin, bill, land, outlook, provider, put

from watchbill.domain.approvals import Approval
from watchbill.domain.ids import Commit, TaskId
from watchbill.domain.money import usd
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import Wish
from watchbill.operator.faults import BadQuestion
from watchbill.operator.queries import forecasts
from watchbill.scheduling.bill import SlotPolicy
from watchbill.state import approvals, undoings
from watchbill.state.engine import Connection


def test_the_plan_lists_starts_with_their_running_sum(conn: Connection) -> None:
    put(conn, "a")
    put(conn, "b", needs=(TaskId("a"),))

    answer = asked(forecasts.plan, conn, outlook(), timedelta(hours=3))

    assert [(start["task"], start["sum_usd"]) for start in answer["starts"]] == [("a", 0.05), ("b", 0.1)]
    assert (answer["until"], answer["not_scheduled"]) == ("2026-11-24T15:30:00Z", [])


def test_the_plan_says_why_the_others_do_not_start(conn: Connection) -> None:
    put(conn, "a", needs=(TaskId("x"),), title="Waits")

    (only,) = asked(forecasts.plan, conn, outlook(), timedelta(hours=3))["not_scheduled"]

    assert (only["task"], only["title"], only["reason"]) == ("a", "Waits", "deps_unmet")


def test_the_plan_tells_what_runs(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")

    assert asked(forecasts.plan, conn, outlook(), timedelta(hours=1))["running"] == [
        {"run": run.id, "task": "a", "provider": "claude"}
    ]


def test_the_plan_writes_nothing(conn: Connection) -> None:
    put(conn, "a")
    before = conn.total_changes

    asked(forecasts.plan, conn, outlook(), timedelta(hours=24))

    assert conn.total_changes == before


def test_a_plan_at_a_time_begins_there_where_no_daemon_runs(conn: Connection) -> None:
    put(conn, "a", provider="gpt")
    at = NOW + timedelta(hours=2, minutes=45)

    answer = asked(forecasts.plan, conn, outlook(daemon=None), timedelta(hours=2), at)

    assert [start["at"] for start in answer["starts"]] == ["2026-11-24T15:15:00Z"]
    assert (answer["generated_at"], answer["from"], answer["until"]) == (
        "2026-11-24T12:30:00Z",
        "2026-11-24T15:15:00Z",
        "2026-11-24T17:15:00Z",
    )
    assert answer["supposing"] == ["no daemon runs; one begins then"]


def test_a_plan_at_a_time_counts_what_a_daemon_does_until_then(conn: Connection) -> None:
    put(conn, "a")
    put(conn, "b", needs=(TaskId("a"),))
    put(conn, "c", needs=(TaskId("b"),))

    answer = asked(forecasts.plan, conn, outlook(), timedelta(hours=2), NOW + timedelta(minutes=15))

    begun = [(start["task"], start["at"], start["sum_usd"]) for start in answer["starts"]]
    assert begun == [("b", "2026-11-24T12:40:00Z", 0.1), ("c", "2026-11-24T12:50:00Z", 0.15)]
    assert answer["supposing"] == ["the daemon works on until then as it is planned now"]


def test_a_plan_of_now_supposes_nothing(conn: Connection) -> None:
    answer = asked(forecasts.plan, conn, outlook(), timedelta(hours=2))

    assert (answer["from"], answer["supposing"]) == (answer["generated_at"], [])


@pytest.mark.parametrize(("off", "word"), [(timedelta(hours=-1), "over"), (timedelta(days=15), "too far off")])
def test_a_plan_is_made_for_what_can_be_foreseen(conn: Connection, off: timedelta, word: str) -> None:
    with pytest.raises(BadQuestion, match=f"is {word}: a plan is made for the next 14 days"):
        asked(forecasts.plan, conn, outlook(), timedelta(hours=2), NOW + off)


def test_why_names_who_takes_it_now(conn: Connection) -> None:
    put(conn, "a")

    answer = asked(forecasts.why, conn, outlook(), TaskId("a"))

    assert answer["summary"] == "it can start now: claude is on watch and fits write 0.90"
    assert answer["earliest"] == {"at": "2026-11-24T12:30:00Z", "provider": "claude"}
    assert all(check["passes"] for check in answer["checks"])
    assert [each["provider"] for each in answer["candidates"]] == ["claude", "gpt", "local"]


def test_why_names_the_hour_that_it_waits_for(conn: Connection) -> None:
    put(conn, "a", provider="gpt")
    strict = outlook(bill=bill(policy=SlotPolicy.STRICT))

    answer = asked(forecasts.why, conn, strict, TaskId("a"))

    assert answer["summary"].startswith("out_of_slot: ")
    assert answer["earliest"] == {"at": "2026-11-24T13:00:00Z", "provider": "gpt"}
    assert answer["force"] == "watchbill schedule override 12 gpt --for 1h -m WHY"


def test_why_says_so_when_it_never_starts(conn: Connection) -> None:
    put(conn, "a", needs=(TaskId("x"),))

    answer = asked(forecasts.why, conn, outlook(), TaskId("a"))

    assert answer["earliest"] is None
    assert answer["binding"]["reason"] == "deps_unmet"
    assert [check["name"] for check in answer["checks"] if not check["passes"]] == ["depends on"]


def test_why_of_a_running_task_names_its_run(conn: Connection) -> None:
    put(conn, "a")
    begin(conn, "a")

    answer = asked(forecasts.why, conn, outlook(), TaskId("a"))

    assert answer["summary"] == "runs on claude since 12:30 UTC"
    assert (answer["earliest"], answer["binding"]) == (None, None)


def test_why_of_a_used_up_task(conn: Connection) -> None:
    put(conn, "a", attempts=4)

    assert asked(forecasts.why, conn, outlook(), TaskId("a"))["summary"] == (
        "attempts_exhausted: 4 of 4 attempts did not land"
    )


def test_why_of_a_done_task_says_how_it_ended(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    put(conn, "c", state=TaskState.CANCELLED)

    assert asked(forecasts.why, conn, outlook(), TaskId("a"))["summary"] == "it is landed: passes"
    assert asked(forecasts.why, conn, outlook(), TaskId("c"))["summary"] == "it is cancelled"


def test_why_of_a_landing_that_somebody_wants_back_says_so(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")
    terms = bill().repos[0]
    wish = Wish(
        run=run.id,
        task=run.task,
        repo=run.repo,
        commit=Commit("c" * 40),
        target_ref=f"refs/heads/{terms.integration}",
        delivery=terms.delivery,
        who="ann",
        why="not so",
    )
    undoings.want(conn, wish, NOW)

    assert asked(forecasts.why, conn, outlook(), TaskId("a"))["summary"] == (
        f"it is landed: passes; undo-1 takes {run.id} back, which ann asked for, once a daemon is at work on it"
    )


def test_why_of_a_task_in_review_says_how_to_decide_until_somebody_did(conn: Connection) -> None:
    put(conn, "a", state=TaskState.REVIEW)
    before = asked(forecasts.why, conn, outlook(), TaskId("a"))
    approvals.give(conn, Approval(task=TaskId("a"), tree="c" * 40, who="ann", given_at=NOW))

    assert before["force"] == "watchbill review show a"
    assert asked(forecasts.why, conn, outlook(), TaskId("a"))["force"] == ""


def test_the_schedule_joins_neighbouring_hours(conn: Connection) -> None:
    shifts = outlook(bill=bill(providers=(provider(CLAUDE, range(12, 15)), provider(CLAUDE, range(0), always=True))))

    answer = forecasts.schedule(conn, shifts, timedelta(hours=4))

    assert answer["turns"] == [
        {"from": "2026-11-24T12:00:00Z", "to": "2026-11-24T15:00:00Z", "owners": ["claude"]},
        {"from": "2026-11-24T15:00:00Z", "to": "2026-11-24T16:00:00Z", "owners": []},
    ]
    assert (answer["always"], NOW.hour) == (["claude"], 12)


def test_a_start_tells_what_its_like_has_cost(conn: Connection) -> None:
    for number, cost in enumerate(("0.01", "0.02", "0.03", "0.04", "0.20")):
        put(conn, f"old{number}")
        land(conn, f"old{number}", cost)
    put(conn, "a")

    (start,) = asked(forecasts.plan, conn, outlook(), timedelta(hours=1))["starts"]

    expected = start["expected"]
    assert (expected["runs"], expected["p50_usd"], expected["p90_usd"]) == (5, 0.03, 0.2)


def test_why_says_that_a_bound_stands_for_too_little_history(conn: Connection) -> None:
    put(conn, "a", max_cost=usd("0.3"))

    expected = {
        each["provider"]: each["expected"] for each in asked(forecasts.why, conn, outlook(), TaskId("a"))["candidates"]
    }

    assert expected["claude"]["words"].startswith("at most $0.30, its cap: 0 runs of its like are too few")
    assert (expected["local"]["words"], expected["local"]["p90_usd"]) == ("free", 0)
