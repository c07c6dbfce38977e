"""Confinement: where and how one run's agent program is started, and how it is certain that nothing of it is left."""

import asyncio
import hashlib
import json
import os
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from watchbill.domain.ids import RunId
from watchbill.domain.ports import AgentProgram, Confined
from watchbill.domain.whole import to_its_end
from watchbill.workspace import descent, orphans
from watchbill.workspace.limits import Limits
from watchbill.workspace.removal import remove
from watchbill.workspace.sandbox import AgentPlace, Sandbox, SandboxMode, filter_code

LIMITS = Limits(cpu=timedelta(hours=4), memory_bytes=16 << 30, file_bytes=4 << 30)
GRACE = timedelta(seconds=3)
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarters:
    """The folder of the state folder in which agents have their homes, one a run."""

    root: Path
    grace: timedelta = field(default=GRACE)  # between TERM and KILL
    limits: Limits = LIMITS

    @property
    def mark(self) -> str:
        """What the environments of this state folder's agents are marked with, up to the run."""
        return f"{hashlib.sha256(str(self.root.resolve()).encode()).hexdigest()[:16]}/"

    async def clear(self) -> int:
        """After a crash: kill what its agents left, and throw their homes away. How many there were."""
        killed = await asyncio.to_thread(orphans.sweep, self.mark)
        for home in self.root.glob("*"):
            await asyncio.to_thread(_throw_away, home)
        return killed

    @asynccontextmanager
    async def confined(
        self, program: AgentProgram, *, run: RunId, worktree: Path | None, sandbox: Sandbox
    ) -> AsyncIterator[Confined]:
        """A home and a program to start the agent with, for as long as the block lasts. Raises Unsafe without a sandbox.

        Where there is no worktree, it works in its home.
        """
        folder, mark = self.root / run, f"{self.mark}{run}/"
        try:
            yield await to_its_end(asyncio.to_thread(self._furnish, program, folder, mark, worktree, sandbox))
        finally:
            await to_its_end(asyncio.to_thread(_clean, folder, mark))

    def _furnish(
        self, program: AgentProgram, folder: Path, mark: str, worktree: Path | None, sandbox: Sandbox
    ) -> Confined:
        home = folder / "home"
        worktree = worktree or home
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in program.files.items():
            path = home / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        passwd, spec, script = folder / "passwd", folder / "spec.json", folder / "agent"
        passwd.write_text(f"agent:x:65534:65534::{home}:/bin/sh\n", encoding="utf-8")
        place = AgentPlace(
            argv=program.argv,
            worktree=worktree,
            home=home,
            passwd=passwd,
            readable=program.readable,
            online=program.port is None and not program.offline,
            limits=self.limits,
        )
        wanted = {
            "argv": sandbox.wrap_agent(place),
            "env": {**_environment(home), **_at_home(program.env, home), orphans.MARK: mark},
            "cwd": str(worktree),
            "daemon": os.getpid(),
            "grace": self.grace.total_seconds(),
            "filter": None if sandbox.mode is SandboxMode.NONE else filter_code().hex(),
            "relay": None if sandbox.mode is SandboxMode.NONE else program.port,
        }
        _write_own(spec, json.dumps(wanted), 0o600)
        words = ["/usr/bin/env", "-i", f"{orphans.MARK}={mark}", f"{orphans.WARDEN}=1", f"PATH={_PATH}"]
        words += [*descent.program("warden"), str(spec)]
        _write_own(script, f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', 0o700)
        return Confined(program=script, home=home, is_sandboxed=sandbox.mode is not SandboxMode.NONE)


def _environment(home: Path) -> Mapping[str, str]:
    return {"PATH": _PATH, "HOME": str(home), "TMPDIR": "/tmp", "LANG": "C.UTF-8", "SHELL": "/bin/sh"}  # noqa: S108 - its own


def _at_home(env: Mapping[str, str], home: Path) -> Mapping[str, str]:
    """`{home}` in a value is the run's own home, which has no name before it is made."""
    return {name: value.replace("{home}", str(home)) for name, value in env.items()}


def _write_own(path: Path, text: str, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)


def _clean(folder: Path, mark: str) -> None:
    orphans.sweep(mark)
    _throw_away(folder)


def _throw_away(folder: Path) -> None:
    """What cannot be removed stays until the next start."""
    with suppress(OSError):
        remove(folder)
