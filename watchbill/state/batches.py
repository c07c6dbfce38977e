"""Batches in the store: requests that wait, the batches that they went out in, and their answers until a run takes them up.

Every function runs in the caller's transaction. An item's money is its call's: held while it waits, sent with its batch,
settled singly when its own result is here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from watchbill.domain.batches import (
    Accepted,
    Batch,
    BatchCounts,
    BatchItem,
    BatchState,
    Encoded,
    ItemEnd,
    ItemState,
    Outcome,
)
from watchbill.domain.calls import Purpose, Settlement, Usage
from watchbill.domain.ids import CallId, ProviderName, RunId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Answered, Scope, Setback, SetbackKind
from watchbill.domain.transcript import Reply, Transcript, dump, load
from watchbill.state import accounts, columns, ledger
from watchbill.state.engine import Connection, Row

_COLLECT = """
INSERT INTO batch_items (call, run, task, digest, kind, custom_id, body, max_tokens, state, made_ms)
VALUES (:call, :run, :task, :digest, :kind, :custom_id, :body, :max_tokens, 'waiting', :now)
"""


def collect(
    conn: Connection,
    call: CallId,
    purpose: Purpose,
    encoded: Encoded,
    *,
    digest: str,
    custom_id: str,
    max_tokens: int,
    now: datetime,
) -> None:
    """A request waits for its batch; its call is held already."""
    conn.execute(
        _COLLECT,
        {
            "call": call,
            "run": purpose.run,
            "task": purpose.task,
            "digest": digest,
            "kind": encoded.kind,
            "custom_id": custom_id,
            "body": encoded.body,
            "max_tokens": max_tokens,
            "now": columns.ms(now),
        },
    )


_ITEMS = """
SELECT batch_items.*, calls.repo, calls.type, calls.provider, calls.model, calls.bound, calls.bound_in, calls.bound_out,
       calls.bound_source, calls.reserved_ms, calls.number
