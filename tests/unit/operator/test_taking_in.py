"""What a reading of the queues asks the store for is little, and judges as if it knew everything that ever stood there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from tests import stores
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Task, TaskState, TaskType
from watchbill.intake import grammar
from watchbill.intake.entries import QueueFile
from watchbill.intake.identity import KnownEntry
from watchbill.intake.markers import marker_of
from watchbill.intake.reconcile import Known, Reconciled, about_to_write, reconcile, written
from watchbill.intake.tasks import Terms
from watchbill.operator import taking_in
from watchbill.state import database, tasks
from watchbill.state.engine import Connection

REPO = RepoName("novel")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ENDS = [TaskState.LANDED, TaskState.FAILED, TaskState.REVIEW, TaskState.CANCELLED]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with database.direct(stores.migrated(tmp_path_factory.mktemp("queues") / "state" / "w.db")) as conn:
        yield conn


@dataclass
class Queue:
    """A queue as the daemon keeps it in its store."""

    conn: Connection
    last: list[Known] = field(default_factory=list)

    def read(self, *texts: str) -> Reconciled:
        files = [grammar.parse(text, f"q{n}.md", REPO) for n, text in enumerate(texts)]
        self.last = taking_in.known(self.conn, REPO, files)
        found = judged(self.last, files, taking_in.taken(self.conn, self.last))
        taking_in.store(self.conn, found.actions, NOW, running=())
        taking_in.remember(self.conn, REPO, found.entries)
        return found

    def everything(self) -> list[Known]:
        """Each entry that there ever was."""
        views = list(self.conn.execute("SELECT * FROM queue_views ORDER BY path, line, task"))
        task_by_id = {task.id: task for task in tasks.all_tasks(self.conn)}
        read = TypeAdapter(KnownEntry).validate_json
        return [Known(entry=read(view["key"]), task=task_by_id[TaskId(view["task"])]) for view in views]


def judged(known: Sequence[Known], files: Sequence[QueueFile], taken: Iterable[str]) -> Reconciled:
    return reconcile(known, files, repo=REPO, terms=Terms(), taken=list(taken))


def test_of_those_gone_only_what_the_file_may_bring_back_is_read(conn: Connection) -> None:
    queue = Queue(conn)
    queue.read("- [ ] Old\n- [ ] Named [id:: n]\n- [ ] Titled\n- [ ] Here\n")
    queue.read("- [ ] Here\n")
    queue.read("- [ ] Here\n- [ ] Other [id:: n]\n- [ ] Titled\n")

    assert [one.entry.title for one in queue.last] == ["Here", "Named", "Titled"]


def test_an_id_of_one_that_is_gone_is_taken_and_may_be_waited_for(conn: Connection) -> None:
    queue = Queue(conn)
    queue.read("- [ ] Old [id:: old]\n- [ ] Here\n")
    queue.read("- [ ] Here\n")
    queue.read("- [ ] Here\n- [ ] Next [after:: OLD]\n")

    task = next(task for task in tasks.all_tasks(conn) if task.title == "Next")
    assert task.needs == ("old",)


ELSEWHERE = Task(id=TaskId("far"), repo=RepoName("other"), title="Far", type=TaskType("code"))
TITLES = st.sampled_from(["Write one", "Write ones", "Write two", "Polish it all", "Polish it", "x"])
IDS = st.sampled_from(["", "", "", " [id:: a]", " [id:: A]", " [id:: b]", " [id:: far]", " ^c"])
NEEDS = st.sampled_from(["", "", "", " [after:: a]", " [after:: Write one]", " [needs:: far, b]", " [after:: x]"])
ENTRIES = st.builds("- [{}] {}{}{}".format, st.sampled_from(" " * 5 + "x-?"), TITLES, IDS, NEEDS)
LINES = st.one_of(ENTRIES, ENTRIES, ENTRIES, st.sampled_from(["# Work", "## Later"]))
FILES = st.lists(LINES, max_size=6).map("\n".join)


@dataclass(frozen=True)
class Shown:
    """Our work brought a task into a state, and we began to write its marker, or wrote it."""

    place: int
    state: TaskState
    is_written: bool


SHOWN = st.builds(Shown, place=st.integers(0, 5), state=st.sampled_from(ENDS), is_written=st.booleans())


@settings(max_examples=60, deadline=None)
@given(history=st.lists(st.one_of(st.tuples(FILES, FILES), st.tuples(FILES, FILES), SHOWN), max_size=9))
def test_it_is_judged_as_if_all_were_known(store: Connection, history: list[tuple[str, str] | Shown]) -> None:
    store.execute("SAVEPOINT history")
    try:
        tasks.insert(store, ELSEWHERE, NOW)
        queue = Queue(store)
        for step in history:
            known = queue.everything()
            if isinstance(step, Shown):
                show(store, known, step)
                continue
            files = [grammar.parse(text, f"q{n}.md", REPO) for n, text in enumerate(step)]
            wanted = judged(known, files, [ELSEWHERE.id])

            found = queue.read(*step)

            unread = {one.entry for one in known} - {one.entry for one in queue.last}
            assert replace(found, entries=()) == replace(wanted, entries=())
            assert found.entries == tuple(entry for entry in wanted.entries if entry not in unread)
    finally:
        store.execute("ROLLBACK TO history")
        store.execute("RELEASE history")


def show(conn: Connection, known: Sequence[Known], step: Shown) -> None:
    here = [one for one in known if not one.entry.gone and one.task.state is TaskState.QUEUED]
    for one in here[step.place : step.place + 1]:
        conn.execute("UPDATE tasks SET state = :state WHERE id = :id", {"state": step.state, "id": one.task.id})
        mark = marker_of(step.state)
        entry = written(one.entry, mark, commented=False) if step.is_written else about_to_write(one.entry, mark)
        taking_in.remember(conn, REPO, [entry])
