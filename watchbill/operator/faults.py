"""Faults as people and programs meet them: one table from our errors to HTTP status, machine code, exit code and mend."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from watchbill.domain.errors import (
    ClaimTaken,
    ConfigError,
    GitError,
    IllegalMove,
    LeaseLost,
    OverBudget,
    StateError,
    StateFull,
    StateHeld,
    StateLost,
    StateNewer,
    Unsafe,
    WatchbillError,
)
from watchbill.domain.questions import AlreadySettled
from watchbill.domain.wishes import KeyReused


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2  # usage, or invalid configuration
    CONDITION_FALSE = 3  # what was checked is not so
    CREDENTIALS = 4
    UNREACHABLE = 5  # no daemon
    REFUSED = 6  # by policy
    TIMED_OUT = 7
    LOST = 74  # the state folder was taken away under the daemon
    TEMPORARY = 75  # another daemon holds the state folder, or its disk is full: a service manager may try again
    NEWER = 76  # a newer watchbill wrote the state
    BAD_CONFIG = 78  # of `serve`
    INTERRUPTED = 130


class NotFound(WatchbillError):
    """There is no task, run, pause or repository of that name. `hint` is the command that shows which there are."""

    def __init__(self, words: str, *, hint: str = "watchbill task list --all") -> None:
        super().__init__(words)
        self.hint = hint


class NoQuestion(WatchbillError):
    """Nobody asked a question of that name."""


class OwnedByQueue(WatchbillError):
    """What is to be changed stands in a queue file, and what stands there counts."""


class NotTaken(WatchbillError):
    """A task that is not added, since the inbox would refuse it or nothing would ever come of it."""


class NotShown(WatchbillError):
    """What is decided about is not what was shown."""


class HasChanged(WatchbillError):
    """A task is not what the one who asks has seen."""


class BadQuestion(WatchbillError):
    """A question that cannot be answered as it was asked."""


class NotReady(WatchbillError):
    """The daemon runs, and cannot do its work."""


class TooMany(WatchbillError):
    """As many as can be served are served already."""


class NoWeb(WatchbillError):
    """There is no page to sign in to; the text says why."""


class NoMoment(BadQuestion):
    """What was said for a moment is none."""


class AlreadyKnown(WatchbillError):
    """What a call cost is known, or will be: nobody has to say it."""


class DaemonUnreachable(WatchbillError):
    """No daemon answers on the control socket, and what was asked needs one."""


class AnswerLate(WatchbillError):
    """The daemon took the question and did not answer in time."""


class CannotFetch(WatchbillError):
    """A model's weights are not here; the text says why, and what to do."""


