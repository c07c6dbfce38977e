"""Matching: what is done to a task is done to what was seen of it: `ETag` of a task, `If-Match` of what is asked about it."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Header, Request

from watchbill.domain.ids import TaskId
from watchbill.operator import plain
from watchbill.operator.faults import HasChanged
from watchbill.operator.queries import tasks
from watchbill.operator.reading import Read

_ANY = "*"


async def tag(read: Read, task: str) -> str:
    """Another one after every change of the task itself; time alone changes nothing. Raises NotFound."""
    found = await read(lambda conn: tasks.get(conn, TaskId(task)))
    said = json.dumps(plain.task(found), sort_keys=True)
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def unchanged(read: Read) -> Callable[..., Awaitable[None]]:
    """A check before what changes a task: raises HasChanged where it is not any of what `If-Match` names."""

    async def check(request: Request, if_match: Annotated[str | None, Header(include_in_schema=False)] = None) -> None:
        task = request.path_params.get("task")
        if if_match is None or task is None or request.method == "GET":
            return
        named = {each.strip() for each in if_match.split(",")}
        if _ANY not in named and await tag(read, task) not in named:
            raise HasChanged(f"{task} is no longer what was seen: look again, then ask again")

    return check
