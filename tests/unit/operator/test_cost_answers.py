"""Costs as answers: sums that agree, windows, and where they go."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operator_makers import CLAUDE, GPT, LOCAL, NOW, begin, bill, end, outlook, put, spend

from tests.examples import examples
from tests.stores import migrated
from watchbill.domain.money import usd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import Caps
from watchbill.operator.faults import BadQuestion
from watchbill.operator.queries.costs import budget, costs
from watchbill.state import database
from watchbill.state.accounts import By
from watchbill.state.engine import Connection


@examples(15, part=8)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([CLAUDE, GPT, LOCAL]), st.integers(0, 90_000)), max_size=8
    )
)
def test_the_total_is_the_same_whatever_it_is_summed_by(
    tmp_path_factory: pytest.TempPathFactory, spent: list[tuple[str, str, int]]
) -> None:
    with database.direct(migrated(tmp_path_factory.mktemp("db") / "w.db")) as conn:
        put(conn, "a", "b", "c")
        for name, provider, micros in spent:
            run = begin(conn, name, provider)  # type: ignore[arg-type]
            spend(conn, run, f"0.{micros:06}")
            end(conn, run, RunState.DEFERRED, TaskState.QUEUED)

        answers = [costs(conn, outlook(), by) for by in By]

    assert {answer["total"]["cost_micro_usd"] for answer in answers} == {sum(micros for _, _, micros in spent)}
    for answer in answers:
        assert sum(row["cost_micro_usd"] for row in answer["rows"]) == answer["total"]["cost_micro_usd"]
        assert answer["budget"]["day"]["spent_micro_usd"] == answer["total"]["cost_micro_usd"]


def test_a_moment_is_in_one_of_two_spans_that_meet_in_it(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "0.01", NOW)

    counts = [
        costs(conn, outlook(), By.TASK, since=since, until=until)["total"]["calls"]
        for since, until in ((None, "2026-11-24T12:30"), ("2026-11-24T12:30", None))
    ]

    assert counts == [0, 1]


def test_a_span_that_ends_before_it_begins_is_refused(conn: Connection) -> None:
    with pytest.raises(BadQuestion, match="nothing lies between 7d and 8d"):
        costs(conn, outlook(), By.TASK, since="7d", until="8d")


def test_since_and_until_bound_the_reservations(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    for hours in (0, 1, 2):
        spend(conn, run, "0.01", NOW + timedelta(hours=hours))

    answer = costs(conn, outlook(), By.TASK, since="13:30", until="2026-11-24T14:30")

    assert (answer["total"]["calls"], answer["since"]) == (1, "2026-11-24T13:30:00Z")


def test_a_window_tells_its_share_and_when_it_turns(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")

    windows = budget(conn, outlook())

    assert (windows["day"]["share"], windows["day"]["left_usd"], windows["day"]["turns_at"]) == (
        0.25,
        3.75,
        "2026-11-25T00:00:00Z",
    )
    assert windows["month"]["turns_at"] == "2026-12-01T00:00:00Z"


def test_spending_is_projected_to_the_windows_end(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")

    windows = budget(conn, outlook())

    assert windows["day"]["projected_usd"] == 2.4  # half past twelve: 12.5 of 24 hours


def test_a_month_is_projected_by_all_of_its_days(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25", NOW - timedelta(days=3))

    assert budget(conn, outlook())["month"]["projected_micro_usd"] == round(usd("1.25") * 30 / (23 + 12.5 / 24))


def test_a_month_is_projected_to_no_less_than_its_day_brings(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    spend(conn, run, "0.10", NOW - timedelta(days=3))
    spend(conn, run, "1.25")

    assert budget(conn, outlook())["month"]["projected_usd"] == 2.5


def test_nothing_is_projected_beyond_a_cap(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")

    windows = budget(conn, outlook(bill=bill(caps=Caps(day=usd("2"), month=usd("30")))))

    assert (windows["day"]["projected_usd"], windows["month"]["projected_usd"]) == (2.0, 2.0)


def test_nothing_is_projected_from_a_months_first_day(conn: Connection) -> None:
    early = outlook(now=datetime(2026, 11, 1, 20, tzinfo=UTC))

    assert budget(conn, early)["month"]["projected_usd"] is None


def test_nothing_is_projected_from_a_windows_first_hour(conn: Connection) -> None:
    early = outlook(now=datetime(2026, 11, 24, 0, 20, tzinfo=UTC))

    assert budget(conn, early)["day"]["projected_usd"] is None


def test_without_a_cap_nothing_is_left_over(conn: Connection) -> None:
    uncapped = outlook(bill=bill(caps=Caps()))

    assert (budget(conn, uncapped)["day"]["share"], budget(conn, uncapped)["day"]["left_usd"]) == (None, None)


def test_the_budgets_day_is_its_zones(conn: Connection) -> None:
    tokyo = outlook(bill=bill(caps=Caps(day=usd(5), zone=ZoneInfo("Asia/Tokyo"))))

    assert budget(conn, tokyo)["day"]["turns_at"] == "2026-11-24T15:00:00Z"
