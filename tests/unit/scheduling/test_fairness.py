"""Repositories take turns by their shares: nobody overtakes a priority, nobody starves, and a plan replays."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import CLAUDE, MINUTE, NOON, bill, local, starts, task, terms, world

from tests.examples import examples
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.scheduling.bill import RepoTerms, SlotPolicy, WatchBill
from watchbill.scheduling.codec import encode_decisions, encode_inputs
from watchbill.scheduling.decisions import Start
from watchbill.scheduling.fairness import SAVED, Shares
from watchbill.scheduling.planner import plan
from watchbill.scheduling.replay import replay
from watchbill.scheduling.simulate import simulate
from watchbill.scheduling.snapshot import Snapshot

A, B, C = RepoName("a"), RepoName("b"), RepoName("c")
shares_of_two = st.tuples(st.floats(0.1, 10), st.floats(0.1, 10))


def repos(**shares: float) -> WatchBill:
    return bill(
        terms("claude"), repos=tuple(RepoTerms(name=RepoName(name), share=share) for name, share in shares.items())
    )


def one_at_a_time(**shares: float) -> WatchBill:
    return replace(repos(**shares), policy=SlotPolicy.OFF, max_parallel=1)


def demand(count: int, *names: str, **fields) -> tuple:
    return tuple(
        task(f"{name}{number:03}", repo=RepoName(name), order=number, **fields)
        for name in names
        for number in range(count)
    )


def turns(shares: Shares, count: int, *names: RepoName) -> list[RepoName]:
    """Who goes first, when all of them always have work."""
    told = []
    for _ in range(count):
        first = min(names, key=lambda name: (shares.standing(name), name))
        shares.begin(first, CLAUDE.name)
        told.append(first)
    return told


# --- shares


def test_of_two_with_two_and_one_the_first_gets_two_for_each_of_the_second():
    assert "".join(turns(Shares({}, repos(a=2, b=1)), 9, A, B)) == "abaabaaba"


@examples(200, part=60)
@given(shares_of_two, st.integers(1, 200))
def test_each_has_its_share_of_any_number_of_runs_to_within_one(both, count):
    got = Counter(turns(Shares({}, repos(a=both[0], b=both[1])), count, A, B))

    for name, share in zip((A, B), both, strict=True):
        assert abs(got[name] - count * share / sum(both)) <= 1


@examples(100, part=40)
@given(st.lists(st.floats(0.05, 20), min_size=2, max_size=6))
def test_nobody_waits_longer_than_the_others_shares_ask(all_shares):
    names = [RepoName(f"r{number}") for number in range(len(all_shares))]
    told = turns(Shares({}, repos(**dict(zip(names, all_shares, strict=True)))), 400, *names)

    for name, share in zip(names, all_shares, strict=True):
        mine = [who == name for who in told]
        longest = max(accumulate(mine, lambda waited, is_mine: 0 if is_mine else waited + 1, initial=0))
        assert longest <= sum(all_shares) / share + len(names)


def test_who_rested_long_catches_up_by_a_few_runs_only():
    shares = Shares({}, repos(a=1, b=1))
    shares.begin(B, CLAUDE.name)
    turns(shares, 100, A)

    told = "".join(turns(shares, 12, A, B))

    assert told == "b" * (SAVED + 1) + "ab" * 4


def test_a_newcomer_begins_beside_the_others():
    shares = Shares({A: 50_000_000, B: 50_000_000}, repos(a=1, b=1, c=1))

    assert Counter(turns(shares, 9, A, B, C)) == {A: 3, B: 3, C: 3}


def test_a_place_is_kept_over_a_restart():
    before = Shares({}, repos(a=2, b=1))
    first = turns(before, 4, A, B)

    assert first + turns(Shares(before.passes, repos(a=2, b=1)), 5, A, B) == turns(Shares({}, repos(a=2, b=1)), 9, A, B)


def test_a_repository_that_the_bill_does_not_name_has_a_share_of_one():
    assert Counter(turns(Shares({}, repos()), 10, A, B)) == {A: 5, B: 5}


def test_what_local_automation_does_beside_the_watch_takes_nobodys_turn():
    beside = replace(repos(a=1, b=1), providers=(CLAUDE, local()))
    shares = Shares({}, beside)
    shares.begin(A, local().name)

    assert turns(shares, 2, A, B) == [A, B]
    assert turns(shares, 2, A, B) == [A, B]


def test_where_there_is_nothing_else_its_runs_are_shared_out_too():
    shares = Shares({}, replace(repos(a=1, b=1), providers=(local(),)))
    shares.begin(A, local().name)

    assert shares.standing(B) < shares.standing(A)


# --- the plan


def day(snapshot: Snapshot, terms_: WatchBill, *, hours: int = 24) -> list[str]:
    """The repositories of a simulated day's starts, in order."""
    return [entry.repo for entry in simulate(snapshot, terms_, NOON, hours=hours).entries]


