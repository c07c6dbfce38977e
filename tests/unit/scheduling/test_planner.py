"""The planner: what should happen now, and why every other task waits."""

from dataclasses import replace

import pytest
from planning import (
    CLAUDE,
    GPT,
    HOUR,
    MINUTE,
    NOON,
    REPO,
    bill,
    live,
    local,
    pause,
    starts,
    state,
    task,
    terms,
    three_handed,
    waits,
    world,
)

from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.tasks import Autonomy, TaskState
from watchbill.domain.windows import Caps
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.decisions import GiveUp, Relieve, Wait
from watchbill.scheduling.planner import plan
from watchbill.scheduling.snapshot import HeldClaim

OFF = SlotPolicy.OFF
STRICT = SlotPolicy.STRICT
ROOMY = bill(terms("claude", concurrent=9), max_parallel=9)


def decision(name, snapshot, terms_, now=NOON):
    (one,) = [each for each in plan(snapshot, terms_, now).decisions if each.task == name]
    return one


def test_the_watch_gets_the_first_task_of_the_queue():
    assert starts(world(task("b", order=2), task("a", order=1)), three_handed()) == [("a", "claude")]


def test_urgent_tasks_go_first_then_the_more_autonomous_then_the_earlier():
    queue = world(
        task("late", order=9),
        task("early", order=1),
        task("careful", autonomy=Autonomy.LOW),
        task("free", autonomy=Autonomy.HIGH, order=99),
        task("urgent", priority=0, autonomy=Autonomy.LOW, order=100),
    )

    assert [name for name, _ in starts(queue, ROOMY)] == ["urgent", "free", "early", "late", "careful"]


def test_polish_waits_for_writing():
    queue = world(task("write"), task("polish", needs="write"))

    wait = decision("polish", queue, ROOMY)

    assert wait.binding.reason == "deps_unmet"
    assert wait.binding.detail == "waits for write (queued)"


def test_polish_starts_once_writing_is_done():
    assert starts(world(task("polish", needs="write"), done=frozenset({TaskId("write")})), ROOMY)


def test_a_running_need_and_an_unknown_one_are_named_as_such():
    queue = world(task("a", needs="run gone"), task("run", state=TaskState.RUNNING), live=(live("run"),))

    assert decision("a", queue, ROOMY).binding.detail == "waits for run (running), gone (no open task is called so)"


def test_who_waits_in_a_circle_is_told_the_circle_and_who_waits_for_it_is_not():
    queue = world(
        task("a", needs="b"), task("b", needs="a done"), task("c", needs="a"), done=frozenset({TaskId("done")})
    )

    told = "a → b → a is a circle: take one of these needs away"
    assert decision("b", queue, ROOMY).binding.detail == f"waits for a (queued); {told}"
    assert decision("c", queue, ROOMY).binding.detail == "waits for a (queued)"


def test_two_tasks_that_want_one_file_do_not_start_together():
    queue = world(task("a", files="scenes/dunes.txt"), task("b", files="scenes"))

    assert starts(queue, ROOMY) == [("a", "claude")]
    assert (
        decision("b", queue, ROOMY).binding.detail
        == "scenes/dunes.txt was just given to a, which goes before: it stands earlier in the queue"
    )
    assert waits(queue, ROOMY) == {"b": "behind"}


def test_a_file_in_work_is_claimed():
    queue = world(task("a", files="scenes/*.txt"), live=(live("b"),))

    assert waits(queue, ROOMY) == {"a": "file_claimed"}


def test_a_file_in_an_unmerged_branch_is_claimed():
    held = HeldClaim(repo=REPO, task=TaskId("b"), pattern="scenes/a.txt")

    assert waits(world(task("a"), held_claims=(held,)), ROOMY) == {"a": "file_claimed"}


def test_a_tasks_own_unmerged_branch_does_not_keep_it():
    held = HeldClaim(repo=REPO, task=TaskId("a"), pattern="scenes/a.txt")

    assert starts(world(task("a"), held_claims=(held,)), ROOMY) == [("a", "claude")]


def test_the_same_path_in_another_repository_is_free():
    assert starts(world(task("a", files="**"), live=(live("b", repo=RepoName("other")),)), ROOMY)


@pytest.mark.parametrize(
    ("fields", "queue_fields", "reason"),
    [
        ({"state": TaskState.PROPOSED}, {}, "needs_acceptance"),
        ({"state": TaskState.REVIEW}, {}, "needs_review"),
        ({"state": TaskState.FAILED}, {}, "attempts_exhausted"),
        ({}, {"pauses": (pause("all"),)}, "paused"),
        ({}, {"pauses": (pause("repo", REPO),)}, "paused"),
        ({}, {"broken_repos": {REPO: "it is gone"}}, "repo_unavailable"),
        ({"not_before": NOON + MINUTE}, {}, "not_before"),
        ({"not_before": NOON + MINUTE}, {"batched": frozenset(["a"])}, "in_batch"),
    ],
)
def test_what_keeps_a_task_itself_back_is_its_reason(fields, queue_fields, reason):
    assert waits(world(task("a", **fields), **queue_fields), ROOMY) == {"a": reason}


