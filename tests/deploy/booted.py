"""A booted machine: systemd as process 1 of a Debian root in systemd-nspawn, on the host's network."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.roots import LANG

PATIENCE = 120  # seconds


@dataclass(frozen=True, kw_only=True)
class Machine:
    root: Path
    leader: int  # its process 1, as the host numbers it

    def run(self, *argv: str, code: int | None = 0, text: str = "", timeout: float = PATIENCE) -> str:
        """What a program says in there; `code`: how it has to end, None for anyhow."""
        enter = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--"]
        done = subprocess.run(
            [*enter, *argv], env=LANG, input=text, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert code is None or done.returncode == code, f"{argv} → {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def ask(self, *argv: str) -> str:
        return self.run(*argv, code=None).strip()

    def write(self, path: str, text: str) -> None:
        """From inside: some folders are mounted anew there."""
        self.run("mkdir", "-p", str(Path(path).parent))
        self.run("tee", path, text=text)


@contextmanager
def booted(root: Path, log: Path) -> Iterator[Machine]:
    """The machine, up. Skips the test, and says why, where nspawn cannot boot here."""
    environ = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}  # systemd 257 has no other
    words = [
        "systemd-nspawn",
        "--register=no",
        "--keep-unit",
        "--boot",
        f"--directory={root}",
        "--machine=watchbill-test",
    ]
    environ["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = (
        "1"  # else parts of /proc are covered, and no sandbox can mount one in there
    )
    with log.open("w") as out:
        nspawn = subprocess.Popen(words, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            machine = Machine(root=root, leader=_leader(nspawn, log))
            _wait_until_up(machine, log)
            yield machine
        finally:
            _shut_down(nspawn)


def _leader(nspawn: subprocess.Popen[bytes], log: Path) -> int:
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and nspawn.poll() is None:
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        time.sleep(0.1)
    pytest.skip(f"NOT RUN: systemd-nspawn does not boot here: {log.read_text()[-800:]}")


def _wait_until_up(machine: Machine, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    said = ""
    while time.monotonic() < end:
        said = machine.ask("systemctl", "is-system-running")
        if said in {"running", "degraded"}:
            return
        time.sleep(0.3)
    pytest.skip(f"NOT RUN: the machine does not come up ({said}): {log.read_text()[-800:]}")


def _shut_down(nspawn: subprocess.Popen[bytes]) -> None:
    for asked in (signal.SIGTERM, signal.SIGKILL):  # the first is an orderly shutdown of the container
        with contextlib.suppress(ProcessLookupError):
            nspawn.send_signal(asked)
        with contextlib.suppress(subprocess.TimeoutExpired):
            nspawn.wait(40)
            return
