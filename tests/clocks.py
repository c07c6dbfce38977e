"""A clock for tests that is set, and a machine that sleeps."""

from datetime import datetime, timedelta

from watchbill.daemon.clocks import FastClock


class JumpClock(FastClock):
    """Runs fast; a hand may set it, and its machine may sleep, which the monotonic clock does not count."""

    _set_by = timedelta(0)
    _slept = timedelta(0)

    def set_by(self, span: timedelta) -> None:
        self._set_by += span

    def sleep_machine(self, span: timedelta) -> None:
        self._slept += span

    def now(self) -> datetime:
        return super().now() + self._set_by + self._slept

    def boot(self) -> float:
        return super().boot() + self._slept.total_seconds()
