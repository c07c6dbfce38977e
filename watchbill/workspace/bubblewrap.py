"""Bubblewrap's words: the file system, the network and the user that a program has inside. Pure; sandbox.py starts it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchbill.workspace import nobody
from watchbill.workspace.limits import Limits, limited

SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
)  # links into /usr on most systems, else folders
SETTINGS = (
    "/etc/alternatives",
    "/etc/debian_version",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/lsb-release",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/protocols",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
)
CERTIFICATES = ("/etc/ssl/certs", "/etc/pki", "/etc/ca-certificates")  # some programs do not start without them
NAMES = ("/etc/resolv.conf", "/etc/hosts")
NOBODY = str(nobody.USER)

_ROOM = 1 << 30  # bytes of each folder that lies in memory: more is a file for the worktree
_DIES_TOO = ("/usr/bin/env", "setpriv", "--pdeathsig", "KILL", "--")
_SCRIPT = (
    '[ "$PPID" = {keeper} ] || exit 125; '
    "echo 1000 > /proc/self/oom_score_adj; exec 8<&0; {more}printf '{filter}' | {{ exec 9<&0 0<&8 8<&-; exec \"$@\"; }}"
)
_GIVE_AWAY = f'chown -hR {NOBODY}:{NOBODY} "$0"; '


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What one program finds inside."""

    worktree: Path
    writable: bool
    readable: Sequence[Path]
    online: bool
    env: Mapping[str, str]
    limits: Limits


def command(program: str, argv: Sequence[str], inside: Inside, *, as_nobody: bool, filter_code: bytes) -> list[str]:
    """The argv for this process to start instead. A shell hands the filter over, which holds zero bytes, and makes this the
    first program to go where memory runs out. Root becomes a user who owns nothing, so that the number of processes binds.
    All of it dies with this process, however that ends, and does not begin where that has ended.
    """
    place = str(inside.worktree)
    script = _SCRIPT.format(
        keeper=os.getpid(),
        more=_GIVE_AWAY if as_nobody and inside.writable else "",
        filter="".join(f"\\{byte:03o}" for byte in filter_code),
    )
    return [
        *(*_DIES_TOO, "/bin/sh", "-c", script, place, program, "--seccomp", "9"),
        *(_AS_ROOT if as_nobody else AS_USER),
        *("--die-with-parent", "--new-session", "--clearenv"),
        *([] if inside.online else ["--unshare-net"]),
        *(word for name, value in inside.env.items() for word in ("--setenv", name, value)),
        *view((*SETTINGS, *((*NAMES, *CERTIFICATES) if inside.online else ())), inside.readable),
        *_way_to(inside.worktree),
        *("--bind" if inside.writable else "--ro-bind", place, place),
        *("--remount-ro", "/", "--chdir", place, "--"),
        *(_BECOME_NOBODY if as_nobody else ()),
        *limited(argv, inside.limits),
    ]


def view(settings: Sequence[str], readable: Sequence[Path]) -> list[str]:
    """The file system as it is seen inside: the system's programs, read only, and empty places of its own."""
    own = ("--perms", "1777", "--size", str(_ROOM), "--tmpfs")
    words = ["--proc", "/proc", "--dev", "/dev", *own, "/dev/shm", "--remount-ro", "/dev", *own, "/tmp"]  # noqa: S108 - inside
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            words += ["--symlink", str(place.readlink()), str(place)]
        else:
            words += ["--ro-bind-try", str(place), str(place)]
    words += [word for name in settings for word in (*_way_to(Path(name)), "--ro-bind-try", name, name)]
    return words + [word for folder in readable for word in (*_way_to(folder), "--ro-bind", str(folder), str(folder))]


def _way_to(place: Path) -> list[str]:
    """The folders above it, empty but for it, through which everybody may come; by itself bubblewrap closes them."""
    return [word for folder in reversed(place.parents[:-1]) for word in ("--dir", str(folder))]


# Of its own: no name of the machine and no cgroup namespace, both of which nobody in there could change anyway, so that the
# systemd unit can forbid to make them.
_APART = ("--unshare-ipc", "--unshare-pid", "--cap-drop", "ALL")
AS_USER = ("--unshare-user", *_APART, "--uid", NOBODY, "--gid", NOBODY)
_AS_ROOT = (  # no user namespace, in which it would still count as root
    *_APART,
    *("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"),
)
_BECOME_NOBODY = (
    *("/usr/bin/setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"),
    *("--inh-caps=-all", "--bounding-set=-all", "--"),
)
