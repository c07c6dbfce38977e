"""The doctor: each check in a world that is well and in one that is broken, and what --fix does."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from watchbill.config.load import load
from watchbill.domain.breakers import Sign
from watchbill.domain.errors import ConfigError, Unsafe
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import ProbeResult
from watchbill.operator.cli import doctor as words
from watchbill.operator.cli.root import Options
from watchbill.operator.doctor import accounts, checks, machine, mending, mounts, parsing, state, wellness, work
from watchbill.operator.doctor.checks import Entry
from watchbill.operator.doctor.findings import Found, Verdict
from watchbill.operator.doctor.patient import Machine, Patient, nearest
from watchbill.state import breakers, engine, holds
from watchbill.state.database import direct
from watchbill.workspace import swap
from watchbill.workspace.proc import OsProc
from watchbill.workspace.sandbox import Means, Sandbox

pytestmark = pytest.mark.anyio

CONFIG = """
[daemon]
state_dir = "{state}"

[[repo]]
name = "novel"
path = "."
queue = ["TASKS.md"]

[provider.claude]
kind = "anthropic"
api_key = "file:{key}"
models = [{{ id = "claude-sonnet-5-5" }}]

[provider.local]
kind = "local"
"""


@dataclass
class Still:
    """A clock that stands."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0

    async def sleep(self, span: timedelta) -> None:
        raise AssertionError(span)


class Ward:
    """A repository, a configuration and a state folder, all well."""

    def __init__(self, folder: Path) -> None:
        self.repo = folder / "novel"
        self.state = folder / "state"
        self.key = folder / "key"
        self.key.write_text("sk-canary\n")
        self.key.chmod(0o600)
        self.repo.mkdir()
        self.git("init", "-q", "-b", "main")
        self.git("commit", "-q", "--allow-empty", "-m", "begin")
        self.queue.write_text("- [ ] Write\n- [x] Read\n")
        self.text = CONFIG.format(key=self.key, state=self.state)
        self.environ: dict[str, str] = {}
        self.prober: object = None
        self.now = datetime.now(UTC)

    @property
    def queue(self) -> Path:
        return self.repo / "TASKS.md"

    def git(self, *words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(self.repo), *who, *words], check=True, capture_output=True)

    def change(self, old: str, new: str) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)

    @property
    def patient(self) -> Patient:
        place = self.repo / "watchbill.toml"
        place.write_text(self.text)
        return Patient(
            clock=Still(self.now),
            proc=OsProc(),
            suspended=timedelta(0),
            loaded=load(place, self.environ, cwd=self.repo),
            environ=self.environ,
            prober=self.prober,  # type: ignore[arg-type]
        )

    def begin(self) -> None:
        """As after a daemon's first start."""
        self.patient.folder.make()
        with direct(self.patient.folder.db):
            pass

    def hold(self) -> "subprocess.Popen[bytes]":
        """Another process holds the state folder."""
        code = (
            "import sys, time; from pathlib import Path; from watchbill.state.folder import StateFolder\n"
            "with StateFolder(Path(sys.argv[1])).lock():\n    print('held', flush=True); time.sleep(600)"
        )
        process = subprocess.Popen([sys.executable, "-c", code, str(self.state)], stdout=-1)
        assert process.stdout is not None
        process.stdout.readline()
        return process


@pytest.fixture
def ward(tmp_path: Path) -> Ward:
    return Ward(tmp_path)


@pytest.fixture
def held(ward: Ward) -> Iterator[Ward]:
    ward.begin()
    with ward.hold() as process:
        yield ward
        process.kill()


def told(found: Iterator[Found]) -> list[tuple[Verdict, str]]:
    return [(one.verdict, one.words) for one in found]


def only(found: Iterator[Found]) -> Found:
    (one,) = found
    assert one.verdict in (Verdict.OK, Verdict.UNCHECKED) or one.mend, "every trouble has its mend"
    return one


# --- the whole


