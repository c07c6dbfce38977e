"""Regular files, opened without waiting for anybody: what else stands in a file's place is an error at once."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_HOW = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # the second: a pipe would wait for its writer


def read(path: Path) -> bytes:
    """The whole file. Raises OSError, also where a pipe, a socket or a device stands in its place."""
    with opened(path) as file:
        return file.read()


@contextmanager
def opened(path: Path, *, follow: bool = True) -> Iterator[BinaryIO]:
    """The file for reading. Raises OSError, as read() does, and with `follow` false where it is a link."""
    descriptor = os.open(path, _HOW if follow else _HOW | os.O_NOFOLLOW)
    try:
        _complain(os.fstat(descriptor).st_mode, path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def _complain(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "no regular file, but a pipe or a device", str(path))
