"""The door: the daemon's socket where one answers, else the store itself, which looking never changes."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from operator_makers import NOW, ScriptedCommands, no_git, outlook, put

from tests.stores import migrated
from watchbill.config.load import Loaded, parse
from watchbill.domain.errors import StateError
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.intake import grammar
from watchbill.intake.reconcile import reconcile
from watchbill.intake.tasks import Terms
from watchbill.operator import inside, taking_in
from watchbill.operator.api import create_app
from watchbill.operator.client import connect, outlook_of
from watchbill.operator.doors import ROOT, Answer, Client, SocketDoor
from watchbill.operator.faults import AnswerLate, DaemonUnreachable, NotFound, Refused
from watchbill.operator.listen import listen
from watchbill.operator.own import OwnCommands, OwnDoor
from watchbill.scheduling.bill import WatchBill
from watchbill.state import database, engine, events, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

T = TypeVar("T")
NOVEL = RepoName("novel")
TERMS = Terms()
CONFIG = """\
[[repo]]
name = "novel"
path = "."
queue = ["tasks.md", "more/*.md"]

[provider.claude]
kind = "anthropic"
api_key = "env:NO_SUCH_KEY"
models = [{ id = "m" }]

[provider.local]
kind = "local"
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "tasks.md").write_text("- [ ] Write the end #write [id:: end]\n- [ ] Polish it [after:: end]\n")
    return Loaded(settings=parse(CONFIG), path=tmp_path / "watchbill.toml")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"WATCHBILL_STATE_DIR": str(tmp_path / "state")}


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


@pytest.fixture
def worked(folder: StateFolder) -> StateFolder:
    """A state folder in which a daemon once worked."""
    folder.make()
    migrated(folder.db)
    with database.direct(folder.db) as conn:
        put(conn, "a", "b")
        put(conn, "p", state=TaskState.PROPOSED)
        put(conn, "r", state=TaskState.REVIEW)
        read_by_a_daemon(conn)
    return folder


def read_by_a_daemon(conn: Connection) -> None:
    """The queue as it stands."""
    facts = {"repo": "novel", "path": "tasks.md", "tasks": 2, "unreadable": 0}
    events.append(conn, "queue.read", facts, datetime.now(UTC))