FROM batch_items JOIN calls ON calls.id = batch_items.call
"""
_OF_TASK = f"{_ITEMS} WHERE batch_items.task = :task AND digest = :digest ORDER BY number DESC LIMIT 1"


def of_transcript(conn: Connection, task: TaskId, digest: str) -> BatchItem | None:
    """The newest request that continues this very transcript, unless it was dropped or its answer used."""
    row = conn.execute(_OF_TASK, {"task": task, "digest": digest}).fetchone()
    return None if row is None or row["state"] in (ItemState.DROPPED, ItemState.USED) else _item(row)


_WAITING = f"{_ITEMS} WHERE batch_items.state = 'waiting' AND batch_items.batch IS NULL ORDER BY number"


def waiting(conn: Connection) -> list[BatchItem]:
    """What is in no batch yet, oldest first."""
    return [_item(row) for row in conn.execute(_WAITING)]


_IN_BATCH = f"{_ITEMS} WHERE batch = :batch AND batch_items.state IN ('waiting', 'sent') ORDER BY number"


def open_items(conn: Connection, batch: Batch) -> list[BatchItem]:
    """What of a batch is not settled."""
    return [_item(row) for row in conn.execute(_IN_BATCH, {"batch": batch.id})]


_UNWANTED = f"""
{_ITEMS} JOIN tasks ON tasks.id = batch_items.task
WHERE batch_items.state = 'waiting' AND tasks.state NOT IN ('queued', 'running') ORDER BY number
"""
_DROP = "UPDATE batch_items SET state = 'dropped', outcome = :outcome, ended_ms = :now WHERE call = :call"


def drop_unwanted(conn: Connection, now: datetime) -> list[BatchItem]:
    """Requests of tasks that are no longer to be done, and were not sent: their money is free again."""
    found = [_item(row) for row in conn.execute(_UNWANTED).fetchall()]
    for item in found:
        _drop(conn, item, Outcome.CANCELLED, "its task does not wait for it any more", now)
    return found


def _drop(conn: Connection, item: BatchItem, outcome: Outcome, why: str, now: datetime) -> None:
    ledger.release(conn, item.call, why, now)
    conn.execute(_DROP, {"call": item.call, "outcome": outcome, "now": columns.ms(now)})


_MAKE = """
INSERT INTO batches (provider, model, kind, state, made_ms, next_ms)
VALUES (:provider, :model, :kind, 'intent', :now, :now) RETURNING *
"""
_JOIN = "UPDATE batch_items SET batch = :batch WHERE call = :call AND batch IS NULL AND state = 'waiting'"


def make(conn: Connection, items: Sequence[BatchItem], now: datetime) -> Batch:
    """A batch of these requests, all of one provider and kind. Nothing is sent yet."""
    first = items[0]
    said = {"provider": first.purpose.provider, "model": first.purpose.model, "kind": first.kind}
    batch = _batch(conn.execute(_MAKE, {**said, "now": columns.ms(now)}).fetchone())
    conn.executemany(_JOIN, [{"batch": batch.id, "call": item.call} for item in items])
    return batch


_OPEN = "SELECT * FROM batches WHERE state <> 'ended' ORDER BY number"


def open_batches(conn: Connection) -> list[Batch]:
    return [_batch(row) for row in conn.execute(_OPEN)]


_KNOWN_IDS = "SELECT vendor_id FROM batches WHERE provider = :provider AND vendor_id IS NOT NULL"


def vendor_ids(conn: Connection, provider: ProviderName) -> frozenset[str]:
    return frozenset(row["vendor_id"] for row in conn.execute(_KNOWN_IDS, {"provider": provider}))


_SEND = (
    "UPDATE batches SET state = 'sent', sent_ms = :now, next_ms = :now WHERE id = :id AND state = 'intent' RETURNING *"
)
_SENT = "UPDATE batch_items SET state = 'sent' WHERE batch = :batch AND state = 'waiting'"


def send(conn: Connection, batch: Batch, now: datetime) -> Batch:
    """Use its calls' tokens: from here on the vendor may have it. Raises StoppedModel, and IllegalMove on a second send."""
    for item in open_items(conn, batch):
        ledger.sent(conn, item.call)
    row = conn.execute(_SEND, {"id": batch.id, "now": columns.ms(now)}).fetchone()
    assert row is not None, "its calls were held, so it was an intent"
    conn.execute(_SENT, {"batch": batch.id})
    return _batch(row)


_STORE = """
UPDATE batches SET state = 'known', handle = :handle, vendor_id = :vendor, next_ms = :next
WHERE id = :id AND state IN ('sent', 'known')
"""


def store_handle(conn: Connection, batch: Batch, accepted: Accepted, next_at: datetime) -> None:
    """The vendor's id and what is needed to ask for it again."""
    said = {"id": batch.id, "handle": accepted.handle, "vendor": accepted.vendor_id, "next": columns.ms(next_at)}
    conn.execute(_STORE, said)


_LATER = "UPDATE batches SET next_ms = :next, refused = max(refused, :refused) WHERE id = :id"


def look_later(conn: Connection, batch: Batch, next_at: datetime, *, refused: bool = False) -> None:
    conn.execute(_LATER, {"id": batch.id, "next": columns.ms(next_at), "refused": refused})


_WITHDRAWN = "UPDATE batches SET withdrawn = 1 WHERE id = :id"


def note_withdrawal(conn: Connection, batch: Batch) -> None:
    conn.execute(_WITHDRAWN, {"id": batch.id})


_WANTED = """
SELECT count(*) AS wanted FROM batch_items JOIN tasks ON tasks.id = batch_items.task
WHERE batch = :batch AND batch_items.state = 'sent' AND tasks.state IN ('queued', 'running')
"""


def is_wanted(conn: Connection, batch: Batch) -> bool:
    """Whether a task still waits for any of it."""
    return bool(conn.execute(_WANTED, {"batch": batch.id}).fetchone()["wanted"])


