"""watchbill session, over the store itself: what the next one will be told, and handing over."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from operator_makers import GPT, NOW, ScriptedCommands, begin, end, outlook, put, state_in, watchbill

from tests.stores import migrated
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.runs import RunState
from watchbill.domain.sessions import HandOff
from watchbill.domain.tasks import TaskState
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.operator import inside
from watchbill.operator.cli import root
from watchbill.operator.faults import Exit
from watchbill.operator.queries import sessions as answers
from watchbill.state import database, runs, sessions, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

CONFIG = """
[daemon]
state_dir = "state"

[[repo]]
name = "novel"
path = "."

[provider.claude]
kind = "scripted"
models = [{ id = "m" }]

[provider.gpt]
kind = "scripted"
models = [{ id = "m" }]
"""
NOTE = HandOff(
    goal="Write a",
    summary="half of it",
    decisions=("Kael is left-handed",),
    done=("wrote a.md",),
    next_steps=("the end",),
    evidence=("the last check said: nothing",),
    why="its watch ended",
)
ASKED = ToolCall(id="c1", name="read_file", args={"path": "a.md"})
Run = Callable[..., Result]


def worked(conn: Connection, name: str, at: datetime) -> None:
    """A run of it that read a file and looks at another."""
    put(conn, name)
    run = begin(conn, name, at=at)
    held = sessions.get(conn, run.task)
    assert held is not None
    opened = ToolCall(id="c2", name="check", args={})
    entries = (
        Told(text="go"),
        Reply(text="", tool_calls=(ASKED,), model="m"),
        ToolResult(id="c1", name="read_file", content="text\nof a file"),
        Reply(text="", tool_calls=(opened,), model="m"),
    )
    sessions.save(conn, run, replace(held, transcript=Transcript(entries=entries), handoff=NOTE), at)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    return state_in(tmp_path, monkeypatch, CONFIG)


@pytest.fixture
def run(folder: StateFolder) -> Run:
    with database.direct(migrated(folder.db)) as conn:
        worked(conn, "a", datetime.now(UTC))
    return watchbill


def asked(run: Run, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*words, "--json").stdout)
    return found


def test_a_list_says_who_works_and_how_far_it_is(run: Run) -> None:
    assert "session-1  a     running  claude" in run("session", "list").output
    (only,) = asked(run, "session", "list")["sessions"]
    assert (only["turns"], only["open_calls"], only["why"]) == (2, ["check"], "its watch ended")


def test_an_empty_list_says_so(folder: StateFolder) -> None:
    assert CliRunner().invoke(root.group, ["session", "list"]).output.endswith("Nobody has worked on what is open.\n")


@pytest.mark.parametrize("name", ["session-1", "a"])
def test_show_tells_goal_decisions_what_is_done_and_left_and_the_last_steps(run: Run, name: str) -> None:
    said = run("session", "show", name).output

    for words in (
        "half of it",
        "Kael is left-handed",
        "wrote a.md",
        "the end",
        "its watch ended",
        "open calls   check",
    ):
        assert words in said
    assert "result of read_file: text of a file" in said
    assert "m: check" in said
    whole = asked(run, "session", "show", name)
    assert [step["kind"] for step in whole["steps"]] == ["told", "reply", "result", "reply"]
    assert "Kael is left-handed" in whole["told"]


def test_one_that_nobody_worked_on_has_none(run: Run, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        put(conn, "b")

    assert "nobody has worked on b" in run("session", "show", "b", code=Exit.FAILED).stderr
    unknown = run("session", "show", "session-9", code=Exit.FAILED).stderr
    assert unknown == "there is no task 'session-9', and no session of that name\n→ watchbill session list\n"


def test_one_whose_work_landed_waits_for_nothing(conn: Connection) -> None:
    worked(conn, "a", NOW)
    (held,) = runs.live(conn)
    end(conn, held, RunState.LANDED, TaskState.LANDED)

    found = answers.one(conn, outlook(), "a")

    assert (found["state"], found["why"], found["open_calls"]) == ("landed", "", [])


def test_a_hand_over_names_who_goes_on(run: Run, folder: StateFolder) -> None:
    said = run("session", "handoff", "a", "--to", "gpt", "-m", "try the other one").output

    assert said == "run-1 is handed over: gpt goes on with it\n"
    with database.direct(folder.db) as conn:
        task = tasks.get(conn, TaskId("a"))
        assert task is not None
        assert task.pin == "gpt"
        assert conn.execute("SELECT handing_over FROM runs").fetchone()["handing_over"] == 1
    assert "goes on" in run("session", "handoff", "session-1").output
    assert asked(run, "session", "handoff", "session-1")["run"] == "run-1"
    run("session", "handoff", "a", "--to", "nobody", code=Exit.FAILED)


def test_what_nobody_works_on_can_only_be_given_to_somebody(run: Run, folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        (held,) = runs.live(conn)
        end(conn, held, RunState.HANDED_OFF, TaskState.QUEUED)

    assert "--to says whose" in run("session", "handoff", "a", code=Exit.REFUSED).stderr
    assert run("session", "handoff", "a", "--to", "gpt").output == "a is handed over: gpt goes on with it\n"


def test_a_run_past_its_time_is_shown_as_stale(conn: Connection) -> None:
    worked(conn, "a", NOW - timedelta(minutes=89))
    worked(conn, "b", NOW - timedelta(minutes=91))

    found = {each["task"]: each["state"] for each in answers.listing(conn, outlook())["sessions"]}

    assert found == {"a": "running", "b": "stale"}


def test_the_api_has_it_handed_over(conn: Connection) -> None:
    worked(conn, "a", NOW)
    commands = ScriptedCommands()
    said = {"to": GPT, "who": "jo"}

    answer = inside.ask(conn, commands, outlook, method="POST", path="/api/v1/sessions/a/handoff", said=said)

    assert commands.asked == [("hand_over", "a", "gpt", "asked for by hand")]
    assert json.loads(answer.text) == {"task": "a", "session": "session-1", "run": "run-1", "to": ProviderName("gpt")}
