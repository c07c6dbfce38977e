"""Overrides in the store."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchbill.domain.ids import ProviderName
from watchbill.scheduling.bill import WatchBill
from watchbill.state import database, events, overrides

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=4)
GPT = ProviderName("gpt")


@pytest.fixture
def conn(tmp_path: Path):
    with database.direct(tmp_path / "watchbill.db") as conn:
        yield conn


def put(conn, hours=frozenset({14, 15, 16}), until=LATER):
    return overrides.put(conn, GPT, hours, until=until, who="ann", why="away", now=NOW)


def test_what_was_put_is_in_force_until_its_end(conn):
    given = put(conn)

    assert overrides.in_force(conn, NOW) == [given]
    assert overrides.in_force(conn, LATER) == []
    assert overrides.overridden(conn, WatchBill(providers=()), NOW) == replace(
        WatchBill(providers=()), overrides=(given,)
    )


def test_one_is_cleared_or_all_and_nothing_twice(conn):
    one, other, third = put(conn), put(conn), put(conn)

    assert [each.number for each in overrides.clear(conn, other.number, NOW)] == [other.number]
    assert [each.number for each in overrides.clear(conn, None, NOW)] == [one.number, third.number]
    assert overrides.clear(conn, None, NOW) == []


def test_events_of_some_names_in_a_span(conn):
    for name, hours in (("a", 0), ("b", 1), ("a", 2), ("a", 9)):
        events.append(conn, name, {}, NOW + timedelta(hours=hours))

    found = events.named(conn, ("a",), NOW, LATER)

    assert [each.at for each in found] == [NOW, NOW + timedelta(hours=2)]
    assert events.before(conn, found[1].id) == NOW + timedelta(hours=1)
    assert events.before(conn, found[0].id) is None
    assert events.first(conn) == NOW


def test_nothing_happened_first_in_an_empty_store(conn):
    assert events.first(conn) is None
