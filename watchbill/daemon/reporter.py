"""Reports: one JSON file a run under logs/multi-ai of the state folder, written when the run has ended."""

import json
from pathlib import Path

from watchbill.domain.ids import RunId
from watchbill.domain.ports import Events
from watchbill.operator import reports
from watchbill.state.database import Database


class Reporter:
    """Remembers which runs ended and writes their reports at the next look."""

    def __init__(self, *, database: Database, folder: Path, events: Events) -> None:
        self._database = database
        self._folder = folder
        self._events = events
        self._ended: list[RunId] = []

    def note(self, run: RunId) -> None:
        self._ended.append(run)

    async def write(self) -> None:
        """Write what is waiting. A full disk is an event, not a fault of the daemon."""
        while self._ended:
            await self._write(self._ended[0])
            del self._ended[0]

    async def _write(self, run: RunId) -> None:
        report = await self._database.submit(lambda conn: reports.run_report(conn, run))
        path = self._folder / f"{run}.json"
        try:
            path.write_text(json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
        except OSError as error:
            self._events.emit("daemon.fault", error=str(error), where=str(path))
        else:
            self._events.emit("report.written", path=str(path))