async def test_a_world_that_is_well_has_no_failure(ward: Ward) -> None:
    ward.begin()

    entries = await checks.examine(ward.patient)

    assert {entry.check for entry in entries} == {"configuration", *checks.MACHINE_CHECKS, *checks.CHECKS}
    assert [entry for entry in entries if entry.found.verdict is Verdict.FAIL and entry.check != "sandbox"] == []


async def test_nothing_of_a_key_is_said(ward: Ward) -> None:
    assert "sk-canary" not in str(await checks.examine(ward.patient))


async def test_looking_makes_no_state_folder(ward: Ward) -> None:
    await checks.examine(ward.patient)

    assert not ward.state.exists()


async def test_without_a_configuration_the_machine_is_looked_at_all_the_same() -> None:
    alone = Machine(clock=Still(datetime.now(UTC)), proc=OsProc(), suspended=timedelta(0))

    entries = await checks.examine_without(alone, ConfigError("watchbill.toml:3: wrong"))

    by_check = {entry.check: entry.found for entry in entries}
    assert by_check["configuration"].verdict is Verdict.FAIL
    assert by_check["git"].verdict is Verdict.OK
    assert by_check["database"].verdict is Verdict.UNCHECKED


async def test_a_providers_health_is_looked_up_where_the_daemon_keeps_it(ward: Ward) -> None:
    ward.patient.folder.make()
    with direct(ward.patient.folder.db) as conn:
        breakers.note(conn, ProviderName("claude"), Sign.FAILED, datetime.now(UTC), why="529")
        holds.put(conn, ProviderName("local"), until=None, kind="x", why="by hand", now=datetime.now(UTC))

    claude, local = await wellness.health(ward.patient)

    assert (claude.verdict, claude.words) == (
        Verdict.WARN,
        "90 of 100: -10 1 of 3 failures in a row that open its breaker",
    )
    assert local.verdict is Verdict.FAIL
    assert "by hand" in local.words
    assert "provider reset local" in local.mend


async def test_in_full_health_nothing_is_to_be_mended(ward: Ward) -> None:
    assert [found.verdict for found in await wellness.health(ward.patient)] == [Verdict.OK, Verdict.OK]


async def test_a_check_that_meets_a_fault_says_so_and_the_others_go_on(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(machine.os, "statvfs", broken)

    entries = await checks.examine(ward.patient)

    (disk,) = [entry.found for entry in entries if entry.check == "disk"]
    assert (disk.verdict, "could not be looked at" in disk.words) == (Verdict.FAIL, True)
    assert entries[-1].check == "health"


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([Verdict.OK, Verdict.UNCHECKED], Verdict.OK),
        ([Verdict.OK, Verdict.WARN], Verdict.WARN),
        ([Verdict.FAIL, Verdict.WARN], Verdict.FAIL),
        ([], Verdict.OK),
    ],
)
def test_the_worst_finding_is_the_whole(verdicts: list[Verdict], whole: Verdict) -> None:
    assert checks.worst([Entry(check="a", found=Found(verdict=each, words="")) for each in verdicts]) is whole


# --- the machine


def test_an_sqlite_that_can_lose_data_is_warned_of() -> None:
    assert machine._sqlite("sqlite3", "3.40.1", "truncate").verdict is Verdict.WARN
    assert machine._sqlite("pysqlite3", "3.53.4", "wal").verdict is Verdict.OK


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("git version 2.39.5", Verdict.OK),
        ("git version 2.37.9 (Apple Git)", Verdict.FAIL),
        ("git version 3.0.0", Verdict.OK),
        ("Segmentation fault", Verdict.FAIL),
    ],
)
def test_git_has_to_be_new_enough(said: str, verdict: Verdict) -> None:
    assert machine._git(said, "/usr/bin/git").verdict is verdict


async def test_a_missing_git_is_a_failure(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)

    assert only(await machine.git(ward.patient)).verdict is Verdict.FAIL


