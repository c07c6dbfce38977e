"""Holds and breakers: "not before then" for a whole account, and the circuit breaker that a provider's failures open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

FAILURES_TO_OPEN = 3  # in a row
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))  # the first opening, the second, …
BEST_SCORE = 100
SCORE_UP, SCORE_DOWN = 10, 25  # what a good and a bad result do to a provider's health


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    provider: ProviderName
    kind: str
    until: datetime | None  # None: until a person acts
    why: str
    put_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    provider: ProviderName
    failures: int  # in a row
    retry_at: datetime | None  # open until then, half-open after it; None: closed
    score: int  # health, 0 to 100

    def is_open(self, now: datetime) -> bool:
        return self.retry_at is not None and now < self.retry_at


_PUT = """
INSERT INTO holds (provider, kind, until_ms, why, put_ms) VALUES (:provider, :kind, :until_ms, :why, :now)
ON CONFLICT (provider) DO UPDATE
SET kind = excluded.kind, until_ms = excluded.until_ms, why = excluded.why, put_ms = excluded.put_ms
WHERE holds.until_ms IS NOT NULL
  AND (holds.until_ms <= :now OR excluded.until_ms IS NULL OR excluded.until_ms > holds.until_ms)
"""


def put(
    conn: Connection, provider: ProviderName, *, until: datetime | None, kind: str, why: str, now: datetime
) -> None:
    """Hold an account until then, or until a person acts. A hold that still runs is only ever made longer."""
    row = {
        "provider": provider,
        "kind": kind,
        "until_ms": columns.ms_or_none(until),
        "why": why,
        "now": columns.ms(now),
    }
    conn.execute(_PUT, row)


_LIFT_DUE = "DELETE FROM holds WHERE until_ms <= :due RETURNING provider"


def lift_due(conn: Connection, now: datetime, grace: timedelta) -> list[ProviderName]:
    """Lift what ended at least `grace` ago; whose accounts those were."""
    rows = conn.execute(_LIFT_DUE, {"due": columns.ms(now - grace)}).fetchall()
    return sorted(ProviderName(row["provider"]) for row in rows)


_LIFT = "DELETE FROM holds WHERE provider = :provider RETURNING provider"


def lift(conn: Connection, provider: ProviderName) -> bool:
    """A person acted. False when there was no hold."""
    return conn.execute(_LIFT, {"provider": provider}).fetchone() is not None


_LIFT_LASTING = "DELETE FROM holds WHERE until_ms IS NULL RETURNING provider"


def lift_lasting(conn: Connection) -> list[ProviderName]:
    """A person acted on what waits for one, for instance by a new key and a start; whose accounts those were."""
    return sorted(ProviderName(row["provider"]) for row in conn.execute(_LIFT_LASTING).fetchall())


_ALL = "SELECT * FROM holds ORDER BY provider"


def all(conn: Connection) -> list[Hold]:  # noqa: A001 - read as holds.all(conn)
    return [_hold(row) for row in conn.execute(_ALL)]


_NOTE = """
INSERT INTO breakers (provider, failures, openings, retry_ms, score, changed_ms)
VALUES (:provider, :failures, :openings, :retry_ms, :score, :now)
ON CONFLICT (provider) DO UPDATE
SET failures = excluded.failures, openings = excluded.openings, retry_ms = excluded.retry_ms, score = excluded.score,
    changed_ms = excluded.changed_ms
"""


def note_result(conn: Connection, provider: ProviderName, ok: bool, now: datetime) -> Breaker:
    """Count a result. Three failures in a row open the breaker, each failed retry for longer; a success closes it."""
    row = conn.execute(_BREAKER, {"provider": provider}).fetchone()
    after = _after_success(row) if ok else _after_failure(row, now)
    conn.execute(_NOTE, {**after, "provider": provider, "now": columns.ms(now)})
    return _breaker(conn.execute(_BREAKER, {"provider": provider}).fetchone())


_BREAKER = "SELECT * FROM breakers WHERE provider = :provider"


def breaker(conn: Connection, provider: ProviderName) -> Breaker:
    """How a provider's breaker stands; closed and in full health for one that nothing is known of."""
    row = conn.execute(_BREAKER, {"provider": provider}).fetchone()
    if row is None:
        return Breaker(provider=provider, failures=0, retry_at=None, score=BEST_SCORE)
    return _breaker(row)


def _after_success(row: Row | None) -> Mapping[str, int | None]:
    score = BEST_SCORE if row is None else min(BEST_SCORE, row["score"] + SCORE_UP)
    return {"failures": 0, "openings": 0, "retry_ms": None, "score": score}


def _after_failure(row: Row | None, now: datetime) -> Mapping[str, int | None]:
    failures, openings, retry_ms, score = (
        (0, 0, None, BEST_SCORE) if row is None else (row["failures"], row["openings"], row["retry_ms"], row["score"])
    )
    failures += 1
    was_open = retry_ms is not None and columns.ms(now) < retry_ms  # a run that was under way when it opened
    if failures >= FAILURES_TO_OPEN and not was_open:
        openings += 1
        retry_ms = columns.ms(now + RETRY_AFTER[min(openings, len(RETRY_AFTER)) - 1])
    return {"failures": failures, "openings": openings, "retry_ms": retry_ms, "score": max(0, score - SCORE_DOWN)}


def _hold(row: Row) -> Hold:
    return Hold(
        provider=ProviderName(row["provider"]),
        kind=row["kind"],
        until=columns.moment_or_none(row["until_ms"]),
        why=row["why"],
        put_at=columns.moment(row["put_ms"]),
    )


def _breaker(row: Row) -> Breaker:
    return Breaker(
        provider=ProviderName(row["provider"]),
        failures=row["failures"],
        retry_at=columns.moment_or_none(row["retry_ms"]),
        score=row["score"],
    )
