"""Pauses: what a person stopped, who, for how long and why. New work waits; work under way goes to its checkpoint."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    ALL = "all"  # its name is ""
    PROVIDER = "provider"
    REPO = "repo"
    TYPE = "type"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    scope: Scope
    name: str
    until: datetime | None  # None: until it is lifted
    why: str
    who: str = ""
    since: datetime | None = None
    lift: str = ""  # how it is lifted, where `watchbill resume` does not do it

    def is_on(self, now: datetime) -> bool:
        return self.until is None or self.until > now

    @property
    def said(self) -> str:
        """What is paused by whom, until when and why, in one line."""
        what = "everything" if self.scope is Scope.ALL else self.name
        by = f" by {self.who}" if self.who else ""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        word = "held" if self.scope is Scope.TASK else "paused"
        return f"{what} is {word}{by}{until}" + (f": {self.why}" if self.why else "")

    @property
    def way_out(self) -> str:
        """The command that lifts it."""
        if self.lift:
            return self.lift
        match self.scope:
            case Scope.ALL:
                return "watchbill resume"
            case Scope.TASK:
                return f"watchbill task release {self.name}"
            case _:
                return f"watchbill resume --{self.scope} {self.name}"
