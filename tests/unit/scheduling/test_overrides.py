"""Overrides: hours that a person gives to another provider for a while."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from watchbill.domain.ids import ProviderName
from watchbill.domain.overrides import Override, binding
from watchbill.scheduling import slots
from watchbill.scheduling.bill import ProviderTerms, WatchBill

CLAUDE, GPT, LOCAL = ProviderName("claude"), ProviderName("gpt"), ProviderName("local")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def terms(name: ProviderName, hours: range, **fields: bool) -> ProviderTerms:
    return ProviderTerms(name=name, kind="scripted", hours=frozenset(hours), **fields)


BILL = WatchBill(
    providers=(terms(CLAUDE, range(0, 24, 2)), terms(GPT, range(1, 24, 2)), terms(LOCAL, range(24), always=True))
)
ALL = frozenset({CLAUDE, GPT, LOCAL})


def given_to(provider: ProviderName, *hours: int, number: int = 1, until: datetime = NOON + 4 * HOUR) -> Override:
    return Override(
        number=number, provider=provider, hours=frozenset(hours), since=NOON - HOUR, until=until, who="ann", why="away"
    )


def changed(*overrides: Override) -> WatchBill:
    return replace(BILL, overrides=overrides)


def test_the_hour_is_whose_a_person_gave_it_to():
    bill = changed(given_to(GPT, 12, 14))

    assert slots.owners(bill, NOON) == (GPT,)
    assert slots.on_watch(bill, NOON, ALL) == (GPT, LOCAL)
    assert slots.owners(bill, NOON + HOUR) == (GPT,)
    assert slots.owners(bill, NOON + 2 * HOUR) == (GPT,)
    assert slots.owners(bill, NOON + 26 * HOUR) == (CLAUDE,)


def test_it_binds_from_its_beginning_until_its_end():
    override = given_to(GPT, *range(24), until=NOON)

    assert override.binds(NOON - timedelta(seconds=1), 11)
    assert not override.binds(NOON, 12)
    assert not override.binds(NOON - HOUR - timedelta(seconds=1), 10)


def test_what_was_said_last_counts():
    both = (given_to(GPT, 12, number=1), given_to(CLAUDE, 12, number=2))

    assert binding(both, NOON, 12) == both[1]
    assert binding(both, NOON, 13) is None


def test_the_hour_of_a_sick_one_falls_back_to_its_owners():
    assert slots.on_watch(changed(given_to(GPT, 12)), NOON, ALL - {GPT}) == (CLAUDE, LOCAL)


def test_the_watch_ends_with_the_hours_given_or_with_the_override_itself():
    assert slots.watch_ends(changed(given_to(GPT, 12)), NOON) == NOON + 2 * HOUR  # 13 is its own
    odd = NOON + timedelta(minutes=37)
    assert slots.watch_ends(changed(given_to(GPT, 12, until=odd)), NOON) == odd


def test_the_watch_began_where_the_hours_given_join_its_own():
    assert slots.watch_began(changed(given_to(GPT, 12)), NOON + timedelta(minutes=20)) == NOON - HOUR


def test_the_next_watch_counts_what_was_given():
    bill = changed(given_to(CLAUDE, *range(24)))

    assert slots.next_watch(bill, GPT, NOON, ALL) == NOON + 5 * HOUR
    assert slots.next_watch(bill, CLAUDE, NOON, ALL) == NOON
    assert slots.next_watch(changed(given_to(GPT, 14)), GPT, NOON, ALL) == NOON + HOUR


@given(
    some.integers(0, 24 * 60),
    some.lists(
        some.tuples(
            some.sampled_from([CLAUDE, GPT]), some.sets(some.integers(0, 23), min_size=1), some.integers(1, 60 * 30)
        ),
        max_size=3,
    ),
)
def test_ends_and_next_watches_are_when_something_changes(minute, given_hours):
    now = NOON + timedelta(minutes=minute)
    bill = changed(
        *(
            Override(
                number=number,
                provider=provider,
                hours=frozenset(hours),
                since=now - HOUR,
                until=now + timedelta(minutes=span),
                who="a",
                why="b",
            )
            for number, (provider, hours, span) in enumerate(given_hours)
        )
    )

    ends = slots.watch_ends(bill, now)
    assert ends > now
    assert slots.owners(bill, ends) != slots.owners(bill, now) or ends == now + timedelta(days=1)
    for name in (CLAUDE, GPT):
        at = slots.next_watch(bill, name, now, ALL)
        assert at is not None
        assert name in slots.on_watch(bill, at, ALL)
