"""The queue's order: priority, then higher autonomy first, then place in the file; total, so that plans replay."""

from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.ids import RepoName, TaskId, TaskType
from watchbill.domain.tasks import Autonomy, Task, queue_order


def task(name: str, priority: int = 5, autonomy: Autonomy | None = None, order: int = 0) -> Task:
    return Task(
        id=TaskId(name),
        repo=RepoName("r"),
        title=name,
        type=TaskType("bug"),
        priority=priority,
        autonomy=autonomy,
        order=order,
    )


tasks = st.lists(
    st.builds(
        task,
        st.text(max_size=3),
        st.integers(0, 9),
        st.sampled_from([None, *Autonomy]),
        st.integers(0, 3),
    ),
    unique_by=lambda one: one.id,
    max_size=8,
)


def names(*some: Task) -> list[str]:
    return [one.id for one in sorted(some, key=queue_order)]


def test_priority_goes_before_autonomy_and_place() -> None:
    assert names(task("a", 2, Autonomy.HIGH, 0), task("b", 1, Autonomy.LOW, 9)) == ["b", "a"]


def test_higher_autonomy_goes_first_within_a_priority() -> None:
    low, high = task("low", autonomy=Autonomy.LOW), task("high", autonomy=Autonomy.HIGH, order=9)

    assert names(low, task("none"), high) == ["high", "none", "low"]


def test_no_stated_autonomy_stands_as_medium() -> None:
    assert names(task("medium", autonomy=Autonomy.MEDIUM, order=2), task("none", order=1)) == ["none", "medium"]


def test_place_in_the_file_decides_last() -> None:
    assert names(task("b", order=1), task("a", order=2)) == ["b", "a"]


@given(tasks, st.randoms())
def test_order_is_total_whatever_the_tasks_come_in(some: list[Task], chance: object) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)

    assert names(*shuffled) == names(*some)
    assert len({queue_order(one) for one in some}) == len(some)
