"""Limits of one program and each of its children, as the system counts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one program and each of its children."""

    cpu: timedelta = timedelta(minutes=10)
    memory_bytes: int = 4 << 30  # as RLIMIT_DATA: Node and others reserve far more than they use
    file_bytes: int = 1 << 30
    open_files: int = 4096
    processes: int = 4096  # of the user that it runs as; in a user namespace, of the sandbox


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