def test_a_time_that_has_come_does_not_keep_a_task():
    assert starts(world(task("a", not_before=NOON)), ROOMY)


def test_a_task_that_used_up_its_attempts_is_given_up():
    assert isinstance(decision("a", world(task("a", attempts=4)), ROOMY), GiveUp)


def test_running_and_ended_tasks_need_no_decision():
    queue = world(
        task("a", state=TaskState.RUNNING),
        task("b"),
        task("c", state=TaskState.REVIEW),
        task("d", state=TaskState.LANDED),
        live=(live("b"), live("c")),
    )

    assert plan(queue, ROOMY, NOON).decisions == ()


def test_no_more_runs_start_than_may_run_at_once():
    two = bill(terms("claude", concurrent=9), max_parallel=2)
    queue = world(task("a"), task("b"), live=(live("x"),))

    assert starts(queue, two) == [("a", "claude")]
    assert waits(queue, two) == {"b": "behind"}
    assert waits(world(task("a"), live=(live("x"), live("y"))), two) == {"a": "parallel_limit"}


def test_a_provider_gets_no_more_than_it_can_do_at_once():
    assert waits(world(task("a"), task("b")), bill(CLAUDE)) == {"b": "behind"}
    assert waits(world(task("a"), live=(live("x"),)), bill(CLAUDE)) == {"a": "provider_busy"}


def test_the_start_of_one_task_counts_against_the_budget_of_the_next():
    tight = replace(ROOMY, caps=Caps(day=MicroUsd(60_000)))

    assert starts(world(task("a"), task("b")), tight) == [("a", "claude")]
    assert waits(world(task("a"), task("b")), tight) == {"b": "budget_day"}


def test_a_wait_names_the_best_candidates_rejection():
    down = world(task("a"), providers=(state("claude", broken=True), state("gpt", pause=pause("provider", "gpt"))))

    assert waits(down, bill(CLAUDE, GPT)) == {"a": "provider_unhealthy"}


def test_a_pinned_task_names_what_keeps_its_own_provider():
    rota = bill(CLAUDE, terms("gpt", configured=False))

    assert waits(world(task("a", provider=ProviderName("gpt"))), rota) == {"a": "not_configured"}


def test_a_task_pinned_to_nobody_known_has_no_capable_provider():
    wait = decision("a", world(task("a", provider=ProviderName("gtp"))), bill(CLAUDE))

    assert (wait.binding.reason, wait.binding.detail) == ("no_capable_provider", "no provider is called gtp")


def test_a_task_that_nobody_can_ever_do_says_why_for_each():
    wait = decision("a", world(task("a")), bill(local(), terms("gpt", configured=False)))

    assert wait.binding.reason == "no_capable_provider"
    assert "local fits write 0.00" in wait.binding.detail
    assert "gpt has no key" in wait.binding.detail


def test_a_bill_without_providers_says_so():
    assert decision("a", world(task("a")), bill()).binding.detail == "the bill names no provider"


def test_strict_starts_nothing_off_watch():
    pinned = task("a", provider=ProviderName("gpt"))

    assert waits(world(pinned), three_handed(policy=STRICT), NOON + 59 * MINUTE) == {"a": "out_of_slot"}


def test_strict_relieves_who_runs_past_the_end_of_its_watch():
    one_o_clock = world(live=(live("a", "claude", since=NOON + 50 * MINUTE),))

    (relieve,) = plan(one_o_clock, three_handed(policy=STRICT), NOON + HOUR).decisions

    assert isinstance(relieve, Relieve)
    assert relieve.why == "the watch of claude has ended"


@pytest.mark.parametrize("policy", [SlotPolicy.PREFER, OFF])
def test_only_strict_relieves_at_the_end_of_a_watch(policy):
    running = world(live=(live("a", "claude", since=NOON + 50 * MINUTE),))

    assert plan(running, three_handed(policy=policy), NOON + HOUR).decisions == ()


def test_strict_leaves_a_sick_provider_the_hour_that_is_its_own():
    sick = world(live=(live("a", "claude"),), providers=(state("claude", broken=True),))

    assert plan(sick, three_handed(policy=STRICT), NOON).decisions == ()


def test_a_run_past_the_soft_limit_is_relieved_once():
    long = live("a", since=NOON - HOUR)

    assert isinstance(plan(world(live=(long,)), ROOMY, NOON).decisions[0], Relieve)
    assert plan(world(live=(replace(long, handing_over=True),)), ROOMY, NOON).decisions == ()


def test_who_stands_beside_starts_whatever_the_hour():
    rota = bill(CLAUDE, GPT, local(), policy=STRICT)

    assert starts(world(task("a", kind="validate")), rota) == [("a", "local")]
    assert plan(world(), rota, NOON).on_watch == ("claude", "local")


