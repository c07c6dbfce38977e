"""The status fits a small terminal, whatever is to be told, and always says why nothing runs."""

import io

import pytest
from operator_makers import NOVEL, outlook, put
from rich.console import Console

from watchbill.domain.ids import RepoName
from watchbill.operator.cli import show
from watchbill.operator.cli import status as words
from watchbill.operator.doors import Plain
from watchbill.operator.queries.status import status
from watchbill.state.engine import Connection

STAMP = "2026-11-24T12:30:00Z"


def lines(answer: Plain) -> list[str]:
    out = io.StringIO()
    words.render(Console(file=out, width=80, highlight=False, markup=False, emoji=False), answer)
    return out.getvalue().splitlines()


def crowded(conn: Connection, *, runs: int) -> Plain:
    """A day on which everything is to be told at once."""
    put(conn, *(f"t{n}" for n in range(9)))
    answer = status(conn, outlook())
    provider = {**answer["providers"][0], "note": "held after a limit " * 9}
    run = {
        "id": "run-1", "provider": "claude", "repo": "novel", "stage": "work", "seconds": 5, "tokens_in": 1, "tokens_out": 1,
        "title": "Write " * 30, "riders": [],
    }  # fmt: skip
    need = {"kind": "review", "title": "Rewrite " * 9, "command": "watchbill review show t1", "why": "", "task": "t1"}
    pause = {"scope": "all", "name": "", "until": STAMP, "who": "me", "why": "a move " * 9, "lift": "watchbill resume"}
    merges = {"paths": ["a.md"], "run": "run-1", "other": "run-2"}
    return {
        **answer,
        "stuck": ["planner"],
        "configuration": {
            "problems": ["line 3 " * 20, "more"],
            "needs_restart": ["daemon.state_dir"],
            "loaded_at": STAMP,
            "rejected_at": STAMP,
            "reloads": 1,
        },
        "money": {"raises": [{"of": "day", "amount_micro_usd": 1, "until": STAMP}], "overages": []},
        "repos": [{**answer["repos"][0], "name": f"r{n}", "fault": "gone"} for n in range(3)],
        "health": {"score": 40, "health": "critical", "deductions": [{"points": 60, "why": "all is down"}]},
        "conflicts": {
            "met_24h": 3,
            "landed_24h": 9,
            "verified_24h": 0,
            "for_people_24h": 1,
            "resolved_24h": {"rebase": 2},
            "predicted": [merges, merges],
        },
        "ladders": [{"type": "write", "step": "cheap", "passed": 1, "runs": 2, "undone": 1}],
        "pauses": [pause, pause],
        "providers": [provider] * 6,
        "running": [run] * runs,
        "needs_you": [need] * 7,
        "why_idle": "" if runs else "everything is paused",
    }


@pytest.mark.parametrize("runs", [0, 1, 5])
def test_it_never_takes_more_than_25_lines(conn: Connection, runs: int) -> None:
    assert len(lines(crowded(conn, runs=runs))) <= 25


def test_why_nothing_runs_is_never_what_is_left_out(conn: Connection) -> None:
    said = lines(crowded(conn, runs=0))

    assert "  idle     everything is paused" in said
    assert any(line.startswith("  paused   everything until") for line in said)
    assert any("--json shows all" in line for line in said)


def test_whom_tasks_wait_for_is_told_while_others_work(conn: Connection) -> None:
    kept = {"provider": "claude", "tasks": 3, "until": STAMP, "detail": "claude: exhausted"}
    others = [kept, {**kept, "tasks": 1, "until": None}]
    answer = {**crowded(conn, runs=1), "needs_you": [], "stuck": [], "kept_by": others}

    said = [line for line in lines(answer) if line.startswith("  kept")]
    assert said == [
        f"  kept     3 tasks by claude until {show.local(STAMP)}: claude: exhausted",
        "  kept     1 task by claude until a person acts: claude: exhausted",
    ]


def test_where_there_is_room_everything_is_told(conn: Connection) -> None:
    answer = {**crowded(conn, runs=0), "needs_you": [], "stuck": [], "configuration": None}

    assert any(line.startswith("  ladders") for line in lines(answer))


def test_branch_that_cannot_be_shown_needs_you_while_that_is_so(conn: Connection) -> None:
    unshown = {(NOVEL, "refs/heads/main"): "`main` is checked out", (RepoName("gone"), "refs/heads/main"): "away"}

    needs = status(conn, outlook(unshown=unshown))["needs_you"]

    assert [(one["kind"], one["title"], one["why"]) for one in needs] == [
        ("unshown", "main of novel", "`main` is checked out")
    ]
    assert status(conn, outlook())["needs_you"] == []
