"""Proposals: what our own checks find becomes tasks that a human accepts, one a file, never twice for the same findings."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.ports import Clock, Events
from watchbill.domain.tasks import ORIGIN, Task, TaskState
from watchbill.state import tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection

SHOWN = 20  # findings that a proposed task quotes
PRIORITY = 4


def proposed_tasks(repo: ManagedRepo, findings: Sequence[Finding]) -> list[Task]:
    """One task a file; its id follows from what was found, so that the same findings are the same task."""
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            by_path[finding.path].append(finding)
    return [_task(repo, path, found) for path, found in sorted(by_path.items())]


async def propose(
    repo: ManagedRepo, findings: Sequence[Finding], *, database: Database, clock: Clock, events: Events
) -> list[Task]:
    """Store those that are new; returns them."""
    wanted = proposed_tasks(repo, findings)
    stored = await database.submit(lambda conn: _insert_new(conn, wanted, clock.now()))
    for task in stored:
        events.emit("task.proposed", task=task.id, repo=repo.name, title=task.title)
    return stored


def _insert_new(conn: Connection, wanted: Sequence[Task], now: datetime) -> list[Task]:
    new = [task for task in wanted if tasks.get(conn, task.id) is None]
    for task in new:
        tasks.insert(conn, task, now)
    return new


def _task(repo: ManagedRepo, path: str, found: Sequence[Finding]) -> Task:
    identity = "\n".join(sorted("\t".join(finding.identity) for finding in found))
    digest = hashlib.sha256(f"{repo.name}\n{identity}".encode()).hexdigest()[:8]
    count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    lines = [f"{finding.place}{finding.message} [{finding.rule}]" for finding in found[:SHOWN]]
    return Task(
        id=TaskId(f"mend-{PurePosixPath(path).stem.casefold()}-{digest}"),
        repo=repo.name,
        title=f"Mend {count} in {path}",
        type=TaskType("fix"),
        state=TaskState.PROPOSED,
        priority=PRIORITY,
        claims=(path,),
        requirements="\n".join(lines),
        success="The checks find nothing in this file any more.",
        extra={ORIGIN: "checks"},
        note="proposed by local automation",
    )
