"""The burn as an answer: by own history, or what is wanting to it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from operator_makers import NOW, begin, bill, call, outlook, put, spend

from watchbill.domain.money import usd
from watchbill.domain.windows import Caps, WindowKind
from watchbill.operator.queries.burning import forecast
from watchbill.state import hours, ledger, raises, shortage
from watchbill.state.engine import Connection
from watchbill.state.raises import Raise


def work(conn: Connection, cost: str, days: int, now: datetime = NOW) -> None:
    """One call an hour for so many days."""
    put(conn, "a")
    run = begin(conn, "a")
    for ago in range(24 * days):
        spend(conn, run, cost, now - timedelta(hours=ago, minutes=30))


def test_without_history_only_what_is_taken_is_judged(conn: Connection) -> None:
    answer = forecast(conn, outlook())

    assert (answer["too_little_history"], answer["history_days"], answer["over"]) == (True, 0, [])
    assert answer["words"].startswith("too little history for a forecast: 0 whole hours, at least 72 are wanted")
    assert {window["likely_usd"] for window in answer["windows"]} == {None}


def test_the_day_and_the_month_are_forecast(conn: Connection) -> None:
    work(conn, "0.01", days=4)

    day, month = forecast(conn, outlook())["windows"]

    assert (day["spent_usd"], day["likely_usd"]) == (0.13, 0.245)  # 13 calls until half past twelve, then 11.5 hours
    assert (day["low_usd"], day["high_usd"]) == (day["likely_usd"], day["likely_usd"])
    assert month["likely_micro_usd"] == month["spent_micro_usd"] + 115_000 + 6 * 240_000


def test_a_cap_that_is_reached_is_over(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")

    answer = forecast(conn, outlook(bill=bill(caps=Caps(day=usd("1.25")))))

    assert answer["over"] == ["day:2026-11-24 has taken $1.25 of its $1.25: the cap is reached"]


def test_a_cap_that_a_call_did_not_fit_into_is_over_until_there_is_room_for_it(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")
    shortage.mark(conn, "day:2026-11-24", wanted=200_000, until=NOW + timedelta(hours=11), now=NOW)

    tight = forecast(conn, outlook(bill=bill(caps=Caps(day=usd("1.35")))))
    roomy = forecast(conn, outlook(bill=bill(caps=Caps(day=usd("1.45")))))

    assert tight["over"] == ["day:2026-11-24 has taken $1.25 of its $1.35: a call of up to $0.20 did not fit"]
    assert roomy["over"] == []


def test_what_is_held_is_taken(conn: Connection) -> None:
    put(conn, "a")
    call(conn, begin(conn, "a"), "2.50")

    answer = forecast(conn, outlook())

    assert answer["over"] == ["day:2026-11-24 has taken $5.00 of its $5.00: the cap is reached"]


def test_a_month_that_is_likely_to_pass_its_cap_is_over_with_the_moment(conn: Connection) -> None:
    work(conn, "0.01", days=4)

    answer = forecast(conn, outlook(bill=bill(caps=Caps(day=usd(5), month=usd("1.00")))))

    assert answer["over"] == ["month:2026-11 is likely to come to $2.515, its cap is $1.00"]
    assert answer["windows"][1]["crosses_at"] == "2026-11-24T17:30:00Z"


def test_a_providers_own_cap_is_judged_when_it_is_reached(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")
    caps = Caps(per_provider={"claude": usd("1.00"), "gpt": usd("1.00")}, per_repo={"novel": usd(9)})

    answer = forecast(conn, outlook(bill=bill(caps=caps)))

    assert answer["over"] == ["provider:claude:2026-11-24 has taken $1.25 of its $1.00: the cap is reached"]
    assert [window["kind"] for window in answer["windows"]] == ["day", "month", "provider", "provider", "repo"]


def test_a_months_cap_of_a_provider_is_judged_too(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")

    answer = forecast(conn, outlook(bill=bill(caps=Caps(per_provider_month={"claude": usd("1.25")}))))

    assert answer["over"] == ["provider-month:claude:2026-11 has taken $1.25 of its $1.25: the cap is reached"]


def test_what_was_raised_by_hand_is_not_over(conn: Connection) -> None:
    put(conn, "a")
    spend(conn, begin(conn, "a"), "1.25")
    caps = Caps(day=usd("1.25"), per_provider={"claude": usd("1.00")})
    for kind, name in ((WindowKind.DAY, ""), (WindowKind.PROVIDER, "claude")):
        until = NOW + timedelta(hours=1)
        given = Raise(kind=kind, name=name, amount=usd(1), until=until, who="ada", why="a show", since=NOW)
        raises.put(conn, given)

    assert forecast(conn, outlook(bill=bill(caps=caps)))["over"] == []
    assert len(forecast(conn, outlook(bill=bill(caps=caps), now=NOW + timedelta(hours=1)))["over"]) == 2


def test_a_day_of_25_hours_has_an_hour_more_to_come(conn: Connection) -> None:
    night = datetime(2026, 10, 24, 23, tzinfo=UTC)  # one in Berlin; the clocks go back at three
    work(conn, "0.01", days=4, now=night)

    (day, _) = forecast(conn, outlook(now=night, bill=bill(caps=Caps(zone=ZoneInfo("Europe/Berlin")))))["windows"]

    assert (day["turns_at"], day["likely_usd"]) == ("2026-10-25T23:00:00Z", 0.24)


def test_hours_are_counted_back_to_the_first_call(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    spend(conn, run, "0.01", NOW - timedelta(hours=5, minutes=10))
    spend(conn, run, "0.02", NOW - timedelta(minutes=10))

    assert hours.spent_by_hour(conn, NOW, timedelta(days=1)) == [20_000, 0, 0, 0, 0]
    assert hours.spent_by_hour(conn, NOW, timedelta(hours=2)) == [20_000, 0]


def test_an_unknown_call_is_spent_at_its_bound_and_a_held_one_not_yet(conn: Connection) -> None:
    put(conn, "a")
    run = begin(conn, "a")
    spend(conn, run, "0", NOW - timedelta(hours=2))
    lost = call(conn, run, "0.05", NOW - timedelta(minutes=90))
    ledger.sent(conn, lost)
    ledger.lose(conn, lost, "cut", NOW)
    call(conn, run, "0.05", NOW - timedelta(minutes=5))

    assert hours.spent_by_hour(conn, NOW, timedelta(days=1)) == [0, 100_000]
