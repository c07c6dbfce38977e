"""Runs as answers: who did what, how far it came, what it cost, and what the gates said."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from watchbill.domain.calls import Call
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import Session
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.queries import conflicts, journey, savings
from watchbill.operator.queries.events import plain_event
from watchbill.operator.sieve import Sieve, Subject
from watchbill.state import accounts, briefs, columns, events, rides, sessions, steps, verdicts
from watchbill.state import runs as run_rows
from watchbill.state.engine import Connection, Row

_SIFTED = 5_000  # runs that a filter looks through

_LIST = """
SELECT runs.id, tasks.title, runs.type, runs.task, runs.repo, runs.provider, runs.model, runs.state, runs.started_ms, coalesce(windows.spent, 0) AS spent, coalesce(windows.held, 0) AS held,
       count(calls.id) AS calls, coalesce(sum(calls.tokens_in), 0) AS tokens_in,
       coalesce(sum(calls.tokens_out), 0) AS tokens_out,
       (SELECT commit_id FROM intents WHERE intents.run = runs.id AND intents.state = 'landed') AS commit_id
FROM runs JOIN tasks ON tasks.id = runs.task
LEFT JOIN windows ON windows.kind = 'run' AND windows.name = runs.id
LEFT JOIN calls ON calls.run = runs.id AND calls.state <> 'released'
WHERE (:id IS NULL OR runs.id = :id) AND (:task IS NULL OR runs.task = :task)
  AND (:provider IS NULL OR runs.provider = :provider) AND (:state IS NULL OR runs.state = :state)
GROUP BY runs.number ORDER BY runs.number DESC LIMIT :limit
"""


def listing(
    conn: Connection,
    now: datetime,
    *,
    task: TaskId | None = None,
    provider: str | None = None,
    state: RunState | None = None,
    limit: int = 50,
    sieve: Sieve | None = None,
) -> Plain:
    """The latest runs, the newest first. With a sieve, those of the latest thousands that it lets through."""
    wanted = {"id": None, "task": task, "provider": provider, "state": state, "limit": _SIFTED if sieve else limit}
    rows = conn.execute(_LIST, wanted).fetchall()
    if sieve is not None:
        rows = [row for row in rows if sieve.lets_through(_subject(row, now))][:limit]
    found = [_run(conn, row, now) for row in rows]
    return {"generated_at": plain.stamp(now), "count": len(found), "runs": found}


def one(conn: Connection, now: datetime, run_id: RunId, *, prompt: bool = False) -> Plain:
    """A run whole: its money call by call, the gates' verdicts, its session; on wish, what its provider was told."""
    wanted = {"id": run_id, "task": None, "provider": None, "state": None, "limit": 1}
    row = conn.execute(_LIST, wanted).fetchone()
    if row is None:
        raise NotFound(f"there is no run {run_id!r}", hint="watchbill run list")
    run = _run(conn, row, now)
    held = sessions.get(conn, TaskId(run["task"]))
    same = held is not None and held.id == run["session"]
    whole = {
        "generated_at": plain.stamp(now),
        **run,
        "stages": journey.stages(conn, get(conn, run_id), now),
        "call_list": [call(each) for each in accounts.calls(conn, run_id)],
        "savings": savings.of_run(conn, run_id),
        "conflicts": conflicts.of_run(conn, run_id),
        "verdicts": [plain.verdict(each) for each in verdicts.of_run(conn, run_id)],
        "session_state": session(held) if held is not None and same else None,
    }
    return {**whole, "prompt": briefs.of_run(conn, run_id) or ""} if prompt else whole


def happened(conn: Connection, now: datetime, run_id: RunId, limit: int) -> Plain:
    """What happened in it of late, the newest first. Raises NotFound."""
    get(conn, run_id)
    found = [plain_event(event) for event in events.of_run(conn, run_id, limit)]
    return {"generated_at": plain.stamp(now), "run": run_id, "events": found}


def live(conn: Connection, run_id: RunId) -> Run:
    """Raises NotFound, and IllegalMove for one that has ended."""
    run = get(conn, run_id)
    if run.state is not RunState.RUNNING:
        raise IllegalMove(f"{run_id} has ended: it is {run.state}")
    return run


def get(conn: Connection, run_id: RunId) -> Run:
    """Raises NotFound."""
    run = run_rows.get(conn, run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id!r}", hint="watchbill run list")
    return run


def session(value: Session) -> Plain:
    return {
        "id": value.id,
        "entries": len(value.transcript.entries),
        "checkpoint": value.checkpoint,
        "repairs": value.repairs,
        "version": value.version,
        "handoff": asdict(value.handoff),
    }


def call(value: Call) -> Plain:
    settled = value.settlement
    return {
        "id": value.id,
        "model": value.purpose.model,
        "state": value.state,
        "reserved_at": plain.stamp(value.reserved_at),
        "ended_at": plain.stamp(value.ended_at),
        "tokens_in": settled.usage.tokens_in if settled else None,
        "tokens_out": settled.usage.tokens_out if settled else None,
        "price_source": settled.price_source if settled else value.bound.price_source,
        "note": value.note,
        **plain.money("bound", value.bound.cost),
        **plain.money("cost", settled.cost if settled else None),
    }


def _subject(row: Row, now: datetime) -> Subject:
    """What a run says to a filter."""
    return Subject(
        names={key: frozenset({row[key]}) for key in ("state", "type", "provider", "repo", "task", "model")},
        age=now - columns.moment(row["started_ms"]),
        text=f"{row['id']} {row['task']} {row['title']}",
    )


def _run(conn: Connection, row: Row, now: datetime) -> Plain:
    run = get(conn, RunId(row["id"]))
    riders = [{"task": ride.task, "landed": ride.landed_by == run.id} for ride in rides.of_run(conn, run.id)]
    return {**_facts(run, now), "step": steps.of_run(conn, run.id), "riders": riders, **_sums(row)}


def _facts(run: Run, now: datetime) -> dict[str, Any]:
    return {
        "id": run.id,
        "task": run.task,
        "repo": run.repo,
        "session": run.session,
        "provider": run.provider,
        "model": run.model,
        "state": run.state,
        "stage": run.stage,
        "attempt": run.attempt,
        "base": run.base,
        "started_at": plain.stamp(run.started_at),
        "ended_at": plain.stamp(run.ended_at),
        "seconds": columns.span_ms((run.ended_at or now) - run.started_at) / 1000,
        "reason": run.reason,
    }


def _sums(row: Row) -> dict[str, Any]:
    return {
        "title": row["title"],
        "type": row["type"],
        "calls": row["calls"],
        "tokens_in": row["tokens_in"],
        "tokens_out": row["tokens_out"],
        "commit": row["commit_id"],
        **plain.money("cost", MicroUsd(row["spent"])),
        **plain.money("held", MicroUsd(row["held"])),
    }
