"""Steering: the part of the API by which people add, hold, release, bump, edit, pause and resume."""

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.operator import adding, naming, plain
from watchbill.operator.actors import Actor
from watchbill.operator.bodies import Flag, Moment
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.faults import NotFound
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import graph, tasks
from watchbill.operator.queries.look import pauses_of
from watchbill.operator.reading import Read


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WhatSaid(Said):
    scope: Scope = Scope.ALL
    name: str = ""  # "" for everything


class HoldSaid(Said):
    until: Moment | None = None
    why: str = ""
    who: str = ""
    now: Flag = False  # what is in work breaks off, instead of going to its checkpoint


class PauseSaid(WhatSaid, HoldSaid):
    pass


class BumpSaid(Said):
    provider: str = ""


class EditSaid(Said):
    title: str = ""
    type: str = ""
    files: str = ""
    priority: str = ""
    provider: str = ""
    after: str = ""
    max_usd: str = ""
    autonomy: str = ""


class AddSaid(EditSaid):
    repo: str = ""
    body: str = ""


def steering(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()
    router.include_router(_pausing(read, commands, outlook))
    router.include_router(_tasks(read, commands, outlook))
    return router


def _pausing(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/pauses")
    async def pause_list() -> Plain:
        found = await read(lambda conn: pauses_of(conn, outlook()))
        return {"generated_at": plain.stamp(outlook().now), "pauses": [plain.pause(one) for one in found]}

    @router.post("/pause")
    async def pause(said: PauseSaid, actor: Actor) -> Plain:
        name = await naming.named(read, outlook().bill, said.scope, said.name)
        wanted = Pause(scope=said.scope, name=name, until=said.until, why=said.why, who=said.who or actor)
        return plain.pause(await commands.pause(wanted, at_once=said.now))

    @router.post("/resume")
    async def resume(said: WhatSaid) -> Plain:
        name = await naming.named(read, outlook().bill, said.scope, said.name)
        try:
            return plain.pause(await commands.resume(said.scope, name))
        except NotFound as error:
            stop = outlook().stop
            if said.scope is Scope.ALL and stop is not None:
                raise NotFound(f"{stop.said}; it goes on once that file is gone", hint=stop.lift) from error
            raise

    return router


def _tasks(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    async def named(task: str) -> TaskId:
        return (await read(lambda conn: tasks.get(conn, TaskId(task)))).id

    @router.get("/graph")
    async def show(repo: str | None = None) -> Plain:
        answer = await read(lambda conn: graph.graph(conn, outlook(), repo=repo))
        await naming.refuse_unknown(read, outlook().bill, answer["tasks"], repo=repo)
        return answer

    @router.post("/tasks", status_code=202)
    async def add(said: AddSaid) -> Plain:
        written = adding.write(adding.Wanted(**said.model_dump()), outlook().bill)
        await read(lambda conn: adding.check(conn, written.name, written.text, outlook().bill))
        await commands.add(written.name, written.text)
        return {"id": written.id, "repo": written.repo}

    @router.get("/inbox/check")
    async def check(name: str, text: str) -> Plain:
        """Refuses what the inbox would refuse."""
        await read(lambda conn: adding.check(conn, name, text, outlook().bill))
        return {"taken": True}

    @router.post("/tasks/{task}/hold")
    async def hold(task: str, said: HoldSaid, actor: Actor) -> Plain:
        wanted = Pause(scope=Scope.TASK, name=await named(task), until=said.until, why=said.why, who=said.who or actor)
        return plain.pause(await commands.pause(wanted, at_once=said.now))

    @router.post("/tasks/{task}/release")
    async def release(task: str) -> Plain:
        return plain.task(await commands.release(await named(task)))

    @router.post("/tasks/{task}/bump")
    async def bump(task: str, said: BumpSaid) -> Plain:
        provider = said.provider and await naming.named(read, outlook().bill, Scope.PROVIDER, said.provider)
        return plain.task(await commands.bump(await named(task), ProviderName(provider) if provider else None))

    @router.post("/tasks/{task}/edit")
    async def edit(task: str, said: EditSaid) -> Plain:
        known = await read(lambda conn: tasks.get(conn, TaskId(task)))
        changes = adding.changes_of(said.model_dump(), known, outlook().bill)
        return plain.task(await commands.edit(known.id, changes))

    return router
