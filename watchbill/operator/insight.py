"""Insight: the part of the API by which people see what needs them, who changed what, and what is configured."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query

from watchbill.operator import plain
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import attention, audits, configured, status
from watchbill.operator.queries.look import look
from watchbill.operator.reading import Read
from watchbill.state.engine import Connection

_MOST_ROWS = 1000
_MOST_ID = (1 << 63) - 1  # SQLite's


def insight(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/attention")
    async def needs_you() -> Plain:
        """What needs a person, each with the command that settles it."""

        def found(conn: Connection) -> list[Plain]:
            return list(attention.needs_you(conn, look(conn, outlook())))

        items = await read(found)
        return {"generated_at": plain.stamp(outlook().now), "count": len(items), "items": items}

    @router.get("/repos")
    async def repo_list() -> Plain:
        found = await read(lambda conn: status.repos(conn, look(conn, outlook())))
        return {"generated_at": plain.stamp(outlook().now), "repos": found}

    @router.get("/audit")
    async def audit_list(
        before: Annotated[int | None, Query(ge=1, le=_MOST_ID)] = None,
        actor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_ROWS)] = 100,
    ) -> Plain:
        """Who asked for which change over this API, the newest first."""
        return await read(lambda conn: audits.listing(conn, outlook(), before=before, actor=actor, limit=limit))

    @router.get("/config")
    async def config() -> Plain:
        """Every value in force with where it comes from, and what the file would bring at a reload."""
        force, file, places = await commands.configured()
        return configured.configuration(outlook(), force, file, places)

    return router
