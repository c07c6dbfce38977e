"""The prober: asks providers whether they are well, at no cost: now and then, when a broken one may return, or by hand.

What answered work a moment ago need not be asked. No probe has money in hand: it lists models, or asks for a login's standing.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from watchbill.daemon import breaking
from watchbill.daemon.alarm import Alarm
from watchbill.daemon.standing import Orders, Standing
from watchbill.daemon.terms import Parts
from watchbill.daemon.timers import Timers
from watchbill.domain.breakers import Sign
from watchbill.domain.ids import ProviderName
from watchbill.domain.ports import ProbeResult, Provider
from watchbill.scheduling import health
from watchbill.scheduling.health import Signs
from watchbill.state import breakers, probes
from watchbill.state import health as health_rows
from watchbill.state.breakers import WHOLE, Moved
from watchbill.state.engine import Connection
from watchbill.state.snapshot import PROBE_TAKES

AGAIN = timedelta(days=1)  # until a model that retires is named again


class Prober:
    """Owns the times of the probes. Everything that happens elsewhere only wakes it."""

    def __init__(self, parts: Parts, *, orders: Orders, timers: Timers, on_return: Callable[[], None]) -> None:
        self._parts = parts
        self._orders = orders
        self._timers = timers
        self._on_return = on_return
        self._alarm = Alarm(parts.events, "probes")
        self._asked_at: dict[ProviderName, datetime] = {}
        self._named_at: dict[tuple[ProviderName, str], datetime] = {}
        self._began = parts.clock.now()

    def wake(self) -> None:
        self._alarm.ring()

    async def run(self) -> None:
        """Probe what is due, for ever."""
        await self._alarm.at_every_ring(
            self._look_and_rest, again=lambda: self._rest(self._parts.clock.now() + PROBE_TAKES)
        )

    async def _look_and_rest(self) -> None:
        await self.look()
        self._rest(await self._next())

    def _rest(self, until: datetime) -> None:
        self._timers.wake_at("probes", until, self.wake)

    async def look(self) -> None:
        """Probe the broken that may return, and those that nothing was heard of for a while."""
        standing, now = self._orders.standing, self._parts.clock.now()
        seen = await self._signs(standing, now)
        due = [name for name in standing.providers if self._due_at(standing, name, seen[name], now) <= now]
        await asyncio.gather(*(self._probe(name, standing.providers[name], by_hand=False) for name in due))
        self._name_retiring(seen, now)

    async def ask(self, name: ProviderName) -> ProbeResult:
        """Probe one now, since a person wants to know. One that is found well may be tried, before its time even."""
        return await self._probe(name, self._orders.standing.providers[name], by_hand=True)

    async def _next(self) -> datetime:
        standing, now = self._orders.standing, self._parts.clock.now()
        seen = await self._signs(standing, now)
        moments = (self._due_at(standing, name, seen[name], now) for name in standing.providers)
        return min(moments, default=now + standing.probe_every)

    async def _signs(self, standing: Standing, now: datetime) -> Mapping[ProviderName, Signs]:
        return await self._parts.database.submit(lambda conn: health_rows.signs(conn, standing.bill, now))

    def _due_at(self, standing: Standing, name: ProviderName, seen: Signs, now: datetime) -> datetime:
        """A broken one is asked at its own times only. What was heard "in the future" was heard by a clock that ran ahead."""
        returns = [breaker.retry_at for breaker in (seen.breaker, *seen.by_model.values()) if breaker.retry_at]
        if returns:
            return min(returns)
        heard = max(self._asked_at.get(name, self._began), seen.answered_at or self._began)
        return min(heard, now) + standing.probe_every

    async def _probe(self, name: ProviderName, provider: Provider, *, by_hand: bool) -> ProbeResult:
        self._asked_at[name] = self._parts.clock.now()
        result = await _asked(provider)
        now = self._parts.clock.now()
        moved = await self._parts.database.submit(partial(_note, name=name, result=result, now=now, by_hand=by_hand))
        self._parts.events.emit("provider.probed", provider=name, well=result.well, message=result.message)
        breaking.tell(self._parts.events, moved)
        if moved:
            self._on_return()
        return result

    def _name_retiring(self, seen: Mapping[ProviderName, Signs], now: datetime) -> None:
        for name, signs in seen.items():
            for model, at in health.retiring(signs.retires, now):
                if now - self._named_at.get((name, model), now - AGAIN) >= AGAIN:
                    self._named_at[name, model] = now
                    self._parts.events.emit("provider.retiring", provider=name, model=model, at=at)


async def _asked(provider: Provider) -> ProbeResult:
    try:
        async with asyncio.timeout(PROBE_TAKES.total_seconds()):
            return await provider.probe()
    except TimeoutError:
        return ProbeResult(well=False, message=f"no answer within {PROBE_TAKES}")
    except Exception as fault:  # noqa: BLE001 - whatever its program or SDK did, it is not well
        return ProbeResult(well=False, message=repr(fault))


def _note(conn: Connection, *, name: ProviderName, result: ProbeResult, now: datetime, by_hand: bool) -> list[Moved]:
    """Keep what was found. Of the broken, those whose time has come may be tried, or wait longer; by hand, all of them."""
    probes.note(conn, name, result, now)
    own = breakers.all(conn).get(name, {})
    sign = Sign.PROBED_WELL if result.well else Sign.PROBED_SICK
    asked = [model for model, breaker in own.items() if breaker.is_due(now) or (by_hand and breaker.is_open)]
    if not any(breaker.is_open for breaker in own.values()):
        asked = [WHOLE]
    moves = [breakers.note(conn, name, sign, now, model=model, why=result.message) for model in asked]
    return [moved for moved in moves if moved is not None]
