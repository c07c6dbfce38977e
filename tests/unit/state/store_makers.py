"""Small makers for a store that holds what a test is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.findings import Finding
from watchbill.domain.ids import CallId, Commit, ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run, RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.windows import Caps
from watchbill.state import ledger, runs, tasks
from watchbill.state.engine import Connection

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TTL = timedelta(minutes=5)
CLAUDE = ProviderName("claude")
GPT = ProviderName("gpt")
SITE = RepoName("site")
COMMIT = Commit("a" * 40)
OTHER_COMMIT = Commit("b" * 40)


class FakeClock:
    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    async def sleep(self, span: timedelta) -> None:
        self.time += span


def task(name: str = "a", **fields: Any) -> Task:
    given = {"repo": SITE, "title": f"Do {name}", "type": TaskType("prose"), "claims": (f"{name}.md",), **fields}
    return Task(id=TaskId(name), **given)


def put(conn: Connection, *names: str, **fields: Any) -> None:
    for name in names:
        tasks.insert(conn, task(name, **fields), NOW)


def begin(conn: Connection, name: str = "a", **fields: Any) -> Run:
    """A live run of a task, which is stored first when it is not there."""
    if tasks.get(conn, TaskId(name)) is None:
        put(conn, name)
    stored = tasks.get(conn, TaskId(name))
    assert stored is not None
    given = {
        "provider": CLAUDE,
        "model": "m",
        "base": COMMIT,
        "claims": stored.claims,
        "now": NOW,
        "ttl": TTL,
        **fields,
    }
    return runs.begin(conn, task_id=TaskId(name), **given)


def end(conn: Connection, run: Run, state: RunState = RunState.DEFERRED, **fields: Any) -> Run:
    given = {"task_state": TaskState.QUEUED, "reason": "so it was", "now": NOW + timedelta(minutes=1), **fields}
    return runs.end(conn, run, state=state, **given)


def purpose(run: Run | str = "run-1", **fields: Any) -> Purpose:
    name, of = (run.id, run.task) if isinstance(run, Run) else (RunId(run), TaskId("a"))
    given = {"repo": SITE, "type": TaskType("prose"), "provider": CLAUDE, "model": "m", "task": of, **fields}
    return Purpose(run=name, **given)


def bound(cost: int = 100) -> Bound:
    return Bound(cost=MicroUsd(cost), tokens_in=10, tokens_out=20, price_source="test")


def settlement(cost: int = 40, **fields: Any) -> Settlement:
    given = {"usage": Usage(tokens_in=7, tokens_out=3, raw={"input_tokens": 7}), "price_source": "test", **fields}
    return Settlement(cost=MicroUsd(cost), **given)


def reserve(
    conn: Connection, run: Run | str = "run-1", cost: int = 100, caps: Caps | None = None, **fields: Any
) -> CallId:
    now = fields.pop("now", NOW)
    task_cap = fields.pop("task_cap", None)
    return ledger.reserve(conn, purpose(run, **fields), bound(cost), caps or Caps(), now, task_cap=task_cap)


def sent(conn: Connection, run: Run | str = "run-1", cost: int = 100, **fields: Any) -> CallId:
    call = reserve(conn, run, cost, **fields)
    ledger.sent(conn, call)
    return call


def finding(rule: str = "dash", **fields: Any) -> Finding:
    given = {"gate": "prose", "path": "a.md", "line": 3, "message": "no dashes", "text": "a — b", **fields}
    return Finding(rule=rule, **given)


@contextmanager
def savepoint(conn: Connection) -> Iterator[None]:
    """What fails in it leaves nothing behind, as in the database's own savepoints."""
    conn.execute("SAVEPOINT test")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK TO test")
        conn.execute("RELEASE test")
        raise
    conn.execute("RELEASE test")
