"""The status: it always says why nothing runs, and what needs a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from operator_makers import (
    CLAUDE,
    GPT,
    LOCAL,
    NOVEL,
    NOW,
    begin,
    bill,
    call,
    end,
    happened,
    land,
    outlook,
    provider,
    put,
)

from watchbill.domain.approvals import Approval
from watchbill.domain.breakers import Sign
from watchbill.domain.findings import Finding
from watchbill.domain.ids import Commit, ProviderName, RepoName, TaskId
from watchbill.domain.money import usd
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import UndoState, Wish
from watchbill.domain.validations import Blame, Validation
from watchbill.domain.windows import Caps
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import ConfigFacts, Outlook
from watchbill.operator.queries.status import status
from watchbill.state import approvals, breakers, holds, intents, ledger, pauses, tasks, undoings, validations
from watchbill.state.engine import Connection
from watchbill.state.pauses import Scope


def standing(answer: Plain, name: str) -> Plain:
    return next(each for each in answer["providers"] if each["name"] == name)


def test_an_empty_queue_is_why_nothing_runs(conn: Connection) -> None:
    assert status(conn, outlook())["why_idle"] == "the queue is empty: no task is open"


def test_what_is_about_to_start_is_said(conn: Connection) -> None:
    put(conn, "a", "b")

    assert status(conn, outlook())["why_idle"] == "a is about to start on claude"


def test_without_a_daemon_that_is_why(conn: Connection) -> None:
    put(conn, "a")

    assert status(conn, outlook(daemon=None))["why_idle"] == (
        "no daemon runs; a is about to start on claude once it does: watchbill serve"
    )


def test_several_that_start_are_counted(conn: Connection) -> None:
    put(conn, "a", "b")
    two = bill(providers=(provider(CLAUDE, concurrent=2),))

    assert status(conn, outlook(bill=two))["why_idle"] == "a is about to start on claude and 1 more"


def test_what_waits_tells_its_binding_constraint(conn: Connection) -> None:
    put(conn, "a", needs=(TaskId("x"),))

    answer = status(conn, outlook())

    assert answer["why_idle"] == "1 of 1 waiting: deps_unmet; a: waits for x (no open task is called so)"
    assert answer["waiting"] == {"deps_unmet": 1}


def test_until_when_is_told_once(conn: Connection) -> None:
    put(conn, "a")
    pauses.put(conn, Scope.TYPE, "write", until=NOW + timedelta(minutes=5), why="tea", now=NOW)

    assert status(conn, outlook())["why_idle"].count(" until ") == 1


def test_what_waits_for_people_says_so(conn: Connection) -> None:
    put(conn, "a", state=TaskState.PROPOSED)
    put(conn, "b", state=TaskState.REVIEW)

    assert status(conn, outlook())["why_idle"] == "all 2 open tasks wait for you"


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (outlook(), "approved: a; lands by itself; 1 more wait for you"),
        (outlook(daemon=None), "approved: a; no daemon runs to land it: watchbill serve; 1 more wait for you"),
    ],
)
def test_what_is_approved_waits_for_nobody(conn: Connection, seen: Outlook, says: str) -> None:
    put(conn, "b", state=TaskState.PROPOSED)
    put(conn, "a", state=TaskState.REVIEW)
    approvals.give(conn, Approval(task=TaskId("a"), tree="c" * 40, who="ann", given_at=NOW))

    assert status(conn, seen)["why_idle"] == says


def test_while_something_runs_nothing_is_idle(conn: Connection) -> None:
    put(conn, "a")
    begin(conn, "a")

    answer = status(conn, outlook())

    assert answer["why_idle"] == ""
    assert [(run["task"], run["provider"], run["stage"]) for run in answer["running"]] == [("a", "claude", "brief")]


def test_the_watch_tells_whose_turn_it_is_and_who_follows(conn: Connection) -> None:
    assert status(conn, outlook())["watch"] == {
        "policy": "prefer",
        "zone": "UTC",
        "on_watch": ["claude", "local"],
        "owners": ["claude"],
        "turns_at": "2026-11-24T13:00:00Z",
        "by_hand": "",
        "then": ["gpt"],
    }


def test_tasks_are_counted_by_state(conn: Connection) -> None:
    put(conn, "a", "b", "c")
    land(conn, "a")

    counts = status(conn, outlook())["counts"]

    assert (counts["queued"], counts["landed"], counts["failed"]) == (2, 1, 0)


def test_a_rejected_configuration_is_told_with_its_problems_and_is_one(conn: Connection) -> None:
    facts = ConfigFacts(loaded_at=NOW, rejected_at=NOW, problems=("watchbill.toml:4: daemon.zone: is none",))

    answer = status(conn, outlook(configuration=facts))

    assert answer["configuration"]["problems"] == ["watchbill.toml:4: daemon.zone: is none"]
    assert answer["configuration"]["rejected_at"] == "2026-11-24T12:30:00Z"
    assert any("the last good one is in force" in problem for problem in answer["problems"])


def test_a_configuration_in_force_is_no_problem(conn: Connection) -> None:
    answer = status(conn, outlook(configuration=ConfigFacts(loaded_at=NOW)))

    assert answer["problems"] == []


def test_a_providers_day_is_told(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a", cost="0.50", at=NOW - timedelta(hours=1))
    end(conn, begin(conn, "b", at=NOW - timedelta(hours=1)), RunState.REJECTED, TaskState.QUEUED)

    claude = standing(status(conn, outlook()), "claude")

    assert (claude["runs_24h"], claude["landed_24h"], claude["cost_24h_usd"], claude["hours"]) == (2, 1, 0.5, "0-23/2")
    assert standing(status(conn, outlook()), "local")["hours"] == "always"


def test_a_provider_without_a_key_tells_why(conn: Connection) -> None:
    terms = bill(providers=(provider(CLAUDE, configured=False), provider(GPT, configured=False)))
    seen = outlook(bill=terms, missing_by_provider={CLAUDE: "env:KEY: the environment has no KEY"})

    answer = status(conn, seen)

    assert (standing(answer, "claude")["state"], standing(answer, "claude")["note"]) == (
        "unconfigured",
        "env:KEY: the environment has no KEY",
    )
    assert standing(answer, "gpt")["note"] == "it has no key"
    assert "no provider is configured that could work" in answer["problems"]


QUOTA = "exhausted since 2026-11-24 12:30 UTC: quota used up"


def test_a_held_provider_tells_what_since_when_and_until_when(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=NOW + timedelta(hours=2), kind="exhausted", why="quota used up", now=NOW)

    answer = status(conn, outlook())

    claude = standing(answer, "claude")
    assert (claude["state"], claude["note"], claude["until"]) == ("held", QUOTA, "2026-11-24T14:30:00Z")
    assert answer["problems"] == [f"provider claude is held: {QUOTA}"]


def test_a_hold_until_a_person_acts_needs_you(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=None, kind="auth_failed", why="the key was rejected", now=NOW)

    answer = status(conn, outlook())

    assert standing(answer, "claude")["until"] is None
    assert [(item["kind"], item["title"]) for item in answer["needs_you"]] == [("held", "claude")]


def test_a_provider_that_is_tried_and_a_model_that_rests_are_notes_on_one_that_is_ready(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=NOW, kind="exhausted", why="over", now=NOW)
    holds.lift_due(conn, NOW, auto_resume=True)
    holds.put(conn, CLAUDE, model="opus", until=NOW + timedelta(hours=1), kind="exhausted", why="weekly", now=NOW)

    claude = standing(status(conn, outlook()), "claude")

    assert claude["state"] == "ready"
    assert claude["note"] == (
        "its hold is over; one run tries whether it is well; opus rests: exhausted since 2026-11-24 12:30 UTC: weekly"
    )


def test_without_auto_resume_a_hold_that_is_over_needs_you(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=NOW, kind="exhausted", why="over", now=NOW)
    seen = outlook()

    waiting = status(conn, replace(seen, bill=replace(seen.bill, auto_resume=False)))

    assert standing(waiting, "claude")["state"] == "held"
    assert [item["title"] for item in waiting["needs_you"]] == ["claude"]
    assert status(conn, seen)["needs_you"] == []


def test_a_broken_provider_is_tried_again_by_itself(conn: Connection) -> None:
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, why="529")

    claude = standing(status(conn, outlook()), "claude")

    assert (claude["state"], claude["score"], claude["health"]) == ("broken", 40, "critical")
    why = "it failed 3 times in a row by 2026-11-24 12:30 UTC: 529"
    assert (claude["note"], claude["until"]) == (why, "2026-11-24T12:35:00Z")


def test_of_a_hold_and_an_open_breaker_what_lasts_longer_says_when_it_is_tried_again(conn: Connection) -> None:
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, why="529")
    holds.put(conn, CLAUDE, until=NOW + timedelta(minutes=2), kind="overloaded", why="529", now=NOW)
    first = standing(status(conn, outlook()), "claude")
    holds.put(conn, CLAUDE, until=NOW + timedelta(hours=2), kind="exhausted", why="weekly", now=NOW)

    longer = standing(status(conn, outlook()), "claude")

    assert (first["state"], first["until"]) == ("broken", "2026-11-24T12:35:00Z")
    assert (longer["state"], longer["until"]) == ("held", "2026-11-24T14:30:00Z")


def test_a_paused_and_a_busy_provider(conn: Connection) -> None:
    put(conn, "a")
    begin(conn, "a", GPT)
    pauses.put(conn, Scope.PROVIDER, CLAUDE, until=None, why="holiday", now=NOW)

    answer = status(conn, outlook())

    assert [each["state"] for each in answer["providers"]] == ["paused", "busy", "ready"]


def test_a_task_that_is_put_off_is_retrying(conn: Connection) -> None:
    put(conn, "a", not_before=NOW + timedelta(minutes=5))

    (only,) = status(conn, outlook())["retrying"]

    assert (only["task"], only["not_before"]) == ("a", "2026-11-24T12:35:00Z")


def test_nothing_wrong_is_no_problem(conn: Connection) -> None:
    assert status(conn, outlook())["problems"] == []


def test_a_missing_daemon_and_a_broken_repository_are_problems(conn: Connection) -> None:
    seen = outlook(daemon=None, broken_repos={RepoName("novel"): "no branch main"})

    answer = status(conn, seen)

    assert answer["problems"] == ["no daemon runs", "repository novel: no branch main"]
    assert answer["daemon"] is None


def test_a_part_of_the_daemon_that_is_stuck_is_a_problem(conn: Connection) -> None:
    answer = status(conn, outlook(stuck=("planner", "writer")))

    assert answer["stuck"] == ["planner", "writer"]
    assert answer["problems"] == [
        "the daemon's planner and writer made no progress for minutes: look at its disks, then restart it"
    ]


def test_a_budget_that_is_used_up_is_a_problem(conn: Connection) -> None:
    put(conn, "a")
    call(conn, begin(conn, "a"), "2.50")

    assert status(conn, outlook())["problems"] == ["the day's budget is used up until 2026-11-25T00:00:00Z"]


def test_an_uncapped_budget_is_never_used_up(conn: Connection) -> None:
    assert status(conn, outlook(bill=bill(caps=Caps(day=None, month=usd(1)))))["problems"] == []


@pytest.mark.parametrize(
    ("state", "command"),
    [
        (TaskState.REVIEW, "watchbill review show a"),
        (TaskState.PROPOSED, "watchbill task accept a"),
        (TaskState.FAILED, "watchbill task retry a"),
    ],
)
def test_what_needs_you_comes_with_the_command(conn: Connection, state: TaskState, command: str) -> None:
    put(conn, "a", state=state)

    (only,) = status(conn, outlook())["needs_you"]

    assert (only["task"], only["command"]) == ("a", command)


def test_a_stopped_model_needs_you(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    made = call(conn, run, "0.01")
    ledger.sent(conn, made)
    ledger.settle(conn, made, ledger.Settlement(cost=usd(1), usage=ledger.Usage(), price_source="test"), NOW)

    (only,) = status(conn, outlook())["needs_you"]

    assert (only["kind"], only["title"]) == ("stopped", "claude-1 of claude")


def test_unreadable_lines_of_the_last_reading_need_you(conn: Connection) -> None:
    happened(conn, "queue.read", repo="novel", path="q.md", tasks=3, unreadable=2)
    happened(conn, "queue.read", repo="novel", path="mended.md", tasks=3, unreadable=1)
    happened(conn, "queue.read", repo="novel", path="mended.md", tasks=3, unreadable=0)

    (only,) = status(conn, outlook())["needs_you"]

    assert (only["kind"], only["title"], only["why"]) == (
        "queue",
        "novel: q.md",
        "2 of its lines could not be read, or wait for what never comes",
    )


def test_providers_of_the_bill_are_all_shown(conn: Connection) -> None:
    names = [ProviderName(each["name"]) for each in status(conn, outlook())["providers"]]

    assert names == [CLAUDE, GPT, LOCAL]


def test_a_repository_that_cannot_be_worked_on_is_the_first_reason_why_nothing_runs(conn: Connection) -> None:
    lost = outlook(broken_repos={NOVEL: "there is no folder /twon"})

    assert status(conn, lost)["why_idle"] == "repository novel cannot be worked on: there is no folder /twon"
    put(conn, "a")
    assert status(conn, lost)["why_idle"].startswith("repository novel cannot be worked on: there is no folder /twon; ")


def test_what_the_inbox_refused_of_late_needs_a_person(conn: Connection) -> None:
    happened(conn, "inbox.refused", box="", file="a.md", why="it has no title")

    (item,) = status(conn, outlook())["needs_you"]

    assert (item["kind"], item["title"], item["why"]) == ("refused", "a.md", "it has no title")
    assert status(conn, outlook(now=NOW + timedelta(hours=25)))["needs_you"] == []


def test_markers_that_cannot_be_written_need_a_person_until_they_are(conn: Connection) -> None:
    happened(conn, "queue.write_put_off", repo="novel", path="TASKS.md", why="Read-only file system")

    (item,) = status(conn, outlook())["needs_you"]

    assert (item["kind"], item["title"]) == ("queue", "novel: TASKS.md")
    assert item["why"] == "its markers cannot be written: Read-only file system"
    happened(conn, "queue.written", repo="novel", path="TASKS.md", task="a", marker="x")
    assert status(conn, outlook())["needs_you"] == []


def test_who_cannot_work_is_no_successor(conn: Connection) -> None:
    alone = bill(providers=(provider(CLAUDE, range(0, 24, 2)), provider(GPT, range(1, 24, 2), configured=False)))

    assert status(conn, outlook(bill=alone))["watch"]["then"] == []


def wish_for(conn: Connection, run: Run) -> Wish:
    """A person's, to take back what the run landed."""
    landed = intents.of_run(conn, run.id)
    assert landed is not None
    return Wish(
        run=run.id,
        task=run.task,
        repo=run.repo,
        commit=landed.commit,
        target_ref=landed.target_ref,
        delivery=landed.delivery,
        who="me",
        why="not so",
    )


