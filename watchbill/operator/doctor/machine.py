"""What the machine has to bring: the interpreter, SQLite, git, a sandbox, clocks that are right, and room."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watchbill.domain.errors import Unsafe
from watchbill.operator.doctor.findings import Found, fail, ok, warn
from watchbill.operator.doctor.patient import Machine, Patient, nearest
from watchbill.state import engine
from watchbill.workspace.gitcmd import clean_environment
from watchbill.workspace.sandbox import Means, Sandbox

_GIT = (2, 38)  # the first whose merge-tree merges without a worktree
_PATIENCE = timedelta(seconds=10)
_WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)  # no clock that is right says less: this program did not exist
_DRIFT = timedelta(minutes=2)
_NAP = timedelta(minutes=1)
_MIB = 1 << 20
_LITTLE, _TOO_LITTLE = (
    1024 * _MIB,
    100 * _MIB,
)  # bytes free: clones and worktrees grow; the store must never meet a full disk


async def interpreter(_: Machine) -> Iterator[Found]:
    return iter([ok(f"Python {'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}")])


async def sqlite(_: Machine) -> Iterator[Found]:
    module = engine.choose()
    return iter([_sqlite(module.__name__, module.sqlite_version, engine.journal_mode())])


def _sqlite(module: str, version: str, journal: str) -> Found:
    words = f"SQLite {version} of {module}, journal mode {journal}"
    if journal == "wal":
        return ok(words)
    return warn(
        f"{words}: its write-ahead log can lose data, so the slower journal is used, which nobody can read beside the daemon",
        "pip install pysqlite3 (x86-64 Linux), or a Python that is linked with SQLite 3.51.3 or later",
    )


async def git(machine: Machine) -> Iterator[Found]:
    program = shutil.which("git")
    if program is None:
        return iter([fail("git is not installed", "Install git 2.38 or later, and see that it is on PATH")])
    said = await machine.proc.run([program, "--version"], cwd=Path("/"), env=clean_environment(), timeout=_PATIENCE)
    return iter([_git(said.stdout.strip() or said.stderr.strip(), program)])


def _git(said: str, program: str) -> Found:
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None:
        return fail(f"{program} does not say its version: {said[:200]}", "Install git 2.38 or later")
    if (int(found[1]), int(found[2])) < _GIT:
        return fail(f"{said} cannot merge without a worktree", "Install git 2.38 or later")
    return ok(f"{said} at {program}")


async def sandbox(patient: Patient) -> Iterator[Found]:
    return _sandbox(patient, Sandbox())


def _sandbox(patient: Patient, tried: Sandbox) -> Iterator[Found]:
    bare = [repo.terms.name for repo in patient.repos if not repo.sandboxed]
    for name in bare:
        yield warn("its programs run without a sandbox, as configured", 'Take sandbox = "none" out again', subject=name)
    if len(bare) == len(patient.repos):
        return
    try:
        means = tried.check()
    except Unsafe as error:
        words, _, mend = str(error).partition(". ")
        yield (
            fail(words, mend)
            if _has_programs(patient)
            else warn(f"{words}; no program is configured that needs it", mend)
        )
        return
    yield (
        ok("bubblewrap holds repositories' programs")
        if means is Means.BUBBLEWRAP
        else warn(
            "Landlock holds repositories' programs, which may open no socket at all there; agent programs cannot be held by it",
            "apt install bubblewrap, and allow user namespaces",
        )
    )


def _has_programs(patient: Patient) -> bool:
    """Whether anything of a repository is ever run."""
    finds = any(entry.find and entry.find.command for entry in patient.loaded.settings.recurring)
    gates = any(repo.commands for repo in patient.repos if repo.sandboxed)
    return finds or gates or any(setup.commands for setup in patient.setups)


async def clocks(patient: Patient) -> Iterator[Found]:
    return _clocks(patient)


def _clocks(patient: Patient) -> Iterator[Found]:
    now = patient.clock.now()
    if now < _WRITTEN:
        yield fail(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, when this program was not written: hours and budgets would be wrong",
            "Set it: timedatectl set-ntp true",
        )
        return
    if (written := _last_written(patient)) is not None and written > now + _DRIFT:
        yield fail(
            f"the clock says {now:%Y-%m-%d %H:%M} UTC, and the state was written at {written:%Y-%m-%d %H:%M}",
            "Set the clock, or wait until it has caught up: money of that day is counted by it",
        )
        return
    slept = f"; the machine slept {_short(patient.suspended)} since it started" if patient.suspended > _NAP else ""
    yield ok(f"{now:%Y-%m-%d %H:%M:%S} UTC{slept}")


def _last_written(patient: Patient) -> datetime | None:
    try:
        return datetime.fromtimestamp(patient.folder.db.stat().st_mtime, UTC)
    except OSError:
        return None


def _short(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"


async def disk(patient: Patient) -> Iterator[Found]:
    place = nearest(patient.places.state_dir)
    stat = os.statvfs(place)
    return iter([_disk(place, stat.f_bavail * stat.f_frsize, inodes=stat.f_favail if stat.f_files else None)])


def _disk(place: Path, free: int, *, inodes: int | None) -> Found:
    words = f"{free // _MIB:,} MiB free at {place}".replace(",", " ")
    mend = "Make room, or move the state folder: daemon.state_dir"
    if inodes == 0:
        return fail(f"no more files can be made at {place}", mend)
    if free < _TOO_LITTLE:
        return fail(words, mend)
    return warn(words, mend) if free < _LITTLE else ok(words)
