"""The burn: what a budget's window comes to at its end, from the hours that were spent before it. Pure and seeded."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from math import ceil
from random import Random

from watchbill.domain.money import MicroUsd

HOUR = timedelta(hours=1)
DAY_HOURS = 24
FEWEST_DAYS = 3  # of history: fewer say nothing about what days differ by
MOST_DAYS = 28  # of history that are looked at: four weeks hold every weekday alike
PATHS = 400  # imagined futures: their deciles are steady to about a twentieth
LOW, HIGH = 0.1, 0.9  # the interval holds eight of ten futures
METHOD = (
    f"bootstrap: {PATHS} futures, each made of your own past days (24 hours counted back from now, "
    f"{MOST_DAYS} at the most) drawn at random with a fixed seed; the interval holds 8 of 10 of them; caps do not stop them"
)

_ROUNDING = 1e-9  # 0.1 * 30 is a little more than 3
_SEED = 20_260_101  # the same history gives the same forecast


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What a window comes to, what is taken already included."""

    low: MicroUsd
    likely: MicroUsd  # the median
    high: MicroUsd
    crosses_in: timedelta | None  # when the median future passes the cap; None where it does not


def days_of(hours: Sequence[MicroUsd]) -> int:
    """How many whole days of history there are."""
    return min(len(hours) // DAY_HOURS, MOST_DAYS)


def project(
    hours: Sequence[MicroUsd], *, taken: MicroUsd, left: timedelta, cap: MicroUsd | None = None
) -> Projection | None:
    """A window's end when `taken` is spent or held and `left` of it is to come; None with too little history.

    `hours` is what each past hour cost, the latest first, counted back from now; hours without work are zeros and count.
    Days are drawn whole, from this hour of the day on, so that nights stay nights and busy hours stay together.
    """
    paths = _paths(hours, taken, left)
    if not paths:
        return None
    ends = sorted(path[-1] for path in paths)
    likely = quantile(ends, 0.5)
    crosses = None if cap is None or likely <= cap else min(left, _crossing(paths, cap))
    return Projection(low=quantile(ends, LOW), likely=likely, high=quantile(ends, HIGH), crosses_in=crosses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What a window has come to some time from now."""

    after: timedelta
    low: MicroUsd
    likely: MicroUsd
    high: MicroUsd


def band(hours: Sequence[MicroUsd], *, taken: MicroUsd, left: timedelta, most: int) -> list[Spread]:
    """The same futures as project() along the way: at most about `most` of them, now and the end included; none without history."""
    paths = _paths(hours, taken, left)
    if not paths:
        return []
    last = len(paths[0]) - 1
    step = max(1, ceil(last / most))
    return [
        _spread(sorted(path[place] for path in paths), min(place * HOUR, left))
        for place in (*range(0, last, step), last)
    ]


def _spread(values: Sequence[MicroUsd], after: timedelta) -> Spread:
    low, likely, high = (quantile(values, share) for share in (LOW, 0.5, HIGH))
    return Spread(after=after, low=low, likely=likely, high=high)


def quantile(values: Sequence[MicroUsd], share: float) -> MicroUsd:
    """The smallest of the sorted values that at least this share of them does not pass.

    >>> quantile([MicroUsd(1), MicroUsd(2), MicroUsd(3), MicroUsd(4)], 0.5), quantile([MicroUsd(7)], 0.9)
    (2, 7)
    """
    return values[max(0, ceil(share * len(values) - _ROUNDING) - 1)]


def _paths(hours: Sequence[MicroUsd], taken: MicroUsd, left: timedelta) -> list[list[MicroUsd]]:
    """None with too little history."""
    days = days_of(hours)
    if days < FEWEST_DAYS:
        return []
    history = [tuple(reversed(hours[DAY_HOURS * day : DAY_HOURS * (day + 1)])) for day in range(days)]
    chance = Random(_SEED)  # noqa: S311 - a forecast, no secret
    return [list(_path(history, taken, left, chance)) for _ in range(PATHS)]


def _path(
    history: Sequence[Sequence[MicroUsd]], taken: MicroUsd, left: timedelta, chance: Random
) -> Iterator[MicroUsd]:
    """One future: what is taken now, after each hour, and at the end."""
    whole, rest = divmod(left, HOUR)
    days = [chance.choice(history) for _ in range(whole // DAY_HOURS + 1)]
    coming = [amount for day in days for amount in day]
    yield from (MicroUsd(total) for total in accumulate(coming[:whole], initial=taken))
    yield MicroUsd(taken + sum(coming[:whole]) + round(coming[whole] * (rest / HOUR)))


def _crossing(paths: Sequence[Sequence[MicroUsd]], cap: MicroUsd) -> timedelta:
    """When half of all futures have passed the cap; sums never fall, so each is searched by halving."""
    passed = sorted(bisect_left(path, cap + 1) for path in paths)
    return passed[(len(passed) - 1) // 2] * HOUR
