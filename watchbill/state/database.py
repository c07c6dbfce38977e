"""The database: one writing connection, one writer task, closures grouped into commits that are acknowledged when durable."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import aiosqlite

from watchbill.domain.errors import StateError, WatchbillError
from watchbill.state import kept, schema
from watchbill.state.engine import Connection, Error, connect, connect_for_reading

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP = 256  # closures in one commit at the most, so that the first never waits long for the last

# Primary result codes that blame the statement, not the disk: they end one closure and leave the rest of its group alone.
_STATEMENTS_OWN = frozenset({1, 18, 19, 20, 21, 25})  # ERROR, TOOBIG, CONSTRAINT, MISMATCH, MISUSE, RANGE

_CORRUPT = 11


@dataclass(frozen=True, slots=True)
class _Order:
    work: Work[Any]
    ack: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Returned:
    value: Any

    def tell(self, ack: asyncio.Future[Any]) -> None:
        ack.set_result(self.value)


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception

    def tell(self, ack: asyncio.Future[Any]) -> None:
        ack.set_exception(self.error)


class Database:
    """Open with `async with Database.open(path) as database`; then submit closures."""

    def __init__(self, conn: "_Threaded") -> None:
        self._conn = conn
        self._orders: asyncio.Queue[_Order | None] = asyncio.Queue()
        self._closed = False
        self.aside = 0  # rows changed so far by work that was submitted as such

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["Database"]:
        """Open and migrate; at the end everything submitted is committed first. Raises StateError."""
        with _worded(path):
            async with _Threaded(partial(_kept, path), iter_chunk_size=64) as conn:
                database = cls(conn)
                writer = asyncio.create_task(database._write(), name="database-writer")
                try:
                    yield database
                finally:
                    database._closed = True
                    database._orders.put_nowait(None)
                    await asyncio.wait({writer})

    async def submit(self, work: Work[T], *, aside: bool = False) -> T:
        """What work(conn) returns, once it is durable; what it raises, once it is undone.

        It runs in a savepoint of its own. Cancelling the caller does not cancel the work: it is done or not, whole.
        `aside`: it writes nothing that plans are made from, or only what they may learn of a few seconds later.
        Raises StateError when the group that it was in could not be committed.
        """
        if self._closed:
            raise _closed()
        ack: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        ack.add_done_callback(_seen)
        self._orders.put_nowait(_Order(self._counted(work) if aside else work, ack))
        return await asyncio.shield(ack)

    def _counted(self, work: Work[T]) -> Work[T]:
        def counted(conn: Connection) -> T:
            before = conn.total_changes
            try:
                return work(conn)
            finally:
                self.aside += conn.total_changes - before

        return counted

    async def _write(self) -> None:
        try:
            while group := await self._next_group():
                await self._commit(group)
        finally:
            self._closed = True
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """A writer that was cancelled leaves orders behind; at its own end there are none."""
        while not self._orders.empty():
            order = self._orders.get_nowait()
            if order is not None:
                order.ack.set_exception(_closed())

    async def _next_group(self) -> list[_Order]:
        """Everything that waits; empty when the end was asked for and nothing is left before it."""
        group: list[_Order] = []
        order = await self._orders.get()
        while order is not None:
            group.append(order)
            if len(group) == GROUP or self._orders.empty():
                return group
            order = self._orders.get_nowait()
        if group:
            self._orders.put_nowait(None)  # the end is for the next look
        return group

    async def _commit(self, group: Sequence[_Order]) -> None:
        try:
            ends = await self._conn.run(partial(_in_one_transaction, [order.work for order in group]))
        except Exception as fault:  # noqa: BLE001 - whatever it was, every caller of the group has to hear of it
            for order in group:
                order.ack.set_exception(_undone(fault))
            return
        except BaseException as fault:  # cancelled: the thread may still carry it out, and nobody will know
            for order in group:
                order.ack.set_exception(_unknown(fault))
            raise
        for order, end in zip(group, ends, strict=True):
            end.tell(order.ack)


class _Threaded(aiosqlite.Connection):
    """aiosqlite's connection with its thread lent to whole closures."""

    async def __aenter__(self) -> Self:
        try:
            await self
        except BaseException:
            # aiosqlite does not wait for its thread here; the thread would report its end to a closed loop
            await asyncio.to_thread(self._thread.join)
            raise
        return self

    async def run(self, work: Work[T]) -> T:
        # aiosqlite queues functions to its thread only through this method; statement by statement, as its public face
        # has it, a transaction would be torn by whoever else awaits in between.
        value: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # untyped in aiosqlite
        return value