_END_ITEM = """
UPDATE batch_items SET state = :state, outcome = :outcome, answer = :answer, saved = :saved, ended_ms = :now
WHERE call = :call AND state = 'sent' RETURNING call
"""


def settle(conn: Connection, item: BatchItem, end: ItemEnd, now: datetime) -> bool:
    """Book one request of a batch and keep its answer. False when it was booked before. True once for each."""
    answer = end.answer
    settlement = None if answer is None else answer.settlement
    row = conn.execute(
        _END_ITEM,
        {
            "call": item.call,
            "state": ItemState.UNSERVED if answer is None else ItemState.ANSWERED,
            "outcome": end.outcome,
            "answer": None if answer is None else columns.mapping(_dump(answer)),
            "saved": end.saved,
            "now": columns.ms(now),
        },
    ).fetchone()
    if row is None:
        return False
    if end.outcome is Outcome.UNKNOWN:
        ledger.lose(conn, item.call, end.why, now)
    elif settlement is None:
        ledger.settle_free(conn, item.call, end.why or end.outcome, now)
    else:
        ledger.settle(conn, item.call, settlement, now, why=f"batch: {end.outcome}")
    return True


def give_back(conn: Connection, batch: Batch, why: str, now: datetime) -> None:
    """It never left: the money is free, and its requests are collected anew."""
    for item in open_items(conn, batch):
        _drop(conn, item, Outcome.REFUSED, why, now)
    end(conn, batch, now)


_END = """
UPDATE batches SET state = 'ended', ended_ms = :now, sent_ms = coalesce(sent_ms, :now) WHERE id = :id AND state <> 'ended'
"""


def end(conn: Connection, batch: Batch, now: datetime) -> None:
    conn.execute(_END, {"id": batch.id, "now": columns.ms(now)})


_ANSWERED = "SELECT 1 FROM batch_items WHERE call = :call AND state = 'answered'"


def is_booked(conn: Connection, call: CallId) -> bool:
    """Whether it is a batch's, settled, and its answer not taken up."""
    return conn.execute(_ANSWERED, {"call": call}).fetchone() is not None


_USE = "UPDATE batch_items SET state = 'used' WHERE call = :call"


def use(conn: Connection, call: CallId) -> bool:
    """A run takes the answer up. False when this call's answer did not come from a batch: it is not booked yet then."""
    if not is_booked(conn, call):
        return False
    conn.execute(_USE, {"call": call})
    return True


_BATCHED = "SELECT DISTINCT task FROM batch_items WHERE state IN ('waiting', 'sent')"


def batched(conn: Connection) -> frozenset[TaskId]:
    """The tasks whose next turn waits for its answer."""
    return frozenset(TaskId(row["task"]) for row in conn.execute(_BATCHED))


_UNTOLD = "SELECT 1 FROM batch_items WHERE told = 0 AND ended_ms IS NOT NULL"
_FREE = """
UPDATE tasks SET not_before_ms = NULL, changed_ms = :now
WHERE state = 'queued' AND id IN (SELECT task FROM batch_items WHERE told = 0 AND ended_ms IS NOT NULL) RETURNING id
"""
_TOLD = """
UPDATE batch_items SET told = 1
WHERE told = 0 AND ended_ms IS NOT NULL AND (SELECT state FROM tasks WHERE id = batch_items.task) <> 'running'
"""


def free_tasks(conn: Connection, now: datetime) -> list[TaskId]:
    """Tasks that waited for a request which has ended: they may go on. Each is told once, and not while a run holds it."""
    if conn.execute(_UNTOLD).fetchone() is None:
        return []
    found = [TaskId(row["id"]) for row in conn.execute(_FREE, {"now": columns.ms(now)}).fetchall()]
    conn.execute(_TOLD)
    return found


