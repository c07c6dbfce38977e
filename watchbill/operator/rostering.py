"""Rostering: the part of the API by which people look at the schedule, change it for a while, and ask what would be if."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MicroUsd, usd
from watchbill.operator import plain
from watchbill.operator.actors import Actor
from watchbill.operator.bodies import Moment
from watchbill.operator.commands import Commands
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.foretelling import foretell
from watchbill.operator.outlook import Outlook
from watchbill.operator.purse import Done
from watchbill.operator.queries import forecasts, strip, supposing, week
from watchbill.operator.queries.look import snapshot_of
from watchbill.operator.queries.supposing import Supposing
from watchbill.operator.reading import Read
from watchbill.operator.rota import AsWritten, Stand
from watchbill.scheduling.bill import Hours, SlotPolicy
from watchbill.scheduling.slots import parse_hours

_MAX_HOURS = 24 * 14
_MAX_WEEKS = 26

Span = Annotated[int, Query(ge=1, le=_MAX_HOURS)]


class SignedSaid(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who: str = ""
    why: str


class OverrideSaid(SignedSaid):
    hours: str
    provider: str
    until: Moment | None = None  # without it each of the hours comes once


class ClearSaid(SignedSaid):
    number: int | None = None  # without it all


def rostering(read: Read, commands: Commands, outlook: Callable[[], Outlook]) -> APIRouter:
    router = APIRouter()

    @router.get("/schedule")
    async def schedule(hours: Span = 24) -> Plain:
        return await read(lambda conn: forecasts.schedule(conn, outlook(), timedelta(hours=hours)))

    @router.get("/schedule/strip")
    async def watch_strip(past: Span = 12, ahead: Span = 12) -> Plain:
        back, forth, seen_at = timedelta(hours=past), timedelta(hours=ahead), outlook()
        seen = await read(lambda conn: snapshot_of(conn, seen_at))
        forecast = await foretell(seen, seen_at.bill, seen_at.now, hours=ahead + 1)
        return await read(lambda conn: strip.strip(conn, seen_at, back, forth, forecast))

    @router.get("/schedule/week")
    async def watch_week(weeks: Annotated[int, Query(ge=1, le=_MAX_WEEKS)] = 4) -> Plain:
        return await read(lambda conn: week.week(conn, outlook(), weeks))

    @router.get("/schedule/what-if")
    async def what_if(
        *,
        hours: Span = 24,
        out: Annotated[list[str] | None, Query()] = None,
        at: Annotated[list[str] | None, Query(description="PROVIDER=HOURS, as in the configuration")] = None,
        day_usd: Annotated[str | None, Query()] = None,
        month_usd: Annotated[str | None, Query()] = None,
        policy: SlotPolicy | None = None,
        parallel: Annotated[int | None, Query(ge=1, le=1000)] = None,
    ) -> Plain:
        wanted = Supposing(
            out=frozenset(map(ProviderName, out or ())),
            hours=dict(map(_hours_of, at or ())),
            day=dollars(day_usd),
            month=dollars(month_usd),
            policy=policy,
            parallel=parallel,
        )
        seen_at = outlook()
        seen = await read(lambda conn: snapshot_of(conn, seen_at))
        return await asyncio.to_thread(supposing.what_if, seen, seen_at, timedelta(hours=hours), wanted)

    @router.post("/schedule/overrides")
    async def override(said: OverrideSaid, actor: Actor) -> Plain:
        wish = Stand(
            provider=ProviderName(said.provider),
            hours=hours_in(said.hours),
            until=said.until,
            who=said.who or actor,
            why=said.why,
        )
        return _told(await commands.rota(wish))

    @router.post("/schedule/overrides/clear")
    async def clear(said: ClearSaid, actor: Actor) -> Plain:
        return _told(await commands.rota(AsWritten(number=said.number, who=said.who or actor, why=said.why)))

    return router


def hours_in(said: str) -> Hours:
    """Raises BadQuestion."""
    try:
        return parse_hours(said)
    except ValueError as error:
        raise BadQuestion(str(error)) from error


def _hours_of(said: str) -> tuple[ProviderName, Hours]:
    name, equals, hours = said.partition("=")
    if not equals:
        raise BadQuestion(f"{said!r} names no hours: write for instance claude=0-23/3")
    return ProviderName(name), hours_in(hours)


def dollars(said: str | None) -> MicroUsd | None:
    """Raises BadQuestion."""
    if not said:
        return None
    try:
        amount = usd(Decimal(said))
    except (ValueError, ArithmeticError) as error:
        raise BadQuestion(f"{said!r} is no amount of dollars") from error
    if amount < 0:
        raise BadQuestion(f"a budget is not less than nothing: {said}")
    return amount


def _told(done: Done) -> Plain:
    return {"event": done.event, **plain.facts(done.facts)}
