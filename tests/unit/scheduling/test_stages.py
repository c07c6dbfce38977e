"""Stages, artefacts, people's edits, shared ground and age: what else keeps tasks from files than another's claim."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from planning import HOUR, MINUTE, NOON, REPO, bill, live, task, terms

from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.scheduling.claimed import Claimed, Taken
from watchbill.scheduling.decisions import Reason, Start, Wait
from watchbill.scheduling.explain import explain
from watchbill.scheduling.planner import plan
from watchbill.scheduling.snapshot import Edited, HeldClaim, Snapshot
from watchbill.scheduling.widening import MOST, Free, Held, Unfit, widen

WORKER = terms("worker", concurrent=8)
STAGES = {
    TaskType("polish"): frozenset({TaskType("write")}),
    TaskType("test"): frozenset({TaskType("code")}),
    TaskType("qa"): frozenset({TaskType("write"), TaskType("code")}),
}
BILL = bill(WORKER, stages=STAGES, max_parallel=8)
TWIN = RepoName("twin")


def starts(*tasks: Task, **fields: Any) -> set[str]:
    return {start.task for start in plan(Snapshot(tasks=tasks, **fields), BILL, NOON).starts}


def reason(name: str, *tasks: Task, **fields: Any) -> tuple[Reason, str]:
    decided = plan(Snapshot(tasks=tasks, **fields), BILL, NOON).decisions
    (wait,) = [each for each in decided if isinstance(each, Wait) and each.task == name]
    return wait.binding.reason, wait.binding.detail


def test_polish_waits_for_writing_on_the_same_file() -> None:
    polish = task("a-polish", kind="polish", files="scenes/x.txt", priority=0)
    write = task("write", files="scenes/x.txt")

    assert starts(polish, write) == {"write"}
    assert reason("a-polish", polish, write) == (
        Reason.STAGE,
        "scenes/x.txt is to be worked on by write first, which is write and queued",
    )


def test_work_that_names_no_files_is_told_to_have_every_file() -> None:
    _, said = reason("p", task("p", kind="polish", files="a.md"), task("w", files="**"))

    assert said == "every file is to be worked on by w first, which is write and queued"


def test_polish_of_another_file_waits_for_nobody() -> None:
    assert starts(task("p", kind="polish"), task("w")) == {"p", "w"}


@pytest.mark.parametrize("kind", ["write", "code"])
def test_qa_waits_for_writing_and_code(kind: str) -> None:
    assert starts(task("q", kind="qa", files="**", priority=0), task("w", kind=kind)) == {"w"}


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (TaskState.REVIEW, True),
        (TaskState.FAILED, False),  # that is a person's to judge
        (TaskState.PROPOSED, False),
    ],
)
def test_open_work_alone_comes_first(state: TaskState, waits: bool) -> None:
    write = task("write", files="scenes/x.txt", state=state)

    assert ("polish" in starts(task("polish", kind="polish", files="scenes/x.txt"), write)) is not waits


def test_what_the_queue_says_goes_before_stages() -> None:
    """However long the way: else neither would ever start."""
    polish = task("polish", kind="polish", files="scenes/x.txt")
    between = task("between", needs="polish between write", kind="fix")
    write = task("write", files="scenes/x.txt", needs="between")

    assert starts(polish, between, write) == {"polish"}


def test_a_stage_is_explained() -> None:
    tasks = (task("p", kind="polish", files="a.md", artefacts=("b.md", "c.md")), task("w", files="a.md"))
    told = explain(TaskId("p"), Snapshot(tasks=tasks, absent={TaskId("p"): ("c.md",)}), BILL, NOON)

    assert told is not None
    words = {check.name: (check.passes, check.words) for check in told.checks}
    assert words["stage"] == (False, "w on the same files first, since it is polish")
    assert words["artefacts"] == (False, "c.md not there yet")


def test_a_file_that_is_there_is_explained_too() -> None:
    told = explain(TaskId("p"), Snapshot(tasks=(task("p", artefacts=("b.md",)),)), BILL, NOON)

    assert told is not None
    assert ("artefacts", True, "b.md there") in [(each.name, each.passes, each.words) for each in told.checks]


def test_a_task_waits_until_a_file_exists() -> None:
    waiting = task("a", artefacts=("lore/canon.md",))

    assert reason("a", waiting, absent={TaskId("a"): ("lore/canon.md",)}) == (
        Reason.ARTEFACT_MISSING,
        "waits for lore/canon.md to exist on its target",
    )
    assert starts(waiting) == {"a"}


# --- people


def edited(path: str) -> tuple[Edited, ...]:
    return (Edited(repo=RepoName("novel"), path=path, until=NOON + 4 * MINUTE),)


def test_a_file_under_a_persons_hands_is_left_alone_for_a_while() -> None:
    found = plan(Snapshot(tasks=(task("a"), task("b")), edited=edited("scenes/a.txt")), BILL, NOON)

    assert [start.task for start in found.starts] == ["b"]
    (wait,) = [each for each in found.decisions if isinstance(each, Wait)]
    assert (wait.binding.reason, wait.binding.until) == (Reason.HUMAN_EDITING, NOON + 4 * MINUTE)
    assert found.look_again == NOON + 4 * MINUTE
    assert {
        start.task
        for start in plan(Snapshot(tasks=(task("a"),), edited=edited("scenes/a.txt")), BILL, NOON + 4 * MINUTE).starts
    } == {"a"}


def test_a_whole_repository_waits_for_people_too_but_not_for_ever() -> None:
    wide = task("a", files="**", created_at=NOON - HOUR)

    assert reason("a", wide, edited=edited("x.md"))[0] is Reason.HUMAN_EDITING
    assert starts(replace(wide, created_at=NOON - 3 * HOUR), edited=edited("x.md")) == {"a"}


# --- shared ground


def test_repositories_of_one_remote_share_their_claims() -> None:
    other = task("b", files="scenes/a.txt", repo=TWIN)
    shared = {RepoName("novel"): "forge/novel", TWIN: "forge/novel"}

    assert starts(task("a"), other) == {"a", "b"}
    assert starts(task("a"), other, grounds=shared) == {"a"}
    why, said = reason("b", other, live=(live("a"),), grounds=shared)
    assert why is Reason.FILE_CLAIMED
    assert ", which shares its remote, is in work for a" in said


# --- age


def broad(span: timedelta, files: str = "scenes/*.txt") -> Task:
    return task("broad", files=files, created_at=NOON - span, priority=1)


@pytest.mark.parametrize("files", ["scenes/*.txt", "scenes", "scenes/a.txt scenes/c.txt"])
def test_who_needs_several_files_and_waited_long_goes_before_later_ones(files: str) -> None:
    later = task("c")

    assert starts(broad(HOUR, files), later, live=(live("a"),)) == {"c"}
    assert starts(broad(3 * HOUR, files), later, live=(live("a"),)) == set()
    assert "needs scenes" in reason("c", broad(3 * HOUR, files), later, live=(live("a"),))[1]


def test_who_needs_one_file_keeps_nobody_back() -> None:
    narrow = task("narrow", files="scenes/a.txt", created_at=NOON - 3 * HOUR, priority=1)

    assert starts(narrow, task("c"), live=(live("a"),)) == {"c"}


# --- widening


def test_a_free_file_is_granted() -> None:
    assert widen(task("a"), RepoName("novel"), ["b.md", "scenes/a.txt"], Snapshot(), NOON) == Free(patterns=("b.md",))


def test_a_held_file_is_refused_and_says_by_whom() -> None:
    held = HeldClaim(repo=RepoName("novel"), task=TaskId("z"), pattern="docs")

    answer = widen(task("a"), RepoName("novel"), ["docs/b.md"], Snapshot(held_claims=(held,)), NOON)

    assert isinstance(answer, Held)
    assert (answer.pattern, answer.reason) == ("docs/b.md", Reason.FILE_CLAIMED)
    assert "of z" in answer.why


def test_a_file_under_a_persons_hands_is_not_granted() -> None:
    answer = widen(task("a"), RepoName("novel"), ["x.md"], Snapshot(edited=edited("x.md")), NOON)

    assert isinstance(answer, Held)
    assert answer.reason is Reason.HUMAN_EDITING


def test_no_run_is_given_a_pattern_or_ever_more_files() -> None:
    many = task("a", widened=tuple(f"{number}.md" for number in range(MOST)))

    assert isinstance(widen(task("a"), RepoName("novel"), ["**"], Snapshot(), NOON), Unfit)
    assert isinstance(widen(many, RepoName("novel"), ["new.md"], Snapshot(), NOON), Unfit)


def test_what_was_granted_is_held_by_the_next_run_too() -> None:
    decided = plan(Snapshot(tasks=(task("a", widened=("b.md",)), task("b", files="b.md"))), BILL, NOON)

    assert [each.task for each in decided.decisions if isinstance(each, Start)] == ["a"]


def test_what_is_near_but_apart_or_in_another_repository_is_nothing_that_others_have():
    claimed = Claimed()
    claimed.add(Taken(repo=REPO, task=TaskId("a"), pattern="scenes/*.md", reason=Reason.STAGE, why="first"))

    def met(repo: RepoName, pattern: str) -> list[str]:
        return [taken.pattern for taken in claimed.all_met_by(TaskId("b"), repo, [pattern])]

    assert met(REPO, "scenes/a.md") == ["scenes/*.md"]
    assert met(REPO, "scenes/a.txt") == []
    assert met(RepoName("other"), "scenes/a.md") == []
