"""Moments as people type them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchbill.operator.faults import BadQuestion
from watchbill.operator.moments import moment

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
MIDNIGHT = datetime(2026, 11, 23, 15, tzinfo=UTC)  # in Tokyo


@pytest.mark.parametrize(
    ("said", "back"), [("12h", timedelta(hours=12)), ("7d", timedelta(days=7)), ("2w", timedelta(days=14))]
)
def test_a_span_is_so_long_ago(said: str, back: timedelta) -> None:
    assert moment(said, NOW, TOKYO) == NOW - back


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("today", MIDNIGHT),
        ("yesterday", MIDNIGHT - timedelta(days=1)),
        ("month", datetime(2026, 10, 31, 15, tzinfo=UTC)),
        ("2026-11-24", MIDNIGHT),
        ("2026-11-24T09:00", MIDNIGHT + timedelta(hours=9)),
        ("09:00", MIDNIGHT + timedelta(hours=9)),
    ],
)
def test_what_names_no_zone_is_the_budgets(said: str, found: datetime) -> None:
    assert moment(said, NOW, TOKYO) == found


def test_a_zone_that_is_named_counts() -> None:
    assert moment("2026-11-24T10:00+00:00", NOW, TOKYO) == datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_a_day_after_the_clocks_change_begins_at_its_own_midnight() -> None:
    evening = datetime(2026, 10, 25, 20, tzinfo=UTC)  # Berlin went back an hour in the night

    assert moment("today", evening, ZoneInfo("Europe/Berlin")) == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize("said", ["soon", "", "d", "99999999999d", "2026-13-01", "25:00", "²d"])
def test_anything_else_is_no_moment(said: str) -> None:
    with pytest.raises(BadQuestion, match="is no moment"):
        moment(said, NOW, TOKYO)
