"""Sessioning: the part of the API by which people look at sessions and have work handed over."""

from collections.abc import Callable

from fastapi import APIRouter

from watchbill.operator.budgeting import SignedSaid
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import providers, sessions
from watchbill.operator.reading import Read


class HandOverSaid(SignedSaid):
    why: str = ""
    to: str = ""  # a provider; "" for whoever suits it


def sessioning(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/sessions")
    async def session_list() -> Plain:
        return await read(lambda conn: sessions.listing(conn, outlook()))

    @router.get("/sessions/{session}")
    async def one(session: str) -> Plain:
        return await read(lambda conn: sessions.one(conn, outlook(), session))

    @router.post("/sessions/{session}/handoff")
    async def hand_over(session: str, said: HandOverSaid) -> Plain:
        found = await read(lambda conn: sessions.get(conn, session))
        to = providers.terms_of(outlook(), said.to).name if said.to else None
        run = await commands.hand_over(found.task, to, why=said.why or "asked for by hand")
        return {"task": found.task, "session": found.id, "run": run, "to": to}

    return router
