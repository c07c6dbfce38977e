"""Inbox files in the store: one file a task, until it is put away."""

import pytest
from store_makers import put

from watchbill.domain.ids import TaskId
from watchbill.intake.inbox import InboxFile
from watchbill.state import inboxes
from watchbill.state.engine import Connection, IntegrityError


def file(name: str = "a.md", task: str = "a", **fields: str) -> InboxFile:
    return InboxFile(box=fields.get("box", ""), name=name, task=TaskId(task), text=fields.get("text", "# A"))


def test_a_file_is_known_until_it_is_put_away(conn: Connection):
    put(conn, "a", "b")

    inboxes.put(conn, file())
    inboxes.put(conn, file("b.md", "b", box="site"))

    assert inboxes.all_files(conn) == [file(), file("b.md", "b", box="site")]
    inboxes.delete(conn, TaskId("a"))
    assert [one.name for one in inboxes.all_files(conn)] == ["b.md"]


def test_a_renamed_file_is_the_same_tasks(conn: Connection):
    put(conn, "a")
    inboxes.put(conn, file())

    inboxes.put(conn, file("z.md", text="# B"))

    assert inboxes.all_files(conn) == [file("z.md", text="# B")]


def test_a_file_has_a_task_that_is_there(conn: Connection):
    with pytest.raises(IntegrityError):
        inboxes.put(conn, file())
