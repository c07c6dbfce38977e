"""Inbox files in the store: one file a task, until it is put away."""

import pytest
from store_makers import NOW, put

from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import TaskState
from watchbill.intake.inbox import InboxFile
from watchbill.state import inboxes, tasks
from watchbill.state.engine import Connection, IntegrityError


def file(name: str = "a.md", task: str = "a", **fields: str) -> InboxFile:
    return InboxFile(box=fields.get("box", ""), name=name, task=TaskId(task), text=fields.get("text", "# A"))


def test_a_file_is_known_until_it_is_put_away(conn: Connection):
    put(conn, "a", "b")

    inboxes.put(conn, file())
    inboxes.put(conn, file("b.md", "b", box="site"))

    assert inboxes.all_files(conn) == [file(), file("b.md", "b", box="site")]
    inboxes.put_away(conn, file(), done=False)
    assert [one.name for one in inboxes.all_files(conn)] == ["b.md"]
    assert inboxes.done_as(conn, "", "a.md", "# A") is None


def test_what_is_done_is_remembered_by_its_text(conn: Connection):
    put(conn, "a", "b")
    inboxes.put(conn, file())

    inboxes.put_away(conn, file(), done=True)
    inboxes.put_away(conn, file(task="b"), done=True)

    assert inboxes.done_as(conn, "", "a.md", "# A") == "b"
    assert inboxes.done_as(conn, "", "a.md", "# B") is None
    assert inboxes.done_as(conn, "site", "a.md", "# A") is None


def test_only_files_of_tasks_that_are_over_can_be_put_away(conn: Connection):
    put(conn, "a", "b")
    inboxes.put(conn, file())
    inboxes.put(conn, file("b.md", "b"))
    tasks.move(conn, TaskId("b"), TaskState.CANCELLED, now=NOW)

    assert [one.name for one in inboxes.ended(conn)] == ["b.md"]


def test_a_renamed_file_is_the_same_tasks(conn: Connection):
    put(conn, "a")
    inboxes.put(conn, file())

    inboxes.put(conn, file("z.md", text="# B"))

    assert inboxes.all_files(conn) == [file("z.md", text="# B")]


def test_a_file_has_a_task_that_is_there(conn: Connection):
    with pytest.raises(IntegrityError):
        inboxes.put(conn, file())
