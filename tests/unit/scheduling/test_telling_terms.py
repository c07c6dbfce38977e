"""When people are told: quiet hours, pauses between news of one thing, digests, new tries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchbill.domain.notices import Notice
from watchbill.scheduling import telling
from watchbill.scheduling.telling import APART, SETTLE, Due, Terms

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)  # half past eleven in Berlin
SEVEN = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def terms(**fields: object) -> Terms:
    given: dict[str, object] = {
        "events": ("*",),
        "urgent": ("daemon.stuck",),
        "quiet": (time(23), time(7)),
        "digest": None,
        "zone": BERLIN,
        **fields,
    }
    return Terms(**given)  # type: ignore[arg-type]


def notice(word: str = "down", event: str = "provider.held", **fields: str) -> Notice:
    return Notice(event=event, subject="provider gpt", word=word, title="Provider gpt", **fields)  # type: ignore[arg-type]


def due(of: Terms, what: Notice, now: datetime, told: Mapping[str, datetime] | None = None) -> Due:
    return telling.due(of, what, told or {}, now)


def test_what_is_new_is_told_soon() -> None:
    assert due(terms(), notice(), NOON) == Due(at=NOON + SETTLE)


def test_the_same_of_one_thing_is_told_again_after_a_while_only() -> None:
    told = {"down": NOON - MINUTE}

    assert due(terms(), notice(), NOON, told) == Due(at=NOON - MINUTE + APART)
    assert due(terms(), notice("back"), NOON, told) == Due(at=NOON + SETTLE)


def test_quiet_hours_hold_what_is_not_urgent_until_they_end() -> None:
    assert due(terms(), notice(), NIGHT) == Due(at=SEVEN, is_held=True)
    assert due(terms(), notice(event="daemon.stuck"), NIGHT) == Due(at=NIGHT + SETTLE)


@pytest.mark.parametrize(
    ("digest", "until"),
    [(time(7), SEVEN), (time(7, 30), SEVEN + 30 * MINUTE), (time(8), SEVEN + 60 * MINUTE), (time(8, 1), SEVEN)],
)
def test_a_digest_within_the_hour_after_them_holds_what_they_held(digest: time, until: datetime) -> None:
    assert due(terms(digest=digest), notice(), NIGHT) == Due(at=until, is_held=True)


@pytest.mark.parametrize(
    ("quiet", "hour", "is_quiet"),
    [
        ((time(23), time(7)), 22, False),
        ((time(23), time(7)), 23, True),
        ((time(23), time(7)), 6, True),
        ((time(23), time(7)), 7, False),
        ((time(1), time(5)), 0, False),
        ((time(1), time(5)), 4, True),
        ((time(1), time(5)), 5, False),
        (None, 3, False),
    ],
)
def test_quiet_hours_may_go_past_midnight(quiet: tuple[time, time] | None, hour: int, is_quiet: bool) -> None:
    moment = datetime(2026, 11, 30, hour, tzinfo=BERLIN)

    assert (telling.quiet_until(terms(quiet=quiet), moment) is not None) is is_quiet


def test_a_return_is_news_only_after_its_going_was_told() -> None:
    back = notice("back", after="down")

    assert telling.is_news(back, "down")
    assert not telling.is_news(back, "")
    assert telling.is_news(notice(), "down")


def test_of_two_changes_that_wait_the_later_is_told_and_both_are_counted() -> None:
    assert telling.merged(notice("back"), notice("down")) == replace(notice("down"), times=2)


def test_a_conflict_says_more_than_the_review_that_follows_it() -> None:
    assert telling.merged(notice("conflict"), notice("review")).word == "conflict"


def test_a_digest_is_due_once_a_day_and_not_before_somebody_is_told_anything() -> None:
    daily, morning = terms(digest=time(7, 30)), SEVEN + 30 * MINUTE

    assert telling.digest_due(daily, since=NIGHT, now=morning - MINUTE) is None
    assert telling.digest_due(daily, since=NIGHT, now=morning + MINUTE) == morning
    assert telling.digest_due(daily, since=morning, now=morning + MINUTE) is None
    assert telling.digest_due(daily, since=NIGHT, now=morning + telling.LATE) is None
    assert telling.digest_due(terms(), since=NIGHT, now=morning) is None


@pytest.mark.parametrize("clock", [time(0), time(2, 30), time(7, 30)])
@pytest.mark.parametrize("begin", [datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 10, 21, tzinfo=UTC)])
def test_the_digest_of_each_day_is_due_at_its_time_also_where_clocks_are_changed(begin: datetime, clock: time) -> None:
    daily, told = terms(digest=clock), [begin]
    for _ in range(8):
        now = telling.next_digest(daily, told[-1])
        assert now is not None
        at = telling.digest_due(daily, since=told[-1], now=now)
        assert at == now
        told.append(at)

    days = [at.astimezone(BERLIN).date() for at in told[1:]]
    assert days == [days[0] + timedelta(days=number) for number in range(8)]


def test_the_next_digest_is_the_next_such_time_of_day() -> None:
    assert telling.next_digest(terms(digest=time(7)), NIGHT) == SEVEN
    assert telling.next_digest(terms(digest=time(7)), SEVEN) == SEVEN + timedelta(days=1)
    assert telling.next_digest(terms(), NIGHT) is None


def test_a_time_that_daylight_saving_skips_is_told_all_the_same() -> None:
    before = datetime(2026, 3, 28, 20, tzinfo=UTC)

    assert telling.next_digest(terms(digest=time(2, 30)), before) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_new_try_keeps_the_quiet_hours_unless_it_is_urgent() -> None:
    at_night = NIGHT - timedelta(minutes=31)

    assert telling.again_at(terms(), notice(), 8, at_night) == SEVEN
    assert telling.again_at(terms(), notice(event="daemon.stuck"), 8, at_night) == at_night + timedelta(hours=1)


def test_patterns_choose_what_is_told_and_a_digest_needs_none() -> None:
    few = terms(events=("budget.*",))

    assert [few.wants(name) for name in ("budget.alert", "task.review", "digest")] == [True, False, True]
