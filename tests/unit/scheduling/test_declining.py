"""A provider's share of the queue: what it begins, what others take, and what speaks against it."""

from planning import NOON, bill, state, task, terms, three_handed, world

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.declining import share_of
from watchbill.scheduling.planner import plan

ALIKE = bill(terms("x", concurrent=9), terms("y", concurrent=9))


def share(name, snapshot, terms_):
    return share_of(ProviderName(name), plan(snapshot, terms_, NOON).decisions)


def counted(groups):
    return {each.first.reason: each.tasks for each in groups}


def test_what_a_provider_begins_is_its_own_and_elsewhere_for_the_others():
    queue = world(task("a"))

    shares = [share(name, queue, ALIKE) for name in ("x", "y")]

    assert sorted((each.starts, each.elsewhere) for each in shares) == [((), ("a",)), (("a",), ())]
    assert all(not each.declined and not each.waiting for each in shares)


def test_what_speaks_against_a_provider_is_grouped_the_most_frequent_first():
    queue = world(task("a", kind="draw"), task("b", provider="y"), task("c", provider="y"))
    only_writes = bill(terms("x", only_types=frozenset({"write"})), terms("y", concurrent=9))

    found = share("x", queue, only_writes)

    assert counted(found.declined) == {Reason.NOT_PINNED: ("b", "c"), Reason.WRONG_TYPE: ("a",)}
    assert [each.first.reason for each in found.declined] == [Reason.NOT_PINNED, Reason.WRONG_TYPE]


def test_a_task_that_waits_for_another_speaks_against_nobody():
    found = share("claude", world(task("a"), task("b", needs="a")), three_handed())

    assert counted(found.waiting) == {Reason.DEPS_UNMET: ("b",)}
    assert found.declined == ()


def test_a_provider_that_is_down_is_told_with_its_end():
    queue = world(task("a"), providers=(state("x", held_until=NOON.replace(hour=14), held_why="529"),))

    (against,) = share("x", queue, bill(terms("x"))).declined

    assert (against.tasks, against.first.reason) == ((TaskId("a"),), Reason.PROVIDER_HELD)
    assert against.first.until == NOON.replace(hour=14)
