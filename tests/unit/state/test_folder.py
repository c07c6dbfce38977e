"""The state folder: one holder at a time, named to whoever comes second."""

import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from watchbill.domain.errors import StateError, StateFull, StateHeld
from watchbill.state.folder import StateFolder


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_locking_makes_the_folders_for_their_owner_only(folder: StateFolder):
    with folder.lock():
        pass

    made = (folder.root, folder.repos, folder.worktrees, folder.patches, folder.logs)
    assert [path.stat().st_mode & 0o777 for path in made] == [0o700] * len(made)
    assert {folder.db.parent, folder.socket.parent} == {folder.root}


def test_the_second_is_told_who_holds_it(folder: StateFolder):
    with folder.lock(), pytest.raises(StateError, match=f"held by process {os.getpid()}"), folder.lock():
        pass


def test_a_holder_that_lives_is_waited_for_as_long_as_one_is_patient(folder: StateFolder):
    held, leaves = threading.Event(), threading.Event()

    def command() -> None:
        with folder.lock():
            held.set()
            leaves.wait(30)

    with ThreadPoolExecutor(1) as another:
        another.submit(command)
        held.wait(30)
        with pytest.raises(StateHeld), folder.lock(timedelta(milliseconds=50)):
            pass
        threading.Timer(0.2, leaves.set).start()
        with folder.lock(timedelta(seconds=30)):
            assert folder.holder() == os.getpid()


def test_it_is_free_after_its_holder_left(folder: StateFolder):
    with folder.lock():
        pass

    with folder.lock():
        assert folder.holder() == os.getpid()
    assert folder.holder() is None


def test_nobody_holds_a_folder_that_is_not_there(folder: StateFolder):
    assert folder.holder() is None


def test_a_killed_holder_holds_nothing(folder: StateFolder):
    code = (
        "import sys, pathlib, os, signal\n"
        "from watchbill.state.folder import StateFolder\n"
        "with StateFolder(pathlib.Path(sys.argv[1])).lock():\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    subprocess.run([sys.executable, "-c", code, str(folder.root)], check=False)

    with folder.lock():
        pass


def test_what_a_killed_holder_was_just_starting_is_waited_for(folder: StateFolder):
    code = (
        "import sys, pathlib, os, signal, time\n"
        "from watchbill.state.folder import StateFolder\n"
        "with StateFolder(pathlib.Path(sys.argv[1])).lock():\n"
        "    if os.fork():\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    sys.stdin.read()\n"
        "    os._exit(0)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(folder.root)], stdin=subprocess.PIPE) as killed:
        killed.wait()
        assert folder.holder()
        assert killed.stdin is not None
        soon = threading.Timer(0.1, killed.stdin.close)
        soon.start()

        with folder.lock():
            assert folder.holder() == os.getpid()
        soon.join()


@pytest.mark.parametrize("named", ["", "4194303"])  # nobody can have this number
def test_a_folder_that_nobody_alive_gives_back_is_not_waited_for_for_ever(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch, named: str
):
    monkeypatch.setattr("watchbill.state.folder._LAST_BREATH", 0.05)
    with folder.lock():
        folder.lock_file.write_text(named)

        with pytest.raises(StateError, match=f"held by process {named or 0}"), folder.lock():
            pass


def test_a_holder_of_somebody_elses_is_alive(folder: StateFolder, monkeypatch: pytest.MonkeyPatch):
    def kill(pid: int, number: int) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr("watchbill.state.folder._LAST_BREATH", 3600)
    with folder.lock():
        folder.lock_file.write_text("1\n")
        monkeypatch.setattr(os, "kill", kill)

        with pytest.raises(StateError, match="held by process 1"), folder.lock():
            pass


def test_a_child_process_does_not_keep_the_lock(folder: StateFolder):
    code = "print(flush=True); input()"
    with folder.lock():
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False
        )
        assert child.stdout is not None
        child.stdout.readline()  # it runs its own program now
    try:
        with folder.lock():
            pass
    finally:
        child.kill()
        child.communicate()


def test_a_holder_that_has_not_written_its_number_yet_is_told_as_0(folder: StateFolder):
    with folder.lock():
        folder.lock_file.write_text("")

        assert folder.holder() == 0


def test_a_place_where_nothing_can_be_made_is_worded_for_people(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match="cannot make the state folder"):
        StateFolder(tmp_path / "file" / "state").make()


def test_a_lock_that_cannot_be_opened_is_worded_for_people(folder: StateFolder):
    folder.make()
    folder.lock_file.mkdir()

    with pytest.raises(StateError, match="make it writable for this user"), folder.lock():
        pass
    with pytest.raises(StateError, match="cannot hold the state folder"):
        folder.holder()


@pytest.mark.parametrize(("free", "told"), [(4096, StateFull), (1 << 30, StateError)])
def test_a_full_disk_is_told_as_one_that_may_have_room_again(
    folder: StateFolder, monkeypatch: pytest.MonkeyPatch, free: int, told: type[StateError]
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))

    with pytest.raises(StateError) as raised, folder.telling_full():
        raise StateError("could not be written")

    assert type(raised.value) is told


def test_who_holds_a_folder_matters_more_than_its_full_disk(folder: StateFolder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))

    with pytest.raises(StateHeld), folder.telling_full(), folder.lock(), folder.lock():
        pass


def test_a_folder_that_may_not_be_looked_into_is_not_lost(folder: StateFolder, monkeypatch: pytest.MonkeyPatch):
    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with folder.lock():
        mark = folder.lock_mark()
        monkeypatch.setattr(Path, "stat", refused)
        folder.check_held(mark)


def test_a_folder_that_is_there_is_held(folder: StateFolder):
    with folder.lock():
        folder.check_held(folder.lock_mark())
