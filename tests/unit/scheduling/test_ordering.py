"""The order of work: a bump overtakes its own repository."""

import pytest
from planning import HOUR, NOON, task

from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import Autonomy
from watchbill.scheduling.ordering import in_order, why_before

OTHER = RepoName("other")


def order(*tasks):
    return [one.id for _, one in in_order(tasks)]


def test_a_bumped_task_is_the_next_of_its_repository_and_others_keep_their_place():
    ours = [task("a", priority=3), task("b", priority=7, bumped_at=NOON)]
    theirs = [task("x", priority=2, repo=OTHER), task("y", priority=4, repo=OTHER)]

    assert order(*ours, *theirs) == ["x", "b", "a", "y"]


def test_the_last_bumped_goes_first():
    first, last = task("a", bumped_at=NOON), task("b", priority=9, bumped_at=NOON + HOUR)

    assert order(task("c", priority=0), first, last) == ["b", "a", "c"]


def test_those_bumped_in_one_moment_keep_the_queues_order():
    assert order(task("z", priority=1, bumped_at=NOON), task("a", priority=2, bumped_at=NOON)) == ["z", "a"]


def test_what_is_not_queued_is_nobodys_head():
    waiting = task("p", priority=0, state="proposed")

    assert order(
        waiting, task("a", priority=5), task("b", priority=6, bumped_at=NOON), task("x", priority=3, repo=OTHER)
    ) == [
        "p",
        "x",
        "b",
        "a",
    ]


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (task("a", priority=9, bumped_at=NOON), "it was brought forward by hand"),
        (task("a", priority=0), "it is P0"),
        (task("a", repo=OTHER), "it is the turn of other"),
        (task("a", autonomy=Autonomy.HIGH, order=9), "its autonomy is high"),
        (task("a"), "it stands earlier in the queue"),
    ],
)
def test_whoever_goes_before_another_has_a_reason_that_can_be_told(first, why: str):
    assert why_before(first, task("b", order=5)) == why
