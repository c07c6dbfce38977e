"""Selection: scores, and every reason that speaks against a candidate."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from planning import (
    CLAUDE,
    GPT,
    HOUR,
    MINUTE,
    NOON,
    bill,
    live,
    local,
    pause,
    state,
    task,
    terms,
    three_handed,
    world,
)

from watchbill.domain.billing import Billing
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, Window, WindowKind
from watchbill.scheduling import fitting, selection
from watchbill.scheduling.bill import ModelTerms, SlotPolicy
from watchbill.scheduling.collaborating import Collaboration
from watchbill.scheduling.decisions import Reason
from watchbill.scheduling.selection import candidates
from watchbill.scheduling.snapshot import ModelRest, ModelState, Record, WindowState

OFF = SlotPolicy.OFF
DAY = "2026-11-24"


def found(one, snapshot, terms_, now=NOON):
    return {each.provider: each for each in selection.candidates(one, snapshot, terms_, now)}


def best(one, snapshot, terms_, now=NOON):
    return selection.candidates(one, snapshot, terms_, now)[0].provider


def reasons(candidate):
    return [one.reason for one in candidate.rejections]


def window(kind, name, *, cap, spent, held=0):
    return WindowState(window=Window(kind, name), cap=cap, spent=MicroUsd(spent), held=MicroUsd(held))


def test_the_fittest_provider_comes_first():
    assert best(task("a", kind="write"), world(), three_handed(policy=OFF)) == "claude"
    assert best(task("a", kind="fix"), world(), three_handed(policy=OFF)) == "gpt"


STOPPED = {(ProviderName("claude"), "small"): "call-1 cost more than its bound"}
SMALL, LARGE = ModelTerms(id="small", uses=("write", "*")), ModelTerms(id="large")


def test_a_stopped_model_gets_no_work_and_says_who_frees_it():
    (only,) = selection.candidates(
        task("a"), world(stopped=STOPPED), bill(terms("claude", models=(SMALL,)), policy=OFF), NOON
    )

    assert reasons(only) == [Reason.MODEL_STOPPED]
    assert only.rejections[0].detail == (
        "small is stopped, since call-1 cost more than its bound; "
        "look at its price, then: watchbill provider allow claude small -m WHY"
    )


def test_another_model_of_the_provider_goes_on_where_it_is_meant_for_the_type():
    models = bill(terms("claude", models=(SMALL, LARGE)), policy=OFF)

    (free,) = selection.candidates(task("a"), world(), models, NOON)
    (barred,) = selection.candidates(task("a"), world(stopped=STOPPED), models, NOON)

    assert (free.model, barred.model, reasons(barred)) == ("small", "large", [])


def test_a_model_without_a_price_is_not_routable():
    unpriced = replace(SMALL, unpriced="no price is known for 'small'")
    (only,) = selection.candidates(task("a"), world(), bill(terms("claude", models=(unpriced,)), policy=OFF), NOON)
    (either,) = selection.candidates(
        task("a"), world(), bill(terms("claude", models=(unpriced, LARGE)), policy=OFF), NOON
    )

    assert [(one.reason, one.detail) for one in only.rejections] == [
        (Reason.MODEL_UNPRICED, "claude small: no price is known for 'small'")
    ]
    assert (either.model, either.eligible) == ("large", True)


def test_a_strength_for_the_rest_stands_in_for_an_unnamed_type():
    assert fitting.fit_of(terms("x", strengths={"*": 0.8}), TaskType("odd"), Record()) == 0.8
    assert fitting.fit_of(terms("x"), TaskType("odd"), Record()) == 0.5


def test_own_results_outweigh_the_configured_strength_as_they_grow():
    record = {("claude", "write"): Record(runs=20, landed=2)}

    assert best(task("a"), world(records=record), three_handed(policy=OFF)) == "gpt"


def test_eight_failures_halve_the_configured_strength():
    assert fitting.fit_of(terms("x", strengths={"*": 0.9}), TaskType("t"), Record(runs=8)) == pytest.approx(0.45)


def test_own_costs_move_the_estimate():
    record = Record(runs=8, mean_cost=MicroUsd(150_000))

    assert fitting.estimate_of(terms("x"), ModelTerms(id="m", cost_per_run=MicroUsd(50_000)), record) == 100_000


def test_of_two_equals_the_cheaper_comes_first():
    dear = terms("dear", models=(ModelTerms(id="d", cost_per_run=MicroUsd(90_000)),))
    cheap = terms("cheap", models=(ModelTerms(id="c", cost_per_run=MicroUsd(10_000)),))

    assert best(task("a"), world(), bill(dear, cheap)) == "cheap"


def test_of_two_equals_the_healthier_comes_first():
    assert best(task("a"), world(providers=(state("one", score=20),)), bill(terms("one"), terms("two"))) == "two"


def test_of_two_equals_the_less_loaded_comes_first():
    two = bill(terms("one", concurrent=2), terms("two", concurrent=2))

    assert best(task("a"), world(live=(live("b", "one"),)), two) == "two"


def test_of_two_equals_the_bills_first_comes_first():
    assert best(task("a"), world(), bill(terms("one"), terms("two"))) == "one"


def test_a_free_provider_that_suffices_goes_before_a_fitter_paid_one():
    paid = terms("paid", strengths={"*": 1.0}, models=(ModelTerms(id="p", cost_per_run=MicroUsd(0)),))
    free = terms("free", strengths={"*": 0.75}, billing=Billing.FREE)
    poor = terms("poor", strengths={"*": 0.7}, billing=Billing.FREE)

    assert best(task("a"), world(), bill(paid, free)) == "free"
    assert best(task("a"), world(), bill(paid, poor)) == "paid"


def test_score_parts_lie_between_nought_and_one_and_their_weighted_sum_is_the_total():
    for each in found(task("a"), world(), three_handed()).values():
        score = each.score
        assert all(0 <= part <= 1 for part in (score.fit, score.cost, score.health, score.load))
        assert score.total == pytest.approx(
            0.55 * score.fit + 0.2 * score.cost + 0.15 * score.health + 0.1 * score.load
        )


def test_a_model_that_names_the_type_goes_before_one_for_all():
    models = (
        ModelTerms(id="all"),
        ModelTerms(id="late", uses=("plan", "write")),
        ModelTerms(id="early", uses=("write",)),
    )

    assert found(task("a"), world(), bill(terms("x", models=models)))["x"].model == "early"
    assert found(task("a", kind="fix"), world(), bill(terms("x", models=models)))["x"].model == "all"


def test_a_provider_without_a_model_for_the_type_is_of_the_wrong_type():
    rota = bill(terms("x", models=(ModelTerms(id="m", uses=("fix",)),)))

    assert reasons(found(task("a"), world(), rota)["x"]) == [Reason.WRONG_TYPE]


@pytest.mark.parametrize(("files", "is_given"), [("a.md", True), ("a.md b.md", False), ("*.md", False), ("", False)])
def test_a_one_shot_model_is_given_no_task_but_of_one_file(files: str, is_given: bool):
    rota = bill(terms("x", models=(ModelTerms(id="m", takes_riders=False),)))

    chosen = found(task("a", files=files), world(), rota)["x"]

    assert reasons(chosen) == ([] if is_given else [Reason.WRONG_TYPE])


@pytest.mark.parametrize(
    ("fields", "is_given"),
    [
        ({"models": (ModelTerms(id="m"),)}, True),
        ({"models": (ModelTerms(id="m", takes_riders=False),)}, False),  # it mends one passage
        ({"models": (ModelTerms(id="m"),), "is_agent": True}, False),
        ({"models": ()}, False),  # local automation
    ],
)
def test_a_continuity_check_is_given_to_a_model_that_answers_questions(fields: dict[str, Any], is_given: bool):
    chosen = found(task("a", kind="continuity", files="a.md"), world(), bill(terms("x", **fields)))["x"]

    assert reasons(chosen) == ([] if is_given else [Reason.WRONG_TYPE])


def test_every_rejection_is_told_and_not_only_the_first():
    sick = state("claude", broken=True, pause=pause("provider", "claude"), held_until=NOON + HOUR, held_why="429")
    rota = bill(
        terms("claude", "1", configured=False, only_types=frozenset(), strengths={"*": 0.1}),
        GPT,
        caps=Caps(per_type={"write": MicroUsd(0)}),
        policy=SlotPolicy.STRICT,
    )
    snapshot = world(providers=(sick,), live=(live("b", "claude"),))

    one = found(task("a", provider=ProviderName("gpt")), snapshot, rota)["claude"]

    assert reasons(one) == [
        Reason.NOT_PINNED,
        Reason.NOT_CONFIGURED,
        Reason.WRONG_TYPE,
        Reason.BELOW_MIN_FIT,
        Reason.PROVIDER_PAUSED,
        Reason.PROVIDER_UNHEALTHY,
        Reason.PROVIDER_HELD,
        Reason.BUDGET_TYPE,
        Reason.PROVIDER_BUSY,
        Reason.OUT_OF_SLOT,
    ]


def test_a_hold_names_its_end_and_lifts_itself():
    held = world(providers=(state("claude", held_until=NOON + HOUR),))
    rota = bill(CLAUDE)

    assert found(task("a"), held, rota)["claude"].rejections[0].until == NOON + HOUR
    assert found(task("a"), held, rota, NOON + HOUR)["claude"].eligible


def test_failures_of_its_own_put_a_provider_behind_others_and_never_leave_the_work_with_nobody():
    failed = {("claude", "write"): Record(runs=40), ("gpt", "write"): Record(runs=60)}
    rota = bill(terms("claude", strengths={"write": 0.9}), terms("gpt"))

    told = found(task("a"), world(records=failed), rota)

    assert all(each.eligible for each in told.values())
    assert told["gpt"].score.fit < told["claude"].score.fit < rota.min_fit


def test_a_pinned_provider_needs_no_least_fit():
    rota = bill(terms("weak", strengths={"*": 0.1}))

    assert reasons(found(task("a"), world(), rota)["weak"]) == [Reason.BELOW_MIN_FIT]
    assert found(task("a", provider=ProviderName("weak")), world(), rota)["weak"].eligible


@pytest.mark.parametrize(
    ("kind", "name", "reason", "turns"),
    [
        (WindowKind.DAY, DAY, Reason.BUDGET_DAY, "2026-11-25"),
        (WindowKind.MONTH, "2026-11", Reason.BUDGET_MONTH, "2026-12-01"),
        (WindowKind.PROVIDER, f"claude:{DAY}", Reason.BUDGET_PROVIDER, "2026-11-25"),
        (WindowKind.REPO, f"novel:{DAY}", Reason.BUDGET_REPO, "2026-11-25"),
        (WindowKind.TYPE, f"write:{DAY}", Reason.BUDGET_TYPE, "2026-11-25"),
    ],
)
def test_a_run_that_does_not_fit_a_window_waits_until_it_turns(kind, name, reason, turns):
    full = world(windows=(window(kind, name, cap=MicroUsd(100_000), spent=40_000, held=10_001),))

    (rejection,) = found(task("a"), full, bill(CLAUDE))["claude"].rejections

    assert rejection.reason is reason
    assert rejection.until is not None
    assert rejection.until.date().isoformat() == turns


def test_a_run_that_just_fits_is_not_refused():
    tight = world(windows=(window(WindowKind.DAY, DAY, cap=MicroUsd(100_000), spent=50_000),))

    assert found(task("a"), tight, bill(CLAUDE))["claude"].eligible


def test_a_cap_binds_before_anything_was_spent():
    rota = bill(CLAUDE, caps=Caps(day=MicroUsd(0)))

    assert reasons(found(task("a"), world(), rota)["claude"]) == [Reason.BUDGET_DAY]


def test_yesterdays_window_does_not_bind_today():
    past = world(windows=(window(WindowKind.DAY, "2026-11-23", cap=MicroUsd(1), spent=1),))

    assert found(task("a"), past, bill(CLAUDE))["claude"].eligible


@pytest.mark.parametrize("cap", [MicroUsd(10_000), None])
def test_a_tasks_own_budget_has_no_turn(cap):
    windows = (window(WindowKind.TASK, "a", cap=cap, spent=60_000),)
    one = task("a", max_cost=MicroUsd(100_000))

    (rejection,) = found(one, world(windows=windows), bill(CLAUDE))["claude"].rejections

    assert (rejection.reason, rejection.until) == (Reason.BUDGET_TASK, None)


def test_the_bills_cap_per_task_binds_tasks_that_state_none():
    rota = bill(CLAUDE, caps=Caps(per_task=MicroUsd(10)))

    assert reasons(found(task("a"), world(), rota)["claude"]) == [Reason.BUDGET_TASK]


def test_a_spent_task_without_any_cap_goes_on():
    windows = (window(WindowKind.TASK, "a", cap=None, spent=60_000),)

    assert found(task("a"), world(windows=windows), bill(CLAUDE))["claude"].eligible


def test_free_work_is_never_refused_for_money():
    rota = bill(terms("x", billing=Billing.FREE), caps=Caps(day=MicroUsd(0)))

    assert found(task("a", max_cost=MicroUsd(0)), world(), rota)["x"].eligible


def test_the_strict_rota_names_the_next_watch():
    one = found(task("a"), world(), three_handed(policy=SlotPolicy.STRICT))["gpt"]

    assert [(each.reason, each.until) for each in one.rejections] == [(Reason.OUT_OF_SLOT, NOON + HOUR)]


def test_a_sick_provider_is_told_its_own_next_watch():
    sick = world(providers=(state("gpt", broken=True),))

    one = found(task("a"), sick, three_handed(policy=SlotPolicy.STRICT))["gpt"]

    assert [each.until for each in one.rejections] == [None, NOON + HOUR]


def test_a_provider_that_never_stands_watch_says_so():
    rota = bill(CLAUDE, terms("spare", "none"), policy=SlotPolicy.STRICT)

    (rejection,) = found(task("a"), world(), rota)["spare"].rejections

    assert rejection.until is None
    assert "it has none" in rejection.detail


def test_hours_do_not_matter_when_they_are_off():
    assert all(each.eligible for each in found(task("a"), world(), three_handed(policy=OFF)).values())


def test_nobody_borrows_while_the_watch_can_take_the_task():
    late = NOON + timedelta(minutes=45)

    one = found(task("a"), world(), three_handed(), late)["gpt"]

    assert reasons(one) == [Reason.OUT_OF_SLOT]
    assert one.rejections[0].until == NOON + HOUR


def test_a_slot_is_borrowed_once_it_has_been_free_for_a_while():
    pinned = task("a", provider=ProviderName("gpt"))

    early = found(pinned, world(), three_handed(), NOON + 10 * MINUTE)["gpt"]
    late = found(pinned, world(), three_handed(), NOON + 30 * MINUTE)["gpt"]

    assert [(each.reason, each.until) for each in early.rejections] == [(Reason.OUT_OF_SLOT, NOON + 30 * MINUTE)]
    assert late.eligible


def test_a_slot_counts_as_free_only_from_the_end_of_its_last_run():
    pinned = task("a", provider=ProviderName("gpt"))
    rota = three_handed()
    ended = world(providers=(state("claude", idle_since=NOON + 20 * MINUTE), state("gpt")))

    assert not found(pinned, ended, rota, NOON + 40 * MINUTE)["gpt"].eligible
    assert found(pinned, ended, rota, NOON + 50 * MINUTE)["gpt"].eligible


def test_a_slot_in_use_cannot_be_borrowed():
    pinned = task("a", provider=ProviderName("gpt"))

    one = found(pinned, world(live=(live("b", "claude"),)), three_handed(), NOON + 50 * MINUTE)["gpt"]

    assert "none to borrow" in one.rejections[0].detail


def test_a_provider_without_hours_of_its_own_may_borrow():
    rota = bill(CLAUDE, terms("spare", "none"))
    pinned = task("a", provider=ProviderName("spare"))

    early = found(pinned, world(), rota, NOON + 10 * MINUTE)["spare"]

    assert early.rejections[0].until == NOON + 30 * MINUTE
    assert found(pinned, world(), rota, NOON + 40 * MINUTE)["spare"].eligible


def test_a_task_may_stay_where_its_session_is_warm():
    warm = world(warm={"a": ProviderName("copilot")})

    assert best(task("a"), warm, three_handed()) == "copilot"


def test_warmth_does_not_count_under_the_strict_rota():
    warm = world(warm={"a": ProviderName("copilot")})

    assert best(task("a"), warm, three_handed(policy=SlotPolicy.STRICT)) == "claude"


def test_a_retry_goes_to_another_provider():
    tried = task("a", tried=(ProviderName("gpt"), ProviderName("claude")))

    one = found(tried, world(), three_handed(policy=OFF))

    assert reasons(one["claude"]) == [Reason.ALREADY_TRIED]
    assert best(tried, world(), three_handed(policy=OFF)) == "gpt"


def test_a_retry_waits_for_another_providers_turn_within_a_round():
    tried = task("a", tried=(ProviderName("claude"),))

    one = found(tried, world(), three_handed())["claude"]

    assert [(each.reason, each.until) for each in one.rejections] == [(Reason.ALREADY_TRIED, NOON + 30 * MINUTE)]


def test_a_retry_does_not_wait_for_a_turn_that_is_far():
    tried = task("a", tried=(ProviderName("day"),))
    rota = bill(terms("day", "6-20"), terms("night", "21-5"), policy=SlotPolicy.STRICT)

    assert best(tried, world(), rota) == "day"


def test_a_retry_stays_where_nobody_else_can_take_over():
    tried = task("a", tried=(ProviderName("claude"),))

    assert best(tried, world(providers=(state("gpt", broken=True),)), bill(CLAUDE, terms("gpt"))) == "claude"
    assert best(tried, world(), bill(CLAUDE)) == "claude"


def test_a_provider_that_left_the_bill_is_no_hindrance_to_a_retry():
    assert found(task("a", tried=(ProviderName("gone"),)), world(), bill(CLAUDE))["claude"].eligible


def test_who_could_start_later_is_listed_before_who_never_can():
    rota = bill(terms("keyless", configured=False, strengths={"*": 1.0}), GPT, CLAUDE, policy=SlotPolicy.STRICT)

    order = [each.provider for each in selection.candidates(task("a"), world(), rota, NOON)]

    assert order == ["claude", "gpt", "keyless"]


def test_a_provider_with_all_its_runs_under_way_is_busy():
    snapshot = world(live=(live("b", "claude"),))

    assert reasons(found(task("a"), snapshot, bill(CLAUDE))["claude"]) == [Reason.PROVIDER_BUSY]


def test_a_bill_without_providers_has_no_candidates():
    assert selection.candidates(task("a"), world(), bill(), NOON) == ()


TYPES_BY_STRENGTH = {
    "creative_writing": "write",
    "scene_development": "write",
    "lore_consistency": "write",
    "code_optimization": "code",
    "bug_fixing": "fix",
    "documentation": "docs",
    "refactoring": "refactor",
    "test_generation": "test",
    "syntax_validation": "validate",
    "formatting": "format",
}
FIRST_USERS_CONFIG = Path(__file__).parents[4] / "shared" / "data" / "aethromoor" / "multi-ai-config.json"


@pytest.fixture(scope="module")
def first_users_bill():
    if not FIRST_USERS_CONFIG.exists():
        pytest.skip("the first user's configuration is not here")
    providers = json.loads(FIRST_USERS_CONFIG.read_text())["ai_providers"]
    return bill(*(_first_users_terms(name, entry) for name, entry in providers.items()), policy=OFF)


def _first_users_terms(name, entry):
    known = [TYPES_BY_STRENGTH[word] for word in entry["strengths"] if word in TYPES_BY_STRENGTH]
    free = name == "local_automation"
    strengths = {**dict.fromkeys(known, 0.9), "*": 0.0 if free else 0.5}
    return local(strengths=strengths) if free else terms(name, strengths=strengths)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("write", "anthropic_claude"),
        ("fix", "openai_gpt"),
        ("docs", "openai_gpt"),
        ("test", "github_copilot"),
        ("refactor", "github_copilot"),
        ("validate", "local"),
        ("format", "local"),
    ],
)
def test_the_first_users_strengths_choose_as_that_user_means(first_users_bill, kind, expected):
    assert best(task("a", kind=kind), world(), first_users_bill) == expected


def test_a_provider_that_cannot_be_used_says_why():
    off = terms("gpt", configured=False, missing="it is switched off (enabled = false)")

    (only,) = selection.candidates(task("a"), world(task("a")), bill(off), NOON)

    assert only.rejections[0].detail == "gpt: it is switched off (enabled = false)"


def test_a_model_that_rests_gives_way_to_another_of_its_provider_and_else_waits():
    rest = ModelRest(model="big", until=NOON + HOUR, why="weekly limit")
    two = terms("claude", models=(ModelTerms(id="big"), ModelTerms(id="small")))
    one = terms("claude", models=(ModelTerms(id="big"),))
    held = world(providers=(state("claude", resting=(rest,)),))

    assert found(task("a"), held, bill(two, policy=OFF))["claude"].model == "small"
    alone = found(task("a"), held, bill(one, policy=OFF))["claude"]
    assert (alone.model, reasons(alone)) == ("big", [Reason.PROVIDER_HELD])
    assert alone.rejections[0].until == NOON + HOUR


def test_what_is_tried_again_gets_one_run_at_a_time():
    account = state("claude", trying=True)
    model = state("claude", resting=(ModelRest(model="m", until=NOON, why="weekly limit", trying=True),))
    four = bill(terms("claude", models=(ModelTerms(id="m"),), concurrent=4), policy=OFF)
    at_work = live("b", model="m")

    for tried in (account, model):
        assert found(task("a"), world(providers=(tried,)), four)["claude"].eligible
        busy = found(task("a"), world(providers=(tried,), live=(at_work,)), four)["claude"]
        assert reasons(busy) == [Reason.PROVIDER_BUSY]


# --- reviews by another vendor

TOGETHER = Collaboration(types=frozenset({TaskType("write")}))


def against(asked, seen, terms_):
    return {each.provider: [one.reason for one in each.rejections] for each in candidates(asked, seen, terms_, NOON)}


def test_a_draft_is_reviewed_by_another_vendor_whoever_the_task_asks_for():
    own, twin, other = terms("claude", vendor="a"), terms("twin", vendor="a"), terms("gpt", vendor="b")
    draft = task("a", provider=ProviderName("claude"))
    seen = world(draft, drafts={draft.id: ProviderName("claude")})

    found = against(draft, seen, bill(own, twin, other, local(strengths={"*": 1.0}), collaboration=TOGETHER))

    assert found["gpt"] == []
    for name in ("claude", "twin", "local"):
        assert Reason.NOT_A_REVIEWER in found[name]


def test_only_those_that_are_named_review():
    draft = task("a")
    seen = world(draft, drafts={draft.id: ProviderName("claude")})
    named = replace(TOGETHER, reviewers=frozenset({ProviderName("copilot")}))

    found = against(draft, seen, bill(terms("claude"), terms("gpt"), terms("copilot"), collaboration=named))

    assert [name for name, why in found.items() if not why] == ["copilot"]


def test_a_draft_of_a_type_that_is_reviewed_no_more_is_anybodys():
    draft = task("a")
    seen = world(draft, drafts={draft.id: ProviderName("claude")})

    assert against(draft, seen, bill(terms("claude"))) == {"claude": []}


# --- the broken


def test_a_model_that_is_out_makes_room_for_the_next_and_says_when_it_returns():
    two = terms("claude", models=(ModelTerms(id="big"), ModelTerms(id="small")))
    out = ModelState(model="big", broken_until=NOON + HOUR, why="529")

    (chosen,) = candidates(task("a"), world(providers=(state("claude", sick_models=(out,)),)), bill(two), NOON)
    assert (chosen.model, chosen.eligible) == ("small", True)

    one = terms("claude", models=(ModelTerms(id="big"),))
    (held,) = candidates(task("a"), world(providers=(state("claude", sick_models=(out,)),)), bill(one), NOON)
    assert [(why.reason, why.until) for why in held.rejections] == [(Reason.PROVIDER_UNHEALTHY, NOON + HOUR)]


def test_one_run_tries_who_may_be_well_again():
    tried = (state("claude", on_trial=True, sick_models=(ModelState(model="claude-1", broken_until=None),)),)
    roomy = bill(terms("claude", concurrent=3))

    assert against(task("a"), world(providers=tried), roomy) == {"claude": []}
    busy = against(task("a"), world(live=(live("b"),), providers=tried), roomy)
    assert set(busy["claude"]) == {Reason.PROVIDER_UNHEALTHY}


def test_a_broken_one_may_be_asked_again_at_its_time():
    sick = (state("claude", broken=True, broken_until=NOON + HOUR),)

    assert against(task("a"), world(providers=sick), bill(terms("claude"))) == {"claude": [Reason.PROVIDER_UNHEALTHY]}
    later = candidates(task("a"), world(providers=sick), bill(terms("claude")), NOON + HOUR)
    assert later[0].eligible


def test_who_had_to_be_stopped_stands_back_while_another_can_take_over():
    stopped = world(stalled={task("a").id: ProviderName("claude")})
    two = bill(terms("claude", strengths={"*": 0.9}), terms("gpt"))

    assert candidates(task("a"), stopped, two, NOON)[0].provider == "gpt"
    assert candidates(task("a"), world(), two, NOON)[0].provider == "claude"
