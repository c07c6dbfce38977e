"""The ledger: money is held before a call, booked after it, given back when nothing was sent; every row stays for ever.

Every function runs in the caller's transaction. The sums of the windows are kept by a trigger on the ledger's table, so
no row can be written without them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.errors import IllegalMove, LeaseLost, OverBudget, StoppedModel
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.money import ZERO, MicroUsd, show
from watchbill.domain.windows import Caps, Window, WindowKind, windows_of
from watchbill.state import columns, quotas
from watchbill.state.engine import Connection, Row

NOTHING_USED = Settlement(cost=ZERO, usage=Usage(), price_source="")


def reserve(
    conn: Connection, purpose: Purpose, bound: Bound, caps: Caps, now: datetime, *, task_cap: MicroUsd | None
) -> CallId:
    """Hold the bound in every window and quota that the call counts in, from now on and for ever.

    Raises OverBudget naming one that it does not fit into (one that it can never fit goes first), StoppedModel, or
    LeaseLost when the run does not live; nothing is held then.
    """
    refuse_stopped(conn, purpose.provider, purpose.model)
    wanted = quotas.draft(conn, purpose, bound, caps, now)
    windows = windows_of(purpose, caps, now, task_cap=task_cap)
    _refuse_over(conn, windows, wanted.money)
    call = _open_call(conn, purpose, replace(bound, cost=wanted.money), now)
    _count_in(conn, call, windows)
    quotas.hold(conn, call, wanted)
    _book(conn, call, "reserve", now, held=wanted.money)
    return call


_SENT = "UPDATE calls SET state = 'sent' WHERE id = :id AND state = 'held' RETURNING provider, model"


def sent(conn: Connection, call: CallId) -> None:
    """Use its one token. Raises IllegalMove on a second send, StoppedModel when its model was stopped meanwhile."""
    row = conn.execute(_SENT, {"id": call}).fetchone()
    if row is None:
        raise IllegalMove(_standing(conn, call, "send"))
    refuse_stopped(conn, row["provider"], row["model"])


_NAME = "UPDATE calls SET request_id = :request_id WHERE id = :id AND state = 'sent'"


def name(conn: Connection, call: CallId, request_id: str) -> None:
    """Keep the vendor's own id of the request, by which evidence finds it. Raises IllegalMove when it is not under way."""
    if conn.execute(_NAME, {"id": call, "request_id": request_id}).rowcount == 0:
        raise IllegalMove(_standing(conn, call, "name"))


_RELEASE = """
UPDATE calls SET state = 'released', note = :note, ended_ms = :now
WHERE id = :id AND state IN ('held', 'sent') RETURNING bound
"""


def release(conn: Connection, call: CallId, why: str, now: datetime) -> None:
    """It certainly was not sent: give the money back. Raises IllegalMove."""
    row = conn.execute(_RELEASE, {"id": call, "note": why, "now": columns.ms(now)}).fetchone()
    if row is None:
        raise IllegalMove(_standing(conn, call, "release"))
    quotas.release(conn, call)
    _book(conn, call, "release", now, held=-row["bound"])


_SETTLE = """
UPDATE calls SET state = 'settled', cost = :cost, tokens_in = :tokens_in, tokens_out = :tokens_out,
    cache_read = :cache_read, cache_write = :cache_write, raw_usage = :raw, settled_source = :source,
    request_id = coalesce(nullif(:request_id, ''), request_id, ''), note = :note, ended_ms = :now
WHERE id = :id AND state = :source_state RETURNING provider, model, bound, cost
"""


def settle(conn: Connection, call: CallId, settlement: Settlement, now: datetime, *, why: str = "") -> bool:
    """Book what it cost, in full. True when that is more than its bound: its model is stopped then. Raises IllegalMove."""
    row = _settled(conn, call, settlement, now, why=why, source="sent")
    _book(conn, call, "settle", now, held=-row["bound"], spent=row["cost"])
    return _stop_if_over(conn, call, row, settlement, now)


def settle_free(conn: Connection, call: CallId, why: str, now: datetime) -> None:
    """The vendor answered with a complete error: book 0. Raises IllegalMove."""
    settle(conn, call, NOTHING_USED, now, why=why)


_LOSE = """
UPDATE calls SET state = 'unknown', note = :note, ended_ms = :now WHERE id = :id AND state = 'sent' RETURNING bound
"""


