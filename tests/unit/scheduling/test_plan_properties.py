"""What holds for every plan, whatever the world."""

import random
from collections import Counter
from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from planning import NOON, live
from worlds import PATTERNS, bills, worlds

from tests.examples import examples
from watchbill.domain.billing import Billing
from watchbill.domain.claims import any_overlap
from watchbill.domain.pauses import Scope
from watchbill.domain.tasks import TaskState, queue_order
from watchbill.domain.windows import Caps
from watchbill.scheduling.bill import Mode, SlotPolicy
from watchbill.scheduling.claimed import Claimed, Taken
from watchbill.scheduling.codec import (
    decode_decisions,
    decode_inputs,
    encode_decisions,
    encode_inputs,
)
from watchbill.scheduling.decisions import GiveUp, Reason, Relieve, Start, Wait
from watchbill.scheduling.ordering import in_order
from watchbill.scheduling.planner import plan
from watchbill.scheduling.replay import replay
from watchbill.scheduling.slots import on_watch
from watchbill.scheduling.snapshot import Begun
from watchbill.scheduling.turns import is_paused

WAITING = {TaskState.PROPOSED, TaskState.QUEUED, TaskState.REVIEW, TaskState.FAILED}
quick = examples(400, part=120)


def applied(snapshot, decided):
    """The snapshot in which the plan's starts run and its reliefs are under way."""
    by_id = {one.id: one for one in snapshot.tasks}
    relieved = {one.run for one in decided.decisions if isinstance(one, Relieve)}
    runs = [replace(run, handing_over=run.handing_over or run.run in relieved) for run in snapshot.live]
    runs += [
        live(one.task, one.provider, repo=one.repo, since=NOON, claims=by_id[one.task].claims) for one in decided.starts
    ]
    begun = tuple(Begun(task=one.task, repo=one.repo, at=NOON) for one in decided.starts)
    return replace(snapshot, live=tuple(runs), begun=(*snapshot.begun, *begun))


@quick
@given(worlds(), bills())
def test_no_two_starts_and_no_start_and_claim_ever_overlap(snapshot, terms):
    by_id = {one.id: one for one in snapshot.tasks}
    started = [by_id[one.task] for one in plan(snapshot, terms, NOON).starts]

    held = [(one.task, one.repo, (one.pattern,)) for one in snapshot.held_claims]
    held += [(run.task, run.repo, run.claims) for run in snapshot.live]

    for one, other in combinations(started, 2):
        assert one.repo != other.repo or any_overlap(one.claims, other.claims) is None
    for one in started:
        for holder, repo, patterns in held:
            assert holder == one.id or repo != one.repo or any_overlap(one.claims, patterns) is None


@quick
@given(worlds(), bills())
def test_never_more_runs_than_a_provider_or_the_bill_allows(snapshot, terms):
    begun = plan(snapshot, terms, NOON).starts
    running = Counter([run.provider for run in snapshot.live] + [one.provider for one in begun])

    assert not begun or len(begun) + len(snapshot.live) <= terms.max_parallel
    for one in begun:
        allowed = next(each.concurrent for each in terms.providers if each.name == one.provider)
        assert running[one.provider] <= allowed


@quick
@given(worlds(), bills())
def test_only_ready_tasks_start_and_on_eligible_providers(snapshot, terms):
    by_id = {one.id: one for one in snapshot.tasks}

    for start in plan(snapshot, terms, NOON).starts:
        started = by_id[start.task]
        assert started.state is TaskState.QUEUED
        assert set(started.needs) <= snapshot.done
        assert started.attempts < terms.max_attempts
        assert started.not_before is None or started.not_before <= NOON
        assert started.pinned in (None, start.provider) or (start.provider in started.fallback and not started.pin)
        assert start.candidates[0].eligible
        assert start.candidates[0].provider == start.provider


@quick
@given(worlds(), bills())
def test_every_open_task_that_does_not_run_has_exactly_one_decision(snapshot, terms):
    running = {run.task for run in snapshot.live}
    decisions = plan(snapshot, terms, NOON).decisions

    decided = Counter(one.task for one in decisions if not isinstance(one, Relieve))

    assert decided == Counter(one.id for one in snapshot.tasks if one.id not in running and one.state in WAITING)
    assert all(one.binding.detail for one in decisions if isinstance(one, Wait))


