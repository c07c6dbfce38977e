"""Budget windows: which caps a call counts in, and when each turns, on days of 23, 24 and 25 hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import Caps, Window, WindowKind, turns_at, windows_of

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
ZONES = [  # among them clocks that change at midnight, by half an hour, and one that skipped a whole day
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "America/Santiago",
    "Atlantic/Azores",
]
PURPOSE = Purpose(
    run=RunId("run-7"),
    task=TaskId("t"),
    repo=RepoName("game"),
    type=TaskType("writing"),
    provider=ProviderName("claude"),
    model="m",
)
MIDDLE = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAILY = [WindowKind.DAY, WindowKind.PROVIDER, WindowKind.REPO, WindowKind.TYPE]

moments = st.datetimes(min_value=datetime(2010, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (hypothesis adds the zone)
zones = st.sampled_from(ZONES).map(ZoneInfo)


def local(zone: ZoneInfo, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=zone).astimezone(UTC)


def test_a_call_counts_in_its_seven_windows() -> None:
    names = {str(window) for window in windows_of(PURPOSE, Caps(), MIDDLE, task_cap=None)}

    assert names == {
        "day:2026-11-24",
        "month:2026-11",
        "provider:claude:2026-11-24",
        "provider-month:claude:2026-11",
        "repo:game:2026-11-24",
        "repo-month:game:2026-11",
        "type:writing:2026-11-24",
        "type-month:writing:2026-11",
        "task:t",
        "run:run-7",
    }


def test_caps_bind_the_windows_that_they_are_meant_for() -> None:
    caps = Caps(
        day=MicroUsd(1),
        month=MicroUsd(2),
        per_provider={"claude": MicroUsd(3), "gpt": MicroUsd(30)},
        per_provider_month={"claude": MicroUsd(4)},
        per_repo={"game": MicroUsd(5)},
        per_repo_month={"game": MicroUsd(6)},
        per_type={"writing": MicroUsd(7)},
        per_type_month={"writing": MicroUsd(8)},
        per_run=MicroUsd(10),
    )

    cap_by_kind = {w.kind: cap for w, cap in windows_of(PURPOSE, caps, MIDDLE, task_cap=MicroUsd(9)).items()}

    assert list(cap_by_kind.values()) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert set(windows_of(PURPOSE, Caps(), MIDDLE, task_cap=None).values()) == {None}


@pytest.mark.parametrize(("own", "general", "binding"), [(5, 9, 5), (9, 5, 5), (None, 5, 5), (5, None, 5), (0, 5, 0)])
def test_the_lower_cap_of_a_task_binds(own: int | None, general: int | None, binding: int) -> None:
    windows = windows_of(PURPOSE, Caps(per_task=general), MIDDLE, task_cap=own)

    assert windows[Window(WindowKind.TASK, "t")] == binding


def test_day_and_month_are_counted_in_the_zone_of_the_caps() -> None:
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

    names = {str(window) for window in windows_of(PURPOSE, Caps(zone=BERLIN), late, task_cap=None)}

    assert {"day:2026-12-01", "month:2026-12", "provider:claude:2026-12-01"} <= names


@pytest.mark.parametrize(
    ("kind", "now", "zone", "turn"),
    [
        (WindowKind.DAY, MIDDLE, UTC_ZONE, datetime(2026, 11, 25, tzinfo=UTC)),
        (WindowKind.MONTH, MIDDLE, UTC_ZONE, datetime(2026, 12, 1, tzinfo=UTC)),
        (WindowKind.MONTH, datetime(2026, 12, 31, 23, tzinfo=UTC), UTC_ZONE, datetime(2027, 1, 1, tzinfo=UTC)),
        (WindowKind.TYPE_MONTH, MIDDLE, UTC_ZONE, datetime(2026, 12, 1, tzinfo=UTC)),
        (WindowKind.MONTH, datetime(2028, 1, 31, tzinfo=UTC), UTC_ZONE, datetime(2028, 2, 1, tzinfo=UTC)),
        (WindowKind.DAY, datetime(2026, 11, 25, tzinfo=UTC), UTC_ZONE, datetime(2026, 11, 26, tzinfo=UTC)),
        (WindowKind.DAY, local(BERLIN, 2026, 3, 29, 1), BERLIN, local(BERLIN, 2026, 3, 30)),
        (WindowKind.DAY, local(BERLIN, 2026, 10, 25, 2, 30), BERLIN, local(BERLIN, 2026, 10, 26)),
    ],
)
def test_window_turns_at_the_next_midnight_of_its_zone(
    kind: WindowKind, now: datetime, zone: ZoneInfo, turn: datetime
) -> None:
    assert turns_at(kind, now, zone) == turn


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 7, 1), 24)])
def test_days_of_23_and_25_hours_are_as_long_as_they_are(day: tuple[int, int, int], hours: int) -> None:
    begin = local(BERLIN, *day)

    assert turns_at(WindowKind.DAY, begin, BERLIN) - begin == timedelta(hours=hours)


@pytest.mark.parametrize("kind", [WindowKind.TASK, WindowKind.RUN])
def test_windows_of_a_task_and_a_run_never_turn(kind: WindowKind) -> None:
    assert turns_at(kind, MIDDLE, UTC_ZONE) is None


@given(moments, zones, st.sampled_from([*DAILY, WindowKind.MONTH]))
def test_a_window_holds_until_its_turn_and_not_at_it(now: datetime, zone: ZoneInfo, kind: WindowKind) -> None:
    def name(at: datetime) -> str:
        windows = windows_of(PURPOSE, Caps(zone=zone), at, task_cap=None)
        return next(str(window) for window in windows if window.kind is kind)

    turn = turns_at(kind, now, zone)

    assert turn is not None
    assert now < turn <= now + timedelta(days=32 if kind is WindowKind.MONTH else 2)
    assert name(turn - timedelta(microseconds=1)) == name(now)
    assert name(turn) > name(now)


@given(moments, zones)
def test_a_chain_of_days_leaves_no_gap_and_ends_with_its_month(now: datetime, zone: ZoneInfo) -> None:
    end = turns_at(WindowKind.MONTH, now, zone)
    day, days = turns_at(WindowKind.DAY, now, zone), 0
    assert end is not None
    assert day is not None
    while day < end:
        day, days = turns_at(WindowKind.DAY, day, zone), days + 1

    assert day == end
    assert days <= 30
