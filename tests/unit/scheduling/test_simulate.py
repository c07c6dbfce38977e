"""The forecast: what starts when, if all goes as usual."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from planning import CLAUDE, HOUR, MINUTE, NOON, REPO, bill, live, local, task, terms, three_handed, world
from worlds import bills, worlds

from tests.examples import examples
from watchbill.domain.claims import any_overlap
from watchbill.domain.money import MicroUsd
from watchbill.domain.tasks import Autonomy, TaskState
from watchbill.domain.windows import Caps
from watchbill.scheduling import simulate as forecasts
from watchbill.scheduling.bill import RepoTerms, SlotPolicy
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.planner import _Tick, plan
from watchbill.scheduling.simulate import simulate, span_of
from watchbill.scheduling.snapshot import Record

STRICT = SlotPolicy.STRICT


def expected(snapshot, terms_, hours=24.0):
    """Who starts what how many minutes from noon."""
    forecast = simulate(snapshot, terms_, NOON, hours=hours)
    return [(entry.task, entry.provider, (entry.at - NOON) // MINUTE) for entry in forecast.entries]


def left(snapshot, terms_, hours=24.0):
    return {one.task: one.binding.reason for one in simulate(snapshot, terms_, NOON, hours=hours).unscheduled}


def test_tasks_follow_one_another_as_their_provider_comes_free():
    assert expected(world(task("a"), task("b")), bill(CLAUDE)) == [("a", "claude", 0), ("b", "claude", 10)]


def test_polish_follows_writing():
    queue = world(task("polish", needs="write", priority=0), task("write"))

    assert expected(queue, bill(CLAUDE)) == [("write", "claude", 0), ("polish", "claude", 10)]


def test_a_file_comes_free_when_its_run_ends():
    queue = world(task("a", files="x"), task("b", files="x"))

    assert [start[2] for start in expected(queue, bill(terms("claude", concurrent=3)))] == [0, 10]


def test_what_waits_for_a_file_follows_whoever_is_to_write_it():
    queue = world(task("canon", files="lore/canon.md"), task("tale"), task("map"), task("any", files="**"))
    queue = replace(queue, absent={"tale": ("lore/*.md",), "map": ("map.svg",)})

    assert [start[0] for start in expected(queue, bill(CLAUDE))] == ["any", "canon", "tale"]
    assert left(queue, bill(CLAUDE)) == {"map": Reason.ARTEFACT_MISSING}


def test_the_watch_changes_hands_with_the_hour():
    queue = world(task("a", effort=400 * MINUTE), task("b", effort=400 * MINUTE))

    assert expected(queue, three_handed(policy=STRICT)) == [("a", "claude", 0), ("b", "claude", 40), ("b", "gpt", 61)]


def test_a_run_that_is_relieved_ends_at_its_hand_over():
    (_, cut, rest) = simulate(
        world(task("a", effort=400 * MINUTE), task("b", effort=400 * MINUTE)),
        three_handed(policy=STRICT),
        NOON,
        hours=9,
    ).entries

    assert [entry.ends - NOON for entry in (cut, rest)] == [61 * MINUTE, 80 * MINUTE]


def test_work_waits_for_the_day_to_turn_when_the_money_is_gone():
    rota = bill(CLAUDE, caps=Caps(day=MicroUsd(60_000)))

    assert expected(world(task("a"), task("b")), rota) == [("a", "claude", 0), ("b", "claude", 12 * 60)]


def test_a_slot_is_borrowed_only_after_it_has_been_free_since_its_last_run():
    queue = world(task("a"), task("b", provider="gpt"))

    assert expected(queue, three_handed()) == [("a", "claude", 0), ("b", "gpt", 40)]


def test_costs_add_up():
    entries = simulate(world(task("a"), task("b")), bill(CLAUDE), NOON, hours=1).entries

    assert [(entry.estimate, entry.cumulative) for entry in entries] == [(50_000, 50_000), (50_000, 100_000)]


def test_what_does_not_start_says_why():
    queue = world(
        task("gone", attempts=4),
        task("odd", kind="fix"),
        task("later", not_before=NOON + 30 * HOUR),
        task("seen", state=TaskState.REVIEW),
    )

    assert left(queue, bill(terms("claude", only_types=frozenset({"write"})))) == {
        "gone": "attempts_exhausted",
        "odd": "no_capable_provider",
        "later": "not_before",
        "seen": "needs_review",
    }


def test_what_is_given_up_at_once_says_why():
    assert left(world(task("a", attempts=4)), bill(CLAUDE)) == {"a": "attempts_exhausted"}


@pytest.mark.parametrize("low_waits", [True, False])
def test_a_task_of_low_autonomy_waits_for_its_review_where_the_repository_wants_it(low_waits):
    repo = RepoTerms(name=REPO, autonomy=Autonomy.LOW, low_waits=low_waits)
    queue = world(task("a"), task("b", needs="a"))

    assert [start[0] for start in expected(queue, bill(CLAUDE, repos=(repo,)))] == (["a"] if low_waits else ["a", "b"])


def test_what_waits_for_a_low_task_outside_any_known_repository_waits_too():
    queue = world(task("a", autonomy=Autonomy.LOW), task("b", needs="a"))

    assert left(queue, bill(CLAUDE)) == {"b": "deps_unmet"}


def test_a_running_run_holds_its_place_until_its_expected_end():
    running = task("x", state=TaskState.RUNNING)
    queue = world(running, task("a"), live=(live("x", since=NOON - 4 * MINUTE),))

    assert expected(queue, bill(CLAUDE)) == [("a", "claude", 6)]


def test_an_overdue_run_ends_soon():
    queue = world(task("a"), live=(live("unknown", since=NOON - 59 * MINUTE),))

    assert expected(queue, bill(CLAUDE)) == [("a", "claude", 1)]


def test_a_run_that_hands_over_is_continued():
    running = task("x", state=TaskState.RUNNING)
    queue = world(running, live=(live("x", since=NOON - 4 * MINUTE, handing_over=True),))

    (entry,) = simulate(queue, bill(CLAUDE), NOON, hours=1).entries

    assert (entry.task, entry.at, entry.ends - entry.at) == ("x", NOON + MINUTE, 5 * MINUTE)


def test_the_forecast_ends_at_its_horizon():
    queue = world(*(task(f"t{number}") for number in range(9)))

    assert len(expected(queue, bill(CLAUDE), hours=0.5)) == 3
    assert len(left(queue, bill(CLAUDE), hours=0.5)) == 6


def test_the_forecast_ends_at_the_task_it_was_asked_for():
    queue = world(*(task(f"t{number}") for number in range(9)))

    assert [entry.task for entry in simulate(queue, bill(CLAUDE), NOON, hours=24, until="t1").entries] == ["t0", "t1"]


def test_free_work_costs_nothing():
    entries = simulate(world(task("a", kind="validate")), bill(local()), NOON, hours=1).entries

    assert [entry.cumulative for entry in entries] == [0]


@pytest.mark.parametrize(
    ("effort", "record", "minutes"),
    [
        (None, Record(), 10),
        (200 * MINUTE, Record(), 20),
        (200 * MINUTE, Record(runs=1, mean_span=7 * MINUTE), 7),
        (200 * MINUTE, Record(runs=1), 20),
        (MINUTE, Record(), 1),
        (99 * HOUR, Record(), 60),
    ],
)
def test_a_run_lasts_by_history_then_by_the_authors_estimate(effort, record, minutes):
    assert span_of(task("a", effort=effort), record, bill(CLAUDE)) == timedelta(minutes=minutes)


@examples(120, part=40)
@given(worlds(), bills())
def test_a_forecast_ends_and_keeps_the_rules_that_a_plan_keeps(snapshot, terms_):
    by_id = {one.id: one for one in snapshot.tasks}

    entries = simulate(snapshot, terms_, NOON, hours=30).entries

    for place, entry in enumerate(entries):
        beside = [other for other in entries[:place] if other.ends > entry.at and other.task != entry.task]
        clashing = [other for other in beside if other.repo == entry.repo]
        assert all(any_overlap(by_id[other.task].claims, by_id[entry.task].claims) is None for other in clashing)
        assert len(beside) < terms_.max_parallel
        assert NOON <= entry.at < NOON + 30 * HOUR
    assert list(entries) == sorted(entries, key=lambda entry: entry.at)


@examples(120, part=40)
@given(worlds(), bills(policies=(SlotPolicy.PREFER, SlotPolicy.OFF)))
def test_nothing_starts_twice_where_no_watch_relieves_it(snapshot, terms_):
    entries = simulate(replace(snapshot, live=()), terms_, NOON, hours=12).entries

    assert max(Counter(entry.task for entry in entries).values(), default=1) == 1


@examples(120, part=40)
@given(worlds(), bills())
def test_every_queued_task_is_in_the_forecast_or_says_why_not(snapshot, terms_):
    idle = replace(snapshot, live=())

    forecast = simulate(idle, terms_, NOON, hours=12)

    told = {entry.task for entry in forecast.entries} | {one.task for one in forecast.unscheduled}
    assert told == {one.id for one in idle.tasks}


@examples(120, part=40)
@given(worlds(), bills())
def test_looking_no_further_than_the_last_free_place_changes_no_forecast(snapshot, terms_):
    short = simulate(snapshot, terms_, NOON, hours=30)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasts, "plan_starts", plan)
        whole = simulate(snapshot, terms_, NOON, hours=30)
    assert short.entries == whole.entries
    assert {one.task for one in short.unscheduled} == {one.task for one in whole.unscheduled}


def test_who_waits_for_a_provider_without_a_place_is_not_weighed_at_every_moment():
    queue = world(*(task(f"t{number:03}") for number in range(100)))
    beside = bill(terms("claude"), local(only_types=frozenset({"format"})))

    with pytest.MonkeyPatch.context() as patch:
        weighed = _count_decisions(patch)
        simulate(queue, beside, NOON, hours=4)

    assert weighed[0] < 600  # of 24 moments with 100 tasks each; once it was all of them


def _count_decisions(patch):
    weighed, decide = [0], _Tick._decide

    def counted(tick, task_):
        weighed[0] += 1
        return decide(tick, task_)

    patch.setattr(_Tick, "_decide", counted)
    return weighed