class NoSandbox(Sandbox):
    def check(self) -> Means:
        raise Unsafe("bwrap does not work here. Install bubblewrap")


class GoodSandbox(Sandbox):
    def check(self) -> Means:
        return Means.BUBBLEWRAP


class LesserSandbox(Sandbox):
    def check(self) -> Means:
        return Means.LANDLOCK


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("", Verdict.WARN),
        ('[[repo.commands]]\nname = "tests"\nargv = ["make"]\n', Verdict.FAIL),
        ('[[recurring]]\nname = "a"\nevery = "1h"\nfiles = ["**"]\nfind = { command = ["ls"] }\n', Verdict.FAIL),
        ('[[recurring]]\nname = "a"\nevery = "1h"\n', Verdict.WARN),
    ],
)
def test_a_missing_sandbox_fails_only_where_programs_are_configured(ward: Ward, more: str, verdict: Verdict) -> None:
    ward.change("\n[provider.claude]", f"\n{more}\n[provider.claude]")

    found = only(machine._sandbox(ward.patient, NoSandbox()))

    assert (found.verdict, found.mend) == (verdict, "Install bubblewrap")


def test_commands_of_local_automation_need_the_sandbox_too(ward: Ward) -> None:
    ward.text += 'commands = { validate = [["make"]] }\n'

    assert only(machine._sandbox(ward.patient, NoSandbox())).verdict is Verdict.FAIL
    assert only(machine._sandbox(ward.patient, GoodSandbox())).verdict is Verdict.OK


def test_where_only_landlock_holds_programs_it_is_said_what_they_lack(ward: Ward) -> None:
    found = only(machine._sandbox(ward.patient, LesserSandbox()))

    assert found.verdict is Verdict.WARN
    assert "no socket" in found.words


def test_a_repository_without_a_sandbox_is_warned_of(ward: Ward) -> None:
    ward.change('path = "."', 'path = "."\nsandbox = "none"')

    assert only(machine._sandbox(ward.patient, NoSandbox())).verdict is Verdict.WARN


async def test_a_clock_before_this_program_is_a_failure(ward: Ward) -> None:
    ward.now = datetime(1970, 1, 1, tzinfo=UTC)

    assert only(await machine.clocks(ward.patient)).verdict is Verdict.FAIL


async def test_a_clock_behind_the_state_is_a_failure(ward: Ward) -> None:
    ward.begin()
    ward.now -= timedelta(hours=3)

    assert "the state was written at" in only(await machine.clocks(ward.patient)).words


async def test_a_machine_that_slept_says_for_how_long(ward: Ward) -> None:
    patient = replace(ward.patient, suspended=timedelta(hours=2, minutes=5))

    assert "slept 2 h 5 min" in only(await machine.clocks(patient)).words


@pytest.mark.parametrize(
    ("free", "inodes", "verdict"),
    [
        (5 << 30, 9, Verdict.OK),
        (5 << 30, None, Verdict.OK),
        (500 << 20, 9, Verdict.WARN),
        (5 << 20, 9, Verdict.FAIL),
        (5 << 30, 0, Verdict.FAIL),
    ],
)
def test_room_is_told_before_it_runs_out(free: int, inodes: int | None, verdict: Verdict) -> None:
    assert machine._disk(Path("/srv"), free, inodes=inodes).verdict is verdict


def test_the_nearest_folder_that_is_there_is_found(tmp_path: Path) -> None:
    assert nearest(tmp_path / "a" / "b") == tmp_path


# --- the state folder


async def test_a_state_folder_that_others_may_look_into_is_mended(ward: Ward) -> None:
    ward.begin()
    ward.state.chmod(0o755)

    found = only(await state.folder(ward.patient))

    assert (found.verdict, found.mend) == (Verdict.WARN, f"chmod 700 {ward.state}")
    mended = mending.mend([Entry(check="state folder", found=found)], ward.patient.folder, print)
    assert [one.why_not for one in mended] == [""]
    assert only(await state.folder(ward.patient)).verdict is Verdict.OK


