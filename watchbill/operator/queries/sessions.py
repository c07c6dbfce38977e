"""Sessions as answers: what is known of the work on each task, whoever did it, and what the next one will be told."""

from dataclasses import asdict
from datetime import datetime

from watchbill.domain import brief, compaction
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import Run, RunState
from watchbill.domain.sessions import Session
from watchbill.domain.tasks import DONE, OPEN, Task
from watchbill.domain.transcript import Reply, Told, ToolResult, Transcript
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import tasks
from watchbill.scheduling.bill import WatchBill
from watchbill.state import leftovers, sessions
from watchbill.state import runs as run_rows
from watchbill.state.engine import Connection


def listing(conn: Connection, outlook: Outlook) -> Plain:
    """Those of tasks that are not over, the one that was saved last first."""
    found = [_one(conn, outlook, session) for session in sessions.of_open_tasks(conn)]
    return {"generated_at": plain.stamp(outlook.now), "count": len(found), "sessions": found}


def one(conn: Connection, outlook: Outlook, name: str) -> Plain:
    """A session whole, by its id or its task's. Raises NotFound."""
    session = get(conn, name)
    runs = run_rows.of_task(conn, session.task)
    return {
        "generated_at": plain.stamp(outlook.now),
        **_one(conn, outlook, session),
        "handoff": asdict(session.handoff),
        "told": brief.continuation(session.handoff).text,
        "steps": list(map(_step, session.transcript.entries)),
        "runs": [
            {"id": run.id, "provider": run.provider, "model": run.model, "state": run.state, "why": run.reason}
            for run in runs
            if run.session == session.id
        ],
    }


def said_in(conn: Connection, run: Run) -> list[Plain]:
    """What was said, step by step: in the session as its runs left it, or, where this run's work was dropped, in the run."""
    left = leftovers.of_run(conn, run.id)
    session = None if left is not None else sessions.by_id(conn, run.session)
    transcript = left.transcript if left is not None else session.transcript if session is not None else Transcript()
    return list(map(_step, transcript.entries))


def get(conn: Connection, name: str) -> Session:
    """The session of that id, or the open one of that task."""
    session = sessions.by_id(conn, name)
    if session is None:
        session = sessions.get(conn, _task_of(conn, name))
    if session is None:
        raise NotFound(f"nobody has worked on {name} yet, so it has no session", hint="watchbill session list")
    return session


def _task_of(conn: Connection, name: str) -> TaskId:
    try:
        return tasks.get(conn, TaskId(name)).id
    except NotFound as unknown:
        raise NotFound(f"{unknown}, and no session of that name", hint="watchbill session list") from unknown


def _one(conn: Connection, outlook: Outlook, session: Session) -> Plain:
    task = tasks.get(conn, session.task)
    last = run_rows.of_task(conn, session.task)[-1:]
    is_over = task.state in DONE
    live = next((run for run in last if run.state is RunState.RUNNING), None)
    return {
        "id": session.id,
        "task": session.task,
        "title": task.title,
        "repo": session.repo,
        "state": _state(task, live, outlook.bill, outlook.now),
        "run": live.id if live else None,
        "provider": last[0].provider if last else None,
        "tokens": compaction.size(session.transcript),
        "turns": sum(isinstance(entry, Reply) for entry in session.transcript.entries),
        "open_calls": [] if is_over else [call.name for call in session.transcript.open_calls],
        "checkpoint": session.checkpoint,
        "repairs": session.repairs,
        "version": session.version,
        "why": "" if is_over else session.handoff.why,
    }


def _state(task: Task, live: Run | None, bill: WatchBill, now: datetime) -> str:
    if live is None:
        return f"waits ({task.state})" if task.state in OPEN else str(task.state)
    return "stale" if now - live.started_at >= bill.session_stale else "running"


def _step(entry: Told | Reply | ToolResult) -> Plain:
    match entry:
        case Told():
            return {"kind": "told", "text": entry.text}
        case Reply():
            calls = [{"id": call.id, "tool": call.name, "args": dict(call.args)} for call in entry.tool_calls]
            return {"kind": "reply", "text": entry.text, "model": entry.model, "calls": calls}
        case ToolResult():
            return {
                "kind": "result",
                "id": entry.id,
                "tool": entry.name,
                "content": entry.content,
                "refused": entry.refused,
            }
