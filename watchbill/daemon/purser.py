"""The purser: says once when a budget window nears its cap, when it is used up, and when it has turned."""

from collections.abc import Callable, Sequence
from datetime import datetime

from watchbill.domain.ports import Events
from watchbill.domain.windows import Window
from watchbill.scheduling.snapshot import WindowState


class Purser:
    """Watches windows for people. The ledger alone decides what may be spent."""

    def __init__(self, *, events: Events, alert_at: Callable[[], Sequence[float]]) -> None:
        self._events = events
        self._alert_at = alert_at  # shares; asked anew at each look
        self._told_by_window: dict[Window, float] = {}
        self._paused_until: dict[str, datetime] = {}

    def refused(self, window: str, until: datetime | None) -> None:
        """A call did not fit; paid work waits until then."""
        if until is not None and window not in self._paused_until:
            self._paused_until[window] = until
            self._events.emit("budget.paused", window=window, until=until)

    def look(self, windows: Sequence[WindowState], now: datetime) -> None:
        for state in windows:
            self._alert(state)
        for window in [window for window, until in self._paused_until.items() if until <= now]:
            del self._paused_until[window]
            self._events.emit("budget.resumed", window=window)

    def _alert(self, state: WindowState) -> None:
        if not state.cap:
            return
        share = state.spent / state.cap
        reached = max((level for level in self._alert_at() if share >= level), default=0.0)
        if reached > self._told_by_window.get(state.window, 0.0):
            self._told_by_window[state.window] = reached
            self._events.emit("budget.alert", window=str(state.window), share=round(share, 3))
