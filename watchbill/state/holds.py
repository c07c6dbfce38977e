"""Holds and breakers: "not before then" for an account or one model of it, and the circuit breaker that failures open.

A hold whose time is over is tried: one run's requests are let through, and the first answer that is no limit ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RunId
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

FAILURES_TO_OPEN = 3  # in a row
RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60))  # the first opening, the second, …
BEST_SCORE = 100
SCORE_UP, SCORE_DOWN = 10, 25  # what a good and a bad result do to a provider's health


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    provider: ProviderName
    model: str = ""  # "": the whole account
    kind: str
    until: datetime | None  # None: until a person acts
    why: str
    put_at: datetime
    probe: RunId | None = None  # whose requests are let through, while it is tried

    @property
    def of(self) -> str:
        return f"{self.model} of {self.provider}" if self.model else self.provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    provider: ProviderName
    failures: int  # in a row
    retry_at: datetime | None  # open until then, half-open after it; None: closed
    score: int  # health, 0 to 100

    def is_open(self, now: datetime) -> bool:
        return self.retry_at is not None and now < self.retry_at


_PUT = """
INSERT INTO holds (provider, model, kind, until_ms, why, put_ms) VALUES (:provider, :model, :kind, :until_ms, :why, :now)
ON CONFLICT (provider, model) DO UPDATE
SET kind = excluded.kind, until_ms = excluded.until_ms, why = excluded.why, put_ms = excluded.put_ms, trying = 0, probe = NULL
WHERE holds.trying = 1 OR (
  holds.until_ms IS NOT NULL
  AND (holds.until_ms <= :now OR excluded.until_ms IS NULL OR excluded.until_ms > holds.until_ms)
)
"""


def put(
    conn: Connection,
    provider: ProviderName,
    *,
    until: datetime | None,
    kind: str,
    why: str,
    now: datetime,
    model: str = "",
) -> None:
    """Hold an account, or one model of it, until then, or until a person acts. One that still runs is only made longer."""
    row = {
        "provider": provider,
        "model": model,
        "kind": kind,
        "until_ms": columns.ms_or_none(until),
        "why": why,
        "now": columns.ms(now),
    }
    conn.execute(_PUT, row)


_LIFT_DUE = "UPDATE holds SET trying = 1 WHERE trying = 0 AND until_ms <= :due RETURNING provider"


def lift_due(conn: Connection, now: datetime, grace: timedelta) -> list[ProviderName]:
    """Let what ended at least `grace` ago be tried; whose accounts those are."""
    rows = conn.execute(_LIFT_DUE, {"due": columns.ms(now - grace)}).fetchall()
    return sorted({ProviderName(row["provider"]) for row in rows})


_LIFT = "DELETE FROM holds WHERE provider = :provider RETURNING provider"


def lift(conn: Connection, provider: ProviderName) -> bool:
    """A person acted. False when there was no hold."""
    return bool(conn.execute(_LIFT, {"provider": provider}).fetchall())


_LIFT_LASTING = "DELETE FROM holds WHERE until_ms IS NULL RETURNING provider"


def lift_lasting(conn: Connection) -> list[ProviderName]:
    """A person acted on what waits for one, for instance by a new key and a start; whose accounts those were."""
    return sorted({ProviderName(row["provider"]) for row in conn.execute(_LIFT_LASTING).fetchall()})


_ALL = "SELECT * FROM holds WHERE trying = 0 ORDER BY provider, model"


def all(conn: Connection) -> list[Hold]:  # noqa: A001 - read as holds.all(conn)
    """Those that are in force."""
    return [_hold(row) for row in conn.execute(_ALL)]


_TRIED = "SELECT * FROM holds WHERE trying = 1 ORDER BY provider, model"


def tried(conn: Connection) -> list[Hold]:
    """Those whose time is over and that no good answer has ended yet."""
    return [_hold(row) for row in conn.execute(_TRIED)]


# Both kinds of UNWELL are left out.
_BARS = """
SELECT holds.* FROM holds LEFT JOIN runs ON runs.id = holds.probe
WHERE holds.provider = :provider AND holds.model IN ('', :model) AND holds.kind NOT IN ('network', 'overloaded')
  AND (holds.trying = 0 OR (runs.state = 'running' AND runs.id <> :run))
ORDER BY holds.trying, holds.model LIMIT 1
"""
_PROBE = "UPDATE holds SET probe = :run WHERE provider = :provider AND model IN ('', :model) AND trying = 1"


def bar(conn: Connection, purpose: Purpose) -> Hold | None:
    """The hold that keeps a request from being sent, or None; where one is tried, this run is from now on the one that tries.

    A provider's trouble keeps nobody who is at work from asking: its hold is the plan's to look at.
    """
    asked = {"provider": purpose.provider, "model": purpose.model, "run": purpose.run}
    row = conn.execute(_BARS, asked).fetchone()
    if row is not None:
        return _hold(row)
    conn.execute(_PROBE, asked)
    return None


_PROVED_WELL = "DELETE FROM holds WHERE provider = :provider AND model IN ('', :model) AND trying = 1"


def prove_well(conn: Connection, provider: ProviderName, model: str) -> None:
    """It answered: what is tried of it is over."""
    conn.execute(_PROVED_WELL, {"provider": provider, "model": model})


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
        model=row["model"],
        kind=row["kind"],
        until=columns.moment_or_none(row["until_ms"]),
        why=row["why"],
        put_at=columns.moment(row["put_ms"]),
        probe=RunId(row["probe"]) if row["probe"] else None,
    )


def _breaker(row: Row) -> Breaker:
    return Breaker(
        provider=ProviderName(row["provider"]),
        failures=row["failures"],
        retry_at=columns.moment_or_none(row["retry_ms"]),
        score=row["score"],
    )