@contextmanager
def direct(path: Path) -> Iterator[Connection]:
    """One transaction in this process, for commands that hold the folder's lock while no daemon runs. Raises StateError."""
    with _worded(path):
        conn = _ready(path)
        try:
            conn.execute("BEGIN IMMEDIATE")
            try:
                yield conn
            except BaseException:
                if conn.in_transaction:  # SQLite ends it by itself on a damaged file and the like
                    conn.execute("ROLLBACK")
                raise
            conn.execute("COMMIT")
        finally:
            conn.close()


@contextmanager
def read_only(path: Path) -> Iterator[Connection]:
    """One consistent look beside a running daemon. Raises StateError where the journal does not allow a second process."""
    with _worded(path):
        conn = connect_for_reading(path)
        try:
            conn.execute("BEGIN")
            yield conn
        finally:
            conn.close()


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    """What comes of a damaged or unusable file is said with its mend, whatever it looked like. Raises StateError."""
    try:
        yield
    except WatchbillError:
        raise
    except Exception as fault:
        why = str(fault) if isinstance(fault, Error) and not _is_statements_own(fault) else _damage(path)
        if not why:
            raise
        raise StateError(
            f"cannot use {path}: {why}; see what `watchbill doctor` says, restore it from a copy (watchbill db restore FILE) or choose another folder"
        ) from fault


def _damage(path: Path) -> str:
    """What SQLite finds wrong with the file; "" when nothing is."""
    try:
        with closing(connect(path)) as conn:
            found = str(conn.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except (Error, StateError, UnicodeDecodeError) as error:  # the last is Python's, for SQLite's words about noise
        return str(error)
    return "" if found == "ok" else f"it is damaged: {' '.join(found.split())}"


def _ready(path: Path) -> Connection:
    conn = connect(path)
    try:
        schema.migrate(conn)
    except BaseException:
        conn.close()
        raise
    return conn


def _kept(path: Path) -> Connection:
    conn = _ready(path)
    try:
        kept.keep(conn)
    except BaseException:
        conn.close()
        raise
    return conn


def _in_one_transaction(works: Sequence[Work[Any]], conn: Connection) -> list[_Returned | _Raised]:
    try:
        conn.execute("BEGIN IMMEDIATE")
        ends = [_in_a_savepoint(work, conn) for work in works]
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return ends


def _in_a_savepoint(work: Work[Any], conn: Connection) -> _Returned | _Raised:
    conn.execute("SAVEPOINT work")
    try:
        value = work(conn)
    except Exception as error:
        _still_inside(conn, error)
        if isinstance(error, Error) and not _is_statements_own(error):
            raise
        conn.execute("ROLLBACK TO work")
        conn.execute("RELEASE work")
        return _Raised(_futureproof(error))
    _still_inside(conn, None)
    conn.execute("RELEASE work")
    return _Returned(value)


def _is_statements_own(error: Error) -> bool:
    code = getattr(error, "sqlite_errorcode", _CORRUPT)  # the module's own errors, of text that is no UTF-8, have none
    return code & 0xFF in _STATEMENTS_OWN


def _still_inside(conn: Connection, error: Exception | None) -> None:
    """SQLite ends the whole transaction by itself on a full disk and the like; so would a closure that commits."""
    if not conn.in_transaction:
        raise StateError("the transaction ended inside a closure") from error


def _futureproof(error: Exception) -> Exception:
    """A future refuses StopIteration, and the writer would die of it."""
    return RuntimeError(f"a closure let {error!r} out") if isinstance(error, StopIteration) else error


def _seen(ack: asyncio.Future[Any]) -> None:
    """A caller that was cancelled no longer asks what became of its work; asyncio would complain of an error unheard."""
    ack.exception()


def _closed() -> StateError:
    return StateError("the database is closed: nothing was written")


def _unknown(fault: BaseException) -> StateError:
    unknown = StateError("the writer was broken off: whether this step was kept is not known")
    unknown.__cause__ = fault
    return unknown


def _undone(fault: Exception) -> StateError:
    undone = StateError(f"the state could not be written: {fault}; nothing of this step was kept")
    undone.__cause__ = fault
    return undone
