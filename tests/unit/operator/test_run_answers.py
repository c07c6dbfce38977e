"""Runs as answers, and the report of a run."""

import json
from datetime import timedelta

import pytest
from operator_makers import CLAUDE, GPT, LANDED, NOW, begin, call, end, land, put, spend

from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import runs
from watchbill.operator.reports.run import run_report
from watchbill.state import ledger, tasks
from watchbill.state.engine import Connection


def test_the_newest_run_comes_first(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    begin(conn, "b")

    assert [run["task"] for run in runs.listing(conn, NOW)["runs"]] == ["b", "a"]


def test_runs_are_restricted_by_task_provider_state_and_number(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    begin(conn, "b", GPT)

    def found(**wanted: object) -> list[str]:
        return [run["task"] for run in runs.listing(conn, NOW, **wanted)["runs"]]  # type: ignore[arg-type]

    assert found(task=TaskId("a")) == ["a"]
    assert found(provider="gpt") == ["b"]
    assert found(state=RunState.LANDED) == ["a"]
    assert found(limit=1) == ["b"]


def test_a_runs_money_is_what_its_calls_cost_and_hold(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    spend(conn, run, "0.05")
    spend(conn, run, "0.03")
    call(conn, run, "0.10")

    (only,) = runs.listing(conn, NOW)["runs"]

    assert (only["cost_micro_usd"], only["cost_usd"], only["held_micro_usd"]) == (80_000, 0.08, 200_000)
    assert (only["calls"], only["tokens_in"], only["tokens_out"]) == (3, 2400, 600)


def test_a_call_that_was_never_sent_does_not_count(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    ledger.release(conn, call(conn, run, "0.10"), "over budget", NOW)

    (only,) = runs.listing(conn, NOW)["runs"]

    assert (only["calls"], only["cost_micro_usd"], only["held_micro_usd"]) == (0, 0, 0)


def test_a_running_run_lasts_until_now(conn: Connection) -> None:
    put(conn, "a")
    begin(conn, "a")

    (only,) = runs.listing(conn, NOW + timedelta(minutes=2))["runs"]

    assert (only["seconds"], only["ended_at"]) == (120, None)


def test_a_run_whole_tells_calls_verdicts_and_hand_off(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")

    whole = runs.one(conn, NOW, run.id)

    assert [made["state"] for made in whole["call_list"]] == ["settled"]
    assert [(verdict["passes"], len(verdict["new"]), len(verdict["debt"])) for verdict in whole["verdicts"]] == [
        (False, 1, 0),
        (True, 0, 1),
    ]
    assert whole["session_state"]["handoff"]["summary"] == "half of it"
    assert (whole["commit"], whole["seconds"]) == (LANDED, 300)
    assert "prompt" not in whole


def test_a_held_call_has_no_cost_yet(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    call(conn, run, "0.10")

    (held,) = runs.one(conn, NOW, run.id)["call_list"]

    assert (held["state"], held["cost_micro_usd"], held["tokens_in"], held["bound_micro_usd"]) == (
        "held",
        None,
        None,
        200_000,
    )


def test_the_prompt_is_told_word_for_word_on_wish(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")

    assert runs.one(conn, NOW, run.id, prompt=True)["prompt"] == "You write a."


def test_a_run_that_was_told_nothing_has_an_empty_prompt(conn: Connection) -> None:
    put(conn, "a")

    assert runs.one(conn, NOW, begin(conn, "a").id, prompt=True)["prompt"] == ""


def test_a_session_that_was_begun_anew_is_not_shown_for_old_runs(conn: Connection) -> None:
    put(conn, "a")
    old = land(conn, "a")
    tasks.reopen(conn, TaskId("a"), now=NOW)
    begin(conn, "a")

    assert runs.one(conn, NOW, old.id)["session_state"] is None


def test_an_unknown_run_is_not_found(conn: Connection) -> None:
    with pytest.raises(NotFound, match="there is no run 'run-9'"):
        runs.one(conn, NOW, RunId("run-9"))


def test_a_report_is_json_and_the_same_however_late_it_is_written(conn: Connection) -> None:
    put(conn, "a", "b")
    run = land(conn, "a")

    report = run_report(conn, run.id)

    assert json.loads(json.dumps(report))["task_state"] == "landed"
    assert (report["report"], report["provider"], report["generated_at"]) == (1, CLAUDE, "2026-11-24T12:35:00Z")
    end(conn, begin(conn, "b"), RunState.DEFERRED, TaskState.QUEUED)
    assert run_report(conn, run.id) == report


def test_there_is_no_report_of_an_unknown_run(conn: Connection) -> None:
    with pytest.raises(NotFound):
        run_report(conn, RunId("run-9"))
