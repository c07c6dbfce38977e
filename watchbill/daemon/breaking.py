"""Breaking: what a run's setback says of its provider's health, and the events that tell when a breaker moves."""

from collections.abc import Iterable
from datetime import datetime

from watchbill.domain.breakers import BreakerState, Sign
from watchbill.domain.outcomes import UNWELL, Setback, SetbackKind
from watchbill.domain.ports import Events
from watchbill.domain.runs import Run
from watchbill.state import breakers, troubles
from watchbill.state.breakers import WHOLE, Moved
from watchbill.state.engine import Connection


def note(conn: Connection, run: Run, setback: Setback, now: datetime) -> Moved | None:
    """Keep what the provider did instead of the work, and count its own failures.

    A vendor that is full is so for a model; what lies between us and it concerns all of them.
    """
    troubles.note(conn, run.provider, run.model, setback, now)
    if setback.kind not in UNWELL:
        return None
    model = run.model if setback.kind is SetbackKind.OVERLOADED else WHOLE
    return breakers.note(conn, run.provider, Sign.FAILED, now, model=model, why=setback.message)


def tell(events: Events, moves: Iterable[Moved]) -> None:
    for moved in moves:
        named = {"provider": moved.provider, "model": moved.model}
        match moved.breaker.state:
            case BreakerState.OPEN:
                events.emit("provider.breaker_opened", **named, until=moved.breaker.retry_at, why=moved.breaker.why)
            case BreakerState.HALF_OPEN:
                events.emit("provider.breaker_half_open", **named)
            case BreakerState.CLOSED:
                events.emit("provider.breaker_closed", **named)
