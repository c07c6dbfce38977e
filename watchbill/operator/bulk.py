"""Bulk: one action on all tasks that a filter finds, each by itself, so that one that may not be moved keeps back no other."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import TaskId
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import many, sieve
from watchbill.operator.actors import Actor
from watchbill.operator.bodies import Flag, Moment
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import tasks
from watchbill.operator.queries.look import look
from watchbill.operator.reading import Read
from watchbill.scheduling.bill import WatchBill

_MOST = 1000  # tasks at once


class Action(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    RETRY = "retry"
    BUMP = "bump"
    ACCEPT = "accept"


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[str], Field(max_length=_MOST)] | None = None
    state: list[TaskState] | None = None
    repo: str | None = None
    type: str | None = None
    text: str | None = None
    match: str | None = None  # as the filter of every list


class BulkSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    filter: Wanted
    action: Action
    dry_run: Flag = False  # only say which tasks it would be done to, and why it would be refused of others
    who: str = ""
    why: str = ""
    until: Moment | None = None  # of a hold; without it until it is released
    now: Flag = False  # of a hold: break off runs, instead of letting them reach their checkpoints
    provider: str = ""  # of a bump: and only on this one


def bulk(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.post("/tasks:bulk")
    async def do(said: BulkSaid, actor: Actor) -> Plain:
        """The action, on every task that fits. What may not be done to one of them is said beside it."""
        _check(said, outlook().bill)
        if said.filter == Wanted():
            raise BadQuestion("the filter is empty: say which tasks, for instance by state, repo, type, text or ids")
        found = await read(lambda conn: tasks.found(conn, _filter(said.filter), look(conn, outlook())))
        if len(found) > _MOST:
            raise BadQuestion(f"{len(found)} tasks fit: at most {_MOST} at once, so narrow the filter")
        if said.dry_run:
            deed, names = many.deed_of(said.action), [task.id for task in found]
            effects = await read(lambda conn: many.effects(conn, deed, names, outlook().now))
            return _told(said, [_supposed(each) for each in effects])
        in_turn = many.in_turn(said.action, found)
        done = {task.id: await _done(commands, said, task, said.who or actor) for task in in_turn}
        return _told(said, [done[task.id] for task in found])

    return router


def _check(said: BulkSaid, bill: WatchBill) -> None:
    """Raises BadQuestion for what is said of another action, and for a provider that there is not."""
    if said.action is not Action.HOLD and (said.until or said.now):
        raise BadQuestion("`until` and `now` are of a hold")
    if said.action is not Action.BUMP and said.provider:
        raise BadQuestion("`provider` is of a bump")
    names = [terms.name for terms in bill.providers]
    if said.provider and said.provider not in names:
        raise BadQuestion(f"no provider is called {said.provider!r}; there are {', '.join(names)}")


def _filter(wanted: Wanted) -> tasks.Filter:
    return tasks.Filter(
        states=frozenset(wanted.state or TaskState),
        repo=wanted.repo,
        type=wanted.type,
        text=wanted.text,
        sieve=None if wanted.match is None else sieve.parse(wanted.match, sieve.OF_TASKS),
        ids=None if wanted.ids is None else frozenset(map(TaskId, wanted.ids)),
    )


def _told(said: BulkSaid, each: list[Plain]) -> Plain:
    return {
        "action": said.action,
        "dry_run": said.dry_run,
        "count": len(each),
        "done": sum(one["done"] for one in each),
        "would": sum(not one["error"] for one in each),
        "tasks": each,
    }


def _supposed(effect: many.Effect) -> Plain:
    said = "" if effect.applies else effect.words
    return {"id": effect.task, "title": effect.title, "state": effect.state, "done": False, "error": said}


async def _done(commands: Commands, said: BulkSaid, task: Task, who: str) -> Plain:
    answer = {"id": task.id, "title": task.title, "state": task.state, "done": False, "error": ""}
    try:
        await many.do(
            commands,
            said.action,
            task.id,
            why=said.why,
            who=who,
            provider=said.provider,
            until=said.until,
            at_once=said.now,
        )
    except WatchbillError as error:
        return {**answer, "error": str(error)}
    return {**answer, "done": True}