@pytest.mark.parametrize(
    ("policy", "now", "fields", "why"),
    [
        (SlotPolicy.PREFER, NOON, {}, "claude is on watch and fits write 0.90"),
        (OFF, NOON + HOUR, {}, "claude fits write 0.90; hours do not matter"),
        (
            SlotPolicy.PREFER,
            NOON + HOUR,
            {"warm": {"a": ProviderName("claude")}},
            "claude fits write 0.90 and has the task's session warm",
        ),
    ],
)
def test_a_start_says_why(policy, now, fields, why):
    (start,) = plan(world(task("a"), **fields), three_handed(policy=policy), now).starts

    assert start.why == why


def test_a_borrowed_slot_is_named_as_such():
    pinned = task("a", provider=ProviderName("gpt"))

    (start,) = plan(world(pinned), three_handed(), NOON + 30 * MINUTE).starts

    assert start.why == "gpt fits write 0.60 and borrows the watch's free slot"


def test_a_wide_task_that_has_waited_long_is_not_overtaken_in_its_repository():
    wide = task("wide", files="**", created_at=NOON - 2 * HOUR)
    elsewhere = task("elsewhere", order=2, repo=RepoName("other"))
    queue = world(wide, task("narrow", order=1), elsewhere, live=(live("x"),))

    assert starts(queue, ROOMY) == [("elsewhere", "claude")]
    assert waits(queue, ROOMY) == {"wide": "file_claimed", "narrow": "behind"}
    assert "goes first to wide" in decision("narrow", queue, ROOMY).binding.detail


def test_a_wide_task_goes_first_although_only_one_provider_could_take_it():
    rota = bill(terms("claude", concurrent=9), terms("gpt", configured=False), max_parallel=9)
    queue = world(task("wide", files="**", created_at=NOON - 2 * HOUR), task("narrow", order=1), live=(live("x"),))

    assert starts(queue, rota) == []


@pytest.mark.parametrize("created_at", [None, NOON - HOUR])
def test_a_wide_task_is_overtaken_until_it_has_waited_long(created_at):
    queue = world(task("wide", files="**", created_at=created_at), task("narrow", order=1), live=(live("x"),))

    assert starts(queue, ROOMY) == [("narrow", "claude")]


def test_a_narrow_task_never_blocks_those_behind_it():
    queue = world(task("x2", files="scenes/x.txt", created_at=NOON - 9 * HOUR), task("y", order=1), live=(live("x"),))

    assert starts(queue, ROOMY) == [("y", "claude")]


def test_a_wide_task_that_nobody_can_take_blocks_nobody():
    wide = task("wide", files="**", created_at=NOON - 9 * HOUR, kind="fix")
    cannot = bill(terms("claude", only_types=frozenset({"write"}), concurrent=9))

    assert starts(world(wide, task("narrow", order=1), live=(live("x"),)), cannot) == [("narrow", "claude")]


def test_a_wide_task_is_ripe_at_a_moment_that_is_looked_at():
    queue = world(task("wide", files="**", created_at=NOON - 2 * HOUR + MINUTE), live=(live("x"),))

    assert plan(queue, ROOMY, NOON).look_again == NOON + MINUTE


@pytest.mark.parametrize(
    ("snapshot", "after"),
    [
        (world(), 15),
        (world(task("a", not_before=NOON + 3 * MINUTE)), 3),
        (world(task("a"), providers=(state("claude", held_until=NOON + 4 * MINUTE),)), 4),
        (world(live=(live("a", since=NOON - 58 * MINUTE),)), 2),
    ],
)
def test_it_looks_again_at_the_earliest_moment_that_changes_something(snapshot, after):
    assert plan(snapshot, bill(CLAUDE), NOON).look_again == NOON + after * MINUTE


def test_it_looks_again_when_the_watch_ends():
    assert plan(world(), three_handed(), NOON + 50 * MINUTE).look_again == NOON + HOUR


def test_a_free_provider_goes_on_while_the_money_is_gone():
    rota = bill(CLAUDE, terms("free", strengths={"*": 0.5}, billing=Billing.FREE), caps=Caps(day=MicroUsd(0)))

    assert starts(world(task("a")), rota) == [("a", "free")]


def test_a_wait_carries_its_candidates():
    wait = decision("a", world(task("a"), live=(live("x"),)), bill(CLAUDE))

    assert isinstance(wait, Wait)
    assert [each.provider for each in wait.candidates] == ["claude"]


def test_a_stale_run_is_stopped_where_it_is_though_it_was_asked_before():
    stale = live("a", since=NOON - 90 * MINUTE, handing_over=True)

    (relieve,) = plan(world(live=(stale,)), ROOMY, NOON).decisions

    assert isinstance(relieve, Relieve)
    assert relieve.at_once
    assert "it is stale" in relieve.why


def test_a_plan_looks_again_when_a_run_would_be_stale():
    asked = live("a", since=NOON - 89 * MINUTE, handing_over=True)

    assert plan(world(live=(asked,)), ROOMY, NOON).look_again <= NOON + MINUTE


def test_what_is_in_quarantine_says_so():
    failed = task("a", state=TaskState.FAILED, note="quarantined: the same failure 3 times")

    assert waits(world(failed), ROOMY) == {"a": "attempts_exhausted"}
    assert waits(world(failed, quarantined=frozenset({failed.id})), ROOMY) == {"a": "quarantined"}
