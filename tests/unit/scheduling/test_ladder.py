"""Ladders: a task begins on the cheapest step that may take it, and leaves a step whose result was not good enough."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scheduling.planning import HOUR, NOON, bill, state, task, terms
from watchbill.domain.effort import Effort
from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.scheduling.bill import ModelTerms, SlotPolicy, WatchBill
from watchbill.scheduling.codec import decode_decisions, decode_inputs, encode_decisions, encode_inputs
from watchbill.scheduling.decisions import Reason, Start
from watchbill.scheduling.explain import explain
from watchbill.scheduling.ladder import Ladder, Step, ladder_for
from watchbill.scheduling.planner import plan
from watchbill.scheduling.snapshot import ProviderState, Record, Snapshot

SMALL = Step(provider=ProviderName("small"), model="s")
MIDDLE = Step(provider=ProviderName("big"), model="m")
BIG = Step(provider=ProviderName("big"), model="m", effort=Effort.HIGH)
LADDER = Ladder(types=frozenset({TaskType("fix")}), steps=(SMALL, MIDDLE, BIG))
PROVIDERS = (
    terms("best", strengths={"*": 1.0}),
    terms("big", strengths={"*": 0.9}, models=(ModelTerms(id="other"), ModelTerms(id="m", cost_per_run=MicroUsd(7)))),
    terms("small", strengths={"*": 0.1}, models=(ModelTerms(id="s", cost_per_run=MicroUsd(1)),)),
)


def laddered(ladder: Ladder = LADDER, **fields: Any) -> WatchBill:
    return bill(*PROVIDERS, ladders=(ladder,), policy=SlotPolicy.OFF, **fields)


def start(
    *failed: Step, providers: tuple[ProviderState, ...] = (), of: WatchBill | None = None, **fields: Any
) -> Start:
    one = task("one", kind=fields.pop("kind", "fix"), **fields)
    seen = Snapshot(tasks=(one,), providers=providers, climbs={TaskId("one"): tuple(step.name for step in failed)})
    (decision,) = plan(seen, of or laddered(), NOON).decisions
    assert isinstance(decision, Start), decision
    return decision


def test_task_begins_on_the_first_step_however_much_better_others_suit() -> None:
    decided = start()

    assert decided.step == SMALL
    assert (decided.provider, decided.model, decided.escalated_from) == ("small", "s", "")
    assert decided.candidates[0].estimate == 1


def test_other_providers_say_that_the_ladder_stands_elsewhere() -> None:
    others = [each for each in start().candidates if each.provider != "small"]

    assert {each.rejections[0].reason for each in others} == {Reason.NOT_THE_STEP}


def test_step_whose_result_failed_is_left_even_for_the_same_model_with_more_effort() -> None:
    second, third = start(SMALL), start(SMALL, MIDDLE, tried=(ProviderName("small"), ProviderName("big")))

    assert (second.step, second.escalated_from, second.candidates[0].estimate) == (MIDDLE, "small/s", 7)
    assert (third.step, third.escalated_from) == (BIG, "big/m")


def test_last_step_is_tried_again_until_the_attempts_are_used_up() -> None:
    decided = start(SMALL, MIDDLE, BIG)

    assert (decided.step, decided.escalated_from) == (BIG, "")


def test_step_that_cannot_for_long_is_passed_over() -> None:
    for unable in (
        state("small", broken=True),
        state("small", held_until=NOON + 9 * HOUR),
    ):
        decided = start(providers=(unable,))
        assert (decided.step, decided.escalated_from) == (MIDDLE, "")
        assert "small/s cannot take it" in decided.why


def test_step_without_a_key_is_passed_over() -> None:
    providers = (*PROVIDERS[:2], replace(PROVIDERS[2], configured=False))

    assert start(of=replace(laddered(), providers=providers)).step == MIDDLE


def test_step_that_rests_shortly_is_waited_for() -> None:
    seen = Snapshot(tasks=(task("one", kind="fix"),), providers=(state("small", held_until=NOON + HOUR),))

    (decision,) = plan(seen, laddered(), NOON).decisions

    assert not isinstance(decision, Start)


def test_where_no_step_can_the_first_one_says_why() -> None:
    broken = (state("small", broken=True), state("big", broken=True))
    seen = Snapshot(tasks=(task("one", kind="fix"),), providers=broken)

    explained = explain(TaskId("one"), seen, laddered(), NOON)

    assert explained is not None
    assert explained.binding is not None
    assert explained.binding.reason is Reason.PROVIDER_UNHEALTHY


def test_step_of_a_provider_that_is_gone_is_passed_over() -> None:
    gone = replace(LADDER, steps=(Step(provider=ProviderName("gone"), model="x"), MIDDLE))

    assert start(of=laddered(gone)).step == MIDDLE


def test_named_provider_goes_before_the_ladder() -> None:
    decided = start(provider=ProviderName("best"))

    assert (decided.provider, decided.step) == ("best", None)


def test_other_types_and_repositories_take_no_ladder() -> None:
    elsewhere = replace(LADDER, repos=frozenset({RepoName("site")}))

    assert start(kind="write").provider == "best"
    assert start(of=laddered(elsewhere)).step is None
    assert ladder_for((elsewhere,), TaskType("fix"), RepoName("site")) == elsewhere


def test_why_tells_the_step_and_what_was_not_good_enough() -> None:
    seen = Snapshot(tasks=(task("one", kind="fix"),), climbs={TaskId("one"): (SMALL.name,)})

    explained = explain(TaskId("one"), seen, laddered(), NOON)

    assert explained is not None
    check = next(check for check in explained.checks if check.name == "ladder")
    assert check.words == "step 2 of 3 of its ladder, big/m; what small/s did was not good enough"
    assert isinstance(explained.decision, Start)
    assert check.words in explained.decision.why


def test_poor_record_does_not_take_a_configured_step_away() -> None:
    poor = Record(runs=40, landed=0, mean_cost=MicroUsd(1), mean_span=timedelta(minutes=1))
    seen = Snapshot(tasks=(task("one", kind="fix"),), records={(ProviderName("small"), "fix"): poor})

    (decision,) = plan(seen, laddered(), NOON).decisions

    assert isinstance(decision, Start)
    assert decision.step == SMALL


def test_journal_keeps_ladders_steps_and_climbs() -> None:
    seen = Snapshot(tasks=(task("one", kind="fix"),), climbs={TaskId("one"): (SMALL.name,)})
    decided = plan(seen, laddered(), NOON)

    assert decode_inputs(encode_inputs(seen, laddered(), NOON)) == (seen, laddered(), NOON)
    assert decode_decisions(encode_decisions(decided.decisions)) == decided.decisions


@given(st.lists(st.sampled_from([SMALL.name, MIDDLE.name, BIG.name, "gone/x"]), max_size=6))
def test_steps_left_never_go_down_and_never_run_out(failed: list[str]) -> None:
    lefts = [LADDER.left(failed[:count]) for count in range(len(failed) + 1)]

    assert all(lefts)
    assert all(len(later) <= len(earlier) for earlier, later in pairwise(lefts))
    assert all(left == LADDER.steps[-len(left) :] for left in lefts)