def test_over_a_day_of_equal_demand_shares_of_two_and_one_are_two_to_one():
    got = Counter(day(world(*demand(150, "a", "b")), one_at_a_time(a=2, b=1)))

    assert got.total() == 144  # ten minutes each
    assert abs(got["a"] - 2 * got["b"]) <= 1


@examples(15, part=8)
@given(shares_of_two)
def test_over_a_day_nobody_starves_whatever_the_shares(both):
    got = Counter(day(world(*demand(40, "a", "b")), one_at_a_time(a=both[0], b=both[1]), hours=6))

    assert got.total() == 36  # ten minutes each
    for name, share in zip("ab", both, strict=True):
        assert abs(got[name] - 36 * share / sum(both)) <= 1


def test_a_repository_without_work_leaves_its_turns_to_the_other():
    assert Counter(day(world(*demand(20, "a")), one_at_a_time(a=1, b=9))) == {"a": 20}


def test_priority_goes_before_any_share():
    urgent = demand(6, "a", priority=1)
    later = demand(6, "b", priority=2)

    assert day(world(*later, *urgent), one_at_a_time(a=1, b=9)) == ["a"] * 6 + ["b"] * 6


def test_within_a_repository_the_order_of_the_queue_stays():
    told = [
        entry.task for entry in simulate(world(*demand(9, "a", "b")), one_at_a_time(a=1, b=2), NOON, hours=24).entries
    ]

    for name in "ab":
        mine = [one for one in told if one.startswith(name)]
        assert mine == sorted(mine)


def test_one_tick_shares_its_places_out_too():
    six = terms("claude", concurrent=6)
    roomy = replace(repos(a=2, b=1), providers=(six,), policy=SlotPolicy.OFF, max_parallel=6)

    assert Counter(name[0] for name, _ in starts(world(*demand(9, "a", "b")), roomy)) == {"a": 4, "b": 2}


def test_a_repository_that_cannot_work_does_not_hold_the_other_up():
    broken = replace(world(*demand(5, "a", "b")), broken_repos={A: "it is gone"})

    assert [name for name, _ in starts(broken, one_at_a_time(a=1, b=1))] == ["b000"]


def test_whose_turn_it_is_is_in_the_journal():
    behind = replace(world(*demand(3, "a", "b")), passes={A: 9_000_000, B: 7_000_000})
    terms_ = one_at_a_time(a=1, b=1)
    decided = plan(behind, terms_, NOON)

    assert [start.repo for start in decided.starts] == ["b"]
    assert replay(encode_inputs(behind, terms_, NOON)).decisions == decided.decisions
    assert encode_decisions(decided.decisions) == encode_decisions(plan(behind, terms_, NOON).decisions)


def test_the_forecast_is_what_ticks_one_after_another_do():
    """simulate() against plan() with every run carried out by hand."""
    terms_ = one_at_a_time(a=3, b=2)
    seen, shares, now, told = world(*demand(10, "a", "b")), Shares({}, terms_), NOON, []
    while starting := [one for one in plan(seen, terms_, now).decisions if isinstance(one, Start)]:
        (start,) = starting
        told.append(start.task)
        shares.begin(start.repo, start.provider)
        left = tuple(
            one if one.id != start.task else one.to(TaskState.RUNNING).to(TaskState.LANDED) for one in seen.tasks
        )
        seen = replace(seen, tasks=left, passes=shares.passes, done=seen.done | {TaskId(start.task)})
        now += 10 * MINUTE

    assert told == [entry.task for entry in simulate(world(*demand(10, "a", "b")), terms_, NOON, hours=24).entries]
    assert now - NOON == timedelta(minutes=200)


@pytest.mark.parametrize("share", [0.001, 1000])
def test_extreme_shares_are_shares_too(share):
    got = Counter(turns(Shares({}, repos(a=share, b=1)), 50, A, B))

    assert got[A] + got[B] == 50
