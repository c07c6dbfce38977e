"""Locks as answers: who holds which files since when, and who waits for them."""

from collections import defaultdict
from collections.abc import Iterator

from watchbill.domain.claims import any_overlap
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling.decisions import Reason, Wait
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_CLAIMS = """
SELECT claims.repo, claims.pattern, claims.task, claims.run, claims.kept, claims.taken_ms, tasks.title, runs.provider
FROM claims JOIN tasks ON tasks.id = claims.task LEFT JOIN runs ON runs.id = claims.run ORDER BY claims.number
"""


def listing(conn: Connection, outlook: Outlook) -> Plain:
    """Every holder, the oldest first."""
    seen = look(conn, outlook)
    held: defaultdict[str, list[Row]] = defaultdict(list)
    for row in conn.execute(_CLAIMS):
        held[row["task"]].append(row)
    return {
        "generated_at": plain.stamp(outlook.now),
        "count": len(held),
        "locks": [_lock(rows, seen) for rows in held.values()],
    }


def _lock(rows: list[Row], seen: Look) -> Plain:
    first = rows[0]
    files = [row["pattern"] for row in rows]
    since = columns.moment(first["taken_ms"])
    return {
        "repo": first["repo"],
        "task": first["task"],
        "title": first["title"],
        "run": first["run"],
        "provider": first["provider"],
        "kept": bool(first["kept"]),  # by a branch that nobody has merged or dropped yet
        "files": files,
        "since": plain.stamp(since),
        "seconds": (seen.outlook.now - since).total_seconds(),
        "waiting": list(_waiting(first["repo"], files, seen)),
    }


def _waiting(repo: str, files: list[str], seen: Look) -> Iterator[Plain]:
    for task in seen.snapshot.tasks:
        decided = seen.decision_by_task.get(task.id)
        is_kept_back = isinstance(decided, Wait) and decided.binding.reason is Reason.FILE_CLAIMED
        if is_kept_back and task.repo == repo and any_overlap(task.reach, files):
            yield {"task": task.id, "title": task.title}
