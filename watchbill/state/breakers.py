"""Breakers in the store: one of each provider, and one of each of its models. What never failed has no row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.breakers import Breaker, BreakerState, Sign, after
from watchbill.domain.ids import ProviderName
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

WHOLE = ""  # in place of a model: the provider itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A breaker that came into another state."""

    provider: ProviderName
    model: str
    breaker: Breaker


_GET = "SELECT * FROM breakers WHERE provider = :provider AND model = :model"
_PUT = """
INSERT INTO breakers (provider, model, state, failures, openings, retry_ms, why, since_ms, changed_ms)
VALUES (:provider, :model, :state, :failures, :openings, :retry_ms, :why, :since_ms, :now)
ON CONFLICT (provider, model) DO UPDATE
SET state = excluded.state, failures = excluded.failures, openings = excluded.openings, retry_ms = excluded.retry_ms,
    why = excluded.why, since_ms = excluded.since_ms, changed_ms = excluded.changed_ms
"""


def note(
    conn: Connection, provider: ProviderName, sign: Sign, now: datetime, *, model: str = WHOLE, why: str = ""
) -> Moved | None:
    """Store what was seen. How it stands now, if that made it move from one state to another."""
    before = get(conn, provider, model)
    breaker = after(before, sign, now, why)
    if breaker == before:
        return None
    row = {
        "provider": provider,
        "model": model,
        "state": breaker.state,
        "failures": breaker.failures,
        "openings": breaker.openings,
        "retry_ms": columns.ms_or_none(breaker.retry_at),
        "why": breaker.why,
        "since_ms": columns.ms_or_none(breaker.since),
        "now": columns.ms(now),
    }
    conn.execute(_PUT, row)
    return None if breaker.state is before.state else Moved(provider=provider, model=model, breaker=breaker)


def answered(conn: Connection, provider: ProviderName, model: str, now: datetime) -> list[Moved]:
    """Work got its answer: of the model, and so of the provider."""
    moves = [note(conn, provider, Sign.ANSWERED, now, model=each) for each in dict.fromkeys((WHOLE, model))]
    return [moved for moved in moves if moved is not None]


def get(conn: Connection, provider: ProviderName, model: str = WHOLE) -> Breaker:
    """How it stands; closed where nothing is known of it."""
    row = conn.execute(_GET, {"provider": provider, "model": model}).fetchone()
    return Breaker() if row is None else _breaker(row)


_ALL = "SELECT * FROM breakers WHERE failures > 0 ORDER BY provider, model"


def all(conn: Connection) -> Mapping[ProviderName, Mapping[str, Breaker]]:  # noqa: A001 - read as breakers.all(conn)
    """Those that are not in full order, by provider and model."""
    found: dict[ProviderName, dict[str, Breaker]] = {}
    for row in conn.execute(_ALL):
        found.setdefault(ProviderName(row["provider"]), {})[row["model"]] = _breaker(row)
    return found


_RESET = "DELETE FROM breakers WHERE provider = :provider AND failures > 0 RETURNING model"


def reset(conn: Connection, provider: ProviderName) -> list[str]:
    """A person says that it is well: what had failed, the provider itself as WHOLE."""
    return sorted(row["model"] for row in conn.execute(_RESET, {"provider": provider}).fetchall())


def _breaker(row: Row) -> Breaker:
    return Breaker(
        state=BreakerState(row["state"]),
        failures=row["failures"],
        openings=row["openings"],
        retry_at=columns.moment_or_none(row["retry_ms"]),
        why=row["why"],
        since=columns.moment_or_none(row["since_ms"]),
    )
