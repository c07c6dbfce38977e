"""Progress: a line on the terminal that says what is being done, once it takes longer than a second; gone when it is done."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from watchbill.operator.cli.root import Options

AFTER = 1.0  # seconds
_AGAIN = 0.5
_WIPE = "\r\x1b[K"


class Progress:
    """Say with at() what is being done; a thread shows it, so that whoever works need not come by."""

    def __init__(self, out: TextIO, words: str) -> None:
        self._out = out
        self._words = words
        self._began = time.monotonic()
        self._over = threading.Event()
        self._shown = False

    def at(self, words: str) -> None:
        self._words = words

    def show(self) -> None:
        """Until done() is called."""
        wait = AFTER
        while not self._over.wait(wait):
            wait = _AGAIN
            self._shown = True
            self._out.write(f"{_WIPE}… {self._words} ({time.monotonic() - self._began:.0f} s)"[:_MOST])
            self._out.flush()

    def done(self) -> None:
        self._over.set()
        if self._shown:
            self._out.write(_WIPE)
            self._out.flush()


_MOST = 120  # characters: a line that is broken could not be wiped


@contextmanager
def progress(options: Options, words: str) -> Iterator[Progress]:
    """Nothing is shown where standard error is no terminal, or with --quiet."""
    made = Progress(sys.stderr, words)
    if options.quiet or not sys.stderr.isatty():
        yield made
        return
    shower = threading.Thread(target=made.show, daemon=True)
    shower.start()
    try:
        yield made
    finally:
        made.done()
        shower.join()
