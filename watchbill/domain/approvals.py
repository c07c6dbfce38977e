"""Approvals: a person's word on one exact tree. It lands in a run of its own, which asks no provider."""

from dataclasses import dataclass
from datetime import datetime

from watchbill.domain.ids import ProviderName, TaskId

PERSON = ProviderName("(person)")  # who such a run is by; no configured provider can bear this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    task: TaskId
    tree: str  # what was shown
    who: str
    said: str = ""  # -m
    edited: bool = False  # the tree is theirs
    given_at: datetime