async def test_a_state_folder_on_a_network_file_system_is_a_failure(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"22 1 0:21 / / rw - ext4 /dev/vda rw\n36 22 0:52 / {tmp_path} rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", table)

    found = list(await state.folder(ward.patient))

    assert [one.verdict for one in found] == [Verdict.FAIL, Verdict.OK]
    assert "network file system (nfs4)" in found[0].words
    assert "daemon.state_dir" in found[0].mend


MOUNTED = r"""22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw
36 22 0:52 / /net rw - nfs4 server:/export rw
37 36 0:53 / /net/local rw - xfs /dev/vdb rw
38 22 0:54 / /mnt/my\040disk rw - cifs //server/disk rw
39 22 0:55 / /srv/over rw - ext4 /dev/vdc rw
40 39 0:56 / /srv/over rw - fuse.sshfs me@server: rw
"""


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/var/lib/watchbill", ""),
        ("/net/home/me", "nfs4"),
        ("/network", ""),
        ("/mnt/my disk/state", "cifs"),
        ("/net/local/state", ""),  # a disk of this machine below it
        ("/srv/over", "fuse.sshfs"),  # mounted over a disk
    ],
)
def test_a_place_lies_on_the_innermost_mount_the_last_of_several(place: str, kind: str) -> None:
    assert mounts.shared_kind(Path(place), MOUNTED) == kind


async def test_a_state_folder_that_is_a_file_is_a_failure(ward: Ward) -> None:
    ward.state.write_text("")

    assert only(await state.folder(ward.patient)).verdict is Verdict.FAIL


async def test_a_state_folder_without_programs_is_warned_of(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.begin()
    monkeypatch.setattr(state.os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_NOEXEC))

    first, second = await state.folder(ward.patient)

    assert (first.verdict, "is mounted noexec" in first.words, second.verdict) == (Verdict.WARN, True, Verdict.OK)
    assert "daemon.state_dir" in first.mend


async def test_a_state_folder_that_cannot_be_written_is_a_failure(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state.os, "access", lambda path, mode: False)

    assert "cannot be written" in only(await state.folder(ward.patient)).words
    ward.begin()
    assert "cannot be written" in only(await state.folder(ward.patient)).words


async def test_a_living_holder_is_named(held: Ward) -> None:
    found = only(await state.lock(held.patient))

    assert found.verdict is Verdict.OK
    assert f"process {held.patient.folder.holder()} holds" in found.words


async def test_a_holder_that_does_not_answer_on_its_socket_is_a_failure(held: Ward) -> None:
    held.patient.places.socket.write_text("")

    assert "does not answer" in only(await state.lock(held.patient)).words


async def test_a_holder_under_a_dead_name_is_warned_of(held: Ward) -> None:
    held.patient.folder.lock_file.write_text("4194999\n")  # above the highest process number

    assert "does not live" in only(await state.lock(held.patient)).words


async def test_a_socket_without_a_holder_is_taken_away(ward: Ward) -> None:
    ward.begin()
    ward.patient.places.socket.write_text("")

    free, stale = await state.lock(ward.patient)

    assert (free.verdict, stale.verdict) == (Verdict.OK, Verdict.WARN)
    mending.mend([Entry(check="holder", found=stale)], ward.patient.folder, print)
    assert not ward.patient.places.socket.exists()


async def test_a_stop_file_is_told(ward: Ward) -> None:
    ward.begin()

    assert only(await state.halted(ward.patient)).verdict is Verdict.OK
    ward.patient.folder.stop_file.touch()
    assert only(await state.halted(ward.patient)).mend == f"rm {ward.patient.folder.stop_file}"


async def test_a_sound_database_says_its_schema(ward: Ward) -> None:
    ward.begin()

    schema, sound = await state.database(ward.patient)

    assert (schema.verdict, sound.verdict) == (Verdict.OK, Verdict.OK)
    assert schema.words.startswith("schema ")


