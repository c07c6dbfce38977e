"""What a provider is built from: plain frozen values, handed over by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2

from watchbill.domain.ids import ProviderName, TaskType
from watchbill.domain.ports import Clock, Meter
from watchbill.providers.rates import Rates

Formatter = Callable[[str, str], str]  # path, text → formatted text
Command = Sequence[str]  # an argv


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