class Refused(WatchbillError):
    """The daemon's answer was an error; carries the words of its envelope."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

    @property
    def exit(self) -> Exit:
        known = FAULT_BY_CODE.get(self.code)
        return known.exit if known else Exit.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: type[WatchbillError]
    code: str
    status: int  # HTTP
    exit: Exit
    hint: str = ""  # {task} and {run} stand for what was asked about


_SHOW = "watchbill task show {task}"

# The first that fits counts: narrow ones stand before wide ones.
FAULTS = (
    Fault(kind=NotFound, code="not_found", status=404, exit=Exit.FAILED),
    Fault(
        kind=NoQuestion,
        code="not_found.question",
        status=404,
        exit=Exit.FAILED,
        hint="watchbill question list --all",
    ),
    Fault(kind=NoMoment, code="bad_question.moment", status=400, exit=Exit.USAGE),
    # its form is right: what it asks for does not go with how things stand
    Fault(kind=BadQuestion, code="bad_question", status=409, exit=Exit.USAGE),
    Fault(kind=NotTaken, code="refused.task", status=409, exit=Exit.REFUSED, hint="watchbill task list --all"),
    Fault(
        kind=OwnedByQueue,
        code="refused.owned",
        status=409,
        exit=Exit.REFUSED,
        hint="edit that line; watchbill task bump {task} brings a task forward without",
    ),
    Fault(
        kind=DaemonUnreachable,
        code="daemon.unreachable",
        status=503,
        exit=Exit.UNREACHABLE,
        hint="start it: watchbill serve",
    ),
    Fault(kind=AnswerLate, code="daemon.timed_out", status=504, exit=Exit.TIMED_OUT, hint="watchbill status"),
    Fault(kind=ConfigError, code="config.invalid", status=500, exit=Exit.USAGE, hint="watchbill config check"),
    Fault(
        kind=AlreadySettled,
        code="refused.settled",
        status=409,
        exit=Exit.REFUSED,
        hint="watchbill question list --all",
    ),
    Fault(kind=NotShown, code="refused.changed", status=409, exit=Exit.REFUSED, hint="watchbill review show {task}"),
    Fault(kind=HasChanged, code="refused.stale", status=412, exit=Exit.REFUSED, hint=_SHOW),
    Fault(kind=NotReady, code="not_ready", status=503, exit=Exit.CONDITION_FALSE, hint="watchbill status"),
    Fault(kind=TooMany, code="refused.busy", status=503, exit=Exit.TEMPORARY),
    Fault(kind=NoWeb, code="web.closed", status=409, exit=Exit.FAILED, hint="watchbill status"),
    Fault(kind=KeyReused, code="refused.key", status=409, exit=Exit.REFUSED),
    Fault(kind=AlreadyKnown, code="refused.known", status=409, exit=Exit.REFUSED, hint="watchbill run show {run}"),
    Fault(kind=IllegalMove, code="refused.state", status=409, exit=Exit.REFUSED, hint=_SHOW),
    Fault(kind=LeaseLost, code="refused.lease", status=409, exit=Exit.REFUSED, hint=_SHOW),
    Fault(kind=ClaimTaken, code="refused.claim", status=409, exit=Exit.REFUSED, hint="watchbill why {task}"),
    Fault(kind=OverBudget, code="refused.budget", status=409, exit=Exit.REFUSED, hint="watchbill cost"),
    Fault(kind=Unsafe, code="refused.sandbox", status=409, exit=Exit.REFUSED),
    Fault(kind=CannotFetch, code="model.not_fetched", status=502, exit=Exit.FAILED),
    Fault(kind=GitError, code="git.failed", status=409, exit=Exit.FAILED),
    Fault(kind=StateHeld, code="state.held", status=503, exit=Exit.TEMPORARY, hint="watchbill stop"),
    Fault(kind=StateFull, code="state.full", status=507, exit=Exit.TEMPORARY),
    Fault(kind=StateLost, code="state.lost", status=500, exit=Exit.LOST),
    Fault(kind=StateNewer, code="state.newer", status=500, exit=Exit.NEWER),
    Fault(kind=StateError, code="state.unusable", status=500, exit=Exit.FAILED),
    Fault(kind=WatchbillError, code="failed", status=500, exit=Exit.FAILED),
)
FAULT_BY_CODE: Mapping[str, Fault] = {fault.code: fault for fault in FAULTS}


def fault_of(error: WatchbillError) -> Fault:
    return next(fault for fault in FAULTS if isinstance(error, fault.kind))


def hint_of(error: WatchbillError, about: Mapping[str, str]) -> str:
    """The mend. `about`: the names of what was asked about; what is not among them stands there as a word."""
    if isinstance(error, NotFound):
        return error.hint
    hint = fault_of(error).hint
    if hint == _SHOW and "run" in about:
        hint = "watchbill run show {run}"
    return hint.format_map({"task": "TASK", "run": "RUN", **about})


def envelope(code: str, message: str, hint: str) -> dict[str, dict[str, str]]:
    """What every error looks like, on the wire and on stderr with --json."""
    return {"error": {"code": code, "message": message, "hint": hint}}
