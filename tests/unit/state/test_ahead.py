"""What a clock that ran ahead put off: put right by rows that were written in the future, and nothing else is touched."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchbill.domain.breakers import FAILURES_TO_OPEN, RETURNS, Sign
from watchbill.domain.ids import ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.state import ahead, breakers, columns, database, holds, runs, tasks
from watchbill.state.engine import Connection

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
WRONG = NOW + timedelta(days=3653)
CLAUDE = ProviderName("claude")
TTL = timedelta(minutes=2)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    with database.direct(tmp_path / "w.db") as conn:
        yield conn


def put_off(conn: Connection, name: str, at: datetime) -> None:
    """A task that ran at that time and was put off by six hours, as a used up budget does."""
    task = Task(
        id=TaskId(name), repo=RepoName("r"), title=name, type=TaskType("write"), claims=(f"{name}.md",), created_at=at
    )
    tasks.insert(conn, task, at)
    run = runs.begin(conn, task_id=task.id, provider=CLAUDE, model="m", base=None, claims=task.claims, now=at, ttl=TTL)
    runs.end(
        conn,
        run,
        state=RunState.DEFERRED,
        task_state=TaskState.QUEUED,
        reason="over budget",
        now=at,
        not_before=at + timedelta(hours=6),
    )


def not_before(conn: Connection, name: str) -> datetime | None:
    found = tasks.get(conn, TaskId(name))
    assert found is not None
    return found.not_before


def test_a_put_off_by_a_clock_ahead_is_taken_back(conn: Connection) -> None:
    put_off(conn, "one", WRONG)

    assert ahead.put_right(conn, NOW) == ("one",)
    assert not_before(conn, "one") is None
    assert ahead.put_right(conn, NOW) == ()


def test_a_put_off_by_a_right_clock_stays(conn: Connection) -> None:
    put_off(conn, "one", NOW)

    assert ahead.put_right(conn, NOW) == ()
    assert not_before(conn, "one") == NOW + timedelta(hours=6)


def test_what_an_author_states_stays_even_when_it_was_read_by_a_clock_ahead(conn: Connection) -> None:
    stated = NOW + timedelta(days=30)
    task = Task(id=TaskId("one"), repo=RepoName("r"), title="One", type=TaskType("write"), not_before=stated)
    tasks.insert(conn, task, WRONG)

    assert ahead.put_right(conn, NOW) == ()
    assert not_before(conn, "one") == stated


def test_a_task_of_the_future_is_as_old_as_the_new_time(conn: Connection) -> None:
    put_off(conn, "one", WRONG)
    ahead.put_right(conn, NOW)
    found = tasks.get(conn, TaskId("one"))

    assert found is not None
    assert found.created_at == NOW


def test_a_hold_and_a_breaker_keep_their_length(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=WRONG + timedelta(hours=1), kind="throttled", why="slow", now=WRONG)
    for _ in range(FAILURES_TO_OPEN):
        breakers.note(conn, CLAUDE, Sign.FAILED, WRONG)

    assert ahead.put_right(conn, NOW) == ("claude",)
    assert holds.all(conn)[0].until == NOW + timedelta(hours=1)
    assert breakers.get(conn, CLAUDE).retry_at == NOW + RETURNS[0]
    assert breakers.get(conn, CLAUDE).since == NOW


def test_a_hold_until_a_person_acts_stays_so(conn: Connection) -> None:
    holds.put(conn, CLAUDE, until=None, kind="auth_failed", why="bad key", now=WRONG)
    ahead.put_right(conn, NOW)

    assert holds.all(conn)[0].until is None


def test_a_pause_keeps_its_length(conn: Connection) -> None:
    row = {"until": columns.ms(WRONG + timedelta(hours=2)), "put": columns.ms(WRONG)}
    conn.execute(
        "INSERT INTO pauses (scope, name, until_ms, why, put_ms) VALUES ('all', '', :until, 'lunch', :put)", row
    )

    assert ahead.put_right(conn, NOW) == ("all",)
    assert conn.execute("SELECT until_ms FROM pauses").fetchone()["until_ms"] == columns.ms(NOW + timedelta(hours=2))


def test_a_clock_that_was_slewed_is_let_be(conn: Connection) -> None:
    soon = NOW + ahead.SLACK
    holds.put(conn, CLAUDE, until=soon + timedelta(hours=1), kind="throttled", why="slow", now=soon)

    assert ahead.put_right(conn, NOW) == ()
    assert holds.all(conn)[0].until == soon + timedelta(hours=1)


def test_runs_are_none_of_its_business(conn: Connection) -> None:
    put_off(conn, "one", WRONG)
    ahead.put_right(conn, NOW)
    run = runs.get(conn, RunId("run-1"))

    assert run is not None
    assert run.ended_at == WRONG
