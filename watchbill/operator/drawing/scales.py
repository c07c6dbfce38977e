"""Scales: from moments and amounts to pixels, with ticks at numbers that people like."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)  # every zone's offset is a multiple of it
_STEPS = tuple(timedelta(hours=hours) for hours in (0.25, 0.5, 1, 2, 3, 6, 12, 24))  # between two labels
_TINY = 1e-9  # less than anything that is counted here
_NICE = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Moments from left to right."""

    begin: datetime
    end: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        """What lies before or after is put at the edge."""
        share = (at - self.begin) / (self.end - self.begin)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)

    def times(self, zone: ZoneInfo, room: float, *, least: timedelta = HOUR) -> Iterator[datetime]:
        """Round times of the zone, so far apart that a label of `room` pixels fits between, and `least` at the least."""
        pixels = (self.right - self.left) / ((self.end - self.begin) / HOUR)
        steps = [step for step in _STEPS if step >= least]
        step = next((step for step in steps if step / HOUR * pixels >= room), steps[-1])
        utc = self.begin.astimezone(UTC)
        at = utc.replace(minute=utc.minute - utc.minute % 15, second=0, microsecond=0)
        while at <= self.end:
            local = at.astimezone(zone)
            if at >= self.begin and not timedelta(hours=local.hour, minutes=local.minute) % step:
                yield at
            at += _QUARTER

    def days(self, zone: ZoneInfo, room: float) -> Iterator[datetime]:
        """Midnights of the zone so far apart that a label of `room` pixels fits between."""
        pixels = (self.right - self.left) / ((self.end - self.begin) / timedelta(days=1))
        step = max(1, ceil(room / pixels))
        first = self.begin.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        for count in range(0, ceil((self.end - self.begin) / timedelta(days=1)) + 1, step):
            at = first + timedelta(days=count)
            if self.begin <= at <= self.end:
                yield at


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Amounts from the bottom, where zero is, to the top."""

    most: float  # more than zero
    bottom: float
    top: float

    def y(self, amount: float) -> float:
        """What is beyond is put at the edge."""
        return self.bottom - min(1.0, max(0.0, amount / self.most)) * (self.bottom - self.top)


def nice(most: float, count: int = 4, *, is_counted: bool = False) -> list[float]:
    """From zero up, about so many ticks; the last one is no less than `most`. Of what is counted there are no halves.

    >>> nice(4.2), nice(0), nice(100)
    ([0.0, 2.0, 4.0, 6.0], [0.0, 1.0], [0.0, 25.0, 50.0, 75.0, 100.0])
    >>> nice(7, 3), nice(7, 3, is_counted=True), nice(1, is_counted=True)
    ([0.0, 2.5, 5.0, 7.5], [0.0, 5.0, 10.0], [0.0, 1.0])
    """
    if most < _TINY:
        return [0.0, 1.0]
    rough = max(most / count, 1.0 if is_counted else 0.0)
    power = 10.0 ** floor(log10(rough))
    steps = [factor * power for factor in _NICE if not is_counted or factor * power % 1 == 0]
    step = next(each for each in steps if each >= rough * (1 - 1e-9))
    return [step * place for place in range(ceil(most / step - 1e-9) + 1)]
