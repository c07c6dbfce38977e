"""Modes: what a cell's code asks its keeper: to change the mode or the times of a file, by path.

Landlock does not judge that, and a filter of system calls cannot read a path. So the kernel lets the call wait and asks the
keeper, who opens the file as the code would, looks where it really lies, and does it for them where they may write.
Standard library only, and quick to load.
"""

from __future__ import annotations

import _struct as struct
import fcntl
import posix as os  # see kernel
import time

from watchbill.workspace import seccomp

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from collections.abc import Sequence

_RECEIVE, _ANSWER, _IS_VALID = 0xC0502100, 0xC0182101, 0x40082102  # ioctls of a seccomp listener
_CALL = "=QIIiIQ6Q"  # struct seccomp_notif: id, process, flags; number, arch, instruction, six arguments
_HERE, _NO_FOLLOW = 0xFFFFFF9C, 0x100  # AT_FDCWD, AT_SYMLINK_NOFOLLOW
_PATH_BYTES = 4096
_TIMES = struct.Struct("=qqqq")  # seconds and nanoseconds of the last reading and the last writing
_NOW, _KEEP = 0x3FFFFFFF, 0x3FFFFFFE  # UTIME_NOW, UTIME_OMIT
_PLAIN = 0o1777  # nobody becomes another user or group by a file of theirs


class Modes:
    """One cell's: `roots` are the folders in which its code may write."""

    def __init__(self, listener: int, roots: Sequence[str]) -> None:
        self._listener = listener
        self._roots = [_real(root) for root in roots]
        machine = os.uname().machine
        self._chmod, self._fchmodat = (seccomp.number(call, machine) for call in (seccomp.CHMOD, seccomp.FCHMODAT))

    def answer(self) -> None:
        """Take one question and answer it. One whose asker is gone by then is nobody's any more."""
        asked = bytearray(struct.calcsize(_CALL))
        try:
            fcntl.ioctl(self._listener, _RECEIVE, asked)
        except OSError:
            return
        name, pid, _, number, _, _, *args = struct.unpack(_CALL, asked)
        try:
            self._carry_out(name, pid, number, args)
            error = 0
        except OSError as refusal:
            error = -(refusal.errno or seccomp.EPERM)
        try:
            fcntl.ioctl(self._listener, _ANSWER, bytearray(struct.pack("=QqiI", name, 0, error, 0)))
        except OSError:
            return

    def _carry_out(self, name: int, pid: int, number: int, args: Sequence[int]) -> None:
        """Raises OSError as the call itself would, and for a file that is none of theirs."""
        folder, path, what, flags = (_HERE, args[0], args[1], 0) if number == self._chmod else args[:4]
        is_chmod = number in (self._chmod, self._fchmodat)
        with _Opened(f"/proc/{pid}/mem", os.O_RDONLY) as memory:
            said = os.pread(memory, _PATH_BYTES, path)
            times = b"" if is_chmod or not what else os.pread(memory, _TIMES.size, what)
        fcntl.ioctl(self._listener, _IS_VALID, struct.pack("=Q", name))  # it was their memory, not a successor's
        end = said.find(b"\0")
        if end <= 0:
            raise OSError(2 if end == 0 else 36, os.strerror(2))  # no path, or one without an end
        base = f"/proc/{pid}/cwd" if folder & 0xFFFFFFFF == _HERE else f"/proc/{pid}/fd/{folder & 0xFFFFFFFF}"
        follow = 0 if is_chmod or not flags & _NO_FOLLOW else os.O_NOFOLLOW
        with _Opened(base, os.O_PATH) as start, _Opened(said[:end], os.O_PATH | follow, start) as file:
            place = f"/proc/self/fd/{file}"
            self._refuse_strangers(os.readlink(place))
            if is_chmod:
                os.chmod(place, what & _PLAIN)
            else:
                os.utime(place, ns=_nanoseconds(times, os.stat(place)))

    def _refuse_strangers(self, real: str) -> None:
        if not any(real == root or real.startswith(f"{root}/") for root in self._roots):
            raise OSError(seccomp.EPERM, os.strerror(seccomp.EPERM))


def _nanoseconds(times: bytes, seen: os.stat_result) -> tuple[int, int]:
    if not times:
        return (time.time_ns(),) * 2
    if len(times) < _TIMES.size:
        raise OSError(14, os.strerror(14))
    read_s, read_ns, wrote_s, wrote_ns = _TIMES.unpack(times)
    return _moment(read_s, read_ns, seen.st_atime_ns), _moment(wrote_s, wrote_ns, seen.st_mtime_ns)


def _moment(seconds: int, nanoseconds: int, before: int) -> int:
    if nanoseconds == _KEEP:
        return before
    return time.time_ns() if nanoseconds == _NOW else seconds * 10**9 + nanoseconds


def _real(root: str) -> str:
    with _Opened(root, os.O_PATH) as folder:
        return os.readlink(f"/proc/self/fd/{folder}")


class _Opened:
    def __init__(self, path: str | bytes, flags: int, start: int | None = None) -> None:
        self._descriptor = os.open(path, flags | os.O_CLOEXEC, dir_fd=start)

    def __enter__(self) -> int:
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
