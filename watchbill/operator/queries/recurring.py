"""Recurring entries as answers: when each comes, what its last look found, and what became of it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from watchbill.config.forms import show_span
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling import recurring
from watchbill.scheduling.recurring import Recurring, Timing
from watchbill.state import recurring as rows
from watchbill.state.engine import Connection
from watchbill.state.recurring import Recurrence

_MOST = 1000  # occurrences in an answer


def listing(conn: Connection, outlook: Outlook) -> Plain:
    """Every entry, the soonest first."""
    known = rows.all_recurrences(conn)
    found = [_entry(conn, outlook, entry, known) for entry in outlook.recurring]
    return {"generated_at": plain.stamp(outlook.now), "entries": sorted(found, key=lambda each: each["next_at"])}


def named(conn: Connection, outlook: Outlook, name: str) -> Plain | None:
    """The entry of that name."""
    entry = next((each for each in outlook.recurring if each.name == name), None)
    return None if entry is None else _entry(conn, outlook, entry, rows.all_recurrences(conn))


def coming(outlook: Outlook, ahead: timedelta) -> list[Plain]:
    """When which entry looks for its work within the time ahead, the first thousand times."""
    until = outlook.now + ahead
    times = merge(*(_times(entry, outlook.now, until) for entry in outlook.recurring))
    return [{"at": plain.stamp(at), "entry": name, "repo": repo} for at, name, repo in islice(times, _MOST)]


def _times(entry: Recurring, now: datetime, until: datetime) -> Iterator[tuple[datetime, str, str]]:
    return ((at, entry.name, entry.repo) for at in recurring.coming(entry.timing, now, until))


def _entry(conn: Connection, outlook: Outlook, entry: Recurring, known: Mapping[str, Recurrence]) -> Plain:
    last = known.get(entry.name)
    answer: Plain = {
        "entry": entry.name,
        "repo": entry.repo,
        "type": entry.type,
        "provider": entry.provider,
        "fallback": list(entry.fallback),
        "when": _when(entry.timing),
        "next_at": plain.stamp(_next(entry, last, outlook.now)),
        "looked_at": plain.stamp(last.looked_at) if last else None,
        "found": list(last.found) if last else [],
        "made": list(last.made) if last else [],
        "fault": last.fault if last else "",
        "open": len(rows.open_targets(conn, entry.name)),
    }
    return {**answer, "words": _words(answer)}


def _next(entry: Recurring, last: Recurrence | None, now: datetime) -> datetime:
    """Now, where an occurrence was missed and the next look makes up for it."""
    due = recurring.due(entry.timing, last.seen if last else None, now)
    return due.next if due.occurrence is None else now


def _when(timing: Timing) -> str:
    """A timing in words."""
    said = f"every {show_span(timing.every)}" if timing.every is not None else f"cron {timing.cron}"
    return f"{said}, {show_span(timing.offset)} later" if timing.offset else said


def _words(entry: Plain) -> str:
    """What an entry's last look came to, in one line."""
    if entry["fault"] and not entry["found"]:
        return f"failed: {entry['fault']}"
    if entry["looked_at"] is None:
        return "has not looked yet"
    if not entry["found"]:
        return "found nothing to do"
    left = f"; {entry['fault']}" if entry["fault"] else ""
    return f"found {len(entry['found'])}, made {len(entry['made'])} tasks of it, {entry['open']} are open{left}"
