"""Calls: one billed request to a provider inside a run, from its reservation to its settlement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from watchbill.domain.ids import CallId, ProviderName, RepoName, RunId, TaskId, TaskType
from watchbill.domain.machine import Transitions
from watchbill.domain.money import MicroUsd

TURN_TOKENS = 8_192  # output of one turn at the most
OVERHEAD_TOKENS = 2_000  # what vendors add unseen to the input: the tool-use preamble is up to about 700


class CallState(StrEnum):
    HELD = "held"  # money reserved, row durable, nothing sent yet
    SENT = "sent"  # its one token is used: the socket may have been opened
    SETTLED = "settled"  # booked at what it cost; 0 after a complete HTTP error
    RELEASED = "released"  # never sent
    UNKNOWN = "unknown"  # nobody can say what was billed: stays charged at the bound until evidence lowers it


TRANSITIONS: Transitions[CallState] = {
    CallState.HELD: frozenset({CallState.SENT, CallState.RELEASED}),
    CallState.SENT: frozenset({CallState.SETTLED, CallState.RELEASED, CallState.UNKNOWN}),
    CallState.UNKNOWN: frozenset({CallState.SETTLED}),
    CallState.SETTLED: frozenset(),
    CallState.RELEASED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """For whom a call is made: every window that it counts in follows from this and the moment."""

    run: RunId
    task: TaskId
    repo: RepoName
    type: TaskType
    provider: ProviderName
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A true upper bound of one call's price, made from the bytes that will be sent."""

    cost: MicroUsd
    tokens_in: int
    tokens_out: int
    price_source: str  # for instance "genai-prices 0.2.3" or "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a terminal answer says was used. Cache tokens are part of tokens_in for every vendor here."""

    tokens_in: int = 0
    tokens_out: int = 0
    cache_read: int = 0
    cache_write: int = 0
    raw: Mapping[str, object] = field(default_factory=dict)  # the vendor's own words, kept for re-pricing


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    cost: MicroUsd
    usage: Usage
    price_source: str
    request_id: str = ""  # the vendor's own id of the request, evidence in a dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    id: CallId
    purpose: Purpose
    state: CallState
    bound: Bound
    settlement: Settlement | None
    reserved_at: datetime
    ended_at: datetime | None
    note: str = ""
