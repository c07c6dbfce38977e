"""Editing a file that people edit too: by compare-and-swap, so that no edit of theirs is ever lost.

The new bytes are written into a file of ours, `.NAME.watchbill-HASH-HASH` (what was expected, what is new), and then change
places with the file in one step. What came out is looked at: when it is not what was expected, or somebody still has it open
for writing, they change back. A killed swap leaves that one file of ours; tidy() finishes what it began. It lies in git's own
folder, where the owner's `git add --all` does not see it, or beside the file where that is another file system or none.
"""

import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import signal
import stat
from contextlib import suppress
from pathlib import Path

from watchbill.domain import regular
from watchbill.domain.errors import GitError
from watchbill.workspace.owner import git_folder

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTTY, errno.EOPNOTSUPP})
_HASH = 16  # hex digits in the name


def compare_and_swap(path: Path, expected: bytes, new: bytes) -> bool:
    """Put new in the place of expected; False when the file holds something else or is being saved: read it again.

    b"" as expected also stands for a file that is not there. A link is followed and stays. Raises OSError when the
    folder cannot be written or the file cannot keep its owner.
    """
    real = _real(path)
    if not tidy(real):
        return False
    before = _read(real)
    if (before or b"") != expected:
        return False
    ours = _write_ours(real, expected, new)
    try:
        swapped = _link_new(ours, real) if before is None else _swap(ours, real, expected)
    finally:
        tidy(real)  # judges by what the file holds: after a fault it may be a person's edit
    _sync(real.parent)
    return swapped


def tidy(path: Path) -> bool:
    """Finish what a killed swap of this file began: what a person saved in that very moment is put back, never deleted.

    False when somebody is still writing into what came out: ask again later.
    """
    real = _real(path)
    found = _whole_leftovers(real)
    busy = [leftover for leftover in found if is_being_written(leftover)]
    for leftover in found:
        if leftover not in busy:
            _clear(leftover, real)
    return not busy


def leftovers(path: Path) -> list[Path]:
    """What a killed swap of this file left, for tidy()."""
    real = _real(path)
    ours = re.compile(rf"\.{re.escape(real.name)}\.watchbill-(?:part|[0-9a-f]{{{_HASH}}}-[0-9a-f]{{{_HASH}}})")
    with suppress(FileNotFoundError):
        return [found for found in _staging(real).iterdir() if ours.fullmatch(found.name)]
    return []


def _clear(leftover: Path, real: Path) -> None:
    expected, new = leftover.name.rsplit("-", 2)[1:]
    if _short(_read(leftover) or b"") not in (expected, new):
        _rescue(leftover, real, new)
        if leftover.exists() and is_being_written(leftover):
            _keep(leftover, real)  # whoever had ours open goes on in there
    leftover.unlink(missing_ok=True)


def _rescue(leftover: Path, real: Path, new: str) -> None:
    """The swap took out a person's edit: back with it, or beside it where they have saved once more since."""
    if _short(_read(real) or b"") == new:
        _put_back(leftover, real, real.stat().st_ino)
    else:
        _keep(leftover, real)


def _whole_leftovers(real: Path) -> list[Path]:
    """Whole ones; a half-written one, which holds nothing of anybody's, is deleted."""
    half = f".{real.name}.watchbill-part"
    found = leftovers(real)
    for path in found:
        if path.name == half:
            path.unlink(missing_ok=True)
    return [path for path in found if path.name != half]


def _real(path: Path) -> Path:
    """Where the file lies that a link leads to. Raises OSError."""
    try:
        return path.resolve()
    except RuntimeError as error:  # so Python says before 3.13 that links lead in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from error


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_HASH]


def _read(path: Path) -> bytes | None:
    try:
        return regular.read(path)
    except FileNotFoundError:
        return None


def _staging(real: Path) -> Path:
    """The folder for files of ours: within git's one for each folder of the owner's, else the file's own."""
    source = next((folder for folder in real.parents if (folder / ".git").exists()), None)
    if source is None:
        return real.parent
    with suppress(GitError, FileNotFoundError):
        git = git_folder(source)
        head = git / "HEAD"  # what every repository has
        if head.stat().st_dev == real.parent.stat().st_dev:  # names change places within one file system only
            return git / "watchbill" / _short(os.fsencode(real.parent))
    return real.parent


def _write_ours(real: Path, expected: bytes, new: bytes) -> Path:
    """A complete, durable file under the swap's name. It gets that name last, so a half-written one never has it."""
    staging = _staging(real)
    if staging != real.parent:
        staging.mkdir(parents=True, exist_ok=True)
    half = staging / f".{real.name}.watchbill-part"
    ours = staging / f".{real.name}.watchbill-{_short(expected)}-{_short(new)}"
    with half.open("xb") as file:
        file.write(new)
        file.flush()
        _dress_like(real, file.fileno())
        os.fsync(file.fileno())
    half.rename(ours)
    return ours


def _dress_like(real: Path, descriptor: int) -> None:
    """The same owner, mode and extended attributes, so that people find their file as it was."""
    try:
        model = real.stat()
    except FileNotFoundError:
        return
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) != (model.st_uid, model.st_gid):
        os.fchown(descriptor, model.st_uid, model.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(model.st_mode))
    with suppress(OSError):  # a file system without them
        for name in os.listxattr(real):
            os.setxattr(descriptor, name, os.getxattr(real, name))


def _link_new(staged: Path, real: Path) -> bool:
    try:
        os.link(staged, real)
    except FileExistsError:
        return False
    return True


def _swap(staged: Path, real: Path, expected: bytes) -> bool:
    ours = staged.stat().st_ino
    try:
        if is_being_written(real) or _read(real) != expected:
            return False  # writing ours down took milliseconds; nobody should read it there in vain
        exchange(staged, real)
    except FileNotFoundError:
        return False  # deleted meanwhile
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return _swap_plainly(staged, real, expected)
    if not is_being_written(staged) and _read(staged) == expected:
        return True
    _put_back(staged, real, ours)
    return False


def _put_back(staged: Path, real: Path, ours: int) -> None:
    """Undo the exchange. Where a person has meanwhile replaced ours as well, theirs stays and the older is kept too."""
    if real.stat().st_ino != ours:
        _keep(staged, real)  # back in its place, even for an instant, their next save would be written over it
        return
    exchange(staged, real)
    if staged.stat().st_ino != ours:
        exchange(staged, real)
        _keep(staged, real)


def _keep(staged: Path, real: Path) -> None:
    staged.rename(real.with_name(f"{real.name}.saved-{secrets.token_hex(4)}"))


def _swap_plainly(staged: Path, real: Path, expected: bytes) -> bool:
    """For file systems that cannot exchange two names: look once more, then replace. Microseconds stay open."""
    if is_being_written(real) or _read(real) != expected:
        return False
    staged.replace(real)
    return True


def exchange(one: Path, other: Path) -> None:
    """Two names change places in one step (Linux 3.15's renameat2). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one))


def is_being_written(path: Path) -> bool:
    """Whether somebody has the file open for writing: then the kernel grants no read lease on it."""
    with regular.opened(path) as file:
        with suppress(OSError):  # a broken lease must not kill us with its usual SIGIO
            fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN  # anything else: no leases here, or not our file
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
