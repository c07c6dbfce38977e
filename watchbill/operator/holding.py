"""Holding: the part of the API by which people see who holds which files, and break a hold."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from watchbill.domain.ids import TaskId
from watchbill.operator.actors import Actor
from watchbill.operator.commands import Commands
from watchbill.operator.deeds import Broken
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import locks, tasks
from watchbill.operator.reading import Read


class BreakSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who: str = ""
    why: str


def holding(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    async def broken(task: str, who: str, why: str) -> Plain:
        name = (await read(lambda conn: tasks.get(conn, TaskId(task)))).id
        return _told(await commands.break_lock(name, who=who, why=why))

    @router.get("/locks")
    async def lock_list() -> Plain:
        """Who holds which files, since when, and who waits for them."""
        return await read(lambda conn: locks.listing(conn, outlook()))

    @router.post("/locks/{task}/break")
    async def break_(task: str, said: BreakSaid, actor: Actor) -> Plain:
        """A branch's files are free at once; a run that holds some breaks off, and its task is held."""
        return await broken(task, said.who or actor, said.why)

    @router.delete("/locks/{task}")
    async def remove(task: str, why: str, actor: Actor) -> Plain:
        """The same."""
        return await broken(task, actor, why)

    return router


def _told(done: Broken) -> Plain:
    return {"task": done.task, "run": done.run, "files": list(done.files)}
