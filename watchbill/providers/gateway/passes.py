"""Passes: what lets one run's agent through the gateway, for as long as the run works, and what came of it."""

import asyncio
import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx2

from watchbill.domain.calls import Purpose
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.outcomes import Setback
from watchbill.providers.gateway.wires import Shape
from watchbill.providers.pricing import Pricing
from watchbill.providers.setup import Pacer

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Whom a run's requests go to, with what the agent never sees."""

    shape: Shape
    base_url: str  # without /v1 for Anthropic's shape, with it for OpenAI's: as their SDKs want it
    api_key: str = field(repr=False)
    models: tuple[str, ...]
    pricing: Pricing
    http: httpx2.AsyncClient
    pacer: Pacer | None = None

    def address(self, path: str) -> str:
        """Where a path of ours lies there."""
        return self.base_url.rstrip("/") + (path if self.shape is Shape.ANTHROPIC else path.removeprefix("/v1"))

    def headers(self) -> Mapping[str, str]:
        if not self.api_key:
            return {}
        if self.shape is Shape.ANTHROPIC:
            return {"x-api-key": self.api_key}
        return {"authorization": f"Bearer {self.api_key}"}

    def clean(self, text: str) -> str:
        return text.replace(self.api_key, "[key]") if self.api_key else text


@dataclass(slots=True, kw_only=True, eq=False)
class Pass:
    """One run's. The gateway writes into it what the run's end has to know."""

    token: str
    purpose: Purpose
    house: House
    url: str = ""
    open_calls: set[CallId] = field(default_factory=set)
    waiting: set[asyncio.Task[int]] = field(default_factory=set)  # for their turn in the account's minute
    asking: int = 0  # requests whose turn or money is waited for
    answered: int = 0  # calls that ended well
    failures: int = 0  # calls in a row that came to nothing
    stopped: Setback | None = None  # our own refusal, money above all: nothing more is sent
    setback: Setback | None = None  # the vendor's, unless an answer came after it
    fault: Exception | None = None  # ours: the run cannot go on

    @property
    def is_busy(self) -> bool:
        """An answer is under way, which is watched by the byte, or a request waits for us."""
        return bool(self.asking or self.open_calls)


class Passes:
    """Every pass that is valid now."""

    def __init__(self) -> None:
        self._valid: list[Pass] = []

    @contextmanager
    def issued(self, purpose: Purpose, house: House, url: str) -> Iterator[Pass]:
        """A new pass, revoked at the end."""
        issued = Pass(token=secrets.token_urlsafe(TOKEN_BYTES), purpose=purpose, house=house, url=url)
        self._valid.append(issued)
        try:
            yield issued
        finally:
            self._valid.remove(issued)

    def of(self, provider: ProviderName) -> tuple[Pass, ...]:
        """Those of all runs that this provider has."""
        return tuple(each for each in self._valid if each.purpose.provider == provider)

    def find(self, token: str) -> Pass | None:
        """Every pass is compared, each in constant time."""
        found = [each for each in self._valid if hmac.compare_digest(each.token.encode(), token.encode())]
        return found[0] if found else None
