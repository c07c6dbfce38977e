"""Noticing: the part of the API by which people see what happened, by what it is about, and what they were told of it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import logs, notices
from watchbill.operator.queries.logs import Filter, Level
from watchbill.operator.reading import Read


class Asked(BaseModel):
    """What of the log is asked for. `task` may be the beginning of an id; `level` is the least; `since` is as people type it."""

    kind: str | None = None
    level: Level = Level.DEBUG
    task: str | None = None
    run: str | None = None
    provider: str | None = None
    since: str | None = None
    after: Annotated[int | None, Field(ge=0)] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100

    @property
    def filter(self) -> Filter:
        return Filter(
            kind=self.kind,
            level=self.level,
            task=self.task,
            run=self.run,
            provider=self.provider,
            since=self.since,
        )


def noticing(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/notices")
    async def notice_list(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Plain:
        return await read(lambda conn: notices.listing(conn, outlook(), limit))

    @router.get("/logs")
    async def log(
        wanted: Annotated[Asked, Query()],
    ) -> Plain:
        """Events by what they are about. `after`: of an earlier answer; without it the latest ones."""
        return await read(
            lambda conn: logs.logs(conn, outlook(), wanted.filter, after=wanted.after, limit=wanted.limit)
        )

    return router
