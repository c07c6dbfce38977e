"""The sandbox: repository code sees its worktree and the system's programs, no network, no home, no secrets."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from watchbill.domain.errors import Unsafe

_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")  # links into /usr on most systems, folders on others
_SETTINGS = (
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "ssl/openssl.cnf",
)
_NOBODY = "65534"
_PROBE = timedelta(seconds=10)


class SandboxMode(StrEnum):
    AUTO = "auto"  # bubblewrap, or nothing is run
    NONE = "none"  # the owner's word: repository code runs as the daemon's user


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one program and each of its children."""

    cpu: timedelta = timedelta(minutes=10)
    memory_bytes: int = 4 << 30
    file_bytes: int = 1 << 30
    open_files: int = 4096
    processes: int = 4096  # of the whole sandbox; does not bind root


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
    limits: Limits = field(default_factory=Limits)
    program: str = "bwrap"

    def wrap(self, argv: Sequence[str], worktree: Path, *, writable: bool = True) -> list[str]:
        """The argv to start instead, with env(). Raises Unsafe where there is no sandbox and the owner did not say none."""
        limited = _limited(argv, self.limits)
        if self.mode is SandboxMode.NONE:
            return limited
        program = shutil.which(self.program)
        if program is None:
            raise Unsafe(f"cannot run {argv[0]}: {self.program} is not installed. {_MEND}")
        place = str(worktree.absolute())
        return [
            program,
            *("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
            *("--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox"),
            "--clearenv",
            *(word for name, value in self.env().items() for word in ("--setenv", name, value)),
            *_view(self.readable),
            *("--bind" if writable else "--ro-bind", place, place),
            *("--chdir", place, "--"),
            *limited,
        ]

    def wrap_agent(self, agent: AgentPlace) -> list[str]:
        """The argv to start an agent with. Raises Unsafe as wrap() does.

        It sees its worktree and its home, and no network, unless its vendor can only be reached directly.
        """
        limited = _limited(agent.argv, agent.limits)
        if self.mode is SandboxMode.NONE:
            return limited
        program = shutil.which(self.program)
        if program is None:
            raise Unsafe(f"cannot run {agent.argv[0]}: {self.program} is not installed. {_MEND}")
        place, home = str(agent.worktree.absolute()), str(agent.home.absolute())
        network = ("--share-net", *_settings(_NAMES)) if agent.online else ()
        return [
            program,
            *("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--hostname", "sandbox"),
            *("--uid", _NOBODY, "--gid", _NOBODY, *network),
            *_view((*self.readable, *agent.readable)),
            *_settings(_CERTIFICATES),
            *("--ro-bind", str(agent.passwd), "/etc/passwd"),
            *("--bind", home, home, "--bind", place, place, "--chdir", place, "--"),
            *limited,
        ]

    def check(self) -> None:
        """Raises Unsafe, with the mend, when the sandbox does not work on this machine. Takes some milliseconds."""
        if self.mode is SandboxMode.NONE:
            return
        command = self.wrap(["true"], Path("/usr"), writable=False)
        try:
            done = subprocess.run(
                command, env=self.env(), cwd="/", capture_output=True, check=False, timeout=_PROBE.total_seconds()
            )
        except subprocess.TimeoutExpired as error:
            raise Unsafe(f"{self.program} did not answer within {_PROBE}. {_MEND}") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise Unsafe(f"{self.program} does not work here: {said}. {_MEND}")

    def env(self) -> Mapping[str, str]:
        """All that repository code sees of an environment."""
        return {"PATH": os.defpath, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}  # noqa: S108 - the sandbox's own


_MEND = (
    "Install bubblewrap (apt install bubblewrap) and allow user namespaces, or, if you trust everything that writes into "
    'this repository, write sandbox = "none" in watchbill.toml'
)


def _limited(argv: Sequence[str], limits: Limits) -> list[str]:
    """Through a shell, which every system has. Memory is RLIMIT_DATA: Node and others reserve far more than they use."""
    settings = (
        "ulimit -c 0",
        f"ulimit -t {int(limits.cpu.total_seconds())}",
        f"ulimit -d {limits.memory_bytes // 1024}",
        f"ulimit -f {limits.file_bytes // 512}",
        f"ulimit -n {limits.open_files} 2>/dev/null",  # more than the machine allows is no reason to stop
        f"{{ ulimit -u {limits.processes} || ulimit -p {limits.processes}; }} 2>/dev/null",  # bash and dash differ
    )
    return ["/bin/sh", "-c", "; ".join(settings) + '; exec "$@"', "sh", *argv]


_CERTIFICATES = ("ssl/certs", "pki", "ca-certificates")  # without them some programs do not start, network or not
_NAMES = ("resolv.conf", "hosts")


def _settings(names: Sequence[str]) -> list[str]:
    return [word for name in names for word in ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")]


def _view(readable: Sequence[Path]) -> list[str]:
    """The file system as it is seen inside: the system's programs, read only, and empty places of its own."""
    words = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - inside
    for place in map(Path, _SYSTEM):
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), str(place)]
        else:
            words += ["--ro-bind-try", str(place), str(place)]
    words += _settings(_SETTINGS)
    for folder in readable:
        words += ["--ro-bind", str(folder), str(folder)]
    return words
