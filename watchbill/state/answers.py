"""Answers: each task's newest whole answer to a request, kept for a while, to be given to others that ask the identical thing.

Who may have one is decided from rows at the moment of asking. No task that had an answer to its request, its own or
another's, is given one again: that it asks means that the answer did not do. And no answer is given whose work was
refused, given up or begun anew.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchbill.domain.ids import CallId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.outcomes import Kept, Spared
from watchbill.domain.runs import Run
from watchbill.domain.transcript import Reply, dump_reply, load_reply
from watchbill.state import columns
from watchbill.state.engine import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long and how much."""

    age: timedelta = timedelta(days=7)
    size: int = 32_000_000  # bytes of all replies together


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    reply: Reply
    call: CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What one saved call would have used and cost, as the call did whose answer was taken."""

    tokens: int
    cost: MicroUsd


_STORE = """
INSERT INTO answers (key, task, call, reply, size, stored_ms)
SELECT :key, task, id, :reply, :size, :now FROM calls WHERE id = :call
"""
_REPLACED = "DELETE FROM answers WHERE key = :key AND task = (SELECT task FROM calls WHERE id = :call)"
_PRUNE = """
DELETE FROM answers WHERE stored_ms <= :since OR number IN (
    SELECT number FROM (SELECT number, sum(size) OVER (ORDER BY number DESC) AS up_to FROM answers) WHERE up_to > :size)
"""


def store(conn: Connection, call: CallId, kept: Kept, keeping: Keeping, now: datetime) -> None:
    """Keep it in place of the task's older one; what is too old, or too much, goes."""
    reply = json.dumps(dump_reply(kept.reply), ensure_ascii=False, separators=(",", ":"))
    conn.execute(_REPLACED, {"key": kept.key, "call": call})
    conn.execute(
        _STORE,
        {"key": kept.key, "call": call, "reply": reply, "size": len(reply.encode()), "now": columns.ms(now)},
    )
    conn.execute(_PRUNE, {"since": columns.ms(now - keeping.age), "size": keeping.size})


# A run that ended badly spoils what was said before it in the same session too: its work was thrown away with it.
_FIND = """
SELECT answers.reply, answers.call
FROM answers JOIN calls ON calls.id = answers.call JOIN runs ON runs.id = calls.run
JOIN tasks ON tasks.id = answers.task JOIN sessions ON sessions.id = runs.session
WHERE answers.key = :key AND answers.stored_ms > :since AND calls.state = 'settled' AND sessions.closed_ms IS NULL
AND tasks.state NOT IN ('review', 'failed', 'cancelled', 'reverted')
AND NOT EXISTS (SELECT 1 FROM runs AS bad WHERE bad.task = answers.task AND bad.number >= runs.number
                AND bad.state IN ('review', 'rejected', 'failed', 'cancelled'))
AND NOT EXISTS (SELECT 1 FROM answers AS own WHERE own.key = :key AND own.task = :task)
AND NOT EXISTS (SELECT 1 FROM savings WHERE savings.key = :key AND savings.task = :task)
ORDER BY answers.number DESC LIMIT 1
"""


def find(conn: Connection, key: str, task: TaskId, keeping: Keeping, now: datetime) -> Answer | None:
    """The newest answer that this task may have; None when the request has to be sent."""
    row = conn.execute(_FIND, {"key": key, "task": task, "since": columns.ms(now - keeping.age)}).fetchone()
    return None if row is None else Answer(reply=load_reply(columns.parsed(row["reply"])), call=CallId(row["call"]))


_TAKE = """
INSERT INTO savings (why, key, call, run, task, tokens_in, tokens_out, cost, at_ms)
SELECT :why, :key, id, :run, :task, tokens_in, tokens_out, cost, :now FROM calls WHERE id = :call
RETURNING tokens_in + tokens_out AS tokens, cost
"""


def take(conn: Connection, run: Run, spared: Spared, now: datetime) -> Saved:
    """Count the call that was not made. No money moves."""
    row = conn.execute(
        _TAKE,
        {
            "why": spared.by,
            "key": spared.key,
            "call": spared.call,
            "run": run.id,
            "task": run.task,
            "now": columns.ms(now),
        },
    ).fetchone()
    return Saved(tokens=row["tokens"], cost=MicroUsd(row["cost"]))
