"""Terms: what every run is given: its limits, the daemon's parts, and the reasons why it may be asked to end."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from watchbill.daemon.delivery import Deliverer
from watchbill.daemon.flights import Flights
from watchbill.daemon.gatekeeper import Gatekeeper
from watchbill.daemon.purser import Purser
from watchbill.domain.calls import TURN_TOKENS
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import Clock, Events, Proc
from watchbill.scheduling.collaborating import Collaboration
from watchbill.state.answers import Keeping
from watchbill.state.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTerms:
    """Limits of one run."""

    max_tokens: int = TURN_TOKENS
    max_turns: int = 60
    max_nudges: int = 2  # replies without a tool call, in a row
    turn_deadline: timedelta = timedelta(minutes=10)
    collaboration: Collaboration = field(default_factory=Collaboration)
    session_tokens: int = 60_000  # that a transcript may have when another run takes it up, about
    retries: int = 1  # the same request once more after a passing setback
    retry_after: timedelta = timedelta(seconds=5)
    money_waits: int = 60  # how often a call asks again while others hold the money that it needs
    lease_ttl: timedelta = timedelta(minutes=2)
    dead_after: timedelta = timedelta(minutes=120)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # of the budget's days and months
    plan_waits: frozenset[ProviderName] = frozenset()  # whose tasks the plan keeps back while a budget is used up
    keeping: Keeping | None = field(default_factory=Keeping)  # of answers; None: every request is sent


class Stop(StrEnum):
    """Why a run is asked to come to its next checkpoint and end there."""

    RELIEVED = "its watch is over"
    PAUSED = "it is paused by hand"
    ASKED = "a person asked for a hand-over"
    DRAIN = "the daemon is stopping"
    CANCEL = "a human cancelled the task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the daemon hands to every stint."""

    database: Database
    clock: Clock
    events: Events
    gatekeeper: Gatekeeper
    deliverer: Deliverer
    purser: Purser
    proc: Proc
    flights: Flights = field(default_factory=Flights)
