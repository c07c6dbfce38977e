"""Events: what happened, the latest first, with the filter of every list; it stays up to date by itself."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from watchbill.operator import sieve, words
from watchbill.operator.doors import Plain
from watchbill.operator.queries import events
from watchbill.operator.sieve import Sieve, Subject
from watchbill.operator.web import filters
from watchbill.operator.web.desk import Desk

_SHOWN = 200
_SIFTED = 5_000  # events that a filter looks through


def pages(site: APIRouter, desk: Desk) -> None:
    @site.get("/events")
    async def listing(request: Request, q: str = "") -> HTMLResponse:
        chosen = filters.read(q, sieve.OF_EVENTS)
        outlook = desk.outlook()
        limit = _SIFTED if chosen.sieve.tests else _SHOWN
        found = await desk.read(lambda conn: events.events(conn, outlook, limit=limit))
        shown = _through(found["events"], chosen.sieve, outlook.now)
        return await desk.page(
            request,
            "events.html",
            here="events",
            title="Events",
            filter=chosen,
            events=shown,
            sifted=limit,
        )


def _through(found: list[Plain], chosen: Sieve, now: datetime) -> list[Plain]:
    """The latest first."""
    kept = [event for event in reversed(found) if chosen.lets_through(_subject(event, now))]
    return [{**event, "words": told(event["facts"])} for event in kept[:_SHOWN]]


def _subject(event: Plain, now: datetime) -> Subject:
    facts = event["facts"]
    about = {key: frozenset({str(facts[key])}) for key in ("task", "run", "provider", "repo") if facts.get(key)}
    return Subject(
        names={"kind": frozenset({event["name"]}), "level": frozenset({event["level"]}), **about},
        age=max(timedelta(), now - words.parsed(event["at"])),
        text=f"{event['name']} {told(facts)}",
    )


def told(facts: Plain) -> str:
    """An event's facts in one line.

    >>> told({"task": "a", "tools": ["x", "y"], "until": None, "cost": 31_000, "passes": False})
    'task a · tools x, y · cost $0.03 · passes no'
    """
    return " · ".join(f"{name} {_worded(name, value)}" for name, value in facts.items() if value not in (None, "", []))


def _worded(name: str, value: object) -> str:
    if name == "cost" and isinstance(value, int):
        return words.usd(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
