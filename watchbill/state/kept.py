"""Kept tasks: every open task as a value, made anew only where its row was written since.

Making values of thousands of rows is most of a look's time, and few of them change between two looks. The connection notes in a
table of its own whose row is written. A note goes when what it tells of is undone, and the next one in its place has another
tag: so whoever finds the note that it read last knows that all it has read still holds.
"""

from collections.abc import Collection

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import DONE, Task
from watchbill.state import tasks
from watchbill.state.engine import Connection

_NOTES = """
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE written_tasks (number INTEGER PRIMARY KEY, tag INTEGER NOT NULL, id TEXT NOT NULL);
CREATE TEMP TRIGGER note_written AFTER INSERT ON written_tasks BEGIN
    DELETE FROM written_tasks WHERE number <= NEW.number - 1000;  -- whoever is farther behind reads everything anew
END;
CREATE TEMP TRIGGER note_new_task AFTER INSERT ON main.tasks BEGIN
    INSERT INTO written_tasks (tag, id) VALUES (random(), NEW.id);
END;
CREATE TEMP TRIGGER note_changed_task AFTER UPDATE ON main.tasks BEGIN
    INSERT INTO written_tasks (tag, id) VALUES (random(), NEW.id);
END;
CREATE TEMP TRIGGER note_gone_task AFTER DELETE ON main.tasks BEGIN
    INSERT INTO written_tasks (tag, id) VALUES (random(), OLD.id);
END;
INSERT INTO written_tasks (tag, id) VALUES (random(), '');
"""


def keep(conn: Connection) -> None:
    """From now on. For a connection that lives long; no transaction may be open on it."""
    conn.executescript(_NOTES)
    conn.kept = Kept()


class Kept:
    """What one connection has read of its tasks."""

    def __init__(self) -> None:
        self._number, self._tag = 0, 0  # of the last note that was read; there is none 0
        self._open: dict[TaskId, Task] = {}  # in the order of the queue
        self._done: frozenset[TaskId] = frozenset()

    def open_tasks(self, conn: Connection) -> Collection[Task]:
        """Everything that is not done or cancelled, in the order of the queue, as the rows are now."""
        self._read_on(conn)
        return self._open.values()

    def done_ids(self, conn: Connection) -> frozenset[TaskId]:
        self._read_on(conn)
        return self._done

    def _read_on(self, conn: Connection) -> None:
        notes = conn.execute(_SINCE, {"number": self._number}).fetchall()
        if not notes or (notes[0]["number"], notes[0]["tag"]) != (self._number, self._tag):
            self._open = {task.id: task for task in tasks.read_open(conn)}
            self._done = tasks.read_done(conn)
        elif len(notes) > 1:
            self._take(conn, {TaskId(note["id"]) for note in notes[1:]})
        last = notes[-1] if notes else conn.execute(_LAST).fetchone()
        self._number, self._tag = last["number"], last["tag"]

    def _take(self, conn: Connection, written: set[TaskId]) -> None:
        read = {task.id: task for task in tasks.read(conn, written)}
        self._done = (self._done - written) | {task.id for task in read.values() if task.state in DONE}
        known, is_moved = dict(self._open), False
        for id_ in written:
            was, now = known.get(id_), read.get(id_)
            if now is None or now.state in tasks.CLOSED:
                known.pop(id_, None)
            elif was != now:
                is_moved |= was is None or tasks.place(was) != tasks.place(now)
                known[id_] = now
        self._open = dict(sorted(known.items(), key=_by_place)) if is_moved else known


_SINCE = "SELECT number, tag, id FROM temp.written_tasks WHERE number >= :number ORDER BY number"
_LAST = "SELECT number, tag FROM temp.written_tasks ORDER BY number DESC LIMIT 1"


def _by_place(item: tuple[TaskId, Task]) -> tuple[str, int, str]:
    return tasks.place(item[1])
