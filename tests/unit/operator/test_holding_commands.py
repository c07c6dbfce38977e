"""watchbill lock, repo, drain and run cancel, as people type them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from operator_makers import NOW, begin, put, state_in, watchbill

from watchbill.domain.ids import TaskId
from watchbill.domain.transcript import Reply, Told, ToolCall, ToolResult, Transcript
from watchbill.operator.cli import config
from watchbill.operator.doors import Plain
from watchbill.state import claims, database, leftovers, sessions
from watchbill.state.folder import StateFolder

CONFIG = '[daemon]\nstate_dir = "state"\n\n[[repo]]\nname = "novel"\npath = "."\n\n[provider.local]\nkind = "local"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    """A run of `a` works, and the branch of `b` is not merged."""
    made = state_in(tmp_path, monkeypatch, CONFIG)
    with database.direct(made.db) as conn:
        put(conn, "a", "b", "c")
        begin(conn, "a")
        claims.keep(conn, begin(conn, "b").id, TaskId("b"))
    return made


def test_locks_are_listed_and_shown(folder: StateFolder) -> None:
    table = watchbill("lock", "list").output
    shown = watchbill("lock", "show", "b").output

    assert all(word in table for word in ("run-1", "branch", "nobody", "a.md"))
    assert "its branch is not merged yet" in shown
    assert json.loads(watchbill("lock", "show", "a", "--json").output)["locks"][0]["run"] == "run-1"
    assert "c holds no files" in watchbill("lock", "show", "c", code=1).output
    assert json.loads(watchbill("lock", "list", "--json").output)["count"] == 2


def test_a_lock_is_broken_by_whoever_means_it(folder: StateFolder) -> None:
    assert "--yes" in watchbill("lock", "break", "b", "-m", "old", "--json", code=2).output
    assert "free: b.md" in watchbill("lock", "break", "b", "-m", "old", "--yes").output
    assert "watchbill task release a" in watchbill("lock", "break", "a", "-m", "it hangs", "--yes").output
    assert json.loads(watchbill("lock", "break", "a", "-m", "again", "--yes", "--json").output)["task"] == "a"
    assert [one.task for one in _live(folder)] == ["a"]  # its run goes with the next start


def test_who_breaks_a_lock_sees_what_is_held_before_the_question(folder: StateFolder) -> None:
    asked = watchbill("lock", "break", "a", "-m", "it hangs", code=1).output  # nobody is there to say yes
    idle = watchbill("lock", "break", "c", "-m", "it hangs", code=1).output

    assert asked.index("a.md") < asked.index("The run breaks off, and its call stays charged. Go on?")
    assert "run breaks off" not in watchbill("lock", "break", "b", "-m", "old", code=1).output
    assert "c holds no files" in idle
    assert "Go on?" not in idle
    assert "there is no task 'd'" in watchbill("lock", "break", "d", "-m", "old", code=1).output
    assert [one.task for one in _live(folder)] == ["a", "b"]


def test_status_says_of_runs_that_nobody_works_on_that_they_broke_off(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = json.loads(watchbill("status", "--json").output)
    monkeypatch.setattr(StateFolder, "holder", lambda _: 4711)  # `watchbill once` is at work
    worked = json.loads(watchbill("status", "--json").output)

    assert "no daemon runs; run-2, run-1 broke off with the last one" in left["why_idle"]
    assert ([run["id"] for run in worked["running"]], worked["why_idle"]) == (["run-2", "run-1"], "")


def _live(folder: StateFolder) -> list[claims.Claim]:
    with database.direct(folder.db) as conn:
        return claims.live(conn)


def test_nobody_holds_a_file_where_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_in(tmp_path, monkeypatch, CONFIG)

    assert "every path is free" in watchbill("lock", "list").output


def test_repositories_are_listed_and_one_is_shown_with_its_work(folder: StateFolder) -> None:
    shown = watchbill("repo", "show", "novel").output

    assert "novel" in watchbill("repo", "list").output
    assert "a.md by a" in shown
    assert "Write c" in shown
    assert json.loads(watchbill("repo", "show", "novel", "--json").output)["open"] == 3
    assert json.loads(watchbill("repo", "list", "--json").output)["repos"][0]["name"] == "novel"
    assert "watchbill repo list" in watchbill("repo", "show", "poem", code=1).output


def test_nothing_is_drained_where_no_daemon_runs(folder: StateFolder) -> None:
    assert "no daemon runs" in watchbill("drain", code=5).output
    assert "must be a span" in watchbill("drain", "--timeout", "soon", code=2).output


def test_a_run_is_cancelled_with_its_task(folder: StateFolder) -> None:
    assert "run-1 ends; a is cancelled" in watchbill("run", "cancel", "run-1").output
    assert "it is cancelled" in watchbill("run", "cancel", "run-1", "--json", code=6).output
    assert "a is queued" in watchbill("run", "retry", "run-1").output


def test_the_version_names_that_of_the_schema() -> None:
    assert json.loads(watchbill("version", "--json").output)["schema"] >= 24


class Answering:
    """A client whose daemon says this."""

    def __init__(self, answer: Plain) -> None:
        self._answer = answer

    def get(self, _path: str) -> Plain:
        return self._answer


def test_what_a_reload_would_change_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {"key": "daemon.zone", "in_force": None, "in_file": "Europe/Berlin", "needs_restart": True}
    said: Plain = {"pending": [changed], "problems": ["daemon.tick: is no key"]}
    monkeypatch.setattr(config, "connect", lambda _: Answering(said))

    table = watchbill("config", "diff").output

    assert all(
        word in table for word in ("daemon.zone", '"Europe/Berlin"', "needs a restart", "is rejected: daemon.tick")
    )
    assert json.loads(watchbill("config", "diff", "--json").output) == said
    said.update(pending=[], problems=[])
    assert "what is in force is what the file says" in watchbill("config", "diff").output


def test_what_was_said_in_a_run_is_shown_step_by_step(folder: StateFolder) -> None:
    with database.direct(folder.db) as conn:
        put(conn, "d", "e")
        run = begin(conn, "d")
        held = sessions.get(conn, run.task)
        assert held is not None
        call = ToolCall(id="1", name="read_file", args={"path": "a.md"})
        entries = (
            Told(text="Write it."),
            Reply(text="I look.", model="m", tool_calls=(call,)),
            ToolResult(id="1", name="read_file", content="No such file.", refused=True),
        )
        leftovers.keep(conn, run.id, replace(held, transcript=Transcript(entries=entries)), NOW)
        nothing = begin(conn, "e")

    said = watchbill("run", "show", run.id, "--said").output

    order = [said.index(word) for word in ("Write it.", "# m", "→ read_file path=a.md", "was refused", "No such file.")]
    assert order == sorted(order)
    assert "Nothing was said" in watchbill("run", "show", nothing.id, "--said").output
    assert len(json.loads(watchbill("run", "show", run.id, "--said", "--json").output)["steps"]) == 3


def test_queues_are_looked_at_and_lines_that_cannot_be_read_are_named(folder: StateFolder, tmp_path: Path) -> None:
    queue = tmp_path / "docs" / "AI_TASK_QUEUE.md"
    assert "there is no queue file yet" in watchbill("task", "import", "--check").output
    queue.parent.mkdir()
    queue.write_text("- [ ] Write it [id:: one]\n")
    assert "docs/AI_TASK_QUEUE.md: 1 tasks" in watchbill("task", "import", "--check").output
    queue.write_text("- [ ] Write it [id:: one]\n- [q] Write it again\n")
    (found,) = json.loads(watchbill("task", "import", "--check", "--json", code=3).output)["files"]
    assert [place["line"] for place in found["unreadable"]] == [2]
    assert "AI_TASK_QUEUE.md:2: " in watchbill("task", "import", "--check", code=3).output
    queue.unlink()
    queue.mkdir()
    assert "cannot be read" in watchbill("task", "import", "--check", code=3).output
    assert "no daemon runs" in watchbill("task", "import", code=5).output


def test_looking_at_a_queue_finds_what_the_daemon_would_complain_of(folder: StateFolder) -> None:
    queue = folder.root.parent / "docs/AI_TASK_QUEUE.md"
    queue.parent.mkdir()
    queue.write_text(
        "- [ ] Write on [id:: one] [after:: a]\n- [ ] Rest [id:: two] [after:: ghost]\n"
        "- [ ] Up [id:: up] [after:: down]\n- [ ] Down [id:: down] [after:: up]\n"
    )

    (found,) = json.loads(watchbill("task", "import", "--check", "--json", code=3).output)["files"]

    assert found["tasks"] == 4
    assert [(place["line"], place["why"].split(",")[0]) for place in found["unreadable"]] == [
        (2, "it comes after 'ghost'"),
        (4, "these wait for each other"),
    ]
    queue.write_text("- [ ] Write on [id:: one] [after:: a]\n")  # a came by the inbox
    assert "1 task" in watchbill("task", "import", "--check").output


def test_a_run_is_explained_by_its_task(folder: StateFolder) -> None:
    assert watchbill("why", "run-1").output == watchbill("why", "a").output
