"""The database: closures whole or not at all, grouped into commits, acknowledged when durable."""

import asyncio
import gc
import sqlite3
import threading
from pathlib import Path

import pytest

from watchbill.domain.errors import IllegalMove, StateError
from watchbill.state import database as module
from watchbill.state import engine, schema
from watchbill.state.database import Database, Work, direct, read_only
from watchbill.state.engine import Connection, IntegrityError

pytestmark = pytest.mark.anyio


def append(name: str) -> Work[int]:
    def work(conn: Connection) -> int:
        sql = "INSERT INTO events (at_ms, name, facts) VALUES (0, ?, '{}') RETURNING number"
        number: int = conn.execute(sql, (name,)).fetchone()[0]
        return number

    return work


def names(conn: Connection) -> list[str]:
    return [row["name"] for row in conn.execute("SELECT name FROM events ORDER BY number")]


def stored(path: Path) -> list[str]:
    with direct(path) as conn:
        return names(conn)


async def together(database: Database, *works: Work[object]) -> list[object]:
    """Submit before the writer can look: one group."""
    return await asyncio.gather(*map(database.submit, works), return_exceptions=True)


async def test_submit_returns_what_the_closure_returns(path: Path):
    async with Database.open(path) as database:
        assert await database.submit(append("one")) == 1
        assert await database.submit(names) == ["one"]


async def test_rows_that_are_changed_aside_are_counted_those_undone_too(path: Path):
    def undone(conn: Connection) -> None:
        append("b")(conn)
        raise ValueError("no")

    async with Database.open(path) as database:
        await database.submit(append("a"), aside=True)
        await database.submit(append("plain"))
        with pytest.raises(ValueError, match="no"):
            await database.submit(undone, aside=True)
        changed = await database.submit(lambda conn: conn.total_changes)

        assert (database.aside, changed - database.aside >= 1) == (2, True)


async def test_what_is_acknowledged_is_committed(path: Path):
    async with Database.open(path) as database:
        await database.submit(append("one"))

        other = sqlite3.connect(path) if engine.journal_mode() == "truncate" else engine.connect_for_reading(path)
        assert other.execute("SELECT count(*) FROM events").fetchone()[0] == 1
        other.close()


async def test_what_waits_together_is_one_commit(path: Path):
    statements: list[str] = []
    async with Database.open(path) as database:
        await database.submit(lambda conn: conn.set_trace_callback(statements.append))

        await together(database, append("one"), append("two"), append("three"))

    assert (statements.count("BEGIN IMMEDIATE"), statements.count("COMMIT")) == (
        1,
        2,
    )  # the first COMMIT is the tracer's


async def test_a_group_has_an_end(path: Path):
    statements: list[str] = []
    async with Database.open(path) as database:
        await database.submit(lambda conn: conn.set_trace_callback(statements.append))

        await together(database, *[append(str(n)) for n in range(module.GROUP + 1)])

    assert statements.count("BEGIN IMMEDIATE") == 2


async def test_a_failing_closure_is_undone_alone_and_tells_its_caller_alone(path: Path):
    def fails(conn: Connection) -> None:
        append("half")(conn)
        raise IllegalMove("no")

    async with Database.open(path) as database:
        first, second, third = await together(database, append("one"), fails, append("three"))

    assert (first, str(second), third) == (1, "no", 2)
    assert isinstance(second, IllegalMove)
    assert stored(path) == ["one", "three"]


async def test_a_broken_rule_is_the_closures_own_fault(path: Path):
    def breaks_a_rule(conn: Connection) -> None:
        conn.execute("INSERT INTO events (at_ms, name, facts) VALUES (0, '', '{}')")

    async with Database.open(path) as database:
        _, fault = await together(database, append("one"), breaks_a_rule)

    assert isinstance(fault, engine.IntegrityError)
    assert stored(path) == ["one"]


async def test_a_full_disk_fails_the_whole_group_and_the_next_one_goes_on(path: Path):
    def fills_the_disk(conn: Connection) -> None:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages}")
        append("x" * 1_000_000)(conn)

    async with Database.open(path) as database:
        ends = await together(database, append("one"), fills_the_disk, append("three"))
        await database.submit(lambda conn: conn.execute("PRAGMA max_page_count = 100000").fetchone())
        await database.submit(append("four"))

    assert [type(end) for end in ends] == [StateError] * 3
    assert "full" in str(ends[0])
    assert stored(path) == ["four"]


async def test_a_failed_commit_fails_the_whole_group(path: Path):
    def leaves_a_dangling_reference(conn: Connection) -> None:
        conn.execute("PRAGMA defer_foreign_keys = ON")
        conn.execute("INSERT INTO briefs (run, body) VALUES ('run-9', '')")

    async with Database.open(path) as database:
        ends = await together(database, append("one"), leaves_a_dangling_reference)

    assert [type(end) for end in ends] == [StateError] * 2
    assert stored(path) == []


@pytest.mark.parametrize("then", [None, IllegalMove("no")])
async def test_a_closure_that_ends_the_transaction_fails_its_group(path: Path, then: Exception | None):
    def rolls_back(conn: Connection) -> None:
        conn.execute("ROLLBACK")
        if then is not None:
            raise then

    async with Database.open(path) as database:
        ends = await together(database, append("one"), rolls_back)
        await database.submit(append("later"))

    assert [type(end) for end in ends] == [StateError] * 2
    assert stored(path) == ["later"]


async def test_a_closure_that_lets_stop_iteration_out_does_not_stop_the_writer(path: Path):
    async with Database.open(path) as database:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.submit(lambda conn: next(iter(())))

        assert await database.submit(append("one")) == 1


