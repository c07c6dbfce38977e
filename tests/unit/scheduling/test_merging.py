"""Merging: who rides with whom, and that nobody is overtaken, kept from a review, or merged twice by it."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from planning import HOUR, NOON, REPO, bill, live, local, pause, starts, state, task, terms, waits, world
from worlds import seeds

from tests.examples import examples
from watchbill.domain.claims import any_overlap, normal
from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.questions import OnQuestion
from watchbill.domain.tasks import Autonomy, Delivery, Task, TaskState
from watchbill.scheduling.bill import Merging, Mode, ModelTerms, RepoTerms, WatchBill
from watchbill.scheduling.codec import decode_decisions, decode_inputs, encode_decisions, encode_inputs
from watchbill.scheduling.decisions import Start, Wait
from watchbill.scheduling.explain import explain
from watchbill.scheduling.merging import SMALL, fits, is_small
from watchbill.scheduling.ordering import in_order
from watchbill.scheduling.planner import plan
from watchbill.scheduling.replay import replay
from watchbill.scheduling.simulate import simulate
from watchbill.scheduling.snapshot import Snapshot

FILE = "scenes/dunes.txt"
ALONE: dict[str, dict[str, Any]] = {  # what keeps a task from riding with a plain one
    "another type": {"kind": "fix"},
    "another file": {"files": "scenes/sea.txt"},
    "one file more": {"files": f"{FILE} scenes/sea.txt"},
    "a wait for a review": {"autonomy": Autonomy.LOW},
    "another autonomy": {"autonomy": Autonomy.HIGH},
    "a branch of its own": {"delivery": Delivery.BRANCH},
    "another way to land": {"delivery": Delivery.LAND},
    "a provider of its own": {"provider": "claude"},
    "a pin by hand": {"pin": "claude"},
    "others that stand in": {"fallback": ("claude",)},
    "a cap of its own": {"max_cost": MicroUsd(1)},
    "another word on questions": {"on_question": OnQuestion.WAIT},
    "another word on batches": {"extra": {"Batch": "yes"}},
    "a long effort": {"effort": SMALL + timedelta(minutes=1)},
    "many words": {"requirements": "word " * 300},
    "a need that is not done": {"needs": "one"},
    "a later moment": {"not_before": NOON + HOUR},
    "attempts": {"attempts": 4},
    "another state": {"state": TaskState.PROPOSED},
}


def merged(**fields: Any) -> WatchBill:
    return bill(terms("claude", **fields), merging=Merging())


def small(name: str, **fields: Any) -> Task:
    return task(name, **{"files": FILE, **fields})


def riders(snapshot: Snapshot, bill_: WatchBill) -> dict[str, list[str]]:
    return {start.task: list(start.riders) for start in plan(snapshot, bill_, NOON).starts}


def test_small_tasks_on_the_same_file_ride_with_the_first() -> None:
    here = world(small("one", order=1), small("two", order=2), small("three", order=3))

    assert riders(here, merged()) == {"one": ["three", "two"]}
    assert waits(here, merged()) == {"two": "rides", "three": "rides"}


def test_start_and_wait_say_with_whom() -> None:
    start, wait = plan(world(small("one"), small("two")), merged(), NOON).decisions

    assert isinstance(start, Start)
    assert start.why.endswith("; two rides along")
    assert isinstance(wait, Wait)
    assert wait.binding.detail == "rides with one (running): one run does both"


def test_nobody_rides_where_merging_is_off() -> None:
    assert riders(world(small("one"), small("two")), bill(terms("claude"))) == {"one": []}


@pytest.mark.parametrize("why", ALONE)
def test_goes_alone_with(why: str) -> None:
    other = small("two", order=1, **ALONE[why])

    assert not any(riders(world(small("one"), other), merged()).values())


def test_continuity_checks_change_nothing_that_others_could_ride_with() -> None:
    here = world(small("one", kind="continuity"), small("two", kind="continuity"))

    assert not any(riders(here, merged()).values())


@pytest.mark.parametrize("files", ["**", "scenes", "scenes/*.txt", "scenes/?.txt", ""])
def test_only_files_that_are_named_one_by_one_are_the_same_for_certain(files: str) -> None:
    assert riders(world(small("one", files=files), small("two", files=files)), merged())["one"] == []


def test_names_of_one_file_are_compared_as_claims_are() -> None:
    here = world(small("one", files="a.md B.md"), small("two", files="./b.md A.md"))

    assert riders(here, merged()) == {"one": ["two"]}


def test_who_was_begun_or_rode_before_neither_rides_nor_leads() -> None:
    assert riders(world(small("one"), small("two"), alone=frozenset({TaskId("one")})), merged())["one"] == []
    assert riders(world(small("one"), small("two"), alone=frozenset({TaskId("two")})), merged())["one"] == []


def test_a_big_task_leads_nobody() -> None:
    assert riders(world(small("one", effort=SMALL * 2), small("two")), merged())["one"] == []


def test_no_more_than_the_configured_number() -> None:
    here = world(*(small(f"t{place}", order=place) for place in range(5)))

    assert riders(here, replace(merged(), merging=Merging(tasks=3))) == {"t0": ["t1", "t2"]}


@pytest.mark.parametrize("mode", [Mode.MANUAL, Mode.GRADUAL])
def test_where_tasks_are_let_start_one_by_one_none_rides(mode: Mode) -> None:
    here = world(small("one", released=True), small("two", released=True))

    assert riders(here, replace(merged(), mode=mode))["one"] == []


def test_work_on_branches_of_their_own_is_not_merged() -> None:
    repo = RepoTerms(name=REPO, delivery=Delivery.PATCH)

    assert riders(world(small("one"), small("two")), replace(merged(), repos=(repo,)))["one"] == []


def test_a_held_task_does_not_ride() -> None:
    here = world(small("one"), small("two"), pauses=(pause("task", "two"),))

    assert riders(here, merged())["one"] == []


def test_local_automation_and_one_shot_models_do_one_task_at_a_time() -> None:
    here = world(small("one"), small("two"))
    one_shot = merged(models=(ModelTerms(id="m", takes_riders=False),))

    assert riders(here, one_shot)["one"] == []
    assert riders(here, bill(local(strengths={"*": 1.0}), merging=Merging()))["one"] == []


# --- nobody is overtaken


def test_another_task_on_the_file_comes_before_those_behind_it() -> None:
    here = world(small("one", order=1), small("two", kind="fix", order=2), small("three", order=3))

    assert riders(here, merged()) == {"one": []}


def test_a_wide_task_between_is_another_task_on_the_file() -> None:
    here = world(small("one", order=1), task("two", files="**", order=2), small("three", order=3))

    assert riders(here, merged()) == {"one": []}


def test_one_that_cannot_go_yet_does_not_stand_between() -> None:
    later = small("two", kind="fix", order=2, not_before=NOON + HOUR)

    assert riders(world(small("one", order=1), later, small("three", order=3)), merged()) == {"one": ["three"]}


def test_more_urgent_work_elsewhere_is_not_overtaken() -> None:
    here = world(small("one", priority=1), task("other", priority=2), small("late", priority=3))
    level = world(small("one", priority=1), task("other", priority=2), small("level", priority=2, order=1))

    assert riders(here, merged())["one"] == []
    assert riders(level, merged())["one"] == ["level"]


def test_less_urgent_tasks_ride_where_nobody_stands_between() -> None:
    here = world(small("one", priority=1), small("two", priority=5))

    assert riders(here, merged()) == {"one": ["two"]}


def test_work_of_other_repositories_on_a_file_of_that_name_does_not_stand_between() -> None:
    here = world(small("one"), small("other", repo=RepoName("other"), order=1), small("two", order=2))

    assert riders(here, merged(concurrent=1))["one"] == ["two"]


def test_what_started_in_the_same_tick_does_not_stand_between() -> None:
    two = bill(terms("claude", concurrent=2), merging=Merging(), max_parallel=2)
    here = world(
        small("far", repo=RepoName("far"), priority=1), small("one", priority=2), small("two", priority=3), passes={}
    )

    assert riders(here, two) == {"far": [], "one": ["two"]}


# --- while the lead goes on


def test_rider_waits_while_its_lead_runs_and_while_it_does_not() -> None:
    running = world(small("one", state=TaskState.RUNNING), small("two"), live=(live("one"),), rides={"two": "one"})
    resting = world(small("one", not_before=NOON + HOUR), small("two"), rides={TaskId("two"): TaskId("one")})

    assert waits(running, merged()) == {"two": "rides"}
    assert waits(resting, merged()) == {"one": "not_before", "two": "rides"}


def test_lead_goes_on_with_those_who_rode_and_takes_no_more() -> None:
    late = small("late", order=1)
    here = world(small("one"), small("two"), late, rides={"two": "one"}, alone=frozenset({TaskId("one")}))

    assert riders(here, merged())["one"] == ["two"]


def test_whoever_does_one_task_at_a_time_leaves_the_riders_behind() -> None:
    here = world(small("one"), small("two"), rides={"two": "one"})
    one_shot = merged(models=(ModelTerms(id="m", takes_riders=False),))

    assert riders(here, one_shot)["one"] == []
    assert waits(here, one_shot) == {"two": "behind"}


def test_forecast_lands_riders_with_their_lead() -> None:
    here = world(small("one"), small("two"), task("after", needs="two", order=3))
    entries = simulate(here, merged(), NOON, hours=5).entries

    assert [(entry.task, entry.riders) for entry in entries] == [("one", ("two",)), ("after", ())]


def test_forecast_lands_riders_of_what_runs_now() -> None:
    one = small("one", state=TaskState.RUNNING)
    here = world(one, small("two"), task("after", needs="two"), live=(live("one"),), rides={"two": "one"})

    assert [entry.task for entry in simulate(here, merged(), NOON, hours=5).entries] == ["after"]


def test_explanation_of_a_rider_names_its_leads_start() -> None:
    found = explain(TaskId("two"), world(small("one"), small("two")), merged(), NOON)

    assert found is not None
    assert found.earliest is not None
    assert (found.earliest.task, found.force) == ("one", "")


def test_explanation_of_a_waiting_rider_says_how_its_lead_is_brought_forward() -> None:
    here = world(small("one", not_before=NOON + HOUR), small("two"), rides={"two": "one"})
    found = explain(TaskId("two"), here, merged(), NOON)

    assert found is not None
    assert found.force == "watchbill task bump one"
    assert [check.words for check in found.checks if not check.passes] == ["rides with one (queued): one run does both"]


# --- whatever the world


def _task(chance: Random, name: str) -> Task:
    """Of few kinds, so that many fit."""
    odd = chance.choice(list(ALONE.values())) if chance.random() < 0.3 else {}
    given = {"order": chance.randrange(4), "priority": chance.choice([5, 5, 5, 4]), "kind": chance.choice("ab")}
    given["files"] = chance.choice(["a.md", "a.md", "b.md", "a.md b.md"])
    return task(name, **{**given, **odd})


def _world(chance: Random) -> tuple[Snapshot, WatchBill]:
    tasks = tuple(_task(chance, f"t{place}") for place in range(chance.randrange(2, 10)))
    names = [one.id for one in tasks]
    rides = {rider: lead for rider, lead in [chance.sample(names, 2)] if chance.random() < 0.3}
    snapshot = Snapshot(
        tasks=tasks,
        rides=rides,
        alone=frozenset(chance.sample(names, chance.randrange(2))) | frozenset(rides.values()),
        providers=(state("claude"),),
        pauses=tuple(pause("task", name) for name in chance.sample(names, chance.randrange(2))),
    )
    one = terms("claude", concurrent=3)
    return snapshot, bill(one, merging=Merging(tasks=chance.choice([2, 3, 4])), max_parallel=3)


@examples(300, part=100)
@given(seeds)
def test_groups_keep_every_condition(seed: int) -> None:
    snapshot, terms_ = _world(Random(seed))
    decided = plan(snapshot, terms_, NOON)
    by_id = {one.id: one for one in snapshot.tasks}
    waiting = {one.task: one.binding.reason.value for one in decided.decisions if isinstance(one, Wait)}
    together = [name for start in decided.starts for name in (start.task, *start.riders)]
    assert terms_.merging is not None

    assert len(together) == len(set(together))
    for start in decided.starts:
        lead = by_id[start.task]
        new = [by_id[rider] for rider in start.riders if rider not in snapshot.rides]
        assert start.task not in snapshot.rides
        assert len(new) < terms_.merging.tasks
        for rider in new:
            assert fits(lead, rider, terms_)
            assert fits(rider, lead, terms_)
            assert {*map(normal, rider.claims)} == {*map(normal, lead.claims)}
            assert all(is_small(one, terms_.merging) for one in (lead, rider))
            assert snapshot.alone.isdisjoint({lead.id, rider.id})
            assert waiting[rider.id] == "rides"
    assert replay(encode_inputs(snapshot, terms_, NOON)) == decided
    assert decode_decisions(encode_decisions(decided.decisions)) == decided.decisions
    assert decode_inputs(encode_inputs(snapshot, terms_, NOON)) == (snapshot, terms_, NOON)


@examples(300, part=100)
@given(seeds)
def test_no_ready_task_is_overtaken_by_a_rider(seed: int) -> None:
    snapshot, terms_ = _world(Random(seed))
    begun = {name for start in plan(snapshot, terms_, NOON).starts for name in (start.task, *start.riders)}
    place = {one.id: (number, priority) for number, (priority, one) in enumerate(in_order(snapshot.tasks))}
    by_id = {one.id: one for one in snapshot.tasks}
    single = replace(terms_, merging=None, max_parallel=99, providers=(terms("claude", concurrent=99),))
    ready = {start.task for start in plan(snapshot, single, NOON).starts}
    ready |= {name for name, reason in waits(snapshot, single).items() if reason == "behind"}

    for start in plan(snapshot, terms_, NOON).starts:
        for rider in set(start.riders) - set(snapshot.rides):
            between = [name for name in ready - begun if place[start.task][0] < place[name][0] < place[rider][0]]
            assert not any(any_overlap(by_id[name].claims, by_id[rider].claims) for name in between)
            assert all(place[name][1] == place[rider][1] for name in between)


def test_starts_of_a_plan_without_merging_are_as_ever() -> None:
    here = world(small("one"), small("two"), task("three"))

    assert starts(here, bill(terms("claude", concurrent=2))) == [("one", "claude"), ("three", "claude")]