@quick
@given(worlds(), bills())
def test_the_order_in_which_the_world_is_told_does_not_matter(snapshot, terms):
    chance = random.Random(1)
    shuffled = replace(
        snapshot,
        **{
            name: tuple(chance.sample(getattr(snapshot, name), len(getattr(snapshot, name))))
            for name in ("tasks", "live", "held_claims", "providers", "windows")
        },
    )

    assert plan(shuffled, terms, NOON) == plan(snapshot, terms, NOON)


@quick
@given(worlds(), bills())
def test_a_plan_that_was_carried_out_leaves_nothing_to_start_or_relieve(snapshot, terms):
    uncapped = replace(terms, caps=Caps())  # what a run holds of the budget is the ledger's to say
    first = plan(snapshot, uncapped, NOON)

    again = plan(applied(snapshot, first), uncapped, NOON)

    assert not [one for one in again.decisions if isinstance(one, Start | Relieve)]


@quick
@given(worlds(), bills())
def test_it_always_looks_again_later_and_within_the_longest_tick(snapshot, terms):
    assert NOON < plan(snapshot, terms, NOON).look_again <= NOON + terms.tempo.tick_max


@quick
@given(worlds(), bills())
def test_starts_fit_together_into_what_the_day_has_left(snapshot, terms):
    decided = plan(replace(snapshot, windows=()), terms, NOON)
    paid = {each.name for each in terms.providers if each.billing is not Billing.FREE}

    spent = [one.candidates[0].estimate for one in decided.starts if one.provider in paid]

    assert terms.caps.day is None or sum(spent) <= terms.caps.day or len(spent) == 1  # alone it is tried in any case


@quick
@given(worlds(), bills(policies=(SlotPolicy.STRICT,)))
def test_under_strict_only_the_watch_starts(snapshot, terms):
    decided = plan(snapshot, terms, NOON)

    assert {one.provider for one in decided.starts} <= set(decided.on_watch)


@quick
@given(worlds(), bills())
def test_without_hours_at_least_the_same_tasks_start_where_nothing_else_is_scarce(snapshot, terms):
    apart = tuple(replace(one, claims=(f"apart/{one.id}",), tried=(), created_at=None) for one in snapshot.tasks)
    plenty = replace(
        terms,
        caps=Caps(),
        max_parallel=99,
        repos=(),
        mode=Mode.FULL,
        providers=tuple(replace(each, concurrent=99) for each in terms.providers),
    )
    free = replace(snapshot, tasks=apart, held_claims=(), windows=())

    def started(policy):
        return {one.task for one in plan(free, replace(plenty, policy=policy), NOON).starts}

    assert started(SlotPolicy.STRICT) <= started(SlotPolicy.PREFER) <= started(SlotPolicy.OFF)


@quick
@given(worlds(), bills())
def test_who_is_on_watch_follows_from_who_is_well(snapshot, terms):
    states = {each.name: each for each in snapshot.providers}
    well = frozenset(
        each.name
        for each in terms.providers
        if each.name not in states
        or not (
            states[each.name].broken
            or is_paused(states[each.name], NOON)
            or (states[each.name].held_until or NOON) > NOON
        )
    )

    assert plan(snapshot, terms, NOON).on_watch == on_watch(terms, NOON, well)


@quick
@given(worlds(), bills())
def test_journaled_inputs_replay_to_the_same_plan(snapshot, terms):
    text = encode_inputs(snapshot, terms, NOON)

    assert decode_inputs(text) == (snapshot, terms, NOON)
    assert encode_inputs(*decode_inputs(text)) == text
    assert replay(text) == plan(snapshot, terms, NOON)


@quick
@given(worlds(), bills())
def test_journaled_decisions_read_back_the_same(snapshot, terms):
    decided = plan(snapshot, terms, NOON)

    assert decode_decisions(encode_decisions(decided.decisions)) == decided.decisions


@quick
@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.lists(st.sampled_from(PATTERNS), max_size=2)), max_size=5),
    st.lists(st.sampled_from(PATTERNS), max_size=2),
)
def test_the_index_of_claims_finds_what_comparing_all_pairs_finds(holders, wanted):
    index = Claimed()
    for holder, patterns in holders:
        for pattern in patterns:
            index.add(Taken(repo="r", task=holder, pattern=pattern, reason=Reason.FILE_CLAIMED, why=""))

    met = any(holder != "x" and any_overlap(patterns, wanted) for holder, patterns in holders)

    assert (index.met_by("x", "r", wanted) is not None) == met