def lose(conn: Connection, call: CallId, why: str, now: datetime) -> None:
    """Nobody can say what was billed: it stays charged at its bound. Raises IllegalMove."""
    row = conn.execute(_LOSE, {"id": call, "note": why, "now": columns.ms(now)}).fetchone()
    if row is None:
        raise IllegalMove(_standing(conn, call, "lose"))
    quotas.lose(conn, call)
    _book(conn, call, "lose", now, held=-row["bound"], spent=row["bound"])


def lower(conn: Connection, call: CallId, settlement: Settlement, why: str, now: datetime) -> bool:
    """Evidence says what an unknown call cost. True when that is more than its bound, as for settle. Raises IllegalMove."""
    row = _settled(conn, call, settlement, now, why=why, source="unknown")
    _book(conn, call, "lower", now, spent=row["cost"] - row["bound"])
    return _stop_if_over(conn, call, row, settlement, now)


# What waits in a batch is no part of a dead daemon: the vendor is asked for it.
_OPEN = """
SELECT id FROM calls WHERE state = :state
AND NOT EXISTS (SELECT 1 FROM batch_items WHERE call = calls.id AND batch_items.state IN ('waiting', 'sent'))
ORDER BY number
"""


def recover(conn: Connection, now: datetime) -> tuple[list[CallId], list[CallId]]:
    """After a crash: what was never sent is released, what was sent is unknown; batches wait. Returns (released, unknown)."""
    unsent, in_flight = _in_state(conn, "held"), _in_state(conn, "sent")
    for call in unsent:
        release(conn, call, "the daemon died before it was sent", now)
    for call in in_flight:
        lose(conn, call, "the daemon died while it was under way", now)
    return unsent, in_flight


_STOPPED = "SELECT call FROM stopped_models WHERE provider = :provider AND model = :model"


