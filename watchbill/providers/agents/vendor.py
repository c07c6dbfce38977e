"""What is particular to one vendor's agent: how its program is started, what it says, and what that means."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from watchbill.domain.effort import Effort
from watchbill.domain.outcomes import SetbackKind, WindowUse
from watchbill.domain.ports import AgentProgram, Workbench

Event = Mapping[str, Any]  # as the vendor words it, in plain JSON values, so that it can be recorded and read again
DID = "did"  # ours in an event: a digest of each thing that a tool was asked for, or that came of it at its end


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where an agent finds its models. `url` has no path."""

    url: str
    token: str = field(repr=False)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One stint, as a vendor's program gets it."""

    program: Path  # the confined one
    home: Path
    worktree: Path
    model: str
    system: str
    prompt: str
    door: Door | None
    is_sandboxed: bool  # else nothing holds its commands but its own rules
    refusal: Callable[[str], str | None]  # why a path may not be written; None when it may
    bench: Workbench  # for programs that ask us to read and write for them
    effort: Effort | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """It came to its own end and says so, without an error."""

    summary: str
    used_tools: bool = True  # else it may be nothing but an error in the words of an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It says that it could not go on."""

    message: str
    said: object = None  # JSON values in its own form, where the message is not all
    status: int | None = None  # of its vendor's answer, where it tells that
    kind: SetbackKind | None = None  # where its own word is exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """It is gone, and never said how it ended."""

    last_words: str = ""


Ending = Finished | Failed | Unfinished


class Vendor(Protocol):
    """Never raises for what the program can do wrong: that is an ending, or the lack of one."""

    def program(self, door: Door | None, model: str) -> AgentProgram:
        """How it is started. Without a door its models are its own affair."""
        ...

    def play(self, job: Job) -> AsyncIterator[Event]:
        """Start the program, give it the job, and pass on what it says, to its end. Closing it stops the program."""
        ...

    def ending(self, events: Sequence[Event]) -> Ending:
        """How it ended, from its last events. Pure."""
        ...

    def credits(self, event: Event) -> float:
        """What an event says was used of an allowance, in credits; 0 where nothing is said."""
        ...

    def uses(self, event: Event, now: datetime) -> Sequence[WindowUse]:
        """How far an event says that windows of the account's allowances are used. Pure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a stint may take, and how long its agent may say or do nothing."""

    whole: timedelta = timedelta(minutes=60)
    silence: timedelta = timedelta(minutes=5)
    standstill: timedelta = timedelta(minutes=15)  # with nothing new, however much it says
    leaving: timedelta = timedelta(seconds=10)  # once it was refused money: to say its last words


def digest(*said: object) -> str:
    """The same for the same, however long it is. What differs each time (ids, times) is left out by who says it.

    >>> digest("Read", {"path": "a", "limit": 5}) == digest("Read", {"limit": 5, "path": "a"})
    True
    """
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]
