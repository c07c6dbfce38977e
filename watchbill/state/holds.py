"""Holds and breakers: "not before then" for an account or one model of it, and the circuit breaker that failures open.

A hold whose time is over is tried: one run's requests are let through, and the first answer that is no limit ends it.
"""

from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RunId
from watchbill.domain.outcomes import UNWELL
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


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

    def ends(self, *, auto_resume: bool) -> datetime | None:
        """When it is tried by itself; None where it waits for a person. Trouble passes, whatever was said of limits."""
        return self.until if auto_resume or self.kind in UNWELL else None

    @property
    def said(self) -> str:
        """What it is, since when, and in whose words."""
        return f"{self.kind} since {self.put_at:%Y-%m-%d %H:%M} UTC: {self.why}"


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


# Both kinds of UNWELL end by themselves in any case.
_LIFT_DUE = """
UPDATE holds SET trying = 1
WHERE trying = 0 AND until_ms <= :due AND (:limits OR kind IN ('network', 'overloaded')) RETURNING provider
"""


def lift_due(conn: Connection, now: datetime, *, auto_resume: bool) -> list[ProviderName]:
    """Let what is over be tried; whose accounts those are."""
    rows = conn.execute(_LIFT_DUE, {"due": columns.ms(now), "limits": auto_resume}).fetchall()
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
