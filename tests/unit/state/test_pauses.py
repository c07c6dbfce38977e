"""Pauses: what a person stopped stays stopped for as long as they said."""

from datetime import timedelta

import pytest
from store_makers import NOW

from watchbill.state import pauses
from watchbill.state.engine import Connection, IntegrityError
from watchbill.state.pauses import Pause, Scope

HOUR = timedelta(hours=1)


def test_a_pause_without_an_end_holds_until_it_is_lifted(conn: Connection):
    pauses.put(conn, Scope.ALL, "", until=None, why="holiday", who="jo", now=NOW)

    holiday = Pause(scope=Scope.ALL, name="", until=None, why="holiday", who="jo", since=NOW)
    assert pauses.active(conn, NOW + 9999 * HOUR) == [holiday]
    assert pauses.lift(conn, Scope.ALL, "") == holiday
    assert pauses.active(conn, NOW) == []
    assert pauses.lift(conn, Scope.ALL, "") is None


def test_a_pause_ends_by_itself(conn: Connection):
    pauses.put(conn, Scope.REPO, "site", until=NOW + HOUR, why="", now=NOW)

    assert len(pauses.active(conn, NOW + HOUR - timedelta(milliseconds=1))) == 1
    assert pauses.active(conn, NOW + HOUR) == []


def test_a_person_may_shorten_their_own_pause(conn: Connection):
    pauses.put(conn, Scope.TASK, "a", until=None, why="", now=NOW)

    pauses.put(conn, Scope.TASK, "a", until=NOW + HOUR, why="soon", now=NOW)

    assert [(pause.until, pause.why) for pause in pauses.active(conn, NOW)] == [(NOW + HOUR, "soon")]


def test_what_is_over_is_forgotten_once(conn: Connection):
    pauses.put(conn, Scope.REPO, "site", until=NOW + HOUR, why="", now=NOW)
    pauses.put(conn, Scope.ALL, "", until=None, why="", now=NOW)

    assert pauses.lapse(conn, NOW) == []
    assert [pause.name for pause in pauses.lapse(conn, NOW + HOUR)] == ["site"]
    assert pauses.lapse(conn, NOW + HOUR) == []
    assert [pause.scope for pause in pauses.active(conn, NOW)] == [Scope.ALL]


@pytest.mark.parametrize(("scope", "name"), [(Scope.ALL, "site"), (Scope.REPO, "")])
def test_only_a_pause_of_everything_has_no_name(conn: Connection, scope: Scope, name: str):
    with pytest.raises(IntegrityError):
        pauses.put(conn, scope, name, until=None, why="", now=NOW)