def refuse_stopped(conn: Connection, provider: str, model: str) -> None:
    """Raises StoppedModel when a call to this model once cost more than its bound."""
    row = conn.execute(_STOPPED, {"provider": provider, "model": model}).fetchone()
    if row is not None:
        raise StoppedModel(
            f"{model} of {provider} is stopped: {row['call']} cost more than its bound; "
            "until its price was looked at it is not asked any more"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRow:
    provider: ProviderName
    model: str
    call: CallId  # the one that cost more than its bound
    cost: MicroUsd  # or what it is worth, where calls are not paid one by one
    bound: MicroUsd

    @property
    def why(self) -> str:
        return f"{self.call} cost {show(self.cost)}, more than its bound of {show(self.bound)}"


_ALL_STOPPED = """
SELECT stops.provider, stops.model, stops.call, coalesce(plan_calls.worth, calls.cost, 0) AS cost,
       coalesce(plan_calls.bound, calls.bound) AS bound
FROM stopped_models AS stops JOIN calls ON calls.id = stops.call LEFT JOIN plan_calls ON plan_calls.call = stops.call
ORDER BY 1, 2
"""


def stopped(conn: Connection) -> list[StoppedRow]:
    return [
        StoppedRow(
            provider=ProviderName(row["provider"]),
            model=row["model"],
            call=CallId(row["call"]),
            cost=MicroUsd(row["cost"]),
            bound=MicroUsd(row["bound"]),
        )
        for row in conn.execute(_ALL_STOPPED)
    ]


_ALLOW = "DELETE FROM stopped_models WHERE provider = :provider AND model = :model"


def allow_again(conn: Connection, provider: str, model: str) -> bool:
    """A person looked at a stopped model's price. False when it was not stopped."""
    return conn.execute(_ALLOW, {"provider": provider, "model": model}).rowcount > 0


_USED = "SELECT held, spent FROM windows WHERE kind = :kind AND name = :name"


def used(conn: Connection, window: Window) -> tuple[MicroUsd, MicroUsd]:
    """(spent, held) of one window; unknown calls are spent at their bound."""
    row = conn.execute(_USED, {"kind": window.kind, "name": window.name}).fetchone()
    return (ZERO, ZERO) if row is None else (MicroUsd(row["spent"]), MicroUsd(row["held"]))


_USED_OF = """
SELECT wanted.key AS place, windows.spent, windows.held FROM json_each(:windows) AS wanted
JOIN windows ON windows.kind = wanted.value ->> 0 AND windows.name = wanted.value ->> 1
"""


def used_of(conn: Connection, windows: Sequence[Window]) -> list[tuple[MicroUsd, MicroUsd]]:
    """(spent, held) of each, in their order, in one look."""
    found = [(ZERO, ZERO)] * len(windows)
    asked = columns.array([window.kind, window.name] for window in windows)
    for row in conn.execute(_USED_OF, {"windows": asked}):
        found[row["place"]] = MicroUsd(row["spent"]), MicroUsd(row["held"])
    return found


_TOUCHED = "SELECT name FROM windows WHERE kind = :kind AND name IN (SELECT value FROM json_each(:names))"


def touched(conn: Connection, kind: WindowKind, names: Iterable[str]) -> frozenset[str]:
    """Those of the windows of that kind and these names in which anything was ever held or spent."""
    asked = {"kind": kind, "names": columns.array(names)}
    return frozenset(row["name"] for row in conn.execute(_TOUCHED, asked))


def _refuse_over(conn: Connection, windows: Mapping[Window, MicroUsd | None], wanted: MicroUsd) -> None:
    faults = [
        OverBudget(str(window), left=cap - taken, wanted=wanted, cap=cap)
        for window, cap in windows.items()
        # what costs nothing fits even where an older call overran
        if cap is not None and wanted > max(0, cap - (taken := sum(used(conn, window))))
    ]
    for fault in sorted(faults, key=lambda fault: not fault.never_fits):
        raise fault


_CALL = """
INSERT INTO calls (run, task, repo, type, provider, model, state, bound, bound_in, bound_out, bound_source, reserved_ms)
SELECT id, :task, :repo, :type, :provider, :model, 'held', :bound, :bound_in, :bound_out, :source, :now
FROM runs WHERE id = :run AND state = 'running'
RETURNING id
"""


def _open_call(conn: Connection, purpose: Purpose, bound: Bound, now: datetime) -> CallId:
    row = conn.execute(
        _CALL,
        {
            "run": purpose.run,
            "task": purpose.task,
            "repo": purpose.repo,
            "type": purpose.type,
            "provider": purpose.provider,
            "model": purpose.model,
            "bound": bound.cost,
            "bound_in": bound.tokens_in,
            "bound_out": bound.tokens_out,
            "source": bound.price_source,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        raise LeaseLost(f"{purpose.run} has ended or never began: it makes no call")
    return CallId(row["id"])


_WINDOW = "INSERT INTO windows (kind, name) VALUES (:kind, :name) ON CONFLICT DO NOTHING"
_COUNTS = "INSERT INTO call_windows (call, kind, name) VALUES (:call, :kind, :name)"


def _count_in(conn: Connection, call: CallId, windows: Iterable[Window]) -> None:
    rows = [{"call": call, "kind": window.kind, "name": window.name} for window in windows]
    conn.executemany(_WINDOW, rows)
    conn.executemany(_COUNTS, rows)


_BOOK = "INSERT INTO ledger (call, kind, held, spent, at_ms) VALUES (:call, :kind, :held, :spent, :now)"


def _book(conn: Connection, call: CallId, kind: str, now: datetime, *, held: int = 0, spent: int = 0) -> None:
    conn.execute(_BOOK, {"call": call, "kind": kind, "held": held, "spent": spent, "now": columns.ms(now)})


def _settled(conn: Connection, call: CallId, settlement: Settlement, now: datetime, *, why: str, source: str) -> Row:
    usage = settlement.usage
    price = quotas.priced(conn, call, settlement)
    row: Row | None = conn.execute(
        _SETTLE,
        {
            "id": call,
            "source_state": source,
            "cost": price.money,
            "tokens_in": usage.tokens_in,
            "tokens_out": usage.tokens_out,
            "cache_read": usage.cache_read,
            "cache_write": usage.cache_write,
            "raw": columns.mapping(usage.raw),
            "source": settlement.price_source,
            "request_id": settlement.request_id,
            "note": why,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        raise IllegalMove(_standing(conn, call, "settle"))
    quotas.settle(conn, call, settlement, price)
    return row


_STOP = """
INSERT INTO stopped_models (provider, model, call, at_ms) VALUES (:provider, :model, :call, :now) ON CONFLICT DO NOTHING
"""


def _stop_if_over(conn: Connection, call: CallId, row: Row, settlement: Settlement, now: datetime) -> bool:
    bound = quotas.bound_of(conn, call)
    if settlement.cost <= (row["bound"] if bound is None else bound):
        return False
    stop = {"provider": row["provider"], "model": row["model"], "call": call, "now": columns.ms(now)}
    conn.execute(_STOP, stop)
    return True


def _in_state(conn: Connection, state: str) -> list[CallId]:
    return [CallId(row["id"]) for row in conn.execute(_OPEN, {"state": state}).fetchall()]


_STATE = "SELECT state FROM calls WHERE id = :id"


def _standing(conn: Connection, call: CallId, what: str) -> str:
    row = conn.execute(_STATE, {"id": call}).fetchone()
    return f"cannot {what} {call}: it is {row['state'] if row else 'unknown here'}"
