"""The tempo: how long until the daemon looks again by itself; events wake it sooner."""

from datetime import datetime, timedelta

from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.slots import hour_of

_MOST_DOUBLINGS = 20  # far past any tick_max; keeps the power finite


def next_tick(bill: WatchBill, now: datetime, *, pending: bool, idle_ticks: int = 0) -> timedelta:
    """The shortest tick while work is pending; doubled with each idle tick in a row; longer off peak; never past tick_max.

    With the defaults, at 10:00: 15 s while work is pending, 1 min after two idle ticks; at 03:00 twice that.
    """
    tempo = bill.tempo
    interval = tempo.tick_min if pending else tempo.tick_min * 2 ** min(idle_ticks, _MOST_DOUBLINGS)
    is_peak = hour_of(now, bill.zone) in tempo.peak_hours
    return min(tempo.tick_max, interval if is_peak else interval * tempo.off_peak_factor)
