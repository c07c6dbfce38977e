"""Which reports are owed when: each day and week once, of the moment's own only the latest."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from watchbill.scheduling.reporting import (
    CAUGHT_UP,
    Kind,
    ReportTerms,
    due,
    name_of_status,
    next_at,
    span_of_day,
    span_of_week,
)

TERMS = ReportTerms()
BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)  # a Friday


def owed(now: datetime, written: set[tuple[Kind, str]] | None = None, began: datetime = BEGAN) -> list[str]:
    return [one.name for one in due(TERMS, written or set(), began, now)]


def test_a_day_is_told_when_it_is_over() -> None:
    assert owed(datetime(2026, 11, 20, 17, tzinfo=UTC)) == ["sweep-2026-11-20"]
    assert "day-2026-11-20" in owed(datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC))


def test_the_first_status_of_a_day_has_its_name_and_the_second_its_number() -> None:
    assert (name_of_status(date(2026, 11, 24), 0), name_of_status(date(2026, 11, 24), 1)) == (
        "status-2026-11-24",
        "status-2026-11-24-2",
    )
    assert "status-2026-11-20-2" in owed(datetime(2026, 11, 20, 18, 30, tzinfo=UTC))


def test_what_was_missed_is_owed_once_at_the_next_start() -> None:
    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    first = due(TERMS, set(), BEGAN, now)
    written = {(one.kind, one.name) for one in first}

    names = [one.name for one in first]
    assert [name for name in names if name.startswith("day-")] == [f"day-2026-11-{day}" for day in (20, 21, 22, 23)]
    assert [name for name in names if name.startswith("week-")] == ["week-2026-W47"]
    assert [name for name in names if name.startswith("status-")] == ["status-2026-11-24"]
    assert [name for name in names if name.startswith("progress-")] == ["progress-2026-11-23"]
    assert due(TERMS, written, BEGAN, now) == []


def test_a_days_progress_is_written_before_its_report() -> None:
    names = owed(datetime(2026, 11, 21, 0, 5, tzinfo=UTC))

    assert names.index("progress-2026-11-20") < names.index("day-2026-11-20")


def test_after_a_long_absence_the_last_month_is_caught_up_with() -> None:
    names = owed(datetime(2027, 6, 1, tzinfo=UTC))

    assert sum(name.startswith("day-") for name in names) == CAUGHT_UP


def test_the_timer_is_set_for_the_next_status_or_midnight() -> None:
    assert next_at(TERMS, datetime(2026, 11, 24, 5, tzinfo=UTC)) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert next_at(TERMS, datetime(2026, 11, 24, 18, tzinfo=UTC)) == datetime(2026, 11, 25, tzinfo=UTC)


def test_days_and_weeks_are_the_zones_own() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = span_of_day(berlin, date(2026, 10, 25))  # clocks go back

    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=25)
    assert span_of_week(berlin, date(2026, 11, 24))[0] == datetime(2026, 11, 23, tzinfo=berlin)
