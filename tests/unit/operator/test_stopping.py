"""watchbill stop: the daemon ends, each run's end is said, and stopping what does not run is no fault."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from operator_makers import begin, end, put, state_in, watchbill

from tests.stores import migrated
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.cli import leaving
from watchbill.operator.doors import Answer, SocketDoor
from watchbill.state import database
from watchbill.state.folder import StateFolder

CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    made = state_in(tmp_path, monkeypatch, CONFIG)
    migrated(made.db)
    return made


class Leaves:
    """A daemon that holds the folder until it is asked to leave, and then hands its run on."""

    def __init__(self, folder: StateFolder, monkeypatch: pytest.MonkeyPatch, *, stays: bool = False) -> None:
        self.asked: list[dict[str, Any]] = []
        self.holder: int | None = 812
        self.answers = True
        self._folder, self._stays = folder, stays
        with database.direct(folder.db) as conn:
            put(conn, "dune")
            self._run: Run = begin(conn, "dune", at=datetime.now(UTC))
        monkeypatch.setattr(StateFolder, "holder", lambda _: self.holder)
        monkeypatch.setattr(SocketDoor, "answers", lambda _: self.answers and self.holder is not None)
        monkeypatch.setattr(SocketDoor, "write", lambda _, path, body: self.left(path, body))
        monkeypatch.setattr(leaving, "TO_PUT_AWAY", 0.0)
        folder.socket.touch()

    def left(self, path: str, body: dict[str, Any]) -> Answer:
        assert path.endswith("/drain")
        self.asked.append(body)
        if not self._stays:
            self.holder = None
            self._folder.socket.unlink()
            with database.direct(self._folder.db) as conn:
                end(conn, self._run, RunState.HANDED_OFF, TaskState.QUEUED, "the daemon is stopping")
        return Answer(status=202, text=json.dumps({"runs": [self._run.id], "within_seconds": 0.0}))


@pytest.mark.usefixtures("folder")
def test_stopping_where_no_daemon_runs_is_well_and_said() -> None:
    assert watchbill("stop").output == "no daemon runs\n"
    assert json.loads(watchbill("stop", "--json").output) == {"was_running": False, "pid": None, "runs": []}


def test_what_became_of_each_run_is_told(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Leaves(folder, monkeypatch)

    said = watchbill("stop", "--timeout", "30s", "-m", "a new disk").output

    assert daemon.asked[0]["within_seconds"] == 30.0
    assert daemon.asked[0]["why"] == "a new disk"
    assert "the daemon has ended (it was process 812)" in said
    assert "Write dune" in said
    assert "came to its checkpoint, goes on with the next start" in said


def test_no_time_at_all_may_be_given_to_the_runs(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Leaves(folder, monkeypatch)

    told = json.loads(watchbill("stop", "--timeout", "0s", "--json").output)

    assert daemon.asked[0]["within_seconds"] == 0.0
    assert (told["pid"], told["runs"][0]["state"]) == (812, "handed_off")


def test_a_daemon_that_stays_is_named_with_exit_code_7(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    Leaves(folder, monkeypatch, stays=True)

    assert "process 812 has not left within 0 s" in watchbill("stop", "--timeout", "0s", code=7).output


def test_one_that_is_leaving_already_is_waited_for(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    daemon = Leaves(folder, monkeypatch)
    daemon.answers = False

    assert "`kill 812` breaks off its work" in watchbill("stop", "--timeout", "0s", code=7).output
    assert daemon.asked == []


def test_a_daemon_is_stopped_although_its_file_became_wrong(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    daemon = Leaves(folder, monkeypatch)
    (tmp_path / "watchbill.toml").write_text(CONFIG + "zonne = 1\n")

    said = watchbill("stop", "--timeout", "0s").output

    assert len(daemon.asked) == 1
    assert "the daemon has ended" in said
    assert "once the file is mended" in said


def test_draining_waits_until_the_daemon_has_left(folder: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    Leaves(folder, monkeypatch)

    assert watchbill("drain").output == "the daemon has left\n"
