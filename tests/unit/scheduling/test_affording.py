"""What the plan does with what is known of first calls: who is passed over, who is asked instead, and who has to be told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import CLAUDE, GPT, NOON, bill, state, task, terms, waits, world
from worlds import bills, worlds

from tests.examples import examples
from watchbill.domain.billing import Allowance, Billing, Limits, Overage, Tariff
from watchbill.domain.ids import ProviderName, TaskId, TaskType
from watchbill.domain.money import MicroUsd, usd
from watchbill.domain.quotas import Quota, QuotaKind, Unit
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling.affording import Short, told_by_refusal
from watchbill.scheduling.bill import ModelTerms, SlotPolicy, WatchBill
from watchbill.scheduling.decisions import Decision, Reason, SetAside, Start, Wait
from watchbill.scheduling.explain import explain
from watchbill.scheduling.ladder import Ladder, Step
from watchbill.scheduling.planner import plan
from watchbill.scheduling.simulate import simulate
from watchbill.scheduling.snapshot import FirstCall, ModelRest, QuotaState, Snapshot, WindowState

MIDNIGHT = datetime(2026, 11, 25, tzinfo=UTC)
DAY = Window(WindowKind.DAY, "2026-11-24")
OFF = SlotPolicy.OFF


def call(provider: str, cost: str = "0.70", *, model: str = "", tokens: int = 0, of: str = "a") -> FirstCall:
    name = ProviderName(provider)
    return FirstCall(task=TaskId(of), provider=name, model=model or f"{provider}-1", cost=usd(cost), tokens=tokens)


def caps(**fields: Any) -> Caps:
    money = {"day", "month", "per_task", "per_run"}
    return Caps(**{name: usd(given) if name in money else given for name, given in fields.items()})


def decision(rota: WatchBill, *calls: FirstCall, known: Snapshot | None = None) -> Decision:
    seen = known or world(task("a"))
    (decided,) = plan(Snapshot(tasks=seen.tasks, windows=seen.windows, first_calls=calls), rota, NOON).decisions
    return decided


def both(**fields: Any) -> WatchBill:
    return bill(CLAUDE, GPT, policy=OFF, **fields)


def test_a_provider_whose_call_never_fits_is_passed_over_for_one_whose_call_does():
    decided = decision(both(caps=caps(per_run="0.50")), call("claude"), call("gpt", "0.20"))

    assert isinstance(decided, Start)
    assert decided.provider == "gpt"
    (refused,) = decided.candidates[1].rejections
    assert refused.reason is Reason.CALL_TOO_DEAR
    assert refused.detail == (
        "a call of claude claude-1 may take $0.70, and the budget of a run has $0.50 in all; "
        "raise budget.per_run_usd to $0.70 or more (a run makes several calls)"
    )


def test_of_whose_call_nothing_is_known_it_is_tried():
    assert isinstance(decision(both(caps=caps(per_run="0.50")), call("claude")), Start)


def test_where_nobodys_call_ever_fits_it_is_set_aside_for_a_person_with_each_cap():
    rota = both(caps=caps(per_run="0.50", per_provider={"gpt": usd("0.10")}))

    decided = decision(rota, call("claude"), call("gpt", "0.20"))

    assert isinstance(decided, SetAside)
    assert decided.why == (
        "not even one call fits: a call of claude claude-1 may take $0.70, and the budget of a run has $0.50 in all; "
        "a call of gpt gpt-1 may take $0.20, and budget provider:gpt:2026-11-24 has $0.10 in all; "
        "raise budget.per_provider_usd to $0.20 or more (a run makes several calls), and it goes on"
    )
    assert [(one.budget, one.wanted, one.until) for one in decided.asides] == [
        ("run:", 700_000, None),
        ("provider:gpt:2026-11-24", 200_000, MIDNIGHT),
    ]


@pytest.mark.parametrize(("claude", "gpt"), [("0.70", "0.60"), ("0.60", "0.70")])
def test_under_a_cap_that_all_share_it_goes_on_once_that_carries_the_cheapest(claude: str, gpt: str):
    decided = decision(both(caps=caps(per_run="0.50")), call("claude", claude), call("gpt", gpt))

    assert isinstance(decided, SetAside)
    assert "raise budget.per_run_usd to $0.60 or more" in decided.why
    assert [(one.budget, one.wanted) for one in decided.asides] == [("run:", 600_000)]


def test_whoever_lacks_several_caps_needs_all_of_them_raised():
    rota = bill(CLAUDE, policy=OFF, caps=caps(per_run="0.50", per_task="0.60"))

    decided = decision(rota, call("claude"))

    assert isinstance(decided, SetAside)
    assert (
        "raise the task's max_usd or budget.per_task_usd to $0.70 and budget.per_run_usd to $0.70 or more"
        in decided.why
    )


def test_it_waits_for_whoever_could_pay_and_is_off_watch():
    rota = bill(CLAUDE, GPT, policy=SlotPolicy.STRICT, caps=caps(per_run="0.50"))

    decided = decision(rota, call("claude"))

    assert isinstance(decided, Wait)
    assert decided.binding.reason is Reason.OUT_OF_SLOT


def test_where_a_provider_only_has_too_little_left_it_waits_for_the_turn_with_what_the_call_takes():
    spent = WindowState(window=DAY, cap=usd("1.00"), spent=usd("0.40"), held=MicroUsd(0))

    decided = decision(
        both(caps=caps(day="1.00")), call("claude"), call("gpt", "0.61"), known=world(task("a"), windows=(spent,))
    )

    assert isinstance(decided, Wait)
    assert (decided.binding.reason, decided.binding.until) == (Reason.BUDGET_DAY, MIDNIGHT)
    assert decided.binding.detail == "day:2026-11-24 has $0.60 left, its next call may cost $0.70"


def test_a_call_that_is_known_to_fit_begins_although_a_bigger_one_did_not():
    short = WindowState(window=DAY, cap=usd("1.00"), spent=usd("0.40"), held=MicroUsd(0), short=usd("0.90"))
    seen = world(task("a"), windows=(short,))

    assert isinstance(decision(both(caps=caps(day="1.00")), known=seen), Wait)
    assert isinstance(decision(both(caps=caps(day="1.00")), call("gpt", "0.30"), known=seen), Start)


def test_what_was_raised_by_hand_counts():
    raised = WindowState(window=DAY, cap=usd("2.00"), spent=MicroUsd(0), held=MicroUsd(0))

    assert isinstance(decision(bill(CLAUDE, policy=OFF, caps=caps(day="0.50")), call("claude")), SetAside)
    assert isinstance(
        decision(
            bill(CLAUDE, policy=OFF, caps=caps(day="0.50")), call("claude"), known=world(task("a"), windows=(raised,))
        ),
        Start,
    )


@pytest.mark.parametrize("spent", ["0.00", "0.50"])
def test_what_a_task_has_left_for_good_is_judged_as_a_cap(spent: str):
    own = WindowState(window=Window(WindowKind.TASK, "a"), cap=usd("0.60"), spent=usd(spent), held=MicroUsd(0))
    known = world(task("a", max_cost=usd("0.60")), windows=(own,))

    decided = decision(bill(CLAUDE, policy=OFF), call("claude"), known=known)

    assert isinstance(decided, SetAside)
    assert [one.budget for one in decided.asides] == ["task:a"]
    assert "has $0.60 left" in decided.why or "has $0.10 left" in decided.why


def test_of_a_provider_whose_first_model_is_too_dear_the_next_one_is_asked():
    two = terms("claude", models=(ModelTerms(id="big"), ModelTerms(id="small")))

    decided = decision(bill(two, policy=OFF, caps=caps(per_run="0.50")), call("claude", model="big"))

    assert isinstance(decided, Start)
    assert decided.model == "small"


def test_of_a_provider_whose_first_model_is_too_dear_the_next_one_is_waited_for_where_it_rests():
    two = terms("claude", models=(ModelTerms(id="big"), ModelTerms(id="small"), ModelTerms(id="new", unpriced="?")))
    rest = ModelRest(model="small", until=MIDNIGHT, why="weekly limit")
    seen = replace(
        world(task("a"), providers=(state("claude", resting=(rest,)),)), first_calls=(call("claude", model="big"),)
    )

    (decided,) = plan(seen, bill(two, policy=OFF, caps=caps(per_run="0.50")), NOON).decisions

    assert isinstance(decided, Wait)
    assert (decided.binding.reason, decided.binding.until) == (Reason.PROVIDER_HELD, MIDNIGHT)


def test_a_step_of_a_ladder_that_is_too_dear_is_left_out():
    steps = (
        Step(provider=ProviderName("claude"), model="claude-1"),
        Step(provider=ProviderName("gpt"), model="gpt-1"),
    )
    ladder = Ladder(types=frozenset({TaskType("write")}), steps=steps)

    decided = decision(both(caps=caps(per_run="0.50"), ladders=(ladder,)), call("claude"))

    assert isinstance(decided, Start)
    assert decided.provider == "gpt"


def test_who_stands_in_for_a_provider_takes_what_is_too_dear_for_it():
    pinned = world(task("a", provider=ProviderName("claude"), fallback=(ProviderName("gpt"),)))

    decided = decision(both(caps=caps(per_run="0.50")), call("claude"), known=pinned)

    assert isinstance(decided, Start)
    assert decided.provider == "gpt"


def test_other_tasks_are_not_kept_back_by_what_one_of_them_takes():
    seen = Snapshot(tasks=(task("a"), task("b")), first_calls=(call("claude"),))

    decided = plan(seen, bill(CLAUDE, policy=OFF, caps=caps(per_run="0.50")), NOON).decisions

    assert [type(one) for one in decided] == [SetAside, Start]


def credits(overage: Overage, **money: str) -> WatchBill:  # noqa: A001 - the word of the settings
    allowance = Allowance(credits=usd("0.50"), overage=overage)
    tariffs = {"claude": Tariff(billing=Billing.CREDITS, allowance=allowance)}
    return bill(terms("claude", billing=Billing.CREDITS), policy=OFF, caps=caps(tariffs=tariffs, **money))


def test_credits_that_never_suffice_keep_it_back_unless_the_rest_may_cost_money():
    never = decision(credits(Overage.NEVER), call("claude"))

    assert isinstance(never, SetAside)
    assert "raise its allowance to $0.70" in never.why
    assert isinstance(decision(credits(Overage.ALLOW, per_run="0.20"), call("claude")), Start)
    assert isinstance(decision(credits(Overage.ALLOW, per_run="0.19"), call("claude")), SetAside)


def test_under_credits_only_what_is_left_of_them_is_money():
    left = QuotaState(
        quota=Quota(Unit.CREDITS, QuotaKind.PLAN_MONTH, "claude:2026-11"), cap=500_000, spent=400_000, held=0
    )
    spent = WindowState(window=DAY, cap=usd("1.00"), spent=usd("0.41"), held=MicroUsd(0))
    rota = credits(Overage.ALLOW, day="1.00")

    assert waits(
        Snapshot(tasks=(task("a"),), quotas=(left,), windows=(spent,), first_calls=(call("claude"),)), rota
    ) == {"a": "budget_day"}
    assert (
        waits(
            Snapshot(tasks=(task("a"),), quotas=(left,), windows=(spent,), first_calls=(call("claude", "0.69"),)), rota
        )
        == {}
    )


@pytest.mark.parametrize(
    ("limits", "budget"), [({"per_run": 6_000}, "tokens:run:"), ({"day": 6_000}, "tokens:day:2026-11-24")]
)
def test_tokens_are_judged_as_money_is(limits: dict[str, int], budget: str):
    rota = bill(CLAUDE, policy=OFF, caps=Caps(tokens=Limits(**limits)))

    decided = decision(rota, call("claude", tokens=9_000))

    assert isinstance(decided, SetAside)
    assert decided.asides[0].budget == budget
    assert "may take 9,000 tokens" in decided.why
    assert isinstance(decision(rota, call("claude", tokens=6_000)), Start)


def test_what_is_too_dear_is_told_by_why_and_by_the_forecast():
    rota = bill(CLAUDE, policy=OFF, caps=caps(per_run="0.50"))
    seen = Snapshot(tasks=(task("a"),), first_calls=(call("claude"),))

    told = explain(TaskId("a"), seen, rota, NOON)
    (left,) = simulate(seen, rota, NOON, hours=48).unscheduled

    assert told is not None
    assert told.binding is not None
    assert (told.binding.reason, told.earliest, told.force) == (Reason.CALL_TOO_DEAR, None, "")
    assert {check.name: check.passes for check in told.checks}["budget"] is False
    assert (left.binding.reason, left.binding.detail) == (Reason.CALL_TOO_DEAR, told.binding.detail)


@pytest.mark.parametrize(
    ("budget", "never", "told"),
    [
        ("day:2026-11-24", False, (5, 0)),
        ("task:a", False, (5, 0)),
        ("run:run-1", True, (5, 0)),
        ("credits:plan-month:claude:2026-11", False, (5, 0)),
        ("tokens:day:2026-11-24", False, (0, 5)),
        ("tokens:run:run-1", True, (0, 5)),
        ("tokens:task:a", False, None),
        ("tokens:run:run-1", False, None),
        ("run:run-1", False, None),
        ("runs:day:2026-11-24", True, None),
    ],
)
def test_a_refusal_tells_what_the_plan_can_judge_by(budget: str, never: bool, told: tuple[int, int] | None):
    found = told_by_refusal(call("claude", "0"), budget, 5, never_fits=never)

    assert (None if found is None else (found.cost, found.tokens)) == told


def test_a_quota_of_an_allowance_is_its_vendors_to_raise():
    assert Short(budget="credits:plan-month:copilot:2026-11", cap=1, wanted=2_000_000).mend.startswith(
        "raise its allowance to $2.00"
    )


@examples(300, part=100)
@given(worlds(), bills(), st.integers(0, 200_000), st.integers(0, 2**16))
def test_nobody_begins_whose_call_is_known_not_to_fit_and_whoever_has_room_is_not_kept_back(snapshot, rota, cost, mask):
    calls = [
        FirstCall(task=one.id, provider=each.name, model=model.id, cost=MicroUsd(cost))
        for one in snapshot.tasks
        for each in rota.providers
        for model in each.models
    ]
    known = Snapshot(
        **{**_fields(snapshot), "first_calls": tuple(one for bit, one in enumerate(calls) if mask >> (bit % 16) & 1)}
    )
    billing = {each.name: each.billing for each in rota.providers}
    task_by_id = {one.id: one for one in snapshot.tasks}
    keys = {(one.task, one.provider, one.model) for one in known.first_calls}

    for one in plan(known, rota, NOON).decisions:
        if isinstance(one, Start) and (one.task, one.provider, one.model) in keys:
            metered = (
                rota.caps.tariff_of(one.provider).billing is Billing.METERED
                and billing[one.provider] is not Billing.FREE
            )
            limits = (rota.caps.per_run, rota.caps.per_task, task_by_id[one.task].max_cost)
            assert not metered or all(limit is None or cost <= limit for limit in limits)
        if isinstance(one, SetAside):
            assert one.asides
            assert not any(each.eligible for each in one.candidates)


def _fields(snapshot: Snapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in Snapshot.__slots__}
