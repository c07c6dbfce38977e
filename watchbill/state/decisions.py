"""The journal of decisions: only what changed, with everything that it was decided from, so that it can be replayed."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchbill.state import columns
from watchbill.state.engine import Connection, Row

Decided = tuple[str, str, str, str]  # subject (a task or run), kind, reason, the whole decision as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    at: datetime
    subject: str
    kind: str
    reason: str
    body: str  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What a plan was made from, as it is stored: compressed, under its digest."""

    digest: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Journaled:
    """One look at the world: replaying the inputs must give these decisions again, among others that were not new."""

    at: datetime
    inputs: str
    decisions: tuple[Decided, ...]


_QUICKLY = 3  # of zlib's levels: two thirds of the time of its usual one, a tenth more bytes

_INPUTS = "INSERT INTO plan_inputs (digest, body) VALUES (:digest, :body) ON CONFLICT DO NOTHING"
_PLAN = "INSERT INTO plans (at_ms, inputs) VALUES (:now, :digest) RETURNING number"
_DECISION = """
INSERT INTO decisions (plan, subject, kind, reason, body) VALUES (:plan, :subject, :kind, :reason, :body)
"""


def pack(inputs: str) -> Packed:
    """Of a long queue they are megabytes: no work for the thread that everybody waits for."""
    text = inputs.encode()
    return Packed(digest=hashlib.sha256(text).hexdigest(), body=zlib.compress(text, _QUICKLY))


def journal(conn: Connection, now: datetime, inputs: Packed, decisions: Sequence[Decided]) -> int:
    """Store the decisions whose kind or reason differs from their subject's latest; how many those were."""
    changed = [decided for decided in decisions if _is_news(conn, decided)]
    if not changed:
        return 0
    conn.execute(_INPUTS, {"digest": inputs.digest, "body": inputs.body})
    plan = conn.execute(_PLAN, {"now": columns.ms(now), "digest": inputs.digest}).fetchone()["number"]
    for subject, kind, reason, body in changed:
        conn.execute(_DECISION, {"plan": plan, "subject": subject, "kind": kind, "reason": reason, "body": body})
    return len(changed)


_LATEST = """
SELECT at_ms, subject, kind, reason, body FROM decisions JOIN plans ON plans.number = decisions.plan
WHERE subject = :subject ORDER BY plan DESC LIMIT 1
"""


def latest(conn: Connection, subject: str) -> Entry | None:
    """What was last decided about a task or run."""
    row = conn.execute(_LATEST, {"subject": subject}).fetchone()
    return None if row is None else _entry(row)


_STANDING = """
SELECT subject, kind, reason FROM decisions WHERE (subject, plan) IN (
    SELECT id, (SELECT max(plan) FROM decisions WHERE subject = tasks.id) FROM tasks
    WHERE state IN ('proposed', 'queued', 'review', 'failed')
)
"""


def standing(conn: Connection) -> dict[str, tuple[str, str]]:
    """Kind and reason of what was last decided about each task that does not run and is not done."""
    return {row["subject"]: (row["kind"], row["reason"]) for row in conn.execute(_STANDING)}


_PLANS = """
SELECT number, at_ms, body FROM plans JOIN plan_inputs ON digest = inputs
WHERE number IN (SELECT number FROM plans ORDER BY number DESC LIMIT :most) ORDER BY number
"""
_ALL = -1  # SQLite's
_OF_PLAN = "SELECT subject, kind, reason, body FROM decisions WHERE plan = :plan ORDER BY subject"


def replayable(conn: Connection, most: int = _ALL) -> Iterator[Journaled]:
    """The newest journaled looks, or every one, oldest first, read as they are asked for."""
    for plan in conn.execute(_PLANS, {"most": most}):
        rows = conn.execute(_OF_PLAN, {"plan": plan["number"]}).fetchall()
        yield Journaled(
            at=columns.moment(plan["at_ms"]),
            inputs=zlib.decompress(plan["body"]).decode(),
            decisions=tuple((row["subject"], row["kind"], row["reason"], row["body"]) for row in rows),
        )


def _is_news(conn: Connection, decided: Decided) -> bool:
    subject, kind, reason, _ = decided
    before = latest(conn, subject)
    return before is None or (before.kind, before.reason) != (kind, reason)


def _entry(row: Row) -> Entry:
    return Entry(
        at=columns.moment(row["at_ms"]),
        subject=row["subject"],
        kind=row["kind"],
        reason=row["reason"],
        body=row["body"],
    )
