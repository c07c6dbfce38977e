"""The state folder: whose it is, who holds it, whether its database is sound, and what killed processes left in it."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

from watchbill.domain.errors import StateError
from watchbill.operator.doctor import mounts
from watchbill.operator.doctor.findings import Fix, Found, fail, ok, unchecked, warn
from watchbill.operator.doctor.patient import Patient, nearest
from watchbill.operator.doors import SocketDoor
from watchbill.scheduling import codec
from watchbill.scheduling.replay import replay
from watchbill.state import decisions, engine, schema
from watchbill.state.engine import Connection
from watchbill.workspace import removal

_SHOWN = 3  # complaints of SQLite
_REPLAYED = 50  # journaled looks: a second's work
_OTHERS = 0o077


async def folder(patient: Patient) -> Iterator[Found]:
    root = patient.folder.root
    found = [_not_yet(root)] if not root.exists() else _permissions(root)
    return chain(_shared(root), _without_programs(nearest(root)), found)


def _without_programs(place: Path) -> Iterator[Found]:
    """Nothing where programs can be started from there."""
    if os.statvfs(place).f_flag & os.ST_NOEXEC:
        yield warn(
            f"{place} is mounted noexec: agents, and programs of a repository's own or of its setup, cannot be started there",
            "Mount it without noexec, or choose another folder: daemon.state_dir",
        )


def _shared(root: Path) -> Iterator[Found]:
    """Nothing where there is no such list to read: on other systems than Linux."""
    if mounts.MOUNTS.exists() and (kind := mounts.shared_kind(nearest(root).resolve(), mounts.MOUNTS.read_text())):
        yield fail(
            f"{root} lies on a network file system ({kind}), where neither the lock nor the database is safe",
            "Choose a folder on a disk of this machine: daemon.state_dir. Repositories may lie there",
        )


def _not_yet(root: Path) -> Found:
    above = nearest(root)
    if not os.access(above, os.W_OK | os.X_OK):
        return fail(f"{root} is not there, and {above} cannot be written", "Choose another: daemon.state_dir")
    return ok(f"{root} is made at the first start")


def _permissions(root: Path) -> Iterator[Found]:
    found = root.stat()
    if not stat.S_ISDIR(found.st_mode):
        yield fail(f"{root} is no folder", "Move it away, or choose another: daemon.state_dir")
    elif not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        yield fail(f"{root} cannot be written", "Give it to the user that watchbill runs as, or mount it read-write")
    elif found.st_mode & _OTHERS:
        fix = Fix(words=f"chmod 700 {root}", mend=partial(root.chmod, 0o700), needs_rest=False)
        yield warn(f"others may look into {root}", f"chmod 700 {root}", fix=fix)
    else:
        yield ok(f"{root} is yours alone")


async def lock(patient: Patient) -> Iterator[Found]:
    return _lock(patient)


def _lock(patient: Patient) -> Iterator[Found]:
    holder, socket = patient.folder.holder(), patient.places.socket
    if holder is None:
        yield ok("nobody holds the state folder: no daemon runs")
        if socket.exists():
            fix = Fix(words=f"delete {socket}", mend=partial(socket.unlink, missing_ok=True))
            yield warn(f"a killed daemon left its socket {socket}", "The next start replaces it", fix=fix)
    elif not _lives(holder):
        yield warn(
            f"the state folder is held, and process {holder}, which it names, does not live",
            f"See who has it open: fuser {patient.folder.lock_file}",
        )
    elif socket.exists() and not SocketDoor(socket).answers():
        yield fail(
            f"process {holder} holds the state folder and does not answer on {socket}",
            f"Look at its log; stop it with kill {holder}. What it did is safe and goes on at the next start",
        )
    else:
        yield ok(f"process {holder} holds the state folder" + (" and answers" if socket.exists() else ""))


def _lives(pid: int) -> bool:
    """Of any user's; in the instant between taking the lock and writing its number a holder is 0, and lives."""
    return pid == 0 or Path("/proc", str(pid)).exists()


