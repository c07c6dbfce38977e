"""A crowd: a store with ten thousand tasks, a hundred thousand events, and what came of some of the tasks."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.plan import queue
from watchbill.domain.calls import Bound, Purpose, Settlement, Usage
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import Task, TaskState
from watchbill.domain.windows import Caps
from watchbill.state import database, events, ledger, runs, tasks
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

REPO = RepoName("town")
CLAUDE = ProviderName("claude")
_A_BATCH = 5_000  # events in one transaction
_TTL = timedelta(hours=2)


def fill(state: Path, now: datetime, *, open_tasks: int, ended: int, happened: int) -> None:
    """So many open tasks, as many that ran and came to an end in the last days, and events over the same time."""
    folder = StateFolder(state)
    state.mkdir(parents=True, exist_ok=True)
    everything = [replace(task, repo=REPO, created_at=now) for task in queue(open_tasks + ended).tasks]
    with database.direct(folder.db) as conn:
        for number, task in enumerate(everything):
            tasks.insert(conn, task, now)
            if number < ended:
                _ran(conn, task, now - timedelta(minutes=10 * (ended - number)), lands=number % 20 != 0)
    step = timedelta(days=7) / happened
    for first in range(0, happened, _A_BATCH):
        with database.direct(folder.db) as conn:
            for number in range(first, min(happened, first + _A_BATCH)):
                facts = {
                    "run": f"run-{number % ended + 1}",
                    "call": f"call-{number}",
                    "tools": ["edit_file"],
                    "cost": 900,
                }
                events.append(conn, "run.turn", facts, now - timedelta(days=7) + number * step)


def _ran(conn: Connection, task: Task, at: datetime, *, lands: bool) -> None:
    run = runs.begin(
        conn, task_id=task.id, provider=CLAUDE, model="fake-1", base="0" * 40, claims=task.claims, now=at, ttl=_TTL
    )
    purpose = Purpose(run=run.id, task=task.id, repo=REPO, type=task.type, provider=CLAUDE, model="fake-1")
    bound = Bound(cost=MicroUsd(40_000), tokens_in=9_000, tokens_out=2_500, price_source="list")
    for turn in range(3):
        call = ledger.reserve(conn, purpose, bound, Caps(), at, task_cap=None)
        ledger.sent(conn, call)
        usage = Usage(tokens_in=5_000, tokens_out=900, cache_read=3_000)
        settled = Settlement(cost=MicroUsd(900), usage=usage, price_source="list")
        ledger.settle(conn, call, settled, at + timedelta(minutes=turn))
    end, state = (RunState.LANDED, TaskState.LANDED) if lands else (RunState.REVIEW, TaskState.REVIEW)
    why = "passes every gate" if lands else "a person has to look"
    runs.end(conn, run, state=end, task_state=state, reason=why, now=at + timedelta(minutes=5))
