"""Many: one deed to many tasks. First what it would do to each, refusals among it; then doing it where that applies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from watchbill.domain.errors import WatchbillError
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator import deeds
from watchbill.operator.commands import Commands
from watchbill.operator.faults import BadQuestion
from watchbill.state import tasks
from watchbill.state.engine import Connection

T = TypeVar("T")

MOST = 10_000  # tasks at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    name: str
    word: str  # on its button
    does: Mapping[TaskState, str]  # what it does to a task in that state; to others nothing
    is_grave: bool = False
    takes_provider: bool = False


_AGAIN = "it is queued again, with all its attempts before it"
DEEDS: Mapping[str, Deed] = {
    deed.name: deed
    for deed in (
        Deed(
            name="hold",
            word="Hold",
            does={
                TaskState.QUEUED: "nothing of it starts until it is released",
                TaskState.RUNNING: "its run goes to its next checkpoint and ends there",
                TaskState.REVIEW: "nothing of it starts until it is released",
                TaskState.PROPOSED: "nothing of it starts until it is released",
            },
        ),
        Deed(
            name="release",
            word="Release",
            does={TaskState.QUEUED: "its hold is lifted: it may start", TaskState.RUNNING: "its hold is lifted"},
        ),
        Deed(
            name="bump",
            word="Bump",
            does={TaskState.QUEUED: "it is the next of its repository"},
            takes_provider=True,
        ),
        Deed(
            name="accept",
            word="Accept",
            does={TaskState.PROPOSED: "it becomes work"},
        ),
        Deed(
            name="retry",
            word="Retry",
            does=dict.fromkeys((TaskState.FAILED, TaskState.CANCELLED, TaskState.REVERTED, TaskState.REVIEW), _AGAIN),
        ),
        Deed(
            name="cancel",
            word="Cancel",
            does={
                TaskState.PROPOSED: "it never becomes work",
                TaskState.QUEUED: "it leaves the queue",
                TaskState.RUNNING: "its run stops at once, and what it did is not landed",
                TaskState.REVIEW: "it leaves the queue, and what was done is not landed",
                TaskState.FAILED: "it leaves the queue",
                TaskState.REVERTED: "it leaves the queue",
            },
            is_grave=True,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    task: str
    title: str
    state: str
    applies: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    done: int  # tasks
    refused: Sequence[str]  # why not, each beginning with its task


def deed_of(name: str) -> Deed:
    """Raises BadQuestion."""
    if name not in DEEDS:
        raise BadQuestion(f"nothing that is done to tasks is called {name!r}: there are {', '.join(DEEDS)}")
    return DEEDS[name]


def effects(conn: Connection, deed: Deed, names: Sequence[str], now: datetime) -> list[Effect]:
    """What it would do to each, those to which it applies first. Nothing is changed. Raises BadQuestion for too many."""
    if len(names) > MOST:
        raise BadQuestion(f"{len(names)} tasks are too many at once: narrow the filter to {MOST}")
    found = [_effect(conn, deed, name, now) for name in dict.fromkeys(names)]
    return sorted(found, key=lambda each: not each.applies)


def _effect(conn: Connection, deed: Deed, name: str, now: datetime) -> Effect:
    task = tasks.get(conn, TaskId(name))
    if task is None:
        return Effect(task=name, title="", state="", applies=False, words="there is no such task any more")
    words = deed.does.get(task.state)
    refusal = f"nothing, for it is {task.state}" if words is None else _refusal(conn, deed, task, now)
    return Effect(task=task.id, title=task.title, state=task.state, applies=not refusal, words=refusal or words or "")


def _refusal(conn: Connection, deed: Deed, task: Task, now: datetime) -> str:
    """Why it would be refused, found by doing it and undoing that; "" where it would be done."""
    conn.execute("SAVEPOINT supposed")
    try:
        _suppose(conn, deed, task.id, now)
    except WatchbillError as error:
        return str(error)
    finally:
        conn.execute("ROLLBACK TO supposed")
        conn.execute("RELEASE supposed")
    return ""


def _suppose(conn: Connection, deed: Deed, task: TaskId, now: datetime) -> None:
    match deed.name:
        case "hold":
            deeds.pause(conn, Pause(scope=Scope.TASK, name=task, until=None, why="", who=""), now)
        case "release":
            deeds.release(conn, task)
        case "bump":
            deeds.bump(conn, task, None, now)
        case "accept":
            tasks.accept(conn, task, now=now)
        case "retry":
            tasks.reopen(conn, task, now=now)
        case _:
            tasks.move(conn, task, TaskState.CANCELLED, now=now)


async def carry_out(
    commands: Commands, deed: Deed, names: Sequence[str], *, why: str, who: str, provider: str = ""
) -> Done:
    """Each by itself: one that is refused keeps no other back."""
    done, refused = 0, []
    for name in in_turn(deed.name, list(dict.fromkeys(names))):
        try:
            await do(commands, deed.name, TaskId(name), why=why, who=who, provider=provider)
            done += 1
        except WatchbillError as error:
            refused.append(f"{name}: {error}")
    return Done(done=done, refused=refused)


def in_turn(deed: str, names: Sequence[T]) -> Sequence[T]:
    """The turn in which tasks have it done to them. The last one that is bumped goes first, so the first is bumped last.

    >>> in_turn("bump", ["a", "b"]), in_turn("hold", ["a", "b"])
    (['b', 'a'], ['a', 'b'])
    """
    return names[::-1] if deed == "bump" else names


async def do(
    commands: Commands,
    name: str,
    task: TaskId,
    *,
    why: str,
    who: str,
    provider: str = "",
    until: datetime | None = None,
    at_once: bool = False,
) -> None:
    """One deed to one task; `until` and `at_once` are a hold's. Raises what its command raises."""
    match name:
        case "hold":
            await commands.pause(Pause(scope=Scope.TASK, name=task, until=until, why=why, who=who), at_once=at_once)
        case "release":
            await commands.release(task)
        case "bump":
            await commands.bump(task, ProviderName(provider) if provider else None)
        case "accept":
            await commands.accept(task)
        case "retry":
            await commands.retry(task)
        case _:
            await commands.cancel(task, why or "asked for by hand")
