"""Naming: the full name of what somebody means, or a word on which names there are."""

from collections.abc import Sequence

from watchbill.domain.ids import TaskId
from watchbill.domain.pauses import Scope
from watchbill.intake.inference import TYPES, meant_by
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.queries import tasks
from watchbill.operator.reading import Read
from watchbill.scheduling.bill import WatchBill


async def named(read: Read, bill: WatchBill, scope: Scope, name: str) -> str:
    """The full name of what is meant. Raises NotFound and BadQuestion."""
    match scope:
        case Scope.ALL:
            if name:
                raise BadQuestion("everything has no name: leave it out, or say what it is the name of")
            return ""
        case Scope.TASK:
            return (await read(lambda conn: tasks.get(conn, TaskId(name)))).id
        case Scope.TYPE:
            meant = meant_by(name)
            if not meant:
                raise NotFound(
                    f"no task type is called {name!r}; there are {', '.join(sorted(TYPES))}", hint="watchbill task list"
                )
            return meant[0]
        case Scope.PROVIDER | Scope.REPO:
            named = bill.providers if scope is Scope.PROVIDER else bill.repos
            known = [each.name for each in named]
            if name not in known:
                word = "provider" if scope is Scope.PROVIDER else "repository"
                raise NotFound(f"no {word} is called {name!r}; there are {', '.join(known)}", hint="watchbill status")
            return name


async def refuse_unknown(read: Read, bill: WatchBill, found: Sequence[object], **wanted: str | None) -> None:
    """Where nothing was found: raises NotFound for a name, by its scope's word, that there is not."""
    for scope, name in wanted.items() if not found else ():
        if name is not None:
            await named(read, bill, Scope(scope), name)
