"""Signals: SIGHUP asks for a reload, SIGTERM and SIGINT for the end. None is lost in a storm, and a storm is one wish."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def heard() -> Iterator["Asked"]:
    """Hear signals in the running loop. What was there before is put back at the end."""
    loop = asyncio.get_running_loop()
    ears, bell = socket.socketpair()
    ears.setblocking(False)
    bell.setblocking(False)
    asked = Asked(loop)
    loop.add_reader(ears, _empty, ears)
    # asyncio's own handlers name each signal by one byte in a pipe: a full one loses SIGTERM and fills stderr with warnings.
    # Here the byte only wakes the loop, and the interpreter's own flags remember which signals came.
    before = signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
    handlers = {number: signal.signal(number, asked.take) for number in (signal.SIGHUP, *_ENDS)}
    try:
        yield asked
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before)
        loop.remove_reader(ears)
        ears.close()
        bell.close()


class Asked:
    """What was asked for by signals. A second wish for the end ends the process at once, as if the power failed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._told: Callable[[], None] | None = None
        self._to_reload = False  # a reload was asked for, and nobody was told yet
        self._to_end = False
        self.stop = asyncio.Event()

    def tell(self, reload: Callable[[], None]) -> None:
        """Call `reload` in the loop after each SIGHUP, once for those that came together; at once for earlier ones."""
        self._told = reload
        if self._to_reload:
            self._pass_on()

    def take(self, number: int, _frame: FrameType | None) -> None:
        """The handler: between any two steps of the program, so it only sets marks."""
        if number in _ENDS:
            if self._to_end:
                os._exit(1)
            self._to_end = True
            self._loop.call_soon_threadsafe(self.stop.set)
        elif not self._to_reload:
            self._to_reload = True
            self._loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        if self._told is not None:
            self._to_reload = False
            self._told()


def _empty(ears: socket.socket) -> None:
    try:
        while ears.recv(4096):
            pass
    except BlockingIOError:
        pass
