"""The state folder: where everything lives that outlasts a process, held by one daemon at a time."""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.domain.errors import StateError, StateFull, StateHeld, StateLost

A_COMMAND = timedelta(seconds=3)  # longer than a command of the command line holds the folder without a daemon
_LAST_BREATH = 2.0  # seconds
_ROOM = 1 << 20  # bytes

LockMark = tuple[int, int]  # device and inode


@dataclass(frozen=True, slots=True)
class StateFolder:
    root: Path

    @property
    def db(self) -> Path:
        return self.root / "watchbill.db"

    @property
    def repos(self) -> Path:
        """Our bare clones."""
        return self.root / "repos"

    @property
    def worktrees(self) -> Path:
        return self.root / "worktrees"

    @property
    def agents(self) -> Path:
        """Homes of agent programs, one a run, for as long as it lasts."""
        return self.root / "agents"

    @property
    def environments(self) -> Path:
        """What set-up commands made, by repository."""
        return self.root / "environments"

    @property
    def patches(self) -> Path:
        return self.root / "patches"

    @property
    def logs(self) -> Path:
        """Written reports, where no other folder is configured for them."""
        return self.root / "logs"

    @property
    def inbox(self) -> Path:
        """Single tasks, one a file, for any repository."""
        return self.root / "inbox"

    @property
    def stop_file(self) -> Path:
        """Whoever makes this file stops all new work."""
        return self.root / "WATCHBILL_STOP"

    @property
    def web_token(self) -> Path:
        return self.root / "web-token"

    @property
    def socket(self) -> Path:
        return self.root / "control.sock"

    @property
    def lock_file(self) -> Path:
        return self.root / "lock"

    def make(self) -> None:
        """Make what is missing, readable by its owner only."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (
                self.repos,
                self.worktrees,
                self.agents,
                self.environments,
                self.patches,
                self.logs,
                self.inbox,
            ):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"cannot make the state folder {self.root}: {error.strerror}") from error

    @contextmanager
    def telling_full(self) -> Iterator[None]:
        """Faults inside are told as StateFull where the disk has no room, whatever they look like."""
        try:
            yield
        except (StateError, OSError) as fault:
            if isinstance(fault, StateHeld) or self._has_room():
                raise
            raise StateFull(
                f"the disk of the state folder {self.root} is full ({fault}); make room there, then start again"
            ) from fault

    def disk_used(self) -> float:
        """How full its disk is for us, 0 to 1; 0 where nobody can say."""
        try:
            seen = shutil.disk_usage(next(place for place in (self.root, *self.root.parents) if place.exists()))
        except OSError:
            return 0.0
        return seen.used / (seen.used + seen.free) if seen.used + seen.free else 0.0

    def _has_room(self) -> bool:
        """For a few pages of the database."""
        place = next(place for place in (self.root, *self.root.parents) if place.exists())
        return shutil.disk_usage(place).free >= _ROOM

    @contextmanager
    def lock(self, patience: timedelta = timedelta(0)) -> Iterator[None]:
        """Hold the folder. The lock ends with the process, however it ends.

        `patience`: how long to wait for a holder that lives. Raises StateError naming the holder.
        """
        self.make()
        descriptor = self._open_lock(os.O_RDWR | os.O_CREAT)
        try:
            self._take(descriptor, patience)
            yield
        finally:
            os.close(descriptor)

    def lock_mark(self) -> LockMark | None:
        """Which file the lock lies in; None where there is none."""
        try:
            seen = self.lock_file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return seen.st_dev, seen.st_ino

    def check_held(self, mark: LockMark | None) -> None:
        """Raises StateLost where the lock that we hold lies in another file than the one that others would ask."""
        with suppress(PermissionError):  # who may not look cannot tell, and neither is anything lost
            if self.lock_mark() != mark:
                raise StateLost(
                    f"the state folder {self.root} was removed or replaced while the daemon ran: bring it back or keep the "
                    "new one, and start again"
                )

    def holder(self) -> int | None:
        """The process that holds the folder now, None when nobody does."""
        try:
            descriptor = self._open_lock(os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            return None if _flock(descriptor) else _pid(descriptor)
        finally:
            os.close(descriptor)

    def _open_lock(self, flags: int) -> int:
        """Raises FileNotFoundError, and StateError where the folder cannot be used."""
        try:
            return os.open(self.lock_file, flags | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StateError(
                f"cannot hold the state folder {self.root}: {error.strerror}; make it writable for this user, "
                "or choose another folder"
            ) from error

    def _take(self, descriptor: int, patience: timedelta) -> None:
        """A holder that was killed may live on for an instant, in a child that has not begun its own program yet."""
        began = time.monotonic()
        while not _flock(descriptor):
            waits = patience.total_seconds() if _lives(_pid(descriptor)) else _LAST_BREATH
            if time.monotonic() - began >= waits:
                raise StateHeld(
                    f"the state folder {self.root} is held by process {_pid(descriptor)}; "
                    "stop that daemon first or choose another folder"
                )
            time.sleep(0.01)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return pid != 0  # to 0 it means ourselves


def _pid(descriptor: int) -> int:
    """Whom the lock file names; 0 in the instant between a holder's taking the lock and its writing its number."""
    return int(os.pread(descriptor, 32, 0).strip() or b"0")
