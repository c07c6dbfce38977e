"""The program in a process of its own, forked from one that has imported it already: without the two seconds of a start."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

FORKING = multiprocessing.get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        "watchbill.daemon.main",
        "watchbill.daemon.checkup",
        "watchbill.daemon.commands",
        "watchbill.operator.api",
        "watchbill.operator.listen",
        "watchbill.operator.web.site",
        "watchbill.providers.batching",
        "genai_prices.data",
        "pydantic_ai.models.anthropic",
        "pydantic_ai.models.openai",
    ]
)


class Forked:
    """As subprocess.Popen has it: pid, poll, send_signal, kill and wait."""

    def __init__(self, args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], out: Path, err: Path) -> None:
        for place in (out, err):
            place.touch()
        self._process = FORKING.Process(target=_live, args=(args, cwd, environ, out, err))
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, signal_: signal.Signals) -> None:
        os.kill(self.pid, signal_)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, below zero for the signal that ended it. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("watchbill", timeout or 0)
        return self._process.exitcode


def _live(args: Sequence[str], cwd: Path, environ: Mapping[str, str], out: Path, err: Path) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()  # the zone of who runs the tests stays there too
    for place, number in ((out, 1), (err, 2)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_APPEND), number)
    sys.argv = ["watchbill", *args]

    from watchbill.daemon.main import main

    main()
