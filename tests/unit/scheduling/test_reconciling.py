"""Reconciliation: what an export proves, and that it never proves too much."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.calls import CallState, Usage
from watchbill.domain.exports import Cell, Line, sums
from watchbill.domain.ids import CallId
from watchbill.domain.money import MicroUsd
from watchbill.scheduling.reconciling import Billed, Kept, Lowering, Proof, drifts, judge, judge_requests

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=2)
DAY = NOON.date()


def price(_model: str, tokens_in: int, tokens_out: int, _at: datetime) -> MicroUsd:
    return MicroUsd(3 * tokens_in + 15 * tokens_out)


PROOF = Proof(source="export.json", taken_at=LATER, price=price)


def call(number: int, state: CallState = CallState.UNKNOWN, **fields: Any) -> Billed:
    tokens = fields.pop("tokens", (0, 0))
    given_: dict[str, Any] = {
        "call": CallId(f"call-{number}"),
        "model": "m",
        "state": state,
        "bound": MicroUsd(1000),
        "worth": fields.get("bound", MicroUsd(1000)),
        "bound_in": 100,
        "bound_out": 40,
        "cost": price("m", *tokens, NOON),
        "usage": Usage(tokens_in=tokens[0], tokens_out=tokens[1]),
        "request_id": "",
        "reserved_at": NOON,
        "ended_at": fields.get("reserved_at", NOON) + timedelta(minutes=1),
        "in_batch": False,
        "by_evidence": False,
        **fields,
    }
    return Billed(**given_)


def settled(number: int, *tokens: int, **fields: Any) -> Billed:
    return call(number, CallState.SETTLED, tokens=tokens, **fields)


def line(tokens_in: int = 0, tokens_out: int = 0, *, day: date = DAY, **fields: Any) -> dict[Cell, Line]:
    given_: dict[str, Any] = {"usage": Usage(tokens_in=tokens_in, tokens_out=tokens_out), "cost": None, **fields}
    return {Cell(day, "m"): Line(day=day, model="m", **given_)}


def only(calls: list[Billed], vendor: dict[Cell, Line], proof: Proof = PROOF) -> Lowering | Kept:
    (found,) = judge(calls, vendor, proof)
    return found


def test_what_is_left_of_a_day_is_the_most_that_its_unknown_call_was_billed() -> None:
    found = only([settled(1, 50, 10), call(2)], line(70, 12))

    assert isinstance(found, Lowering)
    assert (found.call, found.settlement.cost) == ("call-2", 3 * 20 + 15 * 2)
    assert (found.settlement.usage.tokens_in, found.settlement.usage.tokens_out) == (20, 2)
    assert found.settlement.price_source == "evidence: export.json"


def test_a_day_with_nothing_left_frees_its_unknown_call() -> None:
    found = only([settled(1, 50, 10), call(2)], line(50, 10))

    assert isinstance(found, Lowering)
    assert found.settlement.cost == 0


def test_two_unknown_calls_may_each_be_what_is_left() -> None:
    found = list(judge([call(1), call(2)], line(20, 2), PROOF))

    assert [each.settlement.cost for each in found if isinstance(each, Lowering)] == [90, 90]


def test_more_than_the_bound_lowers_nothing() -> None:
    found = only([call(1)], line(1000, 0))

    assert isinstance(found, Kept)
    assert found.why.startswith("the export does not lower it")


def test_a_model_without_its_line_is_no_proof() -> None:
    found = only([call(1, model="n")], line(0, 0))

    assert isinstance(found, Kept)
    assert found.why == "the export has no line for n on 2026-11-24"


def test_an_export_with_less_than_answers_told_is_not_of_everything() -> None:
    found = only([settled(1, 50, 10), call(2)], line(50, 9))

    assert isinstance(found, Kept)
    assert "less for m than answers told" in found.why


def test_a_call_that_is_too_fresh_for_the_export_stays() -> None:
    found = only([call(1)], line(0, 0), PROOF._replace(taken_at=NOON + timedelta(hours=2)))

    assert isinstance(found, Kept)
    assert "not old enough" in found.why


def test_a_call_at_midnight_needs_the_lines_of_both_days() -> None:
    late = call(1, reserved_at=NOON.replace(hour=23, minute=50))

    alone = only([late], line(0, 0))
    both = only([late], line(0, 0) | line(5, 0, day=DAY + timedelta(days=1)))

    assert isinstance(alone, Kept)
    assert isinstance(both, Lowering)
    assert both.settlement.cost == 15


def test_what_was_lowered_before_counts_for_nothing_that_was_told() -> None:
    """Its tokens are a limit, not what was used: taken off, they would free what the other was billed."""
    found = only([settled(1, 20, 2, by_evidence=True), call(2)], line(20, 2))

    assert isinstance(found, Lowering)
    assert found.settlement.cost == 90


def test_an_answer_over_midnight_is_taken_off_neither_day() -> None:
    over = settled(1, 20, 2, reserved_at=NOON.replace(hour=23, minute=58))

    found = only([over, call(2)], line(20, 2))

    assert isinstance(found, Lowering)
    assert found.settlement.cost == 90


def test_a_call_in_a_batch_may_be_billed_a_day_after_it_was_given_up() -> None:
    alone = only([call(1, in_batch=True)], line(0, 0), PROOF._replace(taken_at=LATER + timedelta(days=1)))
    both = only([call(1, in_batch=True)], line(0, 0) | line(5, 0, day=DAY + timedelta(days=1)))

    assert isinstance(alone, Kept)
    assert isinstance(both, Lowering)


def test_money_alone_limits_a_call_to_its_whole_day() -> None:
    found = only([settled(1, 50, 10), call(2)], line(usage=None, cost=MicroUsd(800)))

    assert isinstance(found, Lowering)
    assert (found.settlement.cost, found.settlement.usage.tokens_in) == (800, 100)


def test_a_line_that_tells_nothing_proves_nothing() -> None:
    found = only([call(1)], line(usage=None))

    assert isinstance(found, Kept)
    assert "neither" in found.why


def test_what_has_no_bound_has_nothing_to_lower() -> None:
    assert list(judge([call(1, bound=MicroUsd(0)), settled(2, 1, 1)], line(0, 0), PROOF)) == []


def test_a_request_that_is_named_is_booked_at_its_price() -> None:
    named = Line(
        day=DAY, model="m-2026-01-01", usage=Usage(tokens_in=7), cost=MicroUsd(2000), call="call-1", request_id="r"
    )

    (found,) = judge_requests(
        [call(1), settled(2, 1, 1)], [named, Line(day=DAY, model="m", usage=None, cost=None)], PROOF
    )

    assert isinstance(found, Lowering)
    assert (found.settlement.cost, found.settlement.request_id) == (2000, "r")  # over its bound, as it was


def test_a_request_without_money_is_booked_at_the_most_that_its_tokens_cost() -> None:
    named = Line(day=DAY, model="m", usage=Usage(tokens_in=7, tokens_out=1), cost=None, call="call-1")

    (found,) = judge_requests([call(1)], [named], PROOF)

    assert isinstance(found, Lowering)
    assert found.settlement.cost == 36


def test_a_request_of_another_model_proves_nothing() -> None:
    (found,) = judge_requests([call(1)], [Line(day=DAY, model="n", usage=None, cost=MicroUsd(0), call="call-1")], PROOF)

    assert isinstance(found, Kept)
    assert found.why == "the export says it was n, not m"


def test_a_request_is_found_by_the_vendors_id_that_its_answer_began_with() -> None:
    named = Line(day=DAY, model="m", usage=None, cost=MicroUsd(20), request_id="req_7")

    (found,) = judge_requests([call(1, request_id="req_7"), call(2)], [named], PROOF)

    assert isinstance(found, Lowering)
    assert (found.call, found.settlement.cost, found.settlement.request_id) == ("call-1", 20, "req_7")


def test_a_line_that_could_be_of_two_calls_proves_nothing() -> None:
    named = Line(day=DAY, model="m", usage=None, cost=MicroUsd(20), request_id="req_7")

    found = list(judge_requests([call(1, request_id="req_7"), call(2, request_id="req_7")], [named], PROOF))

    assert [(type(each), each.call) for each in found] == [(Kept, "call-1"), (Kept, "call-2")]


def test_two_lines_of_one_call_prove_nothing() -> None:
    lines = [Line(day=DAY, model="m", usage=None, cost=MicroUsd(cost), call="call-1") for cost in (1, 20)]

    (found,) = judge_requests([call(1)], lines, PROOF)

    assert isinstance(found, Kept)


def test_a_line_whose_names_are_of_different_requests_proves_nothing() -> None:
    named = Line(day=DAY, model="m", usage=None, cost=MicroUsd(20), call="call-1", request_id="req_8")

    (found,) = judge_requests([call(1, request_id="req_7")], [named], PROOF)

    assert isinstance(found, Kept)
    assert found.why == "the export says it was req_8, its answer began as req_7"


def test_a_request_with_neither_tokens_nor_money_proves_nothing() -> None:
    (found,) = judge_requests([call(1)], [Line(day=DAY, model="m", usage=None, cost=None, call="call-1")], PROOF)

    assert isinstance(found, Kept)
    assert "neither" in found.why


def test_a_call_that_a_plan_pays_for_is_lowered_by_what_it_was_worth() -> None:
    found = only([call(1, bound=MicroUsd(0), worth=MicroUsd(1000))], line(30, 10))

    assert isinstance(found, Lowering)
    assert (found.bound, found.settlement.cost) == (1000, 240)


def test_drift_stands_by_day_and_model() -> None:
    calls = [settled(1, 50, 10), settled(2, 0, 0), call(3), settled(4, 1, 1, model="n")]

    first, second = drifts(calls, line(70, 12, cost=MicroUsd(350)))

    assert (first.cell, first.calls, first.booked, first.unknown, first.amount) == (Cell(DAY, "m"), 1, 300, 1000, 50)
    assert (second.vendor, second.amount) == (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """A call as it really was: what was billed when, and whether its answer came."""

    call: Billed
    billed_at: datetime
    tokens: tuple[int, int]


@st.composite
def truths(draw: st.DrawFn) -> list[Truth]:
    made = []
    for number in range(draw(st.integers(1, 12))):
        reserved = NOON + timedelta(minutes=draw(st.integers(-1500, 1500)))
        lasts = timedelta(minutes=draw(st.integers(0, 55)))
        used = (draw(st.integers(0, 100)), draw(st.integers(0, 40)))
        billed = used if draw(st.booleans()) else (0, 0)
        ended = reserved + lasts + timedelta(minutes=draw(st.sampled_from([0, 0, 300])))
        given_ = {"reserved_at": reserved, "ended_at": ended, "bound": MicroUsd(900)}
        if draw(st.booleans()):
            made.append(Truth(call=settled(number, *billed, **given_), billed_at=reserved + lasts, tokens=billed))
        else:
            made.append(Truth(call=call(number, **given_), billed_at=reserved + lasts, tokens=billed))
    return made


@examples(400, part=100)
@given(truths(), st.integers(0, 72), st.lists(st.integers(0, 30), max_size=3))
def test_no_call_is_ever_lowered_below_what_it_was_billed(world: list[Truth], hours: int, strangers: list[int]) -> None:
    taken_at = NOON - timedelta(hours=24) + timedelta(hours=hours)
    told = [
        Line(
            day=each.billed_at.date(),
            model="m",
            usage=Usage(tokens_in=each.tokens[0], tokens_out=each.tokens[1]),
            cost=None,
        )
        for each in world
        if each.billed_at <= taken_at
    ]
    others = [Line(day=DAY, model="m", usage=Usage(tokens_in=used), cost=None) for used in strangers]
    billed = {each.call.call: price("m", *each.tokens, NOON) for each in world}
    proof = PROOF._replace(taken_at=taken_at)

    found = list(judge([each.call for each in world], sums([*told, *others]), proof))

    for each in found:
        if isinstance(each, Lowering):
            assert billed[each.call] <= each.settlement.cost < each.bound
