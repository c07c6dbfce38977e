"""Orphans: processes of agents that nobody keeps any more, known by a mark in their environment."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

MARK = "WATCHBILL_AGENT"
WARDEN = "WATCHBILL_WARDEN"  # in a warden's environment beside the mark
_WARDENS_WITHIN = 5.0  # seconds that wardens get to do it better: they know those without a mark too
_GIVE_UP_AFTER = 10.0  # seconds
_LOOK_AGAIN = 0.01  # seconds


def sweep(mark: str) -> int:
    """Kill every process whose mark begins so, until there is none; how many were found. Their wardens go first, by themselves.

    Each is held by a descriptor before its mark is read: a number that the system gave to another process is never killed.
    """
    found: set[int] = set()
    wardens = (f"{MARK}={mark}".encode(), f"{WARDEN}=".encode())
    found |= _until_gone(lambda: _signal_all(signal.SIGQUIT, wardens), _WARDENS_WITHIN)
    found |= _until_gone(lambda: _signal_all(signal.SIGKILL, wardens[:1]), _GIVE_UP_AFTER)
    return len(found)


def _until_gone(signal_all: Callable[[], Iterator[int]], seconds: float) -> set[int]:
    seen: set[int] = set()
    latest = time.monotonic() + seconds
    while (found := set(signal_all())) and time.monotonic() < latest:
        seen |= found
        time.sleep(_LOOK_AGAIN)
    return seen


def _signal_all(number: signal.Signals, marks: Sequence[bytes]) -> Iterator[int]:
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid() and _signalled(int(place.name), number, marks):
            yield int(place.name)


def _signalled(pid: int, number: signal.Signals, marks: Sequence[bytes]) -> bool:
    """False for who does not have all the marks."""
    with suppress(OSError):  # it is gone, or another user's
        descriptor = os.pidfd_open(pid)
        try:
            if not _has(pid, marks):
                return False
            signal.pidfd_send_signal(descriptor, number)
            return True
        finally:
            os.close(descriptor)
    return False


def _has(pid: int, marks: Sequence[bytes]) -> bool:
    """A dead process has no environment."""
    words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return all(any(word.startswith(mark) for word in words) for mark in marks)
