"""Noticing: the part of the API by which people see what they were told."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar

from fastapi import APIRouter, Query

from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import notices
from watchbill.state.engine import Connection

T = TypeVar("T")


class Read(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...


def noticing(read: Read, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/notices")
    async def notice_list(limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Plain:
        return await read(lambda conn: notices.listing(conn, outlook(), limit))

    return router
