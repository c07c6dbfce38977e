"""What is kept of tasks is what a new look at their rows would show."""

from random import Random

import pytest
from store_makers import NOW, put, task

from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import TaskState
from watchbill.state import database, kept, tasks
from watchbill.state.engine import Connection, connect


@pytest.fixture
def long_lived(path):
    with database.direct(path) as conn:
        put(conn, "a", "b", "c")
    conn = connect(path)
    kept.keep(conn)
    yield conn
    conn.close()


def as_rows_are(conn: Connection) -> bool:
    """Looked at through what is kept, and anew."""
    return (tasks.open_tasks(conn), tasks.done_ids(conn)) == (tasks.read_open(conn), tasks.read_done(conn))


def test_a_task_whose_row_nobody_wrote_is_the_same_value_at_every_look(long_lived):
    before = {task.id: task for task in tasks.open_tasks(long_lived)}

    tasks.annotate(long_lived, TaskId("b"), "so it is")

    after = {task.id: task for task in tasks.open_tasks(long_lived)}
    assert after["a"] is before["a"]
    assert after["b"].note == "so it is"


def test_a_row_that_was_written_as_it_was_is_no_other_task(long_lived):
    (first, *_) = tasks.open_tasks(long_lived)

    tasks.annotate(long_lived, first.id, first.note)

    assert tasks.open_tasks(long_lived)[0] is first


def test_what_was_read_of_a_change_goes_with_the_change(long_lived):
    tasks.open_tasks(long_lived)
    long_lived.execute("BEGIN")
    long_lived.execute("SAVEPOINT work")
    tasks.annotate(long_lived, TaskId("a"), "never was")
    assert tasks.open_tasks(long_lived)[0].note == "never was"

    long_lived.execute("ROLLBACK TO work")
    tasks.annotate(long_lived, TaskId("b"), "is")

    assert [task.note for task in tasks.open_tasks(long_lived)] == ["", "is", ""]
    long_lived.execute("ROLLBACK")
    assert as_rows_are(long_lived)


def test_all_tasks_are_those_kept_and_those_that_are_closed(long_lived):
    tasks.move(long_lived, TaskId("b"), TaskState.CANCELLED, now=NOW)

    assert [task.id for task in tasks.all_tasks(long_lived)] == ["a", "b", "c"]
    assert [task.id for task in tasks.open_tasks(long_lived, task().repo)] == ["a", "c"]


def test_whoever_was_away_for_long_reads_everything_anew(long_lived):
    tasks.open_tasks(long_lived)
    for number in range(1100):
        tasks.annotate(long_lived, TaskId("ab"[number % 2]), f"{number}")

    assert as_rows_are(long_lived)


@pytest.mark.parametrize("seed", range(30))
def test_it_is_what_rows_say_whatever_was_written_and_undone(long_lived, seed):
    chance, names = Random(seed), [TaskId(name) for name in "abcdefgh"]
    long_lived.execute("BEGIN")
    is_open = False
    for _ in range(60):
        name = chance.choice(names)
        match chance.randrange(8):
            case 0 if not is_open:
                long_lived.execute("SAVEPOINT work")
                is_open = True
            case 1 if is_open:
                long_lived.execute("ROLLBACK TO work")
                long_lived.execute("RELEASE work")
                is_open = False
            case 2 if is_open:
                long_lived.execute("RELEASE work")
                is_open = False
            case 3 if tasks.get(long_lived, name) is None:
                tasks.insert(long_lived, task(name, order=chance.randrange(5)), NOW)
            case 4 if tasks.get(long_lived, name) is not None:
                tasks.rewrite(long_lived, task(name, order=chance.randrange(5)), NOW)
            case 5 if tasks.get(long_lived, name) is not None:
                with_move(long_lived, name, chance.choice(list(TaskState)))
            case 6:
                long_lived.execute("DELETE FROM tasks WHERE id = :id", {"id": name})
            case _:
                assert as_rows_are(long_lived)
    assert as_rows_are(long_lived)


def with_move(conn: Connection, name: TaskId, to: TaskState) -> None:
    try:
        tasks.move(conn, name, to, now=NOW)
    except IllegalMove:
        assert as_rows_are(conn)
