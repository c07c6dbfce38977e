"""The desk: what every page is made with: reads, writes, the moment, and the frame around what it shows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from watchbill.operator import plain, zoned
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import reviews
from watchbill.operator.queries.look import pauses_of, snapshot_of
from watchbill.operator.reading import Read
from watchbill.operator.web import deeds, rendering
from watchbill.operator.web.plans import Made, Plans
from watchbill.state.engine import Connection

_YOUNG = timedelta(seconds=60)  # how long a daemon without a task counts as one that still reads its queues


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    read: Read
    commands: Commands
    outlook: Callable[[], Outlook]
    plans: Plans = field(default_factory=Plans)

    async def forecast(self, outlook: Outlook) -> Made | None:
        """What is to come in the next hours; None while the first one is being made."""
        return await self.plans.latest(outlook, lambda: self.read(lambda conn: snapshot_of(conn, outlook)))

    def who(self, request: Request) -> str:
        """Who asks, as the guard before the pages found out."""
        return str(getattr(request.state, "actor", "web page"))

    def place(self, *parts: str) -> str:
        """A path of ours, of names by others."""
        return "".join(f"/{quote(part, safe='')}" for part in parts)

    async def page(
        self, request: Request, template: str, *, here: str, title: str, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The template in its frame. `here` is the name of the page's place in the navigation."""
        outlook = self.outlook()
        frame = await self.read(lambda conn: _frame(conn, outlook))

        def told(answer: Plain) -> Plain:
            """Its sentences in the page's zone."""
            found: Plain = zoned.answer(answer, outlook.bill.zone, outlook.now)
            return found

        return rendering.render(
            template,
            now=outlook.now,
            zone=outlook.bill.zone,
            status=status,
            frame={**told(frame), "did": deeds.told(request.query_params), "path": _path(request)},
            here=here,
            title=title,
            **told(values),
        )


def _path(request: Request) -> str:
    """Where this page is, without what it says of the last deed: forms lead back here."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in deeds.PARAMS]
    path = quote(request.url.path)
    return f"{path}?{urlencode(kept)}" if kept else path


_COUNTS = "SELECT state, count(*) AS tasks FROM tasks GROUP BY state"
_QUESTIONS = "SELECT count(*) AS asked FROM questions WHERE state = 'open'"


def _frame(conn: Connection, outlook: Outlook) -> Plain:
    """What stands around every page. Light: it must not depend on how long the queue is."""
    count = {row["state"]: row["tasks"] for row in conn.execute(_COUNTS)}
    daemon, configuration = outlook.daemon, outlook.configuration
    return {
        "as_of": plain.stamp(outlook.now),
        "pauses": [plain.pause(each) for each in pauses_of(conn, outlook) if each.scope != "task"],
        "reviews": len(reviews.waiting(conn)) if count.get("review") else 0,
        "questions": conn.execute(_QUESTIONS).fetchone()["asked"],
        "running": count.get("running", 0),
        "queued": count.get("queued", 0),
        "mode": outlook.bill.mode,
        "daemon": None if daemon is None else {"version": daemon.version, "since": plain.stamp(daemon.started_at)},
        "starting": daemon is not None and not count and outlook.now - daemon.started_at < _YOUNG,
        "stuck": list(outlook.stuck),
        "problems": list(configuration.problems) if configuration else [],
        "rejected_at": plain.stamp(configuration.rejected_at) if configuration else None,
        "broken": [{"repo": repo, "why": why} for repo, why in outlook.broken_repos.items()],
    }