@quick
@given(worlds(), bills())
def test_a_task_is_given_up_exactly_when_its_attempts_are_used_up(snapshot, terms):
    running = {run.task for run in snapshot.live}
    given_up = {one.task for one in plan(snapshot, terms, NOON).decisions if isinstance(one, GiveUp)}

    assert given_up == {
        one.id
        for one in snapshot.tasks
        if one.id not in running and one.state is TaskState.QUEUED and one.attempts >= terms.max_attempts
    }


@quick
@given(worlds(), bills())
def test_what_is_paused_never_starts_and_hands_over(snapshot, terms):
    by_id = {one.id: one for one in snapshot.tasks}
    decided = plan(snapshot, terms, NOON)
    relieved = {one.run for one in decided.decisions if isinstance(one, Relieve)}

    for pause in (one for one in snapshot.pauses if one.is_on(NOON)):
        for start in decided.starts:
            task = by_id[start.task]
            assert (pause.scope, pause.name) not in _names(task)
        for run in snapshot.live:
            if (pause.scope, pause.name) in _names(by_id[run.task], run.repo) and not run.handing_over:
                assert run.run in relieved


def _names(task, repo=None):
    return {
        (Scope.ALL, ""),
        (Scope.TASK, task.id),
        (Scope.TYPE, task.type),
        (Scope.REPO, repo or task.repo),
    }


@quick
@given(worlds(), bills())
def test_a_pause_that_is_over_changes_nothing(snapshot, terms):
    lapsed = replace(snapshot, pauses=tuple(one for one in snapshot.pauses if one.is_on(NOON)))

    assert plan(snapshot, terms, NOON) == plan(lapsed, terms, NOON)


@quick
@given(worlds(), bills())
def test_the_plan_looks_again_when_a_pause_that_binds_ends(snapshot, terms):
    decided = plan(snapshot, terms, NOON)

    for wait in (one for one in decided.decisions if isinstance(one, Wait)):
        if wait.binding.reason in (Reason.PAUSED, Reason.HELD) and wait.binding.until is not None:
            assert decided.look_again <= wait.binding.until


@quick
@given(worlds(), bills())
def test_no_mode_lets_more_begin_than_it_allows(snapshot, terms):
    by_id = {one.id: one for one in snapshot.tasks}
    repo_terms = {one.name: one for one in terms.repos}
    pools = Counter()
    for _, pool in {(one.task, _pool(repo_terms, one.repo)) for one in _begun_today(snapshot, terms)}:
        pools[pool] += 1
    known = {one.task for one in _begun_today(snapshot, terms)}

    for start in plan(snapshot, terms, NOON).starts:
        task = by_id[start.task]
        own = repo_terms.get(task.repo)
        mode = (own.mode if own else None) or terms.mode
        pools[_pool(repo_terms, task.repo)] += task.id not in known
        if task.released or mode is Mode.FULL:
            continue
        assert mode is Mode.GRADUAL
        number = own.gradual_per_day if own and own.gradual_per_day is not None else terms.gradual_per_day
        assert task.id in known or pools[_pool(repo_terms, task.repo)] <= number


def _begun_today(snapshot, terms):
    today = NOON.astimezone(terms.zone).date()
    return [one for one in snapshot.begun if one.at.astimezone(terms.zone).date() == today]


def _pool(repo_terms, repo):
    own = repo_terms.get(repo)
    return repo if own and (own.mode or own.gradual_per_day is not None) else ""


@quick
@given(worlds())
def test_a_bump_overtakes_its_own_repository_and_nobody_elses(snapshot):
    queued = [one for one in snapshot.tasks if one.state is TaskState.QUEUED]
    order = [one for _, one in in_order(queued)]
    place = {one.id: number for number, one in enumerate(order)}

    for one in queued:
        for other in queued:
            if one.repo == other.repo and one.bumped_at and not other.bumped_at:
                assert place[one.id] < place[other.id]
            if not one.bumped_at and not other.bumped_at and queue_order(one) < queue_order(other):
                assert place[one.id] < place[other.id]
    for one in (one for one in queued if one.bumped_at):
        head = min(queue_order(other) for other in queued if other.repo == one.repo)
        ahead = [
            other for other in queued if other.repo != one.repo and not other.bumped_at and queue_order(other) < head
        ]
        assert all(place[other.id] < place[one.id] for other in ahead)
