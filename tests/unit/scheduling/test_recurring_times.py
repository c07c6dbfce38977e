"""When recurring entries come, and which task a finding becomes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.ids import ProviderName, RepoName, TaskType
from watchbill.domain.tasks import origin_of
from watchbill.scheduling import recurring
from watchbill.scheduling.detection import Find
from watchbill.scheduling.recurring import Recurring, Timing, after, coming, due, previous, task_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")
CRONS = ("*/20 * * * *", "0 */3 * * *", "30 2 * * *", "15 2,3 * * 0", "0 0 1 * *", "59 23 L * *", "30 6 * * 1-5")
SPANS = tuple(timedelta(minutes=count) for count in (1, 1.5, 7, 20, 60, 90, 180, 240, 300, 720, 1440, 2160, 10080))

moments = st.integers(0, 2 * 366 * 24 * 3600).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
timings = st.builds(
    Timing,
    every=st.sampled_from(SPANS),
    offset=st.sampled_from([timedelta(0), 30 * MINUTE, 26 * HOUR]),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
) | st.builds(
    Timing,
    cron=st.sampled_from(CRONS),
    offset=st.sampled_from([timedelta(0), 30 * MINUTE]),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
quick = examples(300, part=80)


def entry(**fields) -> Recurring:
    given = {"timing": Timing(every=3 * HOUR), "find": Find(globs=("scenes/*",)), "type": TaskType("write"), **fields}
    return Recurring(name="writer", repo=RepoName("novel"), **{"title": "Write {target}", **given})


def every(hours: float, **fields) -> Timing:
    return Timing(every=timedelta(hours=hours), **fields)


# --- due


def test_a_new_entry_waits_for_its_next_occurrence():
    assert due(every(3), None, NOON + MINUTE) == recurring.Due(occurrence=None, seen=NOON, next=NOON + 3 * HOUR)


def test_an_occurrence_is_due_once():
    assert due(every(3), NOON - 3 * HOUR, NOON).occurrence == NOON
    assert due(every(3), NOON, NOON + HOUR).occurrence is None


def test_missed_occurrences_are_one_the_latest():
    assert due(every(3), NOON - timedelta(days=30), NOON + HOUR).occurrence == NOON


def test_a_clock_that_went_back_begins_anew_and_comes_again():
    back = due(every(3), NOON, NOON - timedelta(days=400))

    assert back.occurrence is None
    assert due(every(3), back.seen, back.next).occurrence == back.next


@quick
@given(timings, moments)
@example(Timing(cron="0 */3 * * *", zone=ZoneInfo("Australia/Lord_Howe")), datetime(2026, 4, 4, 16, 31, tzinfo=UTC))
def test_now_lies_between_the_last_occurrence_and_the_next(timing, now):
    last, following = previous(timing, now), after(timing, now)

    assert last <= now < following
    assert previous(timing, following) == following
    assert previous(timing, following - timedelta(seconds=1)) == last


@quick
@given(timings, moments, st.lists(st.integers(1, 5 * 24 * 3600), max_size=8))
def test_whoever_looks_whenever_sees_each_occurrence_at_most_once_and_none_is_left(timing, now, pauses):
    seen, told = due(timing, None, now).seen, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        found = due(timing, seen, now)
        if found.occurrence is not None:
            told.append(found.occurrence)
            seen = found.occurrence
        assert found.next > now
        assert seen == previous(timing, now)

    assert told == sorted(set(told))


@quick
@given(timings, moments, moments)
def test_after_a_jump_of_the_clock_it_goes_on_with_the_next_occurrence(timing, before, now):
    jumped = due(timing, previous(timing, before), now)
    seen = jumped.occurrence or jumped.seen

    assert seen <= now
    assert due(timing, seen, now).occurrence is None
    assert due(timing, seen, jumped.next).occurrence == jumped.next


@quick
@given(moments, st.sampled_from(ZONES))
def test_hours_that_divide_a_day_come_at_the_same_times_of_every_day(now, zone):
    timing = every(3, zone=ZoneInfo(zone))
    local = previous(timing, now).astimezone(timing.zone)

    assert local.hour % 3 == 0 or local.hour % 3 == 1  # right after a skipped hour
    assert local.minute in (0, 30)  # Lord Howe moves its clocks by half an hour


@pytest.mark.parametrize("span", SPANS)
def test_in_utc_a_span_is_always_the_same(span):
    times = list(coming(Timing(every=span), NOON, NOON + 5 * span))

    assert {later - sooner for sooner, later in pairwise(times)} <= {span}


def test_a_day_of_the_old_four_workflows():
    writer, polish = every(3), every(4, offset=30 * MINUTE)
    end = NOON.replace(hour=0) + timedelta(days=1)

    assert [at.hour for at in coming(writer, NOON.replace(hour=0), end)] == [3, 6, 9, 12, 15, 18, 21, 0]
    assert [f"{at:%H:%M}" for at in coming(polish, NOON.replace(hour=0), end)] == [
        f"{hour:02}:30" for hour in (0, 4, 8, 12, 16, 20)
    ]


def test_the_skipped_hour_comes_right_after_and_the_repeated_one_once():
    timing = Timing(cron="30 2 * * *", zone=BERLIN)

    spring = list(coming(timing, datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)))
    autumn = list(coming(timing, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC)))

    assert [f"{at.astimezone(BERLIN):%d %H:%M}" for at in spring] == ["29 03:00", "30 02:30"]
    assert [f"{at.astimezone(BERLIN):%d %H:%M}" for at in autumn] == ["25 02:30", "26 02:30"]


def test_a_line_that_never_came_yet_begins_with_its_first_time():
    timing = Timing(cron="0 0 29 2 *")

    assert previous(timing, datetime(1970, 1, 2, tzinfo=UTC)) < datetime(1970, 1, 2, tzinfo=UTC)
    assert after(timing, datetime(1970, 1, 2, tzinfo=UTC)) == datetime(1972, 2, 29, tzinfo=UTC)


# --- tasks


def test_a_target_becomes_a_task_that_says_where_it_comes_from():
    made = task_of(
        entry(
            prompt="Go on with {target}.",
            success="{target} is longer",
            provider=ProviderName("claude"),
            fallback=(ProviderName("gpt"),),
            place=2,
        ),
        "scenes/Große Dünen.txt",
        NOON,
    )

    assert made is not None
    assert made.title == "Write scenes/Große Dünen.txt"
    assert made.claims == ("scenes/Große Dünen.txt",)
    assert made.requirements == "Go on with scenes/Große Dünen.txt."
    assert made.success == "scenes/Große Dünen.txt is longer"
    assert (made.provider, made.fallback) == ("claude", ("gpt",))
    assert origin_of(made) == "recurring writer"
    assert made.extra["occurrence"] == "2026-11-24 12:00 UTC"


def test_its_id_is_the_same_for_the_same_occurrence_and_no_other():
    ids = {task_of(entry(), target, at).id for target in ("scenes/a.txt", "old/a.txt") for at in (NOON, NOON + HOUR)}

    assert len(ids) == 4
    assert task_of(entry(), "scenes/a.txt", NOON).id in ids
    assert all(one.startswith("writer-a-") for one in ids)


def test_its_id_can_name_a_branch_whatever_the_target():
    long = replace(entry(files=("**",)), name="w" * 32)

    for target in ("", "x" * 300, "…", "a b/c d.e", "../..", "-.lock"):
        assert set(task_of(long, target, NOON).id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert len(task_of(long, target, NOON).id) <= 64


@pytest.mark.parametrize("target", ["", "**", "a/*.txt", "/etc/passwd", "../up", "a//b", "a\nb", "./a", "x" * 301])
def test_what_is_no_path_never_becomes_a_claim(target):
    assert task_of(entry(), target, NOON) is None
    assert task_of(entry(files=("docs/list.md",)), target, NOON).claims == ("docs/list.md",)


def test_what_people_wrote_goes_before_what_recurs():
    assert task_of(entry(), "a.txt", NOON).order >= 1_000_000
