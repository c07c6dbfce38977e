"""Slots: hours as they are written, whose watch it is, and when it turns."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import bill, local, terms, three_handed

from watchbill.scheduling import slots
from watchbill.scheduling.bill import ALL_HOURS

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Tehran",
)
EVERYBODY = frozenset({"claude", "gpt", "copilot", "local"})
START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 365 * 24  # a year has every change that its zones make
hour_sets = st.frozensets(st.integers(0, 23))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("0-23/3", {0, 3, 6, 9, 12, 15, 18, 21}),
        ("1,4,7", {1, 4, 7}),
        ("9-17", set(range(9, 18))),
        ("22-2", {22, 23, 0, 1, 2}),
        ("22-4/2", {22, 0, 2, 4}),
        (" 5 , 7 - 8 ", {5, 7, 8}),
        ("*/6", {0, 6, 12, 18}),
        ("*", set(range(24))),
        ("Continuous", set(range(24))),
        ("none", set()),
    ],
)
def test_hours_are_read_as_they_are_written(text, hours):
    assert slots.parse_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no hours are given"),
        ("24", "24 is no hour of the day; hours go from 0 to 23"),
        ("9-25", "25 is no hour"),
        ("noon", "'noon' is no number"),
        ("1,,2", "'' is no number"),
        ("-3", "'' is no number"),
        ("²", "is no number"),
        ("0-23/0", "a step has to be 1 or more, not 0"),
        ("0-23/x", "'x' is no number"),
        ("4/3", "a step needs a range before it, for instance 4-23/3"),
    ],
)
def test_unreadable_hours_say_what_is_wrong(text, complaint):
    with pytest.raises(ValueError, match=r".") as caught:
        slots.parse_hours(text)

    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "text", ["*", "none", "0-23/3", "2-23/3", "9-17", "22-2", "1,4", "23-0,5,7-9", "4-12/4", "0,23"]
)
def test_hours_are_shown_in_their_usual_spelling(text):
    assert slots.parse_hours(slots.show_hours(slots.parse_hours(text))) == slots.parse_hours(text)


def test_spelling_of_examples_is_kept():
    for text in ("*", "none", "0-23/3", "2-23/3", "9-17", "22-2", "1,4", "23-0,5,7-9", "4-12/4"):
        assert slots.show_hours(slots.parse_hours(text)) == text


@given(hour_sets)
def test_shown_hours_read_back_the_same(hours):
    assert slots.parse_hours(slots.show_hours(hours)) == hours


@pytest.mark.parametrize("zone", ZONES)
def test_every_hour_of_a_year_has_exactly_the_owners_that_the_bill_says(zone):
    rota = three_handed(zone=ZoneInfo(zone))
    names = ("claude", "gpt", "copilot")

    for hour in range(HOURS):
        now = START + timedelta(hours=hour)
        number = now.astimezone(rota.zone).hour
        assert slots.owners(rota, now) == (names[number % 3],)
        assert slots.on_watch(rota, now, EVERYBODY) == (names[number % 3],)


@pytest.mark.parametrize("zone", ZONES)
def test_somebody_stands_every_hour_of_a_year_while_anybody_is_well(zone):
    rota = bill(terms("claude", "0-23/3"), terms("gpt", "none"), local(), zone=ZoneInfo(zone))

    for hour in range(HOURS):
        now = START + timedelta(hours=hour)
        assert slots.on_watch(rota, now, frozenset({"gpt"})) == ("gpt",)
        assert slots.on_watch(rota, now, EVERYBODY)[-1] == "local"
        assert slots.on_watch(rota, now, frozenset()) == ()


@given(
    st.lists(hour_sets, min_size=1, max_size=4),
    st.frozensets(st.sampled_from("abcd")),
    st.sampled_from(ZONES),
    st.integers(0, HOURS * 60),
)
def test_well_owners_stand_or_else_one_well_stand_in(hours, well, zone, minute):
    names = "abcd"[: len(hours)]
    rota = bill(
        *(terms(name, slots.show_hours(own)) for name, own in zip(names, hours, strict=True)), zone=ZoneInfo(zone)
    )
    now = START + timedelta(minutes=minute)

    standing = slots.on_watch(rota, now, well)

    owners = [name for name in slots.owners(rota, now) if name in well]
    able = [name for name in names if name in well]
    assert list(standing) == owners if owners else len(standing) == min(1, len(able))
    assert set(standing) <= set(able)


@given(
    st.lists(hour_sets, min_size=1, max_size=3),
    st.sampled_from(ZONES),
    st.integers(0, HOURS * 60),
    st.integers(0, 99),
)
def test_the_watch_stays_with_its_owners_from_its_beginning_to_its_end(hours, zone, minute, percent):
    rota = bill(
        *(terms(name, slots.show_hours(own)) for name, own in zip("abc", hours, strict=False)), zone=ZoneInfo(zone)
    )
    now = START + timedelta(minutes=minute)

    began, ends = slots.watch_began(rota, now), slots.watch_ends(rota, now)

    assert began <= now < ends
    assert slots.owners(rota, began + (ends - began) * percent / 100) == slots.owners(rota, now)


@given(st.lists(hour_sets, min_size=1, max_size=3), st.sampled_from(ZONES), st.integers(0, HOURS * 4))
def test_the_next_watch_is_the_first_hour_in_which_it_stands(hours, zone, quarter):
    names = "abc"[: len(hours)]
    rota = bill(
        *(terms(name, slots.show_hours(own)) for name, own in zip(names, hours, strict=True)), zone=ZoneInfo(zone)
    )
    now = START + timedelta(minutes=15 * quarter)

    turn = slots.next_watch(rota, "a", now, frozenset(names))

    standing = [
        at
        for at in (now + timedelta(minutes=15 * step) for step in range(3 * 24 * 4))
        if "a" in slots.on_watch(rota, at, frozenset(names))
    ]
    assert turn == (standing[0] if standing else None)


def test_a_sick_providers_hour_goes_to_whose_turn_comes_next():
    five = START + timedelta(hours=5)

    assert slots.on_watch(three_handed(), five, frozenset({"claude", "gpt"})) == ("claude",)


def test_an_unconfigured_providers_hour_goes_to_the_others():
    rota = bill(terms("claude", "0-23/2", configured=False), terms("gpt", "1-23/2"))

    assert slots.on_watch(rota, START, EVERYBODY) == ("gpt",)


def test_one_key_alone_stands_all_watches():
    rota = bill(terms("claude", "0-23/3", configured=False), terms("gpt", "1-23/3"), terms("copilot", configured=False))

    assert all(slots.on_watch(rota, START + timedelta(hours=hour), EVERYBODY) == ("gpt",) for hour in range(24))


def test_who_stands_beside_does_not_fill_an_hour():
    rota = bill(terms("claude", "0-11"), local())
    one = START + timedelta(hours=13)

    assert slots.owners(rota, one) == ()
    assert slots.on_watch(rota, one, frozenset({"local"})) == ("local",)
    assert slots.on_watch(rota, one, EVERYBODY) == ("claude", "local")


def test_the_repeated_hour_is_stood_twice_and_the_skipped_one_not_at_all():
    berlin = three_handed(zone=ZoneInfo("Europe/Berlin"))
    autumn = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    assert slots.owners(berlin, autumn) == slots.owners(berlin, autumn + timedelta(hours=1)) == ("copilot",)
    assert slots.owners(berlin, spring) == ("gpt",)
    assert slots.owners(berlin, spring + timedelta(hours=1)) == ("claude",)


def test_a_provider_whose_only_hour_is_skipped_stands_the_next_day():
    berlin = bill(terms("claude", "2"), terms("gpt", "0-1,3-23"), zone=ZoneInfo("Europe/Berlin"))
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)

    assert slots.next_watch(berlin, "claude", spring, EVERYBODY) == datetime(2026, 3, 30, 0, 0, tzinfo=UTC)


def test_a_watch_that_never_ends_is_looked_at_again_in_a_day():
    assert slots.watch_ends(bill(terms("claude")), START) == START + timedelta(days=1)


def test_all_hours_is_the_whole_day():
    assert slots.parse_hours("0-23") == ALL_HOURS
