"""Which reports were written, who was told up to when, and words day by day."""

from datetime import date, timedelta

from store_makers import NOW, SITE

from watchbill.scheduling.progress import Count
from watchbill.scheduling.reporting import Kind
from watchbill.state import progress, reports
from watchbill.state.engine import Connection

DAY = date(2026, 11, 24)


def count(path: str, words: int) -> Count:
    return Count(path=path, words=words, lines=1, bytes=words * 5, placeholders=0)


def test_a_report_is_written_once(conn: Connection) -> None:
    for _ in range(2):
        reports.note(conn, Kind.DAY, "day-2026-11-24", NOW)

    assert reports.written(conn) == {(Kind.DAY, "day-2026-11-24")}


def test_each_person_is_told_from_where_they_were_and_a_clock_that_goes_back_takes_nothing_away(
    conn: Connection,
) -> None:
    assert reports.told_until(conn, "ada") is None
    reports.tell(conn, "ada", NOW)
    reports.tell(conn, "ada", NOW - timedelta(hours=1))

    assert reports.told_until(conn, "ada") == NOW
    assert reports.told_until(conn, "bob") is None


def test_what_a_day_ends_with_takes_the_place_of_what_it_had_before(conn: Connection) -> None:
    progress.put(conn, SITE, DAY, [count("a.txt", 10), count("gone.txt", 5)])
    progress.put(conn, SITE, DAY, [count("a.txt", 12)])
    progress.put(conn, SITE, DAY - timedelta(days=1), [count("a.txt", 7)])

    found = progress.between(conn, DAY, DAY)

    assert [(each.count.path, each.count.words) for each in found] == [("a.txt", 12)]
    assert [each.day.day for each in progress.between(conn, DAY - timedelta(days=1), DAY)] == [23, 24]
