"""Troubles: what providers answered instead of work, the latest of each, so that every error shown has an age."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from watchbill.domain import sound
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import Setback, SetbackKind
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

KEPT = 50  # of each provider
OURS = frozenset({SetbackKind.OVER_BUDGET, SetbackKind.UNPRICED})  # says nothing of the provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    provider: ProviderName
    model: str
    kind: str
    message: str
    at: datetime
    until: datetime | None  # the time that it stated for trying again


_NOTE = """
INSERT INTO troubles (provider, model, kind, message, until_ms, at_ms)
VALUES (:provider, :model, :kind, :message, :until_ms, :now)
"""
_FORGET = """
DELETE FROM troubles WHERE provider = :provider AND number <= (
    SELECT number FROM troubles WHERE provider = :provider ORDER BY number DESC LIMIT 1 OFFSET :kept)
"""


def note(conn: Connection, provider: ProviderName, model: str, setback: Setback, now: datetime) -> None:
    """Keep what the provider said, unless it was our own doing. What is old makes room."""
    if setback.kind in OURS:
        return
    row = {
        "provider": provider,
        "model": model,
        "kind": setback.kind,
        "message": sound.text(setback.message),
        "until_ms": columns.ms_or_none(setback.until),
        "now": columns.ms(now),
    }
    conn.execute(_NOTE, row)
    conn.execute(_FORGET, {"provider": provider, "kept": KEPT})


_LATEST = "SELECT * FROM troubles WHERE provider = :provider ORDER BY number DESC LIMIT :limit"


def latest(conn: Connection, provider: ProviderName, limit: int = KEPT) -> list[Trouble]:
    """The newest first."""
    return [_trouble(row) for row in conn.execute(_LATEST, {"provider": provider, "limit": limit})]


_COUNTS = """
SELECT provider, count(*) AS times FROM troubles
WHERE at_ms >= :since AND kind IN (SELECT value FROM json_each(:kinds)) GROUP BY provider
"""


def counts(conn: Connection, kinds: frozenset[SetbackKind], since: datetime) -> Mapping[ProviderName, int]:
    """How often each gave trouble of these kinds."""
    wanted = {"since": columns.ms(since), "kinds": columns.array(sorted(kinds))}
    return {ProviderName(row["provider"]): row["times"] for row in conn.execute(_COUNTS, wanted)}


def _trouble(row: Row) -> Trouble:
    return Trouble(
        provider=ProviderName(row["provider"]),
        model=row["model"],
        kind=row["kind"],
        message=row["message"],
        at=columns.moment(row["at_ms"]),
        until=columns.moment_or_none(row["until_ms"]),
    )
