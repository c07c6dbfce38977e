"""The rollout: by hand, a few a day, everything."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from planning import CLAUDE, HOUR, NOON, REPO, bill, plan, starts, task, waits, world

from watchbill.domain.ids import RepoName, TaskId
from watchbill.domain.tasks import Delivery
from watchbill.scheduling.bill import Mode, RepoTerms
from watchbill.scheduling.decisions import Wait
from watchbill.scheduling.explain import explain
from watchbill.scheduling.simulate import simulate
from watchbill.scheduling.snapshot import Begun

FREE = replace(CLAUDE, concurrent=9)
OTHER = RepoName("other")


def begun(name, at=NOON - HOUR, repo=REPO):
    return Begun(task=TaskId(name), repo=repo, at=at)


def test_by_hand_nothing_starts_that_nobody_released():
    terms = bill(FREE, mode=Mode.MANUAL)

    assert starts(world(task("a"), task("b", released=True)), terms) == [("b", "claude")]
    assert waits(world(task("a")), terms) == {"a": "not_released"}


def test_why_says_how_a_task_is_let_go_and_that_it_waits_for_a_person():
    told = explain(task("a").id, world(task("a")), bill(FREE, mode=Mode.MANUAL), NOON)

    assert told is not None
    assert (told.force, told.earliest) == ("watchbill task release a", None)


def test_a_few_a_day_and_the_rest_tomorrow():
    tasks = [task(name) for name in "abcd"]
    terms = bill(FREE, mode=Mode.GRADUAL, gradual_per_day=2, max_parallel=9)
    midnight = NOON + 12 * HOUR

    assert [name for name, _ in starts(world(*tasks), terms)] == ["a", "b"]
    found = [one.binding for one in plan(world(*tasks), terms, NOON).decisions if isinstance(one, Wait)]
    assert {(one.reason, one.until) for one in found} == {("daily_quota", midnight)}
    assert [(entry.task, entry.at) for entry in simulate(world(*tasks), terms, NOON, hours=48).entries][2:] == [
        ("c", midnight),
        ("d", midnight),
    ]


def test_what_began_today_counts_and_may_go_on():
    terms = bill(FREE, mode=Mode.GRADUAL, gradual_per_day=1)

    assert starts(world(task("a"), task("b"), begun=(begun("b"),)), terms) == [("b", "claude")]
    assert starts(world(task("a"), begun=(begun("gone"),)), terms) == []
    assert starts(world(task("a"), begun=(begun("gone", NOON - 13 * HOUR),)), terms) == [("a", "claude")]


def test_the_day_is_the_bills_own():
    terms = bill(FREE, mode=Mode.GRADUAL, gradual_per_day=1, zone=ZoneInfo("Pacific/Auckland"))  # it began at 11:00 UTC

    assert starts(world(task("a"), begun=(begun("gone", NOON - timedelta(minutes=61)),)), terms) == [("a", "claude")]
    assert starts(world(task("a"), begun=(begun("gone", NOON - timedelta(minutes=59)),)), terms) == []


def test_a_released_task_goes_beyond_the_number_and_counts():
    terms = bill(FREE, mode=Mode.GRADUAL, gradual_per_day=1)
    snapshot = world(task("a", released=True), task("b"), begun=(begun("gone"),))

    assert starts(snapshot, terms) == [("a", "claude")]
    assert starts(world(task("a", released=True), task("b", order=1)), terms) == [("a", "claude")]


def test_a_repository_has_its_own_mode_and_its_own_number():
    own = RepoTerms(name=OTHER, mode=Mode.GRADUAL, gradual_per_day=1)
    terms = bill(FREE, repos=(RepoTerms(name=REPO), own), max_parallel=9)
    snapshot = world(*[task(name) for name in "ab"], *[task(name, repo=OTHER, order=1) for name in "xy"])

    assert {name for name, _ in starts(snapshot, terms)} == {"a", "b", "x"}
    assert {name for name, _ in starts(snapshot, replace(terms, mode=Mode.MANUAL))} == {"x"}


def test_a_number_of_its_own_counts_apart_from_the_daemons():
    own = RepoTerms(name=OTHER, gradual_per_day=2)
    terms = bill(FREE, repos=(RepoTerms(name=REPO), own), max_parallel=9, mode=Mode.GRADUAL, gradual_per_day=1)
    snapshot = world(*[task(name) for name in "ab"], *[task(name, repo=OTHER, order=1) for name in "xyz"])

    assert {name for name, _ in starts(snapshot, terms)} == {"a", "x", "y"}
    assert waits(snapshot, terms) == {"b": "daily_quota", "z": "daily_quota"}


def test_a_repository_whose_own_mode_is_full_ignores_the_daemons():
    terms = bill(FREE, repos=(RepoTerms(name=REPO, mode=Mode.FULL),), mode=Mode.MANUAL)

    assert starts(world(task("a")), terms) == [("a", "claude")]


def test_under_gradual_nothing_lands_where_others_build_on_it():
    careful = RepoTerms(name=REPO, branches_only=True)

    assert [careful.delivery_of(stated) for stated in (None, *Delivery)] == [
        Delivery.BRANCH,
        Delivery.BRANCH,
        Delivery.BRANCH,
        Delivery.BRANCH,
        Delivery.PATCH,
    ]
    assert RepoTerms(name=REPO).delivery_of(None) is Delivery.INTEGRATION
    assert RepoTerms(name=REPO).delivery_of(Delivery.LAND) is Delivery.LAND