@contextmanager
def daemon(at: Path, conn_path: Path) -> Iterator[ScriptedCommands]:
    """A control API on a real socket, in a thread of its own."""
    commands, stop = ScriptedCommands(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    def read(work: Callable[[Connection], T]) -> Awaitable[T]:
        async def done() -> T:
            with database.direct(conn_path) as conn:
                return work(conn)

        return done()

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        serving = asyncio.create_task(listen(create_app(read, commands, outlook), at))
        await stop.wait()
        serving.cancel()
        await asyncio.wait({serving})

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    until = time.monotonic() + 60
    while not SocketDoor(at).answers() and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield commands
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(60)


def test_a_look_before_any_daemon_reads_the_queue_and_leaves_nothing(
    loaded: Loaded, environ: dict[str, str], folder: StateFolder
) -> None:
    answer = connect(loaded, environ).get("/tasks")

    assert answer["tasks"][0]["id"] == "end"
    assert len(answer["tasks"]) == 2
    assert not folder.root.exists()


def test_a_look_before_any_daemon_sees_which_files_are_there_that_tasks_wait_for(
    loaded: Loaded, environ: dict[str, str], tmp_path: Path
) -> None:
    for name, text in (("canon.md", "here\n"), ("mine.md", "not committed\n")):
        (tmp_path / name).write_text(text)
    (tmp_path / "tasks.md").write_text("- [ ] A [id:: a] [needs:: canon.md]\n- [ ] B [id:: b] [needs:: mine.md]\n")
    who = ("-c", "user.name=me", "-c", "user.email=me@localhost")
    for words in (("init", "-q", "-b", "main"), ("add", "canon.md"), ("commit", "-qm", "Canon")):
        subprocess.run(["git", "-C", tmp_path, *who, *words], check=True)

    answer = connect(loaded, environ).get("/graph")

    assert {task["id"]: task["artefacts"] for task in answer["tasks"]} == {
        "a": [{"pattern": "canon.md", "met": True}],
        "b": [{"pattern": "mine.md", "met": False}],
    }


def test_a_queue_that_was_edited_since_a_daemon_read_it_is_read_again_and_nothing_is_kept(
    loaded: Loaded, environ: dict[str, str], folder: StateFolder, tmp_path: Path
) -> None:
    folder.make()
    queue = (tmp_path / "tasks.md").read_text()
    found = reconcile([], [grammar.parse(queue, "tasks.md", NOVEL)], repo=NOVEL, terms=TERMS)
    with database.direct(folder.db) as conn:
        taking_in.store(conn, found.actions, datetime.now(UTC), running=())
        taking_in.remember(conn, NOVEL, found.entries)
        read_by_a_daemon(conn)
    read_at = time.time()
    while (tmp_path / "tasks.md").stat().st_ctime <= read_at:  # the kernel's clock goes by steps of some milliseconds
        (tmp_path / "tasks.md").write_text(
            "- [x] Write the end #write [id:: end]\n- [ ] Write more #write [id:: more]\n"
        )

    tasks_seen = connect(loaded, environ).get("/tasks")["tasks"]

    assert [task["id"] for task in tasks_seen] == ["more"]
    with database.direct(folder.db) as conn:
        assert {task.title: task.state for task in tasks.all_tasks(conn)} == {
            "Write the end": TaskState.QUEUED,
            "Polish it": TaskState.QUEUED,
        }


def test_every_queue_that_a_pattern_finds_is_read(loaded: Loaded, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "x.md").write_text("- [ ] Another [id:: x]\n")
    (tmp_path / "tasks.md").unlink()

    assert [task["id"] for task in connect(loaded, environ).get("/tasks")["tasks"]] == ["x"]


def test_lines_that_cannot_be_read_are_told_before_any_daemon(
    loaded: Loaded, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "tasks.md").write_text("- [ ] A [priority:: soon]\n")

    needs = connect(loaded, environ).get("/state")["needs_you"]

    assert [(item["kind"], item["command"]) for item in needs] == [("queue", "watchbill task import --check")]


def test_the_store_is_asked_when_no_daemon_runs(loaded: Loaded, environ: dict[str, str], worked: StateFolder) -> None:
    answer = connect(loaded, environ).get("/state")

    assert answer["daemon"] is None
    assert answer["counts"]["queued"] == 2


def test_the_status_without_a_daemon_is_what_the_api_says(worked: StateFolder) -> None:
    own = Client(door=OwnDoor(folder=worked, repos=(), outlook=outlook)).get("/state")
    with database.direct(worked.db) as conn:
        said = inside.ask(conn, ScriptedCommands(), outlook, method="GET", path=f"{ROOT}/state", said={})

    assert own == json.loads(said.text)


def test_the_status_without_a_daemon_loads_no_framework(loaded: Loaded, tmp_path: Path, worked: StateFolder) -> None:
    loaded.path.write_text(CONFIG)
    heavy = ("fastapi", "markdown_it", "anthropic", "openai")  # httpx2 comes with the price list
    program = f"""
import os, sys
from click.testing import CliRunner
from watchbill.daemon import main
done = CliRunner().invoke(main.root.group, ["--config", "{loaded.path}", "status"])
assert done.exit_code == 0, done.output
print([name for name in {heavy} if name in sys.modules])
"""
    environ = {"WATCHBILL_STATE_DIR": str(worked.root), "PATH": os.environ["PATH"]}

    asked = [sys.executable, "-c", program]
    assert subprocess.check_output(asked, env=environ, cwd=tmp_path, text=True).strip() == "[]"


def test_looking_at_the_store_changes_nothing(loaded: Loaded, environ: dict[str, str], folder: StateFolder) -> None:
    folder.make()
    with database.direct(folder.db):
        pass

    assert connect(loaded, environ).get("/tasks")["count"] == 2

    with database.direct(folder.db) as conn:
        assert tasks.all_tasks(conn) == []


def test_a_write_without_a_daemon_is_kept(loaded: Loaded, environ: dict[str, str], worked: StateFolder) -> None:
    done = connect(loaded, environ).post("/tasks/a/cancel", {"why": "not now"})

    assert (done["state"], done["note"]) == ("cancelled", "not now")
    with database.direct(worked.db) as conn:
        assert [task.state for task in tasks.all_tasks(conn) if task.id == "a"] == [TaskState.CANCELLED]


def test_a_write_where_no_daemon_ever_worked_is_refused(loaded: Loaded, environ: dict[str, str]) -> None:
    with pytest.raises(DaemonUnreachable, match="no daemon has worked here yet"):
        connect(loaded, environ).post("/tasks/end/cancel")


def test_beside_a_holder_without_socket_one_can_look_and_not_write(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder
) -> None:
    with worked.lock():
        assert connect(loaded, environ).get("/tasks")["count"] == 4
        with pytest.raises(DaemonUnreachable, match="answers on no control socket"):
            connect(loaded, environ).post("/tasks/a/cancel")


def test_a_store_that_its_holder_still_makes_is_told_to_be_so(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder
) -> None:
    conn = engine.connect(worked.db)
    conn.execute("PRAGMA user_version = 3")
    conn.close()

    with worked.lock(), pytest.raises(DaemonUnreachable, match="is just beginning"):
        connect(loaded, environ).get("/tasks")


def test_a_refusal_of_the_store_has_the_daemons_words(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder
) -> None:
    with pytest.raises(Refused) as caught:
        connect(loaded, environ).get("/tasks/zzz")

    assert (caught.value.code, str(caught.value)) == ("not_found", "there is no task 'zzz'")


@pytest.mark.parametrize("path", ["/refresh", "/config/reload", "/repos/novel/promote", "/repos/novel/sync"])
def test_what_only_a_daemon_can_do_says_so(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder, path: str
) -> None:
    with pytest.raises(Refused) as caught:
        connect(loaded, environ).post(path)

    assert caught.value.code == "daemon.unreachable"


def test_a_diff_needs_the_daemon(loaded: Loaded, environ: dict[str, str], worked: StateFolder) -> None:
    with pytest.raises(Refused, match="asked of the daemon"):
        connect(loaded, environ).text("/runs/run-1/diff")


def test_a_proposed_task_is_accepted_without_a_daemon(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder
) -> None:
    assert connect(loaded, environ).post("/tasks/p/accept")["state"] == "queued"


def test_a_cancelled_task_is_retried_without_a_daemon(
    loaded: Loaded, environ: dict[str, str], worked: StateFolder
) -> None:
    client = connect(loaded, environ)
    client.post("/tasks/a/cancel")

    assert client.post("/tasks/a/retry")["state"] == "queued"


@pytest.mark.anyio
async def test_own_commands_do_not_know_what_is_not_there(conn: Connection) -> None:
    with pytest.raises(NotFound):
        await OwnCommands(conn=conn, now=NOW, inbox=Path("nowhere"), bill=WatchBill(providers=()), vcs=no_git).accept(
            TaskId("x")
        )
    with pytest.raises(DaemonUnreachable):
        await OwnCommands(conn=conn, now=NOW, inbox=Path("nowhere"), bill=WatchBill(providers=()), vcs=no_git).promote(
            RepoName("novel")
        )
    with pytest.raises(DaemonUnreachable):
        await OwnCommands(conn=conn, now=NOW, inbox=Path("nowhere"), bill=WatchBill(providers=()), vcs=no_git).run_diff(
            RunId("run-1")
        )


def test_the_daemon_is_asked_where_one_answers(loaded: Loaded, environ: dict[str, str], worked: StateFolder) -> None:
    with daemon(loaded.places(environ).socket, worked.db) as commands:
        client = connect(loaded, environ)

        assert client.get("/state")["daemon"]["pid"] == 812
        assert client.post("/repos/novel/promote")["target"] == "main"
        assert client.text("/runs/run-1/diff").startswith("--- a")

    assert commands.asked == [("promote", "novel"), ("diff", "run-1")]


def test_the_socket_is_its_owners_and_goes_with_the_daemon(worked: StateFolder) -> None:
    place = worked.root / "control.sock"

    with daemon(place, worked.db):
        assert place.stat().st_mode & 0o777 == 0o600

    assert not place.exists()


def test_what_a_killed_daemon_left_is_replaced(worked: StateFolder) -> None:
    place = worked.root / "control.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(place))
    dead.close()

    assert not SocketDoor(place).answers()
    with daemon(place, worked.db):
        assert SocketDoor(place).answers()


def test_a_daemon_answers_however_deep_its_state_folder_lies(tmp_path: Path, worked: StateFolder) -> None:
    place = tmp_path / ("x" * 120) / "control.sock"

    with daemon(place, worked.db):
        assert SocketDoor(place).answers()

    assert list(place.parent.iterdir()) == []


@pytest.mark.anyio
async def test_a_name_that_is_too_long_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"set \$WATCHBILL_SOCKET"):
        await listen(create_app(None, ScriptedCommands(), outlook), tmp_path / ("x" * 120))  # type: ignore[arg-type]


