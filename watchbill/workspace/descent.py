"""Descent: who is below a process, and their end. For the small programs that keep others; standard library, quick to load."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what signal is made of, without its slow enumerations
import posix as os  # see kernel
import sys
import time

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

GIVE_UP_AFTER = 10.0  # seconds of killing: who cannot be killed for so long is in the kernel's hands
LOOK_AGAIN = 0.005  # seconds


_BEGIN = "import sys; sys.path.append(sys.argv.pop(1)); from watchbill.workspace import {0}; {0}.run()"


def program(module: str) -> list[str]:
    """The argv that runs this module of the workspace by itself: the standard library, ours, and nothing that is installed."""
    root = __file__.rpartition("/watchbill/")[0]
    return [sys.executable, "-I", "-S", "-c", _BEGIN.format(module), root]


def kill_all() -> dict[int, int]:
    """Kill whoever is below, until nobody is. Returns the wait status of those who were ours to wait for."""
    ended: dict[int, int] = {}
    latest = time.monotonic() + GIVE_UP_AFTER
    while time.monotonic() < latest:
        ended |= reap()
        if not _has_children():  # nor anybody else below: who loses a parent becomes ours
            break
        below = _below(os.getpid())
        for pid in below:
            _kill(pid, {os.getpid(), *below})
        ended |= reap()
        time.sleep(LOOK_AGAIN)
    return ended | reap()


def reap() -> dict[int, int]:
    """Wait status by process of those who have ended."""
    ended = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = found[1]
    except ChildProcessError:
        pass
    return ended


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _kill(pid: int, family: Collection[int]) -> None:
    """Through a descriptor: a number that was given to another process since it was read is not ours to kill."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if _parent(str(pid)) in family:
            _signal.pidfd_send_signal(descriptor, _signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    finally:
        os.close(descriptor)


def _below(root: int) -> list[int]:
    """Every process that descends from it, dead ones that nobody waited for included."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found, open_ = [], [root]
    while open_:
        below = children.get(open_.pop(), [])
        found += below
        open_ += below
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for name in filter(str.isdigit, os.listdir("/proc")):
        if (parent := _parent(name)) is not None:
            yield int(name), parent


def _parent(name: str) -> int | None:
    """None for a process that is gone."""
    try:
        with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - as above
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return None
