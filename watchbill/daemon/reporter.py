"""The reporter: a report of every run, as JSON and for people, written when the run has ended."""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from watchbill.domain.ids import RunId
from watchbill.domain.ports import Clock, Events
from watchbill.operator.doors import Plain
from watchbill.operator.reports import html, markdown
from watchbill.operator.reports.document import Document
from watchbill.operator.reports.run import document, run_report
from watchbill.operator.reports.shelf import RUNS, Shelf
from watchbill.state import runs
from watchbill.state.database import Database

_MISSED = timedelta(days=2)  # how far back a start looks for runs whose report was not written


class Reporter:
    """Remembers which runs ended and writes their reports at the next look; writes what others made up, too."""

    def __init__(self, *, database: Database, shelf: Shelf, clock: Clock, events: Events) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = clock
        self._events = events
        self._ended: list[RunId] = []
        self._put_off: list[RunId] = []  # a disk did not take their reports
        self._alone = asyncio.Lock()
        self._told: set[tuple[str, str]] = set()  # that this could not be written, and why

    def note(self, run: RunId) -> None:
        self._ended.append(run)

    async def write(self) -> None:
        """Write what is waiting. What a full disk does not take is an event, and waits for again()."""
        async with self._alone:
            while self._ended:
                run = self._ended[0]
                report = await self._database.submit(partial(run_report, run_id=run))
                if not await self.put(RUNS, run, report, document(report)):
                    self._put_off.append(run)
                del self._ended[0]

    async def again(self) -> bool:
        """Try what was put off; whether all is written now."""
        self._ended.extend(self._put_off)
        self._put_off.clear()
        await self.write()
        return not self._put_off

    async def catch_up(self) -> None:
        """Remember the runs whose end the last holder did not live to report."""
        since = self._clock.now() - _MISSED
        for run in await self._database.submit(lambda conn: runs.ended_since(conn, since)):
            if not self._shelf.has(RUNS, run):
                self.note(run)

    async def put(self, folder: str, name: str, report: Plain, told: Document, *, page: bool = False) -> bool:
        """Write it in each form, with `page` as HTML too; False where the disk does not take it."""
        texts = {"json": as_json(report), "md": markdown.write(told)}
        if page:
            texts["html"] = html.write(told)
        return await self._put(folder, name, texts, self._clock.now())

    async def _put(self, folder: str, name: str, texts: Mapping[str, str], now: datetime) -> bool:
        try:
            paths = await asyncio.to_thread(self._shelf.put, folder, name, texts, now)
        except OSError as error:
            where, why = str(self._shelf.root / folder / name), error.strerror or str(error)
            if (where, why) not in self._told:
                self._told.add((where, why))
                self._events.emit("report.failed", path=where, why=why)
            return False
        self._told = {(where, why) for where, why in self._told if where != str(self._shelf.root / folder / name)}
        for path in paths:
            self._events.emit("report.written", path=str(path))
        return True


def as_json(report: Plain) -> str:
    return json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n"
