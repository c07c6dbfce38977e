"""Rides: small tasks that are done together with another one, their lead, in its run and its commit."""

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from watchbill.domain.batches import wish_of
from watchbill.domain.ids import RunId, TaskId
from watchbill.domain.runs import COUNTED, RunState
from watchbill.domain.tasks import Task, TaskState


class RideState(StrEnum):
    RIDING = "riding"  # its lead is not over: nobody else does it meanwhile
    LANDED = "landed"  # with its lead
    LEFT = "left"  # it goes on alone, or a person did something else with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    task: TaskId  # the rider
    lead: TaskId
    run: RunId  # the lead's run that it got on with
    digest: str  # of its text then
    state: RideState = RideState.RIDING
    landed_by: RunId | None = None


def digest_of(task: Task) -> str:
    """The same as long as the queue asks the same thing of it: its words, its files, and the terms that it rides on."""
    said = [
        *(task.repo, task.type, task.title, task.requirements, task.success, task.body),
        *(list(task.claims), list(task.needs), task.provider, list(task.fallback)),
        *(task.autonomy, task.delivery, task.max_cost, task.on_question, wish_of(task)),
    ]
    return sha256(json.dumps(said).encode("utf-8", "surrogatepass")).hexdigest()


def is_alone_after(state: RunState, task_state: TaskState, *, has_work: bool) -> bool:
    """Whether a run of the lead that ends so has all its riders leave, although the lead itself goes on.

    What came to nothing is done anew, each task by itself. Work that waits for a human's word is everybody's.
    """
    return state in COUNTED or (task_state is TaskState.REVIEW and not has_work)
