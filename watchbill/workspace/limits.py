"""Limits of one program and each of its children, as the system counts them."""

import os
import resource
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

_OURS = 4  # one part in so many of what the user may still start stays free for the daemon: git, and the next sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one program and each of its children."""

    cpu: timedelta = timedelta(minutes=10)
    memory_bytes: int = 4 << 30  # as RLIMIT_DATA: Node and others reserve far more than they use
    file_bytes: int = 1 << 30
    open_files: int = 4096
    processes: int = 4096  # beside what its user runs already; fewer where the machine does not allow so many


def limited(argv: Sequence[str], limits: Limits) -> list[str]:
    """The same under its limits: through a shell, which every system has."""
    settings = (
        "ulimit -c 0",
        f"ulimit -t {int(limits.cpu.total_seconds())}",
        f"ulimit -d {limits.memory_bytes // 1024}",
        f"ulimit -f {limits.file_bytes // 512}",
        f"ulimit -n {limits.open_files} 2>/dev/null",  # more than the machine allows is no reason to stop
        f"{{ ulimit -u {limits.processes} || ulimit -p {limits.processes}; }} 2>/dev/null",  # bash and dash differ
    )
    return ["/bin/sh", "-c", "; ".join(settings) + '; exec "$@"', "sh", *argv]


def fitted(limits: Limits, *, user: int, has_own_count: bool) -> Limits:
    """With the number of processes that the kernel has to be told, which counts all that a user runs, threads included.

    `user` is who it runs as. `has_own_count`: it runs in a user namespace of its own, where the count begins anew; what is
    outside is counted on all the same.
    """
    running = _running(user)
    allowed, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    more = _more(limits.processes, allowed, running)
    return replace(limits, processes=more if has_own_count else running + more)


def _more(wanted: int, allowed: int, running: int) -> int:
    """How many may be started beside those that run; at least the program itself."""
    if allowed == resource.RLIM_INFINITY:
        return wanted
    left = allowed - running
    return max(1, min(wanted, left - left // _OURS))


def _running(user: int) -> int:
    """The user's processes and threads, as far as they are to be seen from here."""
    tasks = 0
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError):  # it has ended
                seen = os.stat(place / "task")  # noqa: PTH116 - twice as fast, and there may be thousands
                tasks += seen.st_nlink - 2 if seen.st_uid == user else 0
    return tasks
