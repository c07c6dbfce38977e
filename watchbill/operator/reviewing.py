"""Reviewing: the part of the API by which people decide about work that waits for them, and take back what landed."""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from watchbill.domain.errors import GitError
from watchbill.domain.ids import RunId, TaskId
from watchbill.operator import plain
from watchbill.operator.actors import Actor
from watchbill.operator.bodies import Flag
from watchbill.operator.commands import Commands
from watchbill.operator.deciding import Change, Work
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import reviews, tasks
from watchbill.operator.reading import Read

_SOMEBODY = "somebody"


class Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who: str = ""
    why: str = ""


class Approved(Said):
    tree: str  # that was shown


class Edited(Approved):
    files: dict[str, str | None] = {}  # base64 by path; null: deleted
    patch: str = ""  # instead of files; base64 too, since a patch need not be UTF-8


class TakenBack(Said):
    retry: Flag = False


def reviewing(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()
    router.include_router(_looks(read, commands, outlook))
    router.include_router(_decisions(read, commands))
    router.include_router(_undoing(read, commands, outlook))
    return router


async def _named(read: Read, task: str) -> TaskId:
    return (await read(lambda conn: tasks.get(conn, TaskId(task)))).id


async def _line(read: Read, commands: Commands, outlook: Outlook, name: TaskId) -> Plain:
    work: Work | None = None
    with suppress(GitError):  # a repository that is gone is no reason not to show the others
        work = await commands.desk.work(name)
    return await read(lambda conn: reviews.line(conn, outlook, name, work))


def _looks(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/reviews")
    async def review_list() -> Plain:
        lines = [await _line(read, commands, outlook(), name) for name in await read(reviews.waiting)]
        return {"generated_at": plain.stamp(outlook().now), "count": len(lines), "reviews": lines}

    @router.get("/reviews/{task}")
    async def one(task: str) -> Plain:
        name = await _named(read, task)
        work = await commands.desk.foreseen(name)
        return await read(lambda conn: reviews.card(conn, outlook(), name, work))

    @router.get("/reviews/{task}/diff", response_class=PlainTextResponse)
    async def diff(task: str) -> str:
        return await commands.desk.diff(await _named(read, task))

    @router.get("/reviews/{task}/files")
    async def files(task: str) -> Plain:
        name = await _named(read, task)
        work, found = await commands.desk.work(name), await commands.desk.files(name)
        coded = {path: None if data is None else base64.b64encode(data).decode() for path, data in found.items()}
        return {"task": name, "tree": None if work is None else work.tree, "files": coded}

    return router


def _decisions(read: Read, commands: Commands) -> APIRouter:
    router = APIRouter()

    @router.post("/reviews/{task}/approve")
    async def approve(task: str, said: Approved, actor: Actor) -> Plain:
        return plain.task(
            await commands.approve(
                await _named(read, task), said.tree, who=said.who or actor or _SOMEBODY, said=said.why
            )
        )

    @router.post("/reviews/{task}/reject")
    async def reject(task: str, said: Said, actor: Actor) -> Plain:
        return plain.task(
            await commands.reject(await _named(read, task), who=said.who or actor or _SOMEBODY, why=said.why)
        )

    @router.post("/reviews/{task}/edit")
    async def edit(task: str, said: Edited, actor: Actor) -> Plain:
        change = Change(files=_files(said.files), patch=_bytes(said.patch))
        name = await _named(read, task)
        return plain.task(
            await commands.amend(name, said.tree, change, who=said.who or actor or _SOMEBODY, said=said.why)
        )

    return router


def _undoing(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/runs/{run}/rollback")
    async def effect(run: str, *, retry: bool = False) -> Plain:
        found = await commands.desk.landing(RunId(run), retry=retry)
        terms = next((each for each in outlook().bill.repos if each.name == found.wish.repo), None)
        return await read(lambda conn: reviews.rollback(conn, found, terms))

    @router.post("/runs/{run}/rollback")
    async def rollback(run: str, said: TakenBack, actor: Actor) -> Plain:
        return plain.undoing(
            await commands.rollback(RunId(run), who=said.who or actor or _SOMEBODY, why=said.why, retry=said.retry)
        )

    return router


def _files(given: Mapping[str, str | None]) -> Mapping[str, bytes | None]:
    return {path: None if coded is None else _bytes(coded) for path, coded in given.items()}


def _bytes(coded: str) -> bytes:
    try:
        return base64.b64decode(coded, validate=True)
    except ValueError as error:  # also of what is no ASCII
        raise BadQuestion(f"what was sent is not base64: {error}") from error
