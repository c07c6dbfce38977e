"""Locks as answers: who holds which files, since when, and who waits for them."""

from collections.abc import Iterable, Iterator

from watchbill.domain.claims import any_overlap
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Task
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries.look import Look, look
from watchbill.scheduling.decisions import Reason, Wait
from watchbill.state import columns
from watchbill.state.engine import Connection, Row

_HELD = """
SELECT claims.repo, claims.task, claims.run, runs.provider, tasks.title, min(claims.taken_ms) AS taken_ms,
       json_group_array(claims.pattern) AS files
FROM claims JOIN tasks ON tasks.id = claims.task LEFT JOIN runs ON runs.id = claims.run
GROUP BY claims.repo, claims.task, claims.run ORDER BY min(claims.number)
"""


def listing(conn: Connection, outlook: Outlook) -> Plain:
    """Every hold on files: of runs, of branches that nobody has merged yet, and of people who edit."""
    seen = look(conn, outlook)
    waiting = [task for task in seen.snapshot.tasks if _waits_for_files(seen, task.id)]
    held = [_claim(row, waiting, seen) for row in conn.execute(_HELD).fetchall()]
    found = [*held, *_edited(seen, waiting)]
    return {"generated_at": plain.stamp(outlook.now), "count": len(found), "locks": found}


def _waits_for_files(seen: Look, task: TaskId) -> bool:
    decided = seen.decision_by_task.get(task)
    return isinstance(decided, Wait) and decided.binding.reason in (Reason.FILE_CLAIMED, Reason.HUMAN_EDITING)


def _claim(row: Row, waiting: Iterable[Task], seen: Look) -> Plain:
    files: list[str] = columns.parsed(row["files"])
    taken = columns.moment(row["taken_ms"])
    return {
        "kind": "branch" if row["run"] is None else "run",
        "repo": row["repo"],
        "files": files,
        "since": plain.stamp(taken),
        "seconds": (seen.outlook.now - taken).total_seconds(),
        "until": None,
        "task": row["task"],
        "title": row["title"],
        "run": row["run"],
        "provider": row["provider"],
        "waiting": _waiting(RepoName(row["repo"]), files, (task for task in waiting if task.id != row["task"]), seen),
    }


def _edited(seen: Look, waiting: list[Task]) -> Iterator[Plain]:
    for each in seen.snapshot.edited:
        yield {
            "kind": "person",
            "repo": each.repo,
            "files": [each.path],
            "since": None,
            "seconds": None,
            "until": plain.stamp(each.until),
            "task": None,
            "title": "a person edits it",
            "run": None,
            "provider": None,
            "waiting": _waiting(each.repo, [each.path], waiting, seen),
        }


def _waiting(repo: RepoName, files: list[str], waiting: Iterable[Task], seen: Look) -> list[TaskId]:
    """Repositories on one ground have the same files."""
    grounds = seen.snapshot.grounds
    same = {name for name in grounds if grounds[name] == grounds.get(repo)} | {repo}
    return [task.id for task in waiting if task.repo in same and any_overlap(task.claims, files) is not None]