async def test_cancelling_the_caller_does_not_cancel_the_work(path: Path):
    async with Database.open(path) as database:
        caller = asyncio.create_task(database.submit(append("one")))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller

        assert await database.submit(names) == ["one"]


async def test_the_error_of_a_cancelled_callers_work_is_not_complained_of(path: Path):
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))

    def fails(_: Connection) -> None:
        raise IllegalMove("unheard")

    async with Database.open(path) as database:
        caller = asyncio.create_task(database.submit(fails))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.wait({caller})
    del caller, database
    gc.collect()

    assert complaints == []


async def test_closing_commits_what_was_submitted(path: Path):
    async with Database.open(path) as database:
        callers = [asyncio.create_task(database.submit(append(str(n)))) for n in range(3)]
        await asyncio.sleep(0)

    assert [caller.result() for caller in callers] == [1, 2, 3]
    assert stored(path) == ["0", "1", "2"]


async def test_nothing_can_be_submitted_after_closing(path: Path):
    async with Database.open(path) as database:
        pass

    with pytest.raises(StateError, match="closed"):
        await database.submit(append("late"))


async def test_an_error_in_the_body_comes_out_as_itself(path: Path):
    with pytest.raises(IllegalMove):
        async with Database.open(path):
            raise IllegalMove("no")


async def test_newer_state_is_not_opened(path: Path):
    with direct(path) as conn:
        conn.execute("PRAGMA user_version = 99")

    with pytest.raises(StateError, match="newer watchbill"):
        async with Database.open(path):
            pass


async def test_direct_is_one_transaction(path: Path):
    with direct(path) as conn:
        append("kept")(conn)
    with pytest.raises(IllegalMove), direct(path) as conn:  # noqa: PT012 - what was written before it counts
        append("undone")(conn)
        raise IllegalMove("no")

    assert stored(path) == ["kept"]


@pytest.mark.skipif(engine.journal_mode() != "wal", reason="nobody reads beside the writer without WAL")
async def test_a_reader_sees_one_state_while_the_writer_goes_on(path: Path):
    async with Database.open(path) as database:
        await database.submit(append("one"))
        with read_only(path) as conn:
            before = names(conn)
            await database.submit(append("two"))
            after = names(conn)
            with pytest.raises(engine.Error, match="readonly"):
                append("three")(conn)

    assert before == after == ["one"]


@pytest.mark.skipif(engine.journal_mode() != "wal", reason="nobody reads beside the writer without WAL")
async def test_a_closed_database_can_be_read(path: Path):
    with direct(path) as conn:
        append("one")(conn)

    with read_only(path) as conn:
        assert (names(conn), schema.version(conn)) == (["one"], max(number for number, _ in schema.scripts()))


async def test_it_works_in_truncate_mode_too(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "journal_mode", lambda: "truncate")

    async with Database.open(path) as database:
        await together(database, append("one"), append("two"))

    assert stored(path) == ["one", "two"]


def ruin(path: Path) -> None:
    """Make a page of it noise."""
    with direct(path) as conn:
        conn.execute("CREATE TABLE t (x)")
        conn.executemany("INSERT INTO t VALUES (?)", [("y" * 900,)] * 50)
    data = bytearray(path.read_bytes())
    data[-9_000:] = b"\xff" * 9_000
    path.write_bytes(data)


def test_a_damaged_file_is_told_with_the_mend(path: Path):
    ruin(path)

    with pytest.raises(StateError, match="watchbill doctor"), direct(path) as conn:
        conn.execute("SELECT sum(length(x)) FROM t").fetchall()
    with pytest.raises(StateError, match="watchbill doctor"), read_only(path) as conn:
        conn.execute("SELECT sum(length(x)) FROM t").fetchall()


def test_a_fault_that_comes_of_damage_is_told_as_damage(path: Path):
    ruin(path)

    with pytest.raises(StateError, match="it is damaged: ") as told, direct(path):
        raise ValueError("that is no state of a task")
    assert isinstance(told.value.__cause__, ValueError)


def test_a_fault_over_a_sound_file_comes_out_as_itself(path: Path):
    with pytest.raises(ValueError, match="mine"), direct(path):
        raise ValueError("mine")
    with pytest.raises(IntegrityError), direct(path) as conn:
        conn.execute("INSERT INTO questions (number) VALUES (0)")


def test_a_fault_over_a_file_that_was_taken_away_is_told_as_that(path: Path):
    def take_away() -> None:
        path.unlink()
        path.mkdir()
        raise ValueError("whatever")

    with pytest.raises(StateError, match="cannot open"), direct(path):
        take_away()


def test_a_fault_after_the_transaction_ended_by_itself_comes_out_as_itself(path: Path):
    def end_it(conn: Connection) -> None:
        conn.execute("ROLLBACK")
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"), direct(path) as conn:
        end_it(conn)


async def test_a_writer_that_is_cancelled_leaves_nobody_waiting(path: Path):
    begun, goes_on = threading.Event(), threading.Event()

    def slow(_: Connection) -> None:
        begun.set()
        goes_on.wait(60)

    async with Database.open(path) as database:
        under_way = asyncio.create_task(database.submit(slow))
        assert await asyncio.to_thread(begun.wait, 60)
        waiting = asyncio.create_task(database.submit(append("one")))
        await asyncio.sleep(0)
        next(task for task in asyncio.all_tasks() if task.get_name() == "database-writer").cancel()

        async with asyncio.timeout(60):
            with pytest.raises(StateError, match="whether this step was kept is not known"):
                await under_way
            with pytest.raises(StateError, match="nothing was written"):
                await waiting
            with pytest.raises(StateError, match="nothing was written"):
                await database.submit(append("two"))
        goes_on.set()

    assert stored(path) == []