async def test_a_database_is_looked_at_beside_its_holder(held: Ward) -> None:
    assert [verdict for verdict, _ in told(await state.database(held.patient))] == [Verdict.OK, Verdict.OK]


async def test_where_the_journal_allows_no_second_reader_the_database_is_not_checked(
    held: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "journal_mode", lambda: "truncate")

    assert only(await state.database(held.patient)).verdict is Verdict.UNCHECKED


@pytest.mark.parametrize(("number", "word"), [(0, "brought to"), (9999, "of a newer watchbill")])
async def test_another_schema_is_told(ward: Ward, number: int, word: str) -> None:
    ward.begin()
    _write(ward, f"PRAGMA user_version = {number}")

    assert word in told(await state.database(ward.patient))[0][1]


async def test_a_row_that_points_nowhere_is_a_failure(ward: Ward) -> None:
    ward.begin()
    _write(ward, "CREATE TABLE a (b REFERENCES tasks (id))", "INSERT INTO a VALUES ('gone')")

    assert "a row of a points nowhere" in told(await state.database(ward.patient))[1][1]


@pytest.mark.parametrize("start", [0, 100, 5000])
async def test_a_damaged_database_is_a_failure_with_its_mend(ward: Ward, start: int) -> None:
    ward.begin()
    data = bytearray(ward.patient.folder.db.read_bytes())
    data[start : start + 9000] = b"\xff" * 9000
    ward.patient.folder.db.write_bytes(bytes(data))

    found = list(await state.database(ward.patient))

    assert found[-1].verdict is Verdict.FAIL
    assert "put back the last good copy" in found[-1].mend


async def test_a_damaged_database_is_a_failure_beside_its_holder_too(held: Ward) -> None:
    held.patient.folder.db.write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)

    assert [one.verdict for one in await state.database(held.patient)] == [Verdict.FAIL]


async def test_worktrees_that_are_left_are_deleted(ward: Ward) -> None:
    ward.begin()
    left = ward.state / "worktrees" / "novel" / "run-1"
    left.mkdir(parents=True)

    found = only(await state.leftovers(ward.patient))

    mending.mend([Entry(check="worktrees", found=found)], ward.patient.folder, print)
    assert not left.exists()
    assert only(await state.leftovers(ward.patient)).verdict is Verdict.OK


async def test_a_daemons_own_things_are_left_alone(held: Ward) -> None:
    left = held.state / "worktrees" / "novel" / "run-1"
    left.mkdir(parents=True)

    assert only(await state.leftovers(held.patient)).verdict is Verdict.UNCHECKED
    assert only(await work.clones(held.patient)).verdict is Verdict.UNCHECKED


async def test_no_fix_that_needs_rest_is_done_beside_a_daemon(ward: Ward) -> None:
    ward.begin()
    left = ward.state / "worktrees" / "novel" / "run-1"
    left.mkdir(parents=True)
    entries = [Entry(check="worktrees", found=only(await state.leftovers(ward.patient)))]
    with ward.hold() as process:
        mended = mending.mend(entries, ward.patient.folder, print)
        process.kill()

    assert "is held by process" in mended[0].why_not
    assert left.exists()


# --- the work


async def test_a_repository_that_is_well_is_named(ward: Ward) -> None:
    assert only(await work.repositories(ward.patient)).verdict is Verdict.OK


async def test_a_repository_that_is_gone_is_a_failure(ward: Ward) -> None:
    ward.change('path = "."', 'path = "gone"')

    assert "is no git repository" in only(await work.repositories(ward.patient)).words


async def test_a_target_that_is_not_there_is_a_failure_with_what_there_is(ward: Ward) -> None:
    ward.change('path = "."', 'path = "."\ntarget = "trunk"')

    assert "there is no branch trunk; there are: main" in only(await work.repositories(ward.patient)).words