_COUNTS = """
SELECT count(DISTINCT batch) FILTER (WHERE state NOT IN ('waiting', 'dropped')) AS batches,
       count(*) FILTER (WHERE batch IS NOT NULL AND state NOT IN ('waiting', 'dropped')) AS requests,
       count(*) FILTER (WHERE state IN ('waiting', 'sent')) AS waiting,
       count(*) FILTER (WHERE state IN ('answered', 'used')) AS succeeded,
       count(*) FILTER (WHERE state = 'unserved') AS unserved,
       coalesce(sum(saved), 0) AS saved
FROM batch_items
WHERE (:since IS NULL OR made_ms >= :since) AND (:until IS NULL OR made_ms < :until) AND (:run IS NULL OR run = :run)
"""


def counts(
    conn: Connection, *, since: datetime | None = None, until: datetime | None = None, run: RunId | None = None
) -> BatchCounts:
    """Of requests collected in [since, until), or by one run."""
    said = {"since": columns.ms_or_none(since), "until": columns.ms_or_none(until), "run": run}
    row = conn.execute(_COUNTS, said).fetchone()
    numbers = {name: row[name] for name in ("batches", "requests", "waiting", "succeeded", "unserved")}
    return BatchCounts(**numbers, saved=MicroUsd(row["saved"]))


def _batch(row: Row) -> Batch:
    return Batch(
        id=row["id"],
        provider=ProviderName(row["provider"]),
        model=row["model"],
        kind=row["kind"],
        state=BatchState(row["state"]),
        handle=row["handle"],
        vendor_id=row["vendor_id"],
        refused=bool(row["refused"]),
        withdrawn=bool(row["withdrawn"]),
        made_at=columns.moment(row["made_ms"]),
        sent_at=columns.moment_or_none(row["sent_ms"]),
        next_at=columns.moment(row["next_ms"]),
    )


def _item(row: Row) -> BatchItem:
    return BatchItem(
        call=CallId(row["call"]),
        purpose=accounts.purpose_of(row),
        bound=accounts.bound_of(row),
        reserved_at=columns.moment(row["reserved_ms"]),
        digest=row["digest"],
        kind=row["kind"],
        custom_id=row["custom_id"],
        body=row["body"],
        max_tokens=row["max_tokens"],
        state=ItemState(row["state"]),
        made_at=columns.moment(row["made_ms"]),
        answer=None if row["answer"] is None else _load(columns.parsed(row["answer"]), CallId(row["call"])),
    )


def _dump(answer: Answered | Setback) -> dict[str, Any]:
    assert answer.settlement is not None, "an answer of a batch is billed"
    settlement = answer.settlement
    usage = settlement.usage
    booked = {
        "cost": settlement.cost,
        "source": settlement.price_source,
        "request": settlement.request_id,
        "tokens": [usage.tokens_in, usage.tokens_out, usage.cache_read, usage.cache_write],
    }
    if isinstance(answer, Setback):
        return {"booked": booked, "kind": answer.kind, "message": answer.message, "scope": answer.scope}
    return {"booked": booked, "said": dump(Transcript(entries=(answer.reply,)))}


def _load(stored: dict[str, Any], call: CallId) -> Answered | Setback:
    booked = stored["booked"]
    tokens_in, tokens_out, cache_read, cache_write = booked["tokens"]
    settlement = Settlement(
        cost=MicroUsd(booked["cost"]),
        usage=Usage(tokens_in=tokens_in, tokens_out=tokens_out, cache_read=cache_read, cache_write=cache_write),
        price_source=booked["source"],
        request_id=booked["request"],
    )
    if "kind" in stored:
        return Setback(
            kind=SetbackKind(stored["kind"]),
            message=stored["message"],
            scope=Scope(stored["scope"]),
            call=call,
            settlement=settlement,
        )
    (reply,) = load(stored["said"]).entries
    assert isinstance(reply, Reply), "only a reply is stored as an answer"
    return Answered(reply=reply, call=call, settlement=settlement)
