"""The sandbox: repository code sees its worktree and the system's programs, no network, no home, no secrets."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from watchbill.domain.errors import Unsafe
from watchbill.workspace import bubblewrap, cell, landlock, nobody, seccomp
from watchbill.workspace.limits import Limits, fitted, limited

_PROBE = timedelta(seconds=10)
_TRIED_AGAIN = timedelta(minutes=1)


class SandboxMode(StrEnum):
    AUTO = "auto"  # bubblewrap, else Landlock, or nothing is run
    NONE = "none"  # the owner's word: repository code runs as the daemon's user


class Means(StrEnum):
    """What holds the code."""

    BUBBLEWRAP = "bubblewrap"
    LANDLOCK = "Landlock"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentPlace:
    """What an agent is started with, and what it needs to see."""

    argv: Sequence[str]
    worktree: Path
    home: Path
    passwd: Path  # programs look up who they are
    readable: Sequence[Path]
    online: bool
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """How repository code is started. `readable` are more folders that its programs need, such as a tool's own."""

    mode: SandboxMode = SandboxMode.AUTO
    readable: Sequence[Path] = ()
    variables: Mapping[str, str] = field(default_factory=dict)  # beside, or in place of, the usual ones
    limits: Limits = field(default_factory=Limits)
    program: str = "bwrap"

    def wrap(self, argv: Sequence[str], worktree: Path, *, writable: bool = True, online: bool = False) -> list[str]:
        """The argv to start instead, with env(). Raises Unsafe where there is no sandbox and the owner did not say none.

        It takes some milliseconds at the first time. Where the daemon is root, what is writable becomes nobody's.
        """
        place = worktree.absolute()
        match self.means():
            case Means.NOTHING:
                return limited(argv, _as_me(self.limits))
            case Means.LANDLOCK:
                return self._in_cell(argv, place, writable=writable, online=online)
            case Means.BUBBLEWRAP:
                return self._in_bubblewrap(argv, place, writable=writable, online=online)

    def wrap_agent(self, agent: AgentPlace) -> list[str]:
        """The argv to start an agent with, to which its keeper adds the filter(). Raises Unsafe without bubblewrap.

        It sees its worktree and its home, and no network, unless its vendor can only be reached directly. Landlock cannot
        hold an agent: it knows the port of a connection, and not to whom it goes.
        """
        if self.mode is SandboxMode.NONE:
            return limited(agent.argv, _as_me(agent.limits))
        if complaint := _complaint_of(self.program):
            raise Unsafe(f"cannot run {agent.argv[0]}: {complaint}. {_MEND}")
        place, home = str(agent.worktree.absolute()), str(agent.home.absolute())
        settings = (*bubblewrap.SETTINGS, *bubblewrap.CERTIFICATES, *(bubblewrap.NAMES if agent.online else ()))
        return [
            _found(self.program),
            *(*bubblewrap.AS_USER, "--die-with-parent", *([] if agent.online else ["--unshare-net"])),
            *bubblewrap.view(settings, (*self.readable, *agent.readable)),
            *("--ro-bind", str(agent.passwd), "/etc/passwd"),
            *("--bind", home, home, "--bind", place, place, "--remount-ro", "/", "--chdir", place, "--"),
            *limited(agent.argv, fitted(agent.limits, user=os.geteuid(), has_own_count=True)),
        ]

    def means(self) -> Means:
        """What holds the code on this machine. Raises Unsafe, with the mend, where nothing does and the owner did not say so."""
        if self.mode is SandboxMode.NONE:
            return Means.NOTHING
        if not (bubblewraps := _complaint_of(self.program)):
            return Means.BUBBLEWRAP
        if not (landlocks := _landlock()):
            return Means.LANDLOCK
        raise Unsafe(f"{bubblewraps}, and {landlocks}. {_MEND}")

    def check(self) -> Means:
        """What holds the code, after a program was started in it. Raises Unsafe, with the mend."""
        means = self.means()
        if why := _started(self.wrap(["true"], Path("/usr"), writable=False), self.env()):
            raise Unsafe(f"{means} does not work here: {why}. {_MEND}")
        return means

    def env(self) -> Mapping[str, str]:
        """All that repository code sees of an environment. In a cell, HOME and TMPDIR are a folder of its own."""
        usual = {"PATH": os.defpath, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 - the sandbox's own
        return {**usual, **self.variables}

    def _in_bubblewrap(self, argv: Sequence[str], place: Path, *, writable: bool, online: bool) -> list[str]:
        as_nobody = nobody.is_to_be()
        inside = bubblewrap.Inside(
            worktree=place,
            writable=writable,
            readable=self.readable,
            online=online,
            env=self.env(),
            limits=_as_nobody(self.limits) if as_nobody else fitted(self.limits, user=os.geteuid(), has_own_count=True),
        )
        return bubblewrap.command(_found(self.program), argv, inside, as_nobody=as_nobody, filter_code=filter_code())

    def _in_cell(self, argv: Sequence[str], place: Path, *, writable: bool, online: bool) -> list[str]:
        limits = _as_nobody(self.limits) if nobody.is_to_be() else _as_me(self.limits)
        more = (*bubblewrap.NAMES, *bubblewrap.CERTIFICATES) if online else ()
        readable = (*bubblewrap.SYSTEM, *bubblewrap.SETTINGS, *more, "/proc", *map(str, self.readable))
        return cell.words(
            argv,
            read=readable if writable else (*readable, str(place)),
            write=(str(place),) if writable else (),
            folder=str(place),
            online=online,
            limits={
                "cpu": int(limits.cpu.total_seconds()),
                "data": limits.memory_bytes,
                "file": limits.file_bytes,
                "open": limits.open_files,
                "processes": limits.processes,
            },
        )


def _as_me(limits: Limits) -> Limits:
    return fitted(limits, user=os.geteuid(), has_own_count=False)


def _as_nobody(limits: Limits) -> Limits:
    """What root's sandboxes run as, several of them at a time."""
    return fitted(limits, user=nobody.USER, has_own_count=False)


def filter_code() -> bytes:
    """The system calls that code in bubblewrap may not make; nothing where this machine's are not known."""
    machine = os.uname().machine
    return seccomp.in_namespaces(machine) if seccomp.knows(machine) else seccomp.NOTHING


_MEND = (
    "Install bubblewrap (apt install bubblewrap) and allow user namespaces, or, if you trust everything that writes into "
    'this repository, write sandbox = "none" in watchbill.toml'
)


def _found(program: str) -> str:
    return shutil.which(program) or program


_tried: dict[str, tuple[float, str]] = {}  # by program: when, and why it does not work; "" where it does


def _complaint_of(program: str) -> str:
    """Why this bubblewrap cannot be used; "" when it can. That it works is remembered, that it does not for a minute."""
    place = shutil.which(program)
    if place is None:
        return f"{program} is not installed"
    at, complaint = _tried.get(place, (-_TRIED_AGAIN.total_seconds(), "it was not tried"))
    if complaint and time.monotonic() - at >= _TRIED_AGAIN.total_seconds():
        complaint = _try(place)
        _tried[place] = (time.monotonic(), complaint)
    return complaint


def _try(program: str) -> str:
    inside = bubblewrap.Inside(
        worktree=Path("/usr"), writable=False, readable=(), online=False, env={}, limits=Limits()
    )
    command = bubblewrap.command(program, ["true"], inside, as_nobody=nobody.is_to_be(), filter_code=filter_code())
    why = _started(command, {"PATH": os.defpath})
    return f"{program} does not work here: {why}" if why else ""


def _started(command: Sequence[str], env: Mapping[str, str]) -> str:
    """Why it did not end well; "" when it did."""
    try:
        done = subprocess.run(
            command, env=env, cwd="/", capture_output=True, check=False, timeout=_PROBE.total_seconds()
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {_PROBE}"
    said = done.stderr.decode(errors="replace").strip()
    return (said or f"exit code {done.returncode}") if done.returncode else ""


def _landlock() -> str:
    """Why Landlock cannot hold code here; "" when it can."""
    if not seccomp.knows(os.uname().machine):
        return f"there is no filter of system calls for {os.uname().machine}"
    if (version := landlock.version()) < landlock.OLDEST:
        return f"this kernel's Landlock (version {version}) does not keep signals inside, as version {landlock.OLDEST} does"
    return ""
