"""The words of openai/symphony's HTTP interface (its SPEC §13.7) beside our own, for programs that know it: issue = task."""

from collections.abc import Iterable
from datetime import datetime

from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.state import columns, events
from watchbill.state.engine import Connection
from watchbill.state.events import Event

_RECENT = 20  # events


def running(conn: Connection, run: Plain) -> Plain:
    """A run that goes on."""
    last = next(iter(events.of_run(conn, RunId(run["id"]), 1)), None)
    return {
        **_issue(run["task"]),
        "session_id": run["session"],
        "turn_count": run["calls"],
        "last_event": last.name if last else None,
        "last_message": _message(last) if last else "",
        "last_event_at": plain.stamp(last.at) if last else None,
        "tokens": _tokens(run["tokens_in"], run["tokens_out"]),
    }


def retrying(task: Task) -> Plain:
    return {**_issue(task.id), "attempt": task.attempts + 1, "due_at": plain.stamp(task.not_before), "error": task.note}


_TOTALS = """
SELECT coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,
       (SELECT coalesce(sum(coalesce(ended_ms, :now) - started_ms), 0) FROM runs) AS spent_ms
FROM calls WHERE state <> 'released'
"""


def totals(conn: Connection, now: datetime) -> Plain:
    """Since the beginning, whoever did it: the key's name is theirs."""
    row = conn.execute(_TOTALS, {"now": columns.ms(now)}).fetchone()
    return {**_tokens(row["tokens_in"], row["tokens_out"]), "seconds_running": row["spent_ms"] / 1000}


def rate_limits(providers: Iterable[Plain]) -> Plain | None:
    """What is known of those that have to wait for a limit; None where nobody has."""
    held = {
        each["name"]: {"state": each["state"], "note": each["note"], "until": each["until"]}
        for each in providers
        if each["state"] == "held"
    }
    return held or None


def issue(conn: Connection, task: Task, runs: list[Plain], outlook: Outlook) -> Plain:
    """One task; `runs` are all of it, the newest first."""
    live = next((run for run in runs if run["state"] == "running"), None)
    is_put_off = task.state is TaskState.QUEUED and task.not_before is not None and task.not_before > outlook.now
    failed = next((run["reason"] for run in runs if run["state"] in ("failed", "rejected", "lost")), None)
    return {
        **_issue(task.id),
        "status": task.state,
        "workspace": {"path": f"{outlook.worktrees}/{task.repo}/{live['id']}" if live and outlook.worktrees else None},
        "attempts": {
            "counted": task.attempts,
            "restart_count": max(len(runs) - 1, 0),
            "current_retry_attempt": task.attempts,
        },
        "running": None if live is None else {**live, **running(conn, live)},
        "retry": retrying(task) if is_put_off else None,
        "logs": {"codex_session_logs": []},
        "recent_events": [
            {"at": plain.stamp(each.at), "event": each.name, "message": _message(each)}
            for each in events.of_task(conn, task.id, _RECENT)
        ],
        "last_error": failed,
        "tracked": {"repo": task.repo, "type": task.type, "priority": task.priority},
    }


def _issue(task: TaskId) -> Plain:
    return {"issue_id": task, "issue_identifier": task}


def _tokens(tokens_in: int, tokens_out: int) -> Plain:
    return {"input_tokens": tokens_in, "output_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}


def _message(event: Event) -> str:
    return str(event.facts.get("why") or event.facts.get("reason") or event.facts.get("detail") or "")
