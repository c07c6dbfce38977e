"""Inboxes: which files were taken in, what each said last, and which task it is; and what was done and put away."""

from dataclasses import asdict

from watchbill.domain.ids import TaskId
from watchbill.intake.inbox import InboxFile, digest
from watchbill.state.engine import Connection, Row

_PUT = """
INSERT INTO inbox_files (box, name, task, text) VALUES (:box, :name, :task, :text)
ON CONFLICT (task) DO UPDATE SET box = excluded.box, name = excluded.name, text = excluded.text
"""


def put(conn: Connection, file: InboxFile) -> None:
    """A task has one file: where it was called otherwise, it no longer is."""
    conn.execute(_PUT, asdict(file))


_ALL = "SELECT * FROM inbox_files ORDER BY box, name"


def all_files(conn: Connection) -> list[InboxFile]:
    return [_file(row) for row in conn.execute(_ALL)]


_ENDED = """
SELECT inbox_files.* FROM inbox_files JOIN tasks ON tasks.id = inbox_files.task
WHERE tasks.state IN ('landed', 'verified', 'cancelled') ORDER BY box, name
"""


def ended(conn: Connection) -> list[InboxFile]:
    """Those whose task is over, and which can be put away."""
    return [_file(row) for row in conn.execute(_ENDED)]


_DELETE = "DELETE FROM inbox_files WHERE task = :task"
_DONE = """
INSERT INTO inbox_done (box, name, digest, task) VALUES (:box, :name, :digest, :task)
ON CONFLICT (box, name, digest) DO UPDATE SET task = excluded.task
"""


def put_away(conn: Connection, file: InboxFile, *, done: bool) -> None:
    """It is not in its box any more. What is done is remembered by its text."""
    conn.execute(_DELETE, {"task": file.task})
    if done:
        said = {"box": file.box, "name": file.name, "digest": digest(file.text), "task": file.task}
        conn.execute(_DONE, said)


_DONE_AS = "SELECT task FROM inbox_done WHERE box = :box AND name = :name AND digest = :digest"


def done_as(conn: Connection, box: str, name: str, text: str) -> TaskId | None:
    """The task that a file of this name and text was, when it was done."""
    row = conn.execute(_DONE_AS, {"box": box, "name": name, "digest": digest(text)}).fetchone()
    return None if row is None else TaskId(row["task"])


def _file(row: Row) -> InboxFile:
    return InboxFile(box=row["box"], name=row["name"], task=TaskId(row["task"]), text=row["text"])
