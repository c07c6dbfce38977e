"""Tracing: hears of runs, looks up their rows, and hands them on as spans. Nothing of it is here where no traces are asked for."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from watchbill.domain.ids import ProviderName, RunId
from watchbill.domain.ports import Events
from watchbill.domain.runs import Run, Stage
from watchbill.domain.tasks import Task
from watchbill.state import accounts, runs, tasks
from watchbill.state.database import Database
from watchbill.state.engine import Connection

if TYPE_CHECKING:
    from watchbill.operator.spans import Spans

_HEARD = frozenset({"run.started", "run.stage", "run.gated", "landing.committed", "run.ended"})
_Heard = tuple[str, Mapping[str, object], datetime]


class Tracing:
    """Listens to the recorder; what it makes of that is made by a task of its own."""

    def __init__(
        self, *, spans: "Spans", database: Database, events: Events, vendor_of: Callable[[ProviderName], str]
    ) -> None:
        self._spans = spans
        self._database = database
        self._events = events
        self._vendor_of = vendor_of
        self._heard: asyncio.Queue[_Heard] = asyncio.Queue()
        self._is_well = True

    def hear(self, name: str, facts: Mapping[str, object], at: datetime) -> None:
        if name in _HEARD:
            self._heard.put_nowait((name, facts, at))

    async def run(self) -> None:
        """Make spans of what was heard, for ever."""
        while True:
            await self._make(*await self._heard.get())

    async def aclose(self) -> None:
        """What was heard until now is made and handed over; the exporter has its own time limit."""
        while not self._heard.empty():
            await self._make(*self._heard.get_nowait())
        await asyncio.to_thread(self._spans.close)

    async def _make(self, name: str, facts: Mapping[str, object], at: datetime) -> None:
        try:
            await self._note(name, RunId(str(facts["run"])), facts, at)
        except Exception as fault:  # noqa: BLE001 - a trace that is missing harms nobody, and is told of once
            if self._is_well:
                self._events.emit("daemon.fault", error=repr(fault), where="traces")
            self._is_well = False

    async def _note(self, name: str, run: RunId, facts: Mapping[str, object], at: datetime) -> None:
        match name:
            case "run.started":
                begun, task, before = await self._database.submit(lambda conn: _around(conn, run))
                since = task.created_at if before is None else before.ended_at
                self._spans.begin(begun, task, waited_since=since or begun.started_at, before=before)
            case "run.stage":
                self._spans.stage(run, Stage(str(facts["stage"])), at)
            case "run.gated":
                judged = {fact: facts[fact] for fact in ("new", "debt", "passes")}
                self._spans.note(run, {fact: value for fact, value in judged.items() if isinstance(value, int)})
            case "landing.committed":
                self._spans.note(run, {"commit": str(facts["commit"]), "target": str(facts["target"])})
                self._spans.stage(run, Stage.SETTLE, at)
            case _:
                ended, calls = await self._database.submit(lambda conn: (_run(conn, run), accounts.calls(conn, run)))
                self._spans.end(ended, at, calls=calls, vendor=self._vendor_of(ended.provider))


def _run(conn: Connection, name: RunId) -> Run:
    found = runs.get(conn, name)
    assert found is not None, "no run is ever deleted"
    return found


def _around(conn: Connection, name: RunId) -> tuple[Run, Task, Run | None]:
    """The run, its task, and the task's run before it."""
    run = _run(conn, name)
    task = tasks.get(conn, run.task)
    assert task is not None, "a run's task is never deleted: a foreign key holds it"
    earlier = [each for each in runs.of_task(conn, run.task) if each.attempt < run.attempt]
    return run, task, earlier[-1] if earlier else None
