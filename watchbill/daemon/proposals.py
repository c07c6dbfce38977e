"""Proposals: what a look at the files finds becomes tasks that a human accepts, one a file, never twice for the same findings."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePosixPath

from watchbill.daemon.repositories import ManagedRepo
from watchbill.daemon.setbacks import End
from watchbill.daemon.stint import Stint
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.lore import LORE
from watchbill.domain.ports import Clock, Events
from watchbill.domain.tasks import ORIGIN, Task, TaskState
from watchbill.gates.lore import gate as lore
from watchbill.state import tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection

SHOWN = 20  # findings that a proposed task quotes
PRIORITY = 4


def proposed_tasks(repo: ManagedRepo, findings: Sequence[Finding], by: str) -> list[Task]:
    """One task a file; its id follows from what was found, so that the same findings are the same task."""
    by_path: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            by_path[finding.path].append(finding)
    return [_task(repo, path, found, by) for path, found in sorted(by_path.items())]


async def propose(
    repo: ManagedRepo, findings: Sequence[Finding], by: str, *, database: Database, clock: Clock, events: Events
) -> list[Task]:
    """Store those that are new; returns them. `by`: who found it, for people."""
    wanted = proposed_tasks(repo, findings, by)
    stored = await database.submit(lambda conn: _insert_new(conn, wanted, clock.now()))
    for task in stored:
        events.emit("task.proposed", task=task.id, repo=repo.name, title=task.title)
    return stored


async def put_forward(stint: Stint, summary: str, findings: Sequence[Finding]) -> End:
    """Propose what a run found, and end the run: a person looks at what there is."""
    if not findings:
        return stint.review(summary)
    parts, by = stint.parts, stint.run.provider
    new = await propose(stint.repo, findings, by, database=parts.database, clock=parts.clock, events=parts.events)
    known = len(proposed_tasks(stint.repo, findings, by)) - len(new)
    return stint.review(f"{summary}; {_told(len(new), known)}", tuple(findings[:SHOWN]))


def _insert_new(conn: Connection, wanted: Sequence[Task], now: datetime) -> list[Task]:
    new = [task for task in wanted if tasks.get(conn, task.id) is None]
    for task in new:
        tasks.insert(conn, task, now)
    return new


def _task(repo: ManagedRepo, path: str, found: Sequence[Finding], by: str) -> Task:
    identity = "\n".join(sorted("\t".join(finding.identity) for finding in found))
    digest = hashlib.sha256(f"{repo.name}\n{identity}".encode()).hexdigest()[:8]
    count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    lines = [f"{finding.place}{finding.message} [{finding.rule}]" for finding in found[:SHOWN]]
    return Task(
        id=TaskId(f"mend-{PurePosixPath(path).stem.casefold()}-{digest}"),
        repo=repo.name,
        title=f"Mend {count} in {path}",
        type=LORE if all(finding.gate == lore.NAME for finding in found) else TaskType("fix"),
        state=TaskState.PROPOSED,
        priority=PRIORITY,
        claims=(path,),
        requirements="\n".join(lines),
        success="Nothing of this is found in the file any more.",
        extra={ORIGIN: "checks"},
        note=f"proposed by {by}",
    )


def _told(new: int, known: int) -> str:
    """How many tasks came of the findings. `known`: those of a look before this one, which nobody is asked for twice.

    >>> _told(1, 0), _told(0, 7)
    ('1 task proposed', '0 tasks proposed, 7 are known already')
    """
    already = f", {known} {'is' if known == 1 else 'are'} known already" if known else ""
    return f"{new} task{'' if new == 1 else 's'} proposed{already}"
