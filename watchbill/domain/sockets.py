"""Sockets: how a Unix socket is named to the kernel, which takes 107 bytes, while the path of a folder may be far longer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_name(socket: Path) -> Iterator[str]:
    """A name to bind or connect by while the block lasts, however long the path is. Raises OSError without its folder."""
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{socket.name}"
    finally:
        os.close(folder)
