"""Pauses in the plan: what is stopped waits with who, why and until; what is in work hands over; an end is an end."""

from dataclasses import replace

import pytest
from planning import CLAUDE, GPT, HOUR, NOON, REPO, bill, live, pause, plan, state, task, waits, world

from watchbill.domain.ids import RepoName
from watchbill.scheduling.decisions import Relieve, Wait
from watchbill.scheduling.explain import explain
from watchbill.scheduling.simulate import simulate


def binding(snapshot, name="a", now=NOON, terms=None):
    decided = plan(snapshot, terms or bill(CLAUDE), now).decisions
    return next(one.binding for one in decided if isinstance(one, Wait) and one.task == name)


@pytest.mark.parametrize(
    ("scope", "name", "reason"),
    [("all", "", "paused"), ("repo", REPO, "paused"), ("type", "write", "paused"), ("task", "a", "held")],
)
def test_what_is_paused_waits_and_says_who_why_and_until(scope, name, reason):
    stopped = pause(scope, name, until=NOON + HOUR, who="jo", why="budget talk")

    found = binding(world(task("a"), pauses=(stopped,)))

    assert (found.reason, found.until) == (reason, NOON + HOUR)
    assert "by jo until 2026-11-24 13:00 UTC: budget talk" in found.detail


@pytest.mark.parametrize(("scope", "name"), [("repo", "other"), ("type", "fix"), ("task", "b")])
def test_a_pause_of_something_else_does_not_bind(scope, name):
    assert waits(world(task("a"), pauses=(pause(scope, name),)), bill(CLAUDE)) == {}


def test_where_several_bind_the_one_that_lasts_longest_is_said():
    short, long, for_ever = (
        pause("all", until=NOON + HOUR),
        pause("repo", REPO, until=NOON + 2 * HOUR),
        pause("task", "a"),
    )

    assert binding(world(task("a"), pauses=(short, long))).until == NOON + 2 * HOUR
    assert binding(world(task("a"), pauses=(short, for_ever, long))).until is None


def test_a_pause_ends_by_itself_and_the_plan_looks_again_then():
    stopped = world(task("a"), pauses=(pause("all", until=NOON + HOUR / 12),))

    assert plan(stopped, bill(CLAUDE), NOON).look_again == NOON + HOUR / 12
    assert waits(stopped, bill(CLAUDE), NOON + HOUR / 12) == {}
    assert simulate(stopped, bill(CLAUDE), NOON, hours=2).entries[0].at == NOON + HOUR / 12


def test_a_paused_provider_passes_its_work_on_until_its_pause_ends():
    claude = state("claude", pause=pause("provider", "claude", until=NOON + HOUR))

    assert plan(world(task("a"), providers=(claude,)), bill(CLAUDE, GPT), NOON).starts[0].provider == "gpt"
    assert binding(world(task("a"), providers=(claude,))).reason == "provider_paused"
    assert plan(world(task("a"), providers=(claude,)), bill(CLAUDE), NOON + 3 * HOUR).starts


@pytest.mark.parametrize(
    ("scope", "name"), [("all", ""), ("repo", REPO), ("type", "write"), ("task", "a"), ("provider", "claude")]
)
def test_what_is_in_work_hands_over_at_its_checkpoint(scope, name):
    snapshot = world(task("a", state="running"), live=(live("a"),), pauses=(pause(scope, name),))

    decided = plan(snapshot, bill(CLAUDE), NOON).decisions

    assert [(one.run, one.paused) for one in decided if isinstance(one, Relieve)] == [("run-a", True)]


def test_what_already_hands_over_is_not_asked_again():
    snapshot = world(live=(live("a", handing_over=True),), pauses=(pause("all"),))

    assert plan(snapshot, bill(CLAUDE), NOON).decisions == ()


@pytest.mark.parametrize(
    ("scope", "name", "command"),
    [
        ("all", "", "watchbill resume"),
        ("repo", REPO, f"watchbill resume --repo {REPO}"),
        ("type", "write", "watchbill resume --type write"),
        ("task", "a", "watchbill task release a"),
    ],
)
def test_why_says_how_a_pause_is_lifted(scope, name, command):
    told = explain(task("a").id, world(task("a"), pauses=(pause(scope, name),)), bill(CLAUDE), NOON)

    assert told is not None
    assert (told.force, told.earliest) == (command, None)


def test_why_says_how_a_providers_pause_is_lifted():
    stopped = pause("provider", "claude", who="jo")
    snapshot = world(task("a"), providers=(state("claude", pause=stopped),), pauses=(stopped,))

    told = explain(task("a").id, snapshot, bill(CLAUDE), NOON)

    assert told is not None
    assert told.force == "watchbill resume --provider claude"


def test_the_file_says_itself_how_it_is_lifted():
    stopped = pause("all", lift="rm /var/lib/watchbill/WATCHBILL_STOP", who="the file")

    told = explain(task("a").id, world(task("a"), pauses=(stopped,)), bill(CLAUDE), NOON)

    assert told is not None
    assert told.force == "rm /var/lib/watchbill/WATCHBILL_STOP"


def test_a_hold_of_one_task_lets_the_others_go():
    snapshot = world(task("a"), task("b", repo=RepoName("other")), task("c"), pauses=(pause("task", "a"),))

    assert waits(snapshot, bill(replace(CLAUDE, concurrent=9))) == {"a": "held"}
