"""Departure: the daemon leaves because somebody asked it to over the control API, as it does at a signal."""

from collections.abc import Callable
from datetime import timedelta


class Departure:
    """What was asked; the service says what ends it."""

    def __init__(self) -> None:
        self.within: timedelta | None = None  # for runs to come to their checkpoints; None: as configured
        self._stop: Callable[[], None] | None = None

    def leads_to(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def ask(self, within: timedelta | None) -> None:
        """Raises AssertionError where nothing serves: then nobody can ask."""
        assert self._stop is not None, "who can be asked serves"
        self.within = within
        self._stop()