def test_roll_back_that_could_not_be_done_needs_whoever_asked_for_it(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")
    wish = wish_for(conn, run)
    undoings.end(conn, undoings.want(conn, wish, NOW), UndoState.CONFLICTS, said="others built on it", now=NOW)
    later = outlook(now=NOW + timedelta(days=2))

    (only,) = status(conn, outlook())["needs_you"]

    assert (only["kind"], only["title"], only["why"]) == ("rollback", run.id, "others built on it")
    assert status(conn, later)["needs_you"] == []


def test_task_that_waits_for_one_that_was_taken_out_needs_somebody(conn: Connection) -> None:
    put(conn, "a", "c", "d")
    put(conn, "b", needs=("a", "c", "d", "nobody"))
    land(conn, "c")
    assert status(conn, outlook())["needs_you"] == []
    tasks.move(conn, TaskId("a"), TaskState.CANCELLED, now=NOW, note="deleted")

    (only,) = status(conn, outlook())["needs_you"]

    assert (only["kind"], only["task"], only["command"]) == ("stranded", "b", "watchbill task retry a")
    assert "waits for a, which is cancelled" in only["why"]


def test_roll_back_that_came_off_at_the_second_time_needs_nobody(conn: Connection) -> None:
    put(conn, "a")
    wish = wish_for(conn, land(conn, "a"))
    undoings.end(conn, undoings.want(conn, wish, NOW), UndoState.CONFLICTS, said="others built on it", now=NOW)
    again = undoings.want(conn, wish, NOW)

    (settled,) = status(conn, outlook())["taking_back"]

    assert (settled["id"], status(conn, outlook())["needs_you"]) == (again.id, [])


def test_line_that_is_broken_by_what_is_not_ours_needs_its_owner(conn: Connection) -> None:
    finding = Finding(gate="tests", rule="failed", path="", line=0, message="pytest ended with exit code 1")
    blame = Blame(commit=Commit("ab" * 20), who="The owner", why="since abab by The owner", findings=(finding,))
    seen = Validation(repo=NOVEL, ours=None, theirs=Commit("ab" * 20), gates=(), findings=(finding,), blame=blame)
    validations.record(conn, seen, NOW)

    (only,) = status(conn, outlook())["needs_you"]
    validations.record(conn, replace(seen, blame=None), NOW)

    assert (only["kind"], only["command"]) == ("broken", "git show abababababab")
    assert status(conn, outlook())["needs_you"] == []


def test_whom_tasks_wait_for_is_told_with_the_reason_and_its_end(conn: Connection) -> None:
    put(conn, "one", "two")
    until = NOW + timedelta(hours=2)
    holds.put(conn, CLAUDE, until=until, kind="exhausted", why="5-hour limit reached", now=NOW)

    answer = status(conn, outlook(bill=bill(providers=(provider(CLAUDE),))))

    (kept,) = answer["kept_by"]
    end = f"(until {until:%Y-%m-%d %H:%M} UTC)"
    assert (kept["provider"], kept["tasks"]) == ("claude", 2)
    assert "5-hour limit reached" in kept["detail"]
    assert kept["until"] == "2026-11-24T14:30:00Z"
    assert end in answer["why_idle"]


def test_what_a_task_is_put_off_for_is_told(conn: Connection) -> None:
    put(conn, "one", not_before=NOW + timedelta(hours=1), note="provider claude's day has $0.01 left")

    assert (
        "not before 2026-11-24 13:30 UTC: provider claude's day has $0.01 left" in status(conn, outlook())["why_idle"]
    )
