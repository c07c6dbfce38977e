"""Raises and overages: what a person lets a budget have for a while, and the caps that follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from watchbill.domain.billing import Overage, Tariff
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, WindowKind
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_FIELD_BY_KIND: Mapping[WindowKind, str] = {
    WindowKind.PROVIDER: "per_provider",
    WindowKind.PROVIDER_MONTH: "per_provider_month",
    WindowKind.REPO: "per_repo",
    WindowKind.REPO_MONTH: "per_repo_month",
    WindowKind.TYPE: "per_type",
    WindowKind.TYPE_MONTH: "per_type_month",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    kind: WindowKind
    name: str  # "" of the day and the month
    amount: MicroUsd
    until: datetime
    who: str
    why: str
    since: datetime

    @property
    def of(self) -> str:
        return f"{self.kind} {self.name}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A provider may cost money when its credits are used up."""

    provider: ProviderName
    until: datetime
    who: str
    why: str


_PUT = """
INSERT INTO raises (kind, name, amount, until_ms, who, why, put_ms)
VALUES (:kind, :name, :amount, :until, :who, :why, :now)
"""


def put(conn: Connection, given: Raise) -> None:
    row = {
        "kind": given.kind,
        "name": given.name,
        "amount": given.amount,
        "until": columns.ms(given.until),
        "who": given.who,
        "why": given.why,
        "now": columns.ms(given.since),
    }
    conn.execute(_PUT, row)


_ACTIVE = "SELECT * FROM raises WHERE put_ms <= :now AND until_ms > :now ORDER BY number"


def active(conn: Connection, now: datetime) -> list[Raise]:
    return [_raise(row) for row in conn.execute(_ACTIVE, {"now": columns.ms(now)})]


_ENDED = "UPDATE raises SET told = 1 WHERE told = 0 AND until_ms <= :now RETURNING *"


def ended(conn: Connection, now: datetime) -> list[Raise]:
    """Those that came to their end since the last time that this was asked."""
    return [_raise(row) for row in conn.execute(_ENDED, {"now": columns.ms(now)}).fetchall()]


_END = """
UPDATE raises SET until_ms = max(:now, put_ms + 1), told = 1
WHERE kind = :kind AND name = :name AND until_ms > :now RETURNING *
"""


def end(conn: Connection, kind: WindowKind, name: str, now: datetime) -> list[Raise]:
    """A person takes back what raises a budget. What is held under it stays."""
    said = {"kind": kind, "name": name, "now": columns.ms(now)}
    return [_raise(row) for row in conn.execute(_END, said).fetchall()]


_GRANT = """
INSERT INTO overages (provider, until_ms, who, why, put_ms) VALUES (:provider, :until, :who, :why, :now)
ON CONFLICT (provider) DO UPDATE
SET until_ms = excluded.until_ms, who = excluded.who, why = excluded.why, put_ms = excluded.put_ms
"""


def grant(conn: Connection, given: Granted, now: datetime) -> None:
    row = {
        "provider": given.provider,
        "until": columns.ms(given.until),
        "who": given.who,
        "why": given.why,
        "now": columns.ms(now),
    }
    conn.execute(_GRANT, row)


_GRANTED = "SELECT * FROM overages WHERE until_ms > :now ORDER BY provider"


def granted(conn: Connection, now: datetime) -> list[Granted]:
    return [
        Granted(
            provider=ProviderName(row["provider"]),
            until=columns.moment(row["until_ms"]),
            who=row["who"],
            why=row["why"],
        )
        for row in conn.execute(_GRANTED, {"now": columns.ms(now)})
    ]


_WAKE = """
UPDATE tasks SET not_before_ms = NULL, changed_ms = :now WHERE state = 'queued' AND not_before_ms = :until
"""


_WAKE_ASIDE = "UPDATE too_dear SET until_ms = :now WHERE until_ms = :until"


def wake_put_off(conn: Connection, until: datetime, now: datetime) -> None:
    """Tasks that were put off to the turn of a window, or set aside, are looked at anew."""
    row = {"until": columns.ms(until), "now": columns.ms(now)}
    conn.execute(_WAKE, row)
    conn.execute(_WAKE_ASIDE, row)


def in_force(conn: Connection, caps: Caps, now: datetime) -> Caps:
    """The configured caps with what was raised and allowed by hand. A window without a cap needs no raise and gets none."""
    for given in active(conn, now):
        caps = raised(caps, given)
    tariffs = dict(caps.tariffs)
    for allowed in granted(conn, now):
        tariffs = _with_overage(tariffs, allowed.provider)
    return replace(caps, tariffs=tariffs)


def raised(caps: Caps, given: Raise) -> Caps:
    """The same where there is no such cap."""
    match given.kind:
        case WindowKind.DAY:
            return replace(caps, day=_more(caps.day, given.amount))
        case WindowKind.MONTH:
            return replace(caps, month=_more(caps.month, given.amount))
        case kind:
            name = _FIELD_BY_KIND[kind]
            field: Mapping[str, MicroUsd] = getattr(caps, name)
            more: dict[str, Any] = {name: _with(field, given)}
            return replace(caps, **more)


def _more(cap: MicroUsd | None, amount: MicroUsd) -> MicroUsd | None:
    return None if cap is None else MicroUsd(cap + amount)


def _with(caps: Mapping[str, MicroUsd], given: Raise) -> Mapping[str, MicroUsd]:
    if given.name not in caps:
        return caps
    return {**caps, given.name: MicroUsd(caps[given.name] + given.amount)}


def _with_overage(tariffs: dict[str, Tariff], provider: str) -> dict[str, Tariff]:
    tariff = tariffs.get(provider)
    if tariff is None or tariff.allowance.overage is not Overage.ASK:
        return tariffs
    allowed = replace(tariff, allowance=replace(tariff.allowance, overage=Overage.ALLOW))
    return {**tariffs, provider: allowed}


def _raise(row: Row) -> Raise:
    return Raise(
        kind=WindowKind(row["kind"]),
        name=row["name"],
        amount=MicroUsd(row["amount"]),
        until=columns.moment(row["until_ms"]),
        who=row["who"],
        why=row["why"],
        since=columns.moment(row["put_ms"]),
    )
