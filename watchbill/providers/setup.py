"""What a provider is built from: plain frozen values, handed over by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx2

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.ports import Clock, Confine, Events, Meter
from watchbill.providers.rates import Rates

if TYPE_CHECKING:
    from watchbill.providers.gateway.passes import House, Pass

Formatter = Callable[[str, str], str]  # path, text → formatted text
Command = Sequence[str]  # an argv


# The repository's text files by path and the claimed ones among them → what was done, and what is wrong, one a line.
Recipe = Callable[[Mapping[str, str], Sequence[str]], tuple[str, Sequence[str]]]


class Gate(Protocol):
    """Where an agent's requests come through."""

    def admit(self, purpose: Purpose, house: "House") -> AbstractAsyncContextManager["Pass"]:
        """A pass for one run, valid inside the block."""
        ...


class Pacer(Protocol):
    """An account's minute: what would be too soon waits there, whoever sends it."""

    async def go(self, tokens: int) -> int:
        """Wait until a request of so many tokens may go; its number."""
        ...

    def took(self, number: int, tokens: int) -> None:
        """What it took in truth."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """What only agent programs have."""

    gate: Gate | None = None  # None: nobody works, it is only asked whether it is well
    pacer: Pacer | None = None  # None: no limits of a minute
    models: tuple[str, ...] = ()  # that its runs may ask for
    command: tuple[str, ...] = ()  # the program; empty: the one that its library brings
    speaks: str = ""  # in whose words it asks the gateway: "anthropic" or "openai"; "": it has a service of its own
    env: Mapping[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()  # folders that its program needs
    stint_timeout: timedelta = timedelta(minutes=60)
    silence: timedelta = timedelta(minutes=5)
    standstill: timedelta = timedelta(minutes=15)
    credits_per_run: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSetup:
    """What only a local model has: the process that holds it."""

    model: str  # its name
    weights: Path
    wrong_file: Callable[[], str]  # why that file cannot be a model's, in words; "" when nothing is against it
    threads: int
    context: int  # tokens of a request and its answer
    slots: int  # requests at once
    idle_after: timedelta
    confine: Confine | None = None  # None: nobody works, it is only asked whether it is well
    events: Events | None = None  # who is told when it starts and ends


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetup:
    name: ProviderName
    kind: str  # the entry point's name: "anthropic", "openai", "openai-chat", "local"
    clock: Clock
    meter: Meter
    api_key: str = field(default="", repr=False)
    base_url: str | None = None  # None: the vendor's own
    prices: Mapping[str, Rates] = field(default_factory=dict)  # by model; beats the bundled price list
    transport: httpx2.AsyncBaseTransport | None = None  # None: real sockets
    trust_env: bool = False  # whether HTTP_PROXY and friends are obeyed
    connect_within: timedelta = timedelta(seconds=15)
    silence: timedelta = timedelta(minutes=5)  # longest pause inside an answer; reasoning models pause for minutes
    formatters: Mapping[str, Formatter] = field(default_factory=dict)  # local only: by glob of path
    commands: Mapping[TaskType, tuple[Command, ...]] = field(default_factory=dict)  # local only: by task type
    command_timeout: timedelta = timedelta(minutes=5)
    recipes: Mapping[TaskType, Recipe] = field(default_factory=dict)  # local only: looks at all files, by task type
    agent: AgentSetup = field(default_factory=AgentSetup)
    worker: WorkerSetup | None = None  # local models only
