"""How far a text is: counted words, the target that its entries state, and the tasks that name it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling.detection import MOST_BYTES, Find
from watchbill.scheduling.progress import (
    NO_TASKS,
    Group,
    Target,
    by_group,
    complete,
    count,
    counted,
    groups,
    target_of,
    wanted,
)
from watchbill.scheduling.recurring import Recurring, Timing

NOVEL, OTHER = RepoName("novel"), RepoName("other")


class Bodies:
    def __init__(self, bodies: Mapping[str, bytes]) -> None:
        self._bodies = bodies

    def paths(self) -> list[str]:
        return sorted(self._bodies)

    def read(self, path: str) -> bytes:
        return self._bodies[path]


def entry(name: str, **find: object) -> Recurring:
    return Recurring(
        name=name,
        repo=NOVEL,
        timing=Timing(every=timedelta(hours=3)),
        find=Find(globs=("scenes/*.txt",), **find),  # type: ignore[arg-type]
        type=TaskType("write"),
        title="Go on with {target}",
    )


def task(name: str, *claims: str, state: TaskState = TaskState.QUEUED, repo: RepoName = NOVEL) -> Task:
    return Task(id=TaskId(name), repo=repo, title=name, type=TaskType("write"), claims=claims, state=state)


def test_words_lines_and_placeholders_are_counted_and_what_is_no_text_is_not() -> None:
    tree = Bodies(
        {
            "scenes/a.txt": b"PLACEHOLDER one\nTODO two STUB\n",
            "scenes/b.txt": b"\0binary",
            "scenes/c.txt": b"x" * (MOST_BYTES + 1),
            "docs/queue.md": b"- [ ] a",
            "src/a.py": b"pass",
        }
    )

    found = list(count(tree, ("scenes/*.txt", "docs/*.md"), {"docs/queue.md"}))

    assert [(one.path, one.words, one.lines, one.placeholders) for one in found] == [("scenes/a.txt", 5, 2, 3)]


def test_what_entries_look_at_for_its_size_and_tasks_name_is_counted() -> None:
    tasks = [task("a", "chapters/1.md"), task("b", "src/tool.py"), task("c", "all/**"), task("d", "x.md", repo=OTHER)]

    globs = wanted(("own/*.txt",), [entry("writer", smaller_words=1500), entry("sweep", pattern="TODO")], NOVEL, tasks)

    assert globs == ("own/*.txt", "scenes/*.txt", "chapters/1.md")


def test_the_target_is_the_largest_size_below_which_an_entry_finds_work() -> None:
    entries = [
        entry("writer", smaller_words=1500),
        entry("early", smaller_words=200),
        entry("bytes", smaller_bytes=1024),
    ]

    found = target_of("scenes/a.txt", entries, NOVEL)

    assert found == Target(words=1500, bytes=1024, said_by="recurring writer, recurring early, recurring bytes")
    assert target_of("scenes/a.txt", entries, OTHER) == Target(words=None, bytes=None, said_by="")


@pytest.mark.parametrize(
    ("target", "group", "share"),
    [
        (Target(words=4, bytes=None, said_by="w"), NO_TASKS, 0.5),
        (Target(words=None, bytes=14, said_by="w"), NO_TASKS, 0.5),
        (Target(words=1, bytes=None, said_by="w"), Group(done=1, open=3), 0.25),
        (Target(words=None, bytes=None, said_by=""), Group(done=2, open=0), 1.0),
        (Target(words=None, bytes=None, said_by=""), NO_TASKS, None),
    ],
)
def test_a_text_is_as_far_as_the_least_of_what_it_is_held_against(
    target: Target, group: Group, share: float | None
) -> None:
    assert complete(counted("a.txt", b"one two"), target, group) == share


def test_tasks_are_grouped_by_the_file_that_they_name() -> None:
    tasks = [
        task("a", "x.txt", state=TaskState.LANDED),
        task("b", "x.txt"),
        task("c", "x.txt", state=TaskState.CANCELLED),
        task("d", "x.txt", repo=OTHER),
        task("e", "x.txt", state=TaskState.PROPOSED),
    ]

    assert groups(tasks, NOVEL) == {"x.txt": Group(done=1, open=1)}


def test_tasks_belong_to_their_heading_else_to_who_made_them_else_to_their_type() -> None:
    tasks = [
        replace(task("a", "x.txt", state=TaskState.LANDED), extra={"group": "Singing Dunes"}),
        replace(task("b", "y.txt"), extra={"group": "Singing Dunes"}),
        replace(task("c", "x.txt"), extra={"origin": "recurring writer"}),
        task("d", "x.txt"),
        task("e", "x.txt", repo=OTHER),
    ]

    assert by_group(tasks, NOVEL) == {
        "Singing Dunes": (Group(done=1, open=1), frozenset({"x.txt", "y.txt"})),
        "recurring writer": (Group(done=0, open=1), frozenset({"x.txt"})),
        "write": (Group(done=0, open=1), frozenset({"x.txt"})),
    }
