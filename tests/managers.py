"""A service manager for tests: what systemd hears on its notification socket."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FakeManager:
    """Listens on a datagram socket, at a path or under one of Linux's abstract names."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.heard: list[str] = []
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind("\0" + address[1:] if address.startswith("@") else address)
        self._ears.setblocking(False)

    def listen(self) -> list[str]:
        """Everything so far, one message an entry."""
        while True:
            try:
                self.heard.append(self._ears.recv(65_536).decode())
            except BlockingIOError:
                return self.heard

    def count(self, line: str) -> int:
        return sum(line in message.splitlines() for message in self.listen())

    def wait(self, line: str, *, count: int = 1, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while self.count(line) < count:
            assert time.monotonic() < end, f"not told {line!r} within {seconds} s, but {self.heard}"
            time.sleep(0.02)

    def close(self) -> None:
        self._ears.close()


@contextmanager
def managed(folder: Path) -> Iterator[FakeManager]:
    manager = FakeManager(str(folder / "notify.sock"))
    try:
        yield manager
    finally:
        manager.close()
