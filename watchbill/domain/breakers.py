"""Breakers: a provider, or one of its models, that fails in a row is left alone for a while, and comes back by itself.

Closed: it is given work. Open: it is not, until a free probe at `retry_at` finds it well. Half-open: one run may try it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from watchbill.domain.machine import Transitions, check_move


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


TRANSITIONS: Transitions[BreakerState] = {
    BreakerState.CLOSED: frozenset({BreakerState.OPEN}),
    BreakerState.OPEN: frozenset(
        {BreakerState.HALF_OPEN, BreakerState.CLOSED}
    ),  # closed: work under way got its answer
    BreakerState.HALF_OPEN: frozenset({BreakerState.CLOSED, BreakerState.OPEN}),
}

FAILURES_TO_OPEN = 3  # in a row
RETURNS = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))  # the first opening, the second, …


class Sign(StrEnum):
    """What was seen of it."""

    ANSWERED = "answered"  # work got an answer
    FAILED = "failed"  # work did not
    PROBED_WELL = "probed_well"
    PROBED_SICK = "probed_sick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0  # in a row
    openings: int = 0  # in a row
    retry_at: datetime | None = None  # while open: when it is probed
    why: str = ""  # the last failure's words
    since: datetime | None = None  # when it came into its state

    @property
    def is_open(self) -> bool:
        return self.state is BreakerState.OPEN

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for the probe that may let it return."""
        return self.retry_at is not None and self.retry_at <= now


def after(breaker: Breaker, sign: Sign, now: datetime, why: str = "") -> Breaker:
    """How it stands after what was seen.

    A probe closes nothing: a list of models says little about answers. While it is open, the failures of what was under way
    count for nothing, and so does a probe before its time that finds it sick.
    """
    match sign:
        case Sign.ANSWERED:
            return breaker if breaker == Breaker() else _to(Breaker(), breaker, now)
        case Sign.PROBED_WELL:
            half = replace(breaker, state=BreakerState.HALF_OPEN, retry_at=None)
            return _to(half, breaker, now) if breaker.is_open else breaker
        case Sign.FAILED | Sign.PROBED_SICK:
            return _failed(breaker, sign, now, why)


def _failed(breaker: Breaker, sign: Sign, now: datetime, why: str) -> Breaker:
    counted = replace(breaker, failures=breaker.failures + 1, why=why)
    if breaker.is_open:
        again = sign is Sign.PROBED_SICK and breaker.is_due(now)
    else:
        again = breaker.state is BreakerState.HALF_OPEN or counted.failures >= FAILURES_TO_OPEN
    return _opened(counted, breaker, now) if again else counted


def _opened(counted: Breaker, before: Breaker, now: datetime) -> Breaker:
    openings = before.openings + 1
    wait = RETURNS[min(openings, len(RETURNS)) - 1]
    return _to(replace(counted, state=BreakerState.OPEN, openings=openings, retry_at=now + wait), before, now)


def _to(breaker: Breaker, before: Breaker, now: datetime) -> Breaker:
    if breaker.state is before.state:
        return replace(breaker, since=before.since)
    check_move(TRANSITIONS, before.state, breaker.state)
    return replace(breaker, since=None if breaker == Breaker() else now)
