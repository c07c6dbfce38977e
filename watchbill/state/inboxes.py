"""Inboxes: which files were taken in and not put away yet, what each said last, and which task it is."""

from dataclasses import asdict

from watchbill.domain.ids import TaskId
from watchbill.intake.inbox import InboxFile
from watchbill.state.engine import Connection

_PUT = """
INSERT INTO inbox_files (box, name, task, text) VALUES (:box, :name, :task, :text)
ON CONFLICT (task) DO UPDATE SET box = excluded.box, name = excluded.name, text = excluded.text
"""


def put(conn: Connection, file: InboxFile) -> None:
    """A task has one file: where it was called otherwise, it no longer is."""
    conn.execute(_PUT, asdict(file))


_ALL = "SELECT * FROM inbox_files ORDER BY box, name"


def all_files(conn: Connection) -> list[InboxFile]:
    return [
        InboxFile(box=row["box"], name=row["name"], task=TaskId(row["task"]), text=row["text"])
        for row in conn.execute(_ALL)
    ]


_DELETE = "DELETE FROM inbox_files WHERE task = :task"


def delete(conn: Connection, task_id: TaskId) -> None:
    """Its file is put away."""
    conn.execute(_DELETE, {"task": task_id})
