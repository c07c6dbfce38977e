"""Allowances: how far a provider's own windows are used, and the hold that is put before one runs out.

From HOLD_FROM on nothing new begins there, so that what runs has the rest; below LIFT_BELOW, or at its reset, work begins again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import LimitWindow, WindowUse
from watchbill.state import columns
from watchbill.state.engine import Connection

HOLD_FROM, LIFT_BELOW = 0.90, 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearly:
    """An allowance that is all but used up."""

    provider: ProviderName
    model: str  # "": all models
    window: LimitWindow
    used: float
    resets_at: datetime  # what states no reset cannot end by itself, and is not held for

    @property
    def why(self) -> str:
        return f"{self.used:.0%} of its {self.window} allowance is used"


_NOTE = """
INSERT INTO allowances (provider, model, window, used, resets_ms, held, seen_ms)
VALUES (:provider, :model, :window, :used, :resets_ms, :used >= :hold_from AND coalesce(:resets_ms, 0) > :now, :now)
ON CONFLICT (provider, model, window) DO UPDATE
SET used = excluded.used, resets_ms = excluded.resets_ms, seen_ms = excluded.seen_ms,
    held = CASE WHEN excluded.used < :lift_below THEN 0 ELSE excluded.held OR (held AND excluded.resets_ms > :now) END
"""


def note(conn: Connection, provider: ProviderName, uses: Iterable[WindowUse], now: datetime) -> None:
    """Keep what an answer told of its account's windows."""
    for use in uses:
        row = {
            "provider": provider,
            "model": use.model,
            "window": use.window,
            "used": max(0.0, use.used),
            "resets_ms": columns.ms_or_none(use.resets_at),
            "hold_from": HOLD_FROM,
            "lift_below": LIFT_BELOW,
            "now": columns.ms(now),
        }
        conn.execute(_NOTE, row)


_TURN_DUE = "UPDATE allowances SET held = 0 WHERE held AND resets_ms <= :due RETURNING provider"


def turn_due(conn: Connection, now: datetime, grace: timedelta) -> list[ProviderName]:
    """Let work begin where the window turned at least `grace` ago; whose allowances those are."""
    rows = conn.execute(_TURN_DUE, {"due": columns.ms(now - grace)}).fetchall()
    return sorted({ProviderName(row["provider"]) for row in rows})


_FORGET = "DELETE FROM allowances WHERE provider = :provider RETURNING held"


def forget(conn: Connection, provider: ProviderName) -> bool:
    """A person acted: the next answer tells anew. False when nothing was held for one."""
    return any(row["held"] for row in conn.execute(_FORGET, {"provider": provider}).fetchall())


_HELD = "SELECT * FROM allowances WHERE held ORDER BY provider, model, resets_ms"


def nearly_used_up(conn: Connection) -> Iterator[Nearly]:
    """Those for which nothing new begins."""
    for row in conn.execute(_HELD).fetchall():
        yield Nearly(
            provider=ProviderName(row["provider"]),
            model=row["model"],
            window=LimitWindow(row["window"]),
            used=row["used"],
            resets_at=columns.moment(row["resets_ms"]),
        )