async def test_an_integration_branch_that_is_checked_out_is_a_failure(ward: Ward) -> None:
    ward.git("switch", "-q", "-c", "watchbill/main")

    assert "watchbill/main is checked out" in only(await work.repositories(ward.patient)).words
    ward.git("config", "receive.denyCurrentBranch", "updateInstead")
    assert only(await work.repositories(ward.patient)).verdict is Verdict.OK


async def test_a_target_that_is_checked_out_fails_only_where_work_lands_on_it(ward: Ward) -> None:
    ward.change('path = "."', 'path = "."\ndelivery = "land"')

    assert "main is checked out" in only(await work.repositories(ward.patient)).words


@pytest.mark.parametrize("delivery", ["integration", "branch"])
async def test_a_branch_in_the_way_of_ours_is_a_failure(ward: Ward, delivery: str) -> None:
    ward.change('path = "."', f'path = "."\ndelivery = "{delivery}"')
    ward.git("branch", "watchbill")

    assert "a branch watchbill keeps git from making" in only(await work.repositories(ward.patient)).words


async def test_a_repository_that_cannot_be_written_fails_unless_only_patches_are_made(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    assert "cannot be written" in only(await work.repositories(ward.patient)).words
    ward.change('path = "."', 'path = "."\ndelivery = "patch"')
    assert only(await work.repositories(ward.patient)).verdict is Verdict.OK


async def test_a_strangers_repository_has_to_be_shared(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    assert "belongs to another user" in only(await work.repositories(ward.patient)).words
    ward.git("config", "core.sharedRepository", "group")
    assert only(await work.repositories(ward.patient)).verdict is Verdict.OK


async def test_the_check_moves_nothing(ward: Ward) -> None:
    def everything() -> Mapping[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(ward.repo.rglob("*")) if path.is_file()}

    patient = ward.patient
    before = everything()

    await work.repositories(patient)

    assert everything() == before


async def test_a_queue_says_how_much_is_open(ward: Ward) -> None:
    found = only(await work.queues(ward.patient))

    assert (found.verdict, found.subject, found.words) == (Verdict.OK, "novel: TASKS.md", "1 open of 2 tasks")


async def test_a_queue_that_is_not_there_yet_is_warned_of(ward: Ward) -> None:
    ward.queue.unlink()

    assert only(await work.queues(ward.patient)).verdict is Verdict.WARN


async def test_a_queue_that_cannot_be_read_is_a_failure(ward: Ward) -> None:
    ward.queue.unlink()
    ward.queue.mkdir()

    assert only(await work.queues(ward.patient)).verdict is Verdict.FAIL


async def test_a_queue_whose_folder_cannot_be_written_is_a_failure(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.os, "access", lambda path, mode: False)

    assert "no marker can be set" in only(await work.queues(ward.patient)).words


async def test_places_that_cannot_be_understood_are_told_by_line(ward: Ward) -> None:
    ward.queue.write_text("- [ ] Write\n- [%] What is this\n")

    assert "line 2" in only(await work.queues(ward.patient)).words


async def test_locks_of_a_killed_git_are_deleted(ward: Ward) -> None:
    ward.begin()
    lock = ward.state / "repos" / "novel.git" / "packed-refs.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()

    found = only(await work.clones(ward.patient))

    mending.mend([Entry(check="clones", found=found)], ward.patient.folder, print)
    assert not lock.exists()


async def test_a_swap_that_was_cut_off_is_finished(ward: Ward) -> None:
    ward.begin()
    ours = swap._write_ours(ward.queue, ward.queue.read_bytes(), b"new")
    left = ours.rename(ours.with_name(".TASKS.md.watchbill-part"))

    found = only(await work.clones(ward.patient))

    mending.mend([Entry(check="clones", found=found)], ward.patient.folder, print)
    assert not left.exists()
    assert ward.queue.read_text() == "- [ ] Write\n- [x] Read\n"


def test_what_cannot_be_mended_says_why(ward: Ward) -> None:
    def refuse() -> None:
        raise PermissionError(13, "Permission denied")

    fix = mending.Fix(words="chmod", mend=refuse, needs_rest=False)
    entry = Entry(check="a", found=Found(verdict=Verdict.WARN, words="", fix=fix))

    (mended,) = mending.mend([entry], ward.patient.folder, print)

    assert mended.why_not == "Permission denied"


# --- accounts


async def test_a_key_that_only_its_owner_can_read_is_well(ward: Ward) -> None:
    assert only(await accounts.keys(ward.patient)).verdict is Verdict.OK


async def test_a_key_that_others_can_read_is_closed(ward: Ward) -> None:
    ward.key.chmod(0o644)

    found = only(await accounts.keys(ward.patient))

    mending.mend([Entry(check="keys", found=found)], ward.patient.folder, print)
    assert ward.key.stat().st_mode & 0o777 == 0o600


async def test_a_key_file_of_another_user_is_theirs_to_close(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.key.chmod(0o644)
    os.chown(ward.key, 4711, -1) if os.geteuid() == 0 else monkeypatch.setattr(accounts.os, "geteuid", lambda: 4711)

    found = only(await accounts.keys(ward.patient))

    assert (found.verdict, found.fix) == (Verdict.WARN, None)


async def test_a_missing_key_is_warned_of_and_a_broken_one_fails(ward: Ward) -> None:
    ward.key.write_text("not one key")
    assert only(await accounts.keys(ward.patient)).verdict is Verdict.FAIL

    ward.key.unlink()
    assert only(await accounts.keys(ward.patient)).verdict is Verdict.WARN


async def test_keys_of_systemd_are_found(ward: Ward, tmp_path: Path) -> None:
    ward.change(f"file:{ward.key}", "credential:key")
    assert only(await accounts.keys(ward.patient)).verdict is Verdict.WARN

    ward.environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    assert only(await accounts.keys(ward.patient)).verdict is Verdict.OK


async def test_a_key_in_the_environment_works_and_is_warned_of(ward: Ward) -> None:
    ward.change(f"file:{ward.key}", "env:A_KEY")
    assert "the environment has no A_KEY" in only(await accounts.keys(ward.patient)).words

    ward.environ["A_KEY"] = "sk-canary"
    assert "other programs of this user" in only(await accounts.keys(ward.patient)).words


async def test_who_is_told_is_named_without_the_address_and_a_missing_one_is_warned_of(
    ward: Ward, tmp_path: Path
) -> None:
    assert "nobody is told anything" in only(await accounts.notifying(ward.patient)).words

    ward.text += f'[notify]\ntargets = ["file:{tmp_path}/urls"]\n'
    assert only(await accounts.notifying(ward.patient)).verdict is Verdict.WARN

    (tmp_path / "urls").write_text("json://localhost/hook-5f3a")
    found = only(await accounts.notifying(ward.patient))
    assert (found.verdict, "hook-5f3a" in repr(found)) == (Verdict.OK, False)


async def test_who_needs_no_key_is_asked_for_none(ward: Ward) -> None:
    ward.change('kind = "anthropic"', 'kind = "anthropic"\nenabled = false')

    assert only(await accounts.keys(ward.patient)).words == "no key is needed"


async def test_providers_are_asked_only_online(ward: Ward) -> None:
    claude, local = await accounts.providers(ward.patient)

    assert (claude.verdict, claude.mend) == (Verdict.UNCHECKED, "watchbill doctor --online")
    assert local.verdict is Verdict.OK


async def test_a_provider_that_is_not_well_is_a_failure(ward: Ward) -> None:
    async def probe() -> Mapping[ProviderName, ProbeResult]:
        return {
            ProviderName("claude"): ProbeResult(well=False, message="401: invalid key"),
            ProviderName("local"): ProbeResult(well=True, message="well"),
        }

    ward.prober = probe

    claude, local = await accounts.providers(ward.patient)

    assert (claude.verdict, claude.words) == (Verdict.FAIL, "401: invalid key")
    assert local.verdict is Verdict.OK


async def test_who_is_left_out_is_said_and_nobody_at_all_is_a_failure(ward: Ward) -> None:
    ward.key.unlink()
    left_out, _ = await accounts.providers(ward.patient)
    ward.change('[provider.local]\nkind = "local"', "")
    *_, nobody = await accounts.providers(ward.patient)

    assert left_out.verdict is Verdict.WARN
    assert (nobody.verdict, nobody.words) == (Verdict.FAIL, "nobody can work")


async def test_who_is_switched_off_is_no_trouble(ward: Ward) -> None:
    ward.change('kind = "anthropic"', 'kind = "anthropic"\nenabled = false')

    claude, _ = await accounts.providers(ward.patient)

    assert (claude.verdict, claude.words) == (Verdict.OK, "it is switched off (enabled = false)")


# --- what is told

ENTRIES = [
    Entry(check="git", found=Found(verdict=Verdict.OK, words="git version 2.39.5")),
    Entry(
        check="keys",
        found=Found(
            verdict=Verdict.WARN,
            words="one\ntwo",
            subject="claude",
            mend="chmod 600 key",
            fix=mending.Fix(words="chmod 600 key", mend=lambda: None),
        ),
    ),
]
MENDED = [mending.Mended(words="chmod 600 key", why_not="it is not yours")]


def test_people_read_every_finding_with_its_mend(capsys: pytest.CaptureFixture[str]) -> None:
    code = words.tell(Options(color=False), ENTRIES, MENDED, as_json=False)

    assert code == 0
    assert capsys.readouterr().out.split("\n") == [
        "ok          git            git version 2.39.5",
        "warn        keys           claude: one",
        "                           two",
        "                           → chmod 600 key  (or watchbill doctor --fix)",
        "not mended: chmod 600 key: it is not yours",
        "1 ok, 1 warn",
        "",
    ]


def test_quiet_leaves_out_what_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    words.tell(Options(quiet=True), ENTRIES, [], as_json=False)

    assert "git version" not in capsys.readouterr().out


def test_programs_read_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Entry(check="disk", found=Found(verdict=Verdict.FAIL, words="full"))

    code = words.tell(Options(), [*ENTRIES, failed], MENDED, as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert (code, told["verdict"]) == (3, "fail")
    assert [(each["check"], each["verdict"], each["can_fix"]) for each in told["checks"]] == [
        ("git", "ok", False),
        ("keys", "warn", True),
        ("disk", "fail", False),
    ]
    assert told["mended"] == [{"words": "chmod 600 key", "done": False, "why_not": "it is not yours"}]


def _write(ward: Ward, *statements: str) -> None:
    conn = engine.connect(ward.patient.folder.db)
    conn.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        conn.execute(statement)
    conn.close()


async def test_files_that_no_parser_is_installed_for_are_told(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    (fine,) = await parsing.parsers(ward.patient)
    monkeypatch.setattr("watchbill.gates.css.find_spec", lambda _: None)
    monkeypatch.setattr("watchbill.gates.sql.find_spec", lambda _: None)
    (still_fine,) = await parsing.parsers(ward.patient)
    (ward.patient.repos[0].path / "a.css").write_text("a {}")
    (blind,) = await parsing.parsers(ward.patient)

    assert (fine.verdict, still_fine.verdict, blind.verdict) == (Verdict.OK, Verdict.OK, Verdict.WARN)
    assert blind.words == "files pass unchecked by css: tinycss2 is not installed; it comes with watchbill[syntax]"


async def test_a_gate_that_cannot_be_had_is_a_failure(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise ConfigError("the gate mine cannot be loaded: ImportError: no parser")

    monkeypatch.setattr("watchbill.gates.registry.gates_wanted", fails)

    (found,) = await parsing.parsers(ward.patient)

    assert found.verdict is Verdict.FAIL
    assert "the gate mine cannot be loaded" in found.words