def test_a_daemon_that_does_not_answer_is_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watchbill.operator.doors._ANSWER_WITHIN", 0.05)
    place = tmp_path / "s"
    mute = socket.socket(socket.AF_UNIX)
    mute.bind(str(place))
    mute.listen()

    with pytest.raises(AnswerLate):
        SocketDoor(place).read("/healthz", {})
    mute.close()


def test_no_parameter_is_sent_that_was_not_given() -> None:
    class Remembering:
        def read(self, path: str, params: dict[str, object]) -> Answer:
            self.asked = (path, params)
            return Answer(status=200, text="{}")

        def write(self, path: str, body: dict[str, object] | None) -> Answer:
            raise NotImplementedError

    door = Remembering()
    Client(door=door).get("/runs", task=None, limit=3)

    assert door.asked == ("/api/v1/runs", {"limit": 3})


def test_the_outlook_without_a_daemon_knows_whose_key_is_missing(loaded: Loaded) -> None:
    seen = outlook_of(loaded, {}, NOW)

    assert seen.daemon is None
    assert [terms.configured for terms in seen.bill.providers] == [False, True]
    assert list(seen.missing_by_provider) == ["claude"]


def test_an_answer_without_an_envelope_is_a_fault_of_the_daemons() -> None:
    class Broken:
        def read(self, path: str, params: dict[str, object]) -> Answer:
            return Answer(status=500, text="Internal Server Error")

        def write(self, path: str, body: dict[str, object] | None) -> Answer:
            return self.read(path, {})

    with pytest.raises(Refused, match="the daemon could not answer: Internal Server Error"):
        Client(door=Broken()).get("/runs")


@pytest.mark.anyio
async def test_a_socket_that_another_daemon_put_in_the_place_stays(tmp_path: Path) -> None:
    at = tmp_path / "control.sock"
    serving = asyncio.create_task(listen(create_app(None, ScriptedCommands(), outlook), at))  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        while not at.exists():
            await asyncio.sleep(0.01)
    (tmp_path / "theirs").touch()
    (tmp_path / "theirs").replace(at)

    serving.cancel()
    await asyncio.wait({serving})

    assert at.exists()
