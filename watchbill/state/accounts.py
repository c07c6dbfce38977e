"""Accounts: what the ledger's rows add up to, by window, by call and by whatever people ask for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchbill.domain.calls import Bound, Call, CallState, Purpose, Settlement, Usage
from watchbill.domain.ids import CallId, ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.quotas import Quota, QuotaKind, Unit, credits_of, quotas_of
from watchbill.domain.windows import Caps, Window, WindowKind, task_window, windows_of
from watchbill.scheduling.snapshot import QuotaState, WindowState
from watchbill.state import columns, ledger, quotas, shortage
from watchbill.state.engine import Connection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a window is asked for by, whatever the day: provider "claude", task "t-1"; day and month need no name."""

    kind: WindowKind
    name: str = ""
    task_cap: MicroUsd | None = None  # the task's own, where kind is TASK


def window_states(conn: Connection, caps: Caps, now: datetime, keys: Iterable[Key]) -> list[WindowState]:
    """The windows of now for these keys, untouched ones included, in the order of the keys."""
    marks = shortage.marked(conn, now)
    cap_by_window = [_window(caps, now, key) for key in keys]
    used = ledger.used_of(conn, [window for window, _ in cap_by_window])
    return [
        WindowState(window=window, cap=cap, spent=spent, held=held, short=marks.get(str(window), 0) if marks else 0)
        for (window, cap), (spent, held) in zip(cap_by_window, used, strict=True)
    ]


def quota_states(conn: Connection, caps: Caps, now: datetime, providers: Iterable[ProviderName]) -> list[QuotaState]:
    """The quotas of now that bind these providers, each once; a task's and a run's own are not among them."""
    cap_by_quota: dict[Quota, int] = {}
    for provider in providers:
        purpose = _purpose(provider)
        month = credits_of(purpose, caps, now)
        cap_by_quota |= quotas_of(purpose, caps, now) | (dict([month]) if month else {})
    marks = shortage.marked(conn, now)
    return [
        _quota_state(conn, quota, cap, marks.get(str(quota), 0))
        for quota, cap in sorted(cap_by_quota.items())
        if quota.kind not in (QuotaKind.TASK, QuotaKind.RUN)
    ]


def _quota_state(conn: Connection, quota: Quota, cap: int, short: int) -> QuotaState:
    spent, held = quotas.used(conn, quota)
    return QuotaState(quota=quota, cap=cap, spent=spent, held=held, short=short)


def held_in(conn: Connection, budget: str) -> int:
    """What calls that are not booked yet hold in the window or quota that is written so."""
    kind, _, name = budget.partition(":")
    if kind in set(Unit):
        quota, _, of = name.partition(":")
        return quotas.used(conn, Quota(Unit(kind), QuotaKind(quota), of))[1]
    return ledger.used(conn, Window(WindowKind(kind), name))[1]


class By(StrEnum):
    PROVIDER = "provider"
    TYPE = "type"
    MODEL = "model"
    REPO = "repo"
    TASK = "task"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    name: str
    calls: int  # released ones not counted: they were never sent
    cost: MicroUsd  # settled, plus unknown at its bound
    unknown: MicroUsd  # of that, what stays charged at a bound
    held: MicroUsd  # not booked yet
    tokens_in: int
    tokens_out: int


_TOTALS = """
SELECT CASE :by WHEN 'provider' THEN provider WHEN 'type' THEN type WHEN 'model' THEN model WHEN 'repo' THEN repo
                WHEN 'task' THEN task ELSE run END AS name,
       sum(state <> 'released') AS calls,
       sum(CASE state WHEN 'settled' THEN cost WHEN 'unknown' THEN bound ELSE 0 END) AS cost,
       sum(iif(state = 'unknown', bound, 0)) AS unknown,
       sum(iif(state IN ('held', 'sent'), bound, 0)) AS held,
       sum(coalesce(tokens_in, 0)) AS tokens_in,
       sum(coalesce(tokens_out, 0)) AS tokens_out
FROM calls
WHERE (:since IS NULL OR reserved_ms >= :since) AND (:until IS NULL OR reserved_ms < :until)
GROUP BY 1 ORDER BY cost DESC, name
"""


def totals(conn: Connection, by: By, *, since: datetime | None = None, until: datetime | None = None) -> list[Total]:
    """One row a name, the dearest first, of calls reserved in [since, until). Whatever `by` is, the rows' sum is the same."""
    bounds = {"by": by, "since": columns.ms_or_none(since), "until": columns.ms_or_none(until)}
    return [
        Total(
            name=row["name"],
            calls=row["calls"],
            cost=MicroUsd(row["cost"]),
            unknown=MicroUsd(row["unknown"]),
            held=MicroUsd(row["held"]),
            tokens_in=row["tokens_in"],
            tokens_out=row["tokens_out"],
        )
        for row in conn.execute(_TOTALS, bounds)
    ]


_CALLS = "SELECT * FROM calls WHERE :run IS NULL OR run = :run ORDER BY number"


def calls(conn: Connection, run: RunId | None = None) -> list[Call]:
    """Every call, or one run's, oldest first."""
    return [_call(row) for row in conn.execute(_CALLS, {"run": run})]


_ONE = "SELECT * FROM calls WHERE id = :id"


def call(conn: Connection, name: CallId) -> Call | None:
    row = conn.execute(_ONE, {"id": name}).fetchone()
    return None if row is None else _call(row)


def _window(caps: Caps, now: datetime, key: Key) -> tuple[Window, MicroUsd | None]:
    """Named and capped by the same functions that reservations use, so that the two never differ."""
    if key.kind is WindowKind.TASK:  # there are as many as tasks
        return task_window(key.name, caps, key.task_cap)
    windows = windows_of(_purpose(key.name), caps, now, task_cap=key.task_cap)
    return next((window, cap) for window, cap in windows.items() if window.kind is key.kind)


def _purpose(name: str) -> Purpose:
    """A call whose windows are all of this name."""
    return Purpose(
        run=RunId(name),
        task=TaskId(name),
        repo=RepoName(name),
        type=TaskType(name),
        provider=ProviderName(name),
        model="",
    )


def purpose_of(row: Row) -> Purpose:
    """What a call is for, from its row."""
    return Purpose(
        run=RunId(row["run"]),
        task=TaskId(row["task"]),
        repo=RepoName(row["repo"]),
        type=TaskType(row["type"]),
        provider=ProviderName(row["provider"]),
        model=row["model"],
    )


def bound_of(row: Row) -> Bound:
    """A call's bound, from its row."""
    return Bound(
        cost=MicroUsd(row["bound"]),
        tokens_in=row["bound_in"],
        tokens_out=row["bound_out"],
        price_source=row["bound_source"],
    )


def _call(row: Row) -> Call:
    return Call(
        id=CallId(row["id"]),
        purpose=purpose_of(row),
        state=CallState(row["state"]),
        bound=bound_of(row),
        settlement=None if row["cost"] is None else _settlement(row),
        reserved_at=columns.moment(row["reserved_ms"]),
        ended_at=columns.moment_or_none(row["ended_ms"]),
        note=row["note"],
    )


def _settlement(row: Row) -> Settlement:
    return Settlement(
        cost=MicroUsd(row["cost"]),
        usage=Usage(
            tokens_in=row["tokens_in"],
            tokens_out=row["tokens_out"],
            cache_read=row["cache_read"],
            cache_write=row["cache_write"],
            raw=columns.parsed(row["raw_usage"]),
        ),
        price_source=row["settled_source"],
        request_id=row["request_id"],
    )
