"""Logs as answers, and on the terminal: by task, run, provider, weight, kind and time."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from operator_makers import CLAUDE, GPT, NOW, begin, end, happened, outlook, put, state_in, watchbill

from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.queries.logs import Filter, Level, logs
from watchbill.state import database, events
from watchbill.state.engine import Connection


def filled(conn: Connection) -> None:
    put(conn, "kael", "anna")
    end(conn, begin(conn, "kael"), RunState.FAILED, TaskState.QUEUED)
    end(conn, begin(conn, "anna", GPT), RunState.FAILED, TaskState.QUEUED)
    happened(conn, "run.turn", run="run-1", call="call-1")
    happened(conn, "task.failed", task="kael", why="4 attempts")
    happened(conn, "run.turn", run="run-2", call="call-2")
    happened(conn, "provider.held", provider=CLAUDE, kind="exhausted")
    events.append(conn, "config.rejected", {"problems": ["x"]}, NOW - timedelta(hours=2))
    happened(conn, "moon.rose")


def names(conn: Connection, after: int | None = None, limit: int = 100, **wanted: Any) -> list[str]:
    return [each["name"] for each in logs(conn, outlook(), Filter(**wanted), after=after, limit=limit)["events"]]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"task": "kael"}, ["run.turn", "task.failed"]),
        ({"task": "ka"}, ["run.turn", "task.failed"]),
        ({"run": "run-2"}, ["run.turn"]),
        ({"provider": "claude"}, ["run.turn", "provider.held"]),
        ({"level": Level.ERROR}, ["config.rejected"]),
        ({"level": Level.WARNING}, ["task.failed", "provider.held", "config.rejected"]),
        ({"kind": "provider.*"}, ["provider.held"]),
        ({"since": "1h", "level": Level.WARNING}, ["task.failed", "provider.held"]),
        ({"since": "30m", "task": "kael", "kind": "run.*"}, ["run.turn"]),
    ],
)
def test_filters_leave_what_is_about_it(conn: Connection, wanted: dict[str, Any], found: list[str]) -> None:
    filled(conn)

    assert names(conn, **wanted) == found


def test_the_latest_come_and_the_next_question_goes_on_after_them(conn: Connection) -> None:
    filled(conn)
    answer = logs(conn, outlook(), Filter(kind="run.*"), after=None, limit=1)
    assert [each["facts"]["call"] for each in answer["events"]] == ["call-2"]

    happened(conn, "run.turn", run="run-1", call="call-3")
    again = logs(conn, outlook(), Filter(kind="run.*"), after=answer["next_after"], limit=100)

    assert [each["facts"]["call"] for each in again["events"]] == ["call-3"]
    assert names(conn, after=again["next_after"]) == []


@pytest.mark.parametrize("wanted", [{"task": "nobody"}, {"run": "run-9"}, {"provider": "nobody"}])
def test_what_is_not_there_is_said(conn: Connection, wanted: dict[str, str]) -> None:
    with pytest.raises(NotFound):
        names(conn, **wanted)


def test_a_moment_that_is_none_is_said(conn: Connection) -> None:
    with pytest.raises(BadQuestion):
        names(conn, since="soon")


BASE = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'


def test_on_the_terminal_a_line_each_with_its_weight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = state_in(tmp_path, monkeypatch, BASE)
    with database.direct(folder.db) as conn:
        filled(conn)

    said = watchbill("logs", "--task", "kael").output.splitlines()
    plain = [json.loads(line) for line in watchbill("logs", "--level", "error", "--json").output.splitlines()]

    assert [line.split("  ", 1)[1] for line in said] == [
        'warning  task.failed                task=kael why="4 attempts"'
    ]
    assert [(each["name"], each["level"]) for each in plain] == [("config.rejected", "error")]


def test_following_goes_on_after_what_was_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = state_in(tmp_path, monkeypatch, BASE)
    with database.direct(folder.db) as conn:
        filled(conn)
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 2:
            raise KeyboardInterrupt
        with database.direct(folder.db) as conn:
            happened(conn, "task.failed", task="kael", why="again")

    monkeypatch.setattr("watchbill.operator.cli.logs.time.sleep", rest)
    said = watchbill("logs", "-f", "--since", "2026-11-24", "--task", "kael", code=130).output

    assert said.count("4 attempts") == 1
    assert said.count("again") == 1
