"""Folders that cannot be left: every file below a root is opened without ever following a link, whatever somebody swaps.

Two openers keep the promise: openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, and, for kernels and containers without
it, a walk from part to part with O_NOFOLLOW.
"""

import ctypes
import errno
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from watchbill.domain.filenames import is_git
from watchbill.workspace import names

_OPENAT2 = 437  # the system call's number, the same on every architecture of ours
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_AS_FOLDER = os.O_RDONLY | os.O_DIRECTORY
_LIBC = ctypes.CDLL(None, use_errno=True)


class Opener(Protocol):
    """Opens a path below a folder's descriptor. Raises OSError for a link or an escape on the way."""

    def __call__(self, root: int, path: str, flags: int, mode: int = 0) -> int: ...


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def by_kernel(root: int, path: str, flags: int, mode: int = 0) -> int:
    """Linux 5.6's openat2."""
    how = _OpenHow(flags | os.O_CLOEXEC | os.O_NOFOLLOW, mode, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS)
    found: int = _LIBC.syscall(_OPENAT2, root, os.fsencode(path), ctypes.byref(how), ctypes.sizeof(how))
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return found


def by_walk(root: int, path: str, flags: int, mode: int = 0) -> int:
    """Part by part: no part may be a link, so none can lead away."""
    *folders, last = path.split("/")
    if path.startswith("/") or ".." in (*folders, last):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    with ExitStack() as opened:
        at = root
        for folder in folders:
            at = os.open(folder, _AS_FOLDER | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            opened.callback(os.close, at)
        return os.open(last, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=at)


def best_opener() -> Opener:
    """openat2 where this kernel and this container allow it."""
    root = os.open("/", _AS_FOLDER | os.O_CLOEXEC)
    try:
        os.close(by_kernel(root, ".", _AS_FOLDER))
    except OSError:
        return by_walk
    else:
        return by_kernel
    finally:
        os.close(root)


@dataclass(frozen=True, slots=True)
class Found:
    """Something below the root that is no folder."""

    path: str
    mode: int  # st_mode of the thing itself, links not followed

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Folder:
    """A root that is open for a while. Paths are relative and already checked for their looks (names.parts_of)."""

    def __init__(self, root: Path, opener: Opener) -> None:
        self._root = root
        self._opener = opener
        self._fd = -1

    def __enter__(self) -> Self:
        self._fd = os.open(self._root, _AS_FOLDER | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def walk(self) -> Iterator[Found]:
        """All that is no folder, in no order. The root's own `.git` and our half-written files are not looked at."""
        waiting = ["."]
        while waiting:
            folder = waiting.pop()
            prefix = "" if folder == "." else f"{folder}/"
            with self._opened(folder) as at, os.scandir(at) as entries:
                for entry in entries:
                    if entry.name.startswith(names.TEMPORARY) or (not prefix and is_git(entry.name)):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(prefix + entry.name)
                    else:
                        yield Found(prefix + entry.name, entry.stat(follow_symlinks=False).st_mode)

    def read(self, path: str, *, most: int | None = None) -> bytes:
        """A regular file's bytes, at most so many. Raises OSError: EINVAL when it is no regular file."""
        descriptor = self._opener(self._fd, path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe would wait for its writer
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", path)
            return file.read() if most is None else file.read(most)

    def link(self, path: str) -> bytes:
        """Where a symbolic link points, unfollowed."""
        folder, _, name = path.rpartition("/")
        with self._opened(folder or ".") as at:
            return os.readlink(os.fsencode(name), dir_fd=at)

    def mode(self, path: str) -> int | None:
        """The st_mode of what is there, links not followed, or None."""
        folder, _, name = path.rpartition("/")
        try:
            with self._opened(folder or ".") as at:
                return os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None

    def twin(self, parts: Sequence[str]) -> str | None:
        """The path as its folders and files are spelt here, where that differs only by case or by how letters are composed;
        None where it does not."""
        spelt: list[str] = []
        for part in parts:
            try:
                with self._opened("/".join(spelt) or ".") as at, os.scandir(at) as entries:
                    there = [entry.name for entry in entries]
            except (FileNotFoundError, NotADirectoryError):
                break
            spelt.append(names.twin_of(part, there) or part)
        whole = [*spelt, *parts[len(spelt) :]]
        return None if whole == list(parts) else "/".join(whole)

    def replace(self, path: str, content: bytes, *, mode: int) -> None:
        """Write a file whole and at once, beside and then over what was there: other names of that file keep theirs."""
        folder, _, name = path.rpartition("/")
        self._make(folder)
        with self._opened(folder or ".") as at:
            temporary = names.TEMPORARY + secrets.token_hex(8)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=at)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    os.fchmod(descriptor, mode)
                os.rename(temporary, name, src_dir_fd=at, dst_dir_fd=at)
            except OSError:
                with suppress(OSError):
                    os.unlink(temporary, dir_fd=at)
                raise

    def _make(self, folder: str) -> None:
        parts = folder.split("/") if folder else []
        for depth, part in enumerate(parts):
            with self._opened("/".join(parts[:depth]) or ".") as at, suppress(FileExistsError):
                os.mkdir(part, dir_fd=at)

    @contextmanager
    def _opened(self, folder: str) -> Iterator[int]:
        descriptor = self._opener(self._fd, folder, _AS_FOLDER)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