async def halted(patient: Patient) -> Iterator[Found]:
    stop = patient.folder.stop_file
    if stop.exists():
        return iter([warn(f"{stop} is there: no new work begins", f"rm {stop}")])
    return iter([ok("no stop file")])


async def database(patient: Patient) -> Iterator[Found]:
    return _database(patient)


def _database(patient: Patient) -> Iterator[Found]:
    place = patient.folder.db
    if not place.exists():
        yield ok("there is none yet: it is made at the first start")
    elif patient.is_at_rest:
        with patient.folder.lock():
            yield from _examine(place, is_held=False)
    elif engine.journal_mode() == "wal":
        yield from _examine(place, is_held=True)
    else:
        yield unchecked(
            f"the daemon has it open, and SQLite {engine.choose().sqlite_version} cannot be read beside its writer",
            "Stop the daemon and ask again",
        )


def _examine(place: Path, *, is_held: bool) -> Iterator[Found]:
    mend = f"Stop the daemon, keep a copy of {place}, and put back the last good copy; the queue files still have the tasks"
    try:
        conn = engine.connect_for_reading(place) if is_held else engine.connect(place)
    except StateError as error:
        yield fail(str(error), mend)
        return
    try:
        yield from _schema(conn)
        complaints = _complaints(conn)
        yield fail(f"{place} is damaged: {'; '.join(complaints)}", mend) if complaints else ok(f"{place} is sound")
        yield from _journal(conn)
    except engine.Error as error:
        yield fail(f"{place} cannot be read: {error}", mend)
    finally:
        conn.close()


def _schema(conn: Connection) -> Iterator[Found]:
    found, newest = schema.version(conn), max(number for number, _ in schema.scripts())
    if found > newest:
        yield fail(
            f"schema {found} is of a newer watchbill; this one knows {newest}",
            "Install that version again, or choose another state folder",
        )
    elif found < newest:
        yield ok(f"schema {found}, brought to {newest} at the next start")
    else:
        yield ok(f"schema {found}")


def _complaints(conn: Connection) -> list[str]:
    said = [str(row[0]) for row in conn.execute("PRAGMA integrity_check").fetchmany(_SHOWN)]
    orphans = [
        f"a row of {row[0]} points nowhere" for row in conn.execute("PRAGMA foreign_key_check").fetchmany(_SHOWN)
    ]
    return [word for word in said if word != "ok"] + orphans


def _journal(conn: Connection) -> Iterator[Found]:
    """Whether what was decided comes out the same from what it was decided on."""
    if schema.version(conn) != max(number for number, _ in schema.scripts()):
        return
    same, other = 0, 0
    for look in decisions.replayable(conn, most=_REPLAYED):
        again = _said_again(look.inputs)
        if again is None:
            continue
        said = sum(body in again for *_, body in look.decisions)
        same, other = same + said, other + len(look.decisions) - said
    if other:
        mend = (
            "After an update that may be; without one, please report it: a decision must follow from its inputs alone"
        )
        yield warn(f"{other} of the last {same + other} journaled decisions come out otherwise now", mend)
    elif same:
        yield ok(f"the last {same} journaled decisions come out the same from their inputs")


def _said_again(inputs: str) -> frozenset[str] | None:
    """None where another version of the program wrote them."""
    try:
        return frozenset(codec.encode_decisions((decision,)) for decision in replay(inputs).decisions)
    except (ValueError, KeyError, TypeError):
        return None


async def leftovers(patient: Patient) -> Iterator[Found]:
    return _leftovers(patient)


def _leftovers(patient: Patient) -> Iterator[Found]:
    """Worktrees of runs that no longer live, and half-made folders. A daemon's own are in use."""
    if not patient.is_at_rest:
        yield unchecked("a daemon works in its worktrees")
        return
    found = sorted(patient.folder.worktrees.glob("*/*"))
    for place in found:
        fix = Fix(words=f"delete {place}", mend=partial(removal.remove, place))
        yield warn(
            f"{place} is left of a run: its work is kept by its checkpoint", "The next start deletes it", fix=fix
        )
    if not found:
        yield ok("no worktree is left of a run")
