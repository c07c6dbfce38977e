"""Landlock: the kernel's own list of the files that this process and its children may still open.

Standard library only, and little of it: the cell imports it in the time that a sandbox may cost.
"""

from __future__ import annotations

import _stat as stat
import _struct as struct
import posix as os  # see kernel

from watchbill.workspace import kernel

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from collections.abc import Iterable

OLDEST = 6  # the first that also keeps signals and abstract sockets inside: Linux 6.12

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same on all machines
_VERSION = 1 << 0
_BENEATH = 1
_READ = 0b1100  # READ_FILE, READ_DIR
_RUN = 0b1
_ALL = (1 << 16) - 1  # up to IOCTL_DEV, which came with version 5
_NODES = (1 << 6) | (1 << 11) | (1 << 15)  # MAKE_CHAR, MAKE_BLOCK, IOCTL_DEV: of no use to repository code
_OF_FILES = _RUN | 0b110 | (1 << 14)  # what can be said of a file: execute, write, read, truncate
_NETWORK, _SCOPES = 0b11, 0b11  # BIND_TCP, CONNECT_TCP; abstract Unix sockets, signals
_PR_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """What the kernel has of it; 0 where it has none, or was started without."""
    try:
        return kernel.call("syscall", _CREATE, None, 0, _VERSION)
    except OSError:
        return 0


def confine(*, read: Iterable[str], write: Iterable[str], devices: Iterable[str], online: bool) -> None:
    """From now on this process can open nothing but what lies beneath these places; what is not there is left out.

    It can still signal only what it starts, and connect only when online. Raises OSError.
    """
    attributes = struct.pack("=QQQ", _ALL, 0 if online else _NETWORK, _SCOPES)
    rules = kernel.call("syscall", _CREATE, attributes, len(attributes), 0)
    for places, rights in ((read, _READ | _RUN), (write, _ALL & ~_NODES), (devices, 0b110)):
        for place in places:
            _allow(rules, place, rights)
    kernel.call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    kernel.call("syscall", _RESTRICT, rules, 0)
    os.close(rules)


def _allow(rules: int, place: str, rights: int) -> None:
    try:
        folder = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    is_folder = stat.S_ISDIR(os.stat(folder).st_mode)
    rule = struct.pack("=Qi", rights if is_folder else rights & _OF_FILES, folder)
    kernel.call("syscall", _ADD, rules, _BENEATH, rule, 0)
    os.close(folder)
