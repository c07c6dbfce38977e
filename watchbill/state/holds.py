"""Holds: "not before then" for a whole account."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName
from watchbill.state import columns
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    provider: ProviderName
    kind: str
    until: datetime | None  # None: until a person acts
    why: str
    put_at: datetime


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


_LIFT_LASTING_OF = "DELETE FROM holds WHERE provider = :provider AND kind = :kind AND until_ms IS NULL"


def lift_lasting_of(conn: Connection, provider: ProviderName, *, kind: str) -> None:
    """A person mended what this kind of hold waits for, if there is one."""
    conn.execute(_LIFT_LASTING_OF, {"provider": provider, "kind": kind})


_LIFT_LASTING = "DELETE FROM holds WHERE until_ms IS NULL RETURNING provider"


def lift_lasting(conn: Connection) -> list[ProviderName]:
    """A person acted on what waits for one, for instance by a new key and a start; whose accounts those were."""
    return sorted(ProviderName(row["provider"]) for row in conn.execute(_LIFT_LASTING).fetchall())


_ALL = "SELECT * FROM holds ORDER BY provider"


def all(conn: Connection) -> list[Hold]:  # noqa: A001 - read as holds.all(conn)
    return [_hold(row) for row in conn.execute(_ALL)]


def _hold(row: Row) -> Hold:
    return Hold(
        provider=ProviderName(row["provider"]),
        kind=row["kind"],
        until=columns.moment_or_none(row["until_ms"]),
        why=row["why"],
        put_at=columns.moment(row["put_ms"]),
    )
