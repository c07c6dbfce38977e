"""Notices: the system says that something in a folder changed. Linux's inotify on the event loop: no thread, and no wake without a notice."""

import asyncio
import ctypes
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_MODIFY, _ATTRIB, _CLOSE_WRITE, _MOVED, _CREATE, _DELETE, _GONE = 0x2, 0x4, 0x8, 0xC0, 0x100, 0x200, 0xC00
_WANTED = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED | _CREATE | _DELETE | _GONE
_ONLY_FOLDERS = 0x01000000
_MOST_BYTES = 1 << 16  # of notices read at once; they are thrown away, and what is left calls again


@contextmanager
def notices(folders: Iterable[Path], came: asyncio.Event) -> Iterator[None]:
    """Inside, the event is set at every change in one of these folders, not below them.

    It stays as it is where the system has no inotify, on file systems that tell nothing, and about a folder that vanished.
    """
    heard = _listen(folders)
    if heard is None:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_reader(heard, _drain, heard, came)
    try:
        yield
    finally:
        loop.remove_reader(heard)
        os.close(heard)


def _listen(folders: Iterable[Path]) -> int | None:
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "inotify_init1"):
        return None
    heard: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if heard < 0:  # too many already: whoever waits has to look by itself
        return None
    for folder in folders:
        libc.inotify_add_watch(heard, os.fsencode(folder), _WANTED | _ONLY_FOLDERS)
    return heard


def _drain(heard: int, came: asyncio.Event) -> None:
    with suppress(BlockingIOError):
        os.read(heard, _MOST_BYTES)
    came.set()
