"""Attention: the one list of what needs a person, each with the command that settles it."""

from collections.abc import Iterator

from watchbill.domain.tasks import TaskState
from watchbill.operator.plain import Plain
from watchbill.operator.queries.look import Look
from watchbill.state import holds, ledger
from watchbill.state.engine import Connection

_COMMAND_BY_STATE = {
    TaskState.REVIEW: ("review", "watchbill task show {0}"),
    TaskState.PROPOSED: ("proposed", "watchbill task accept {0}"),
    TaskState.FAILED: ("failed", "watchbill task retry {0}"),
}


def needs_you(conn: Connection, seen: Look) -> Iterator[Plain]:
    for state, (kind, command) in _COMMAND_BY_STATE.items():
        for task in seen.snapshot.tasks:
            if task.state is state:
                yield _item(kind, task.title, task.note, command.format(task.id), task=task.id)
    for hold in holds.all(conn):
        if hold.until is None:
            yield _item("held", hold.provider, hold.why, "mend the account or the model, then start watchbill anew")
    for row in ledger.stopped(conn):
        why = f"{row.call} cost more than its bound"
        yield _item("stopped", f"{row.model} of {row.provider}", why, "check its price: watchbill config show")
    yield from _unreadable(conn)


# The last reading of each queue: an older one's complaints may be mended.
_UNREADABLE = """
SELECT facts ->> 'repo' AS repo, facts ->> 'path' AS path, facts ->> 'unreadable' AS lines, max(number)
FROM events WHERE name = 'queue.read' GROUP BY 1, 2
"""


def _unreadable(conn: Connection) -> Iterator[Plain]:
    for row in conn.execute(_UNREADABLE):
        if row["lines"]:
            why = f"{row['lines']} of its lines could not be read"
            yield _item("queue", f"{row['repo']}: {row['path']}", why, "watchbill events --kind queue.unreadable")


def _item(kind: str, title: str, why: str, command: str, *, task: str | None = None) -> Plain:
    return {"kind": kind, "task": task, "title": title, "why": why, "command": command}
