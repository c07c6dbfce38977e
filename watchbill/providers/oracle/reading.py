"""Signals as people and programs write them down: one JSON object each, liberal in its forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from watchbill.providers.oracle import bodies, clocks, moments
from watchbill.providers.oracle.signal import Context, Signal
from watchbill.providers.oracle.verdict import Verdict

_EARLIEST, _LATEST = 1970, 9000  # years; with room for every zone and wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(Exception):
    """A line that is no signal; `why` says what is wrong and how it should be."""

    why: str

    def __str__(self) -> str:
        return self.why


def read(line: str, *, now: datetime, zone: tzinfo) -> Signal:
    """One signal. `now` stands for a received_at that is not given, `zone` for the host's. Raises Unreadable."""
    value = bodies.parsed(line)
    if value is None:
        raise Unreadable(why="it is no JSON; write one object a line")
    if not isinstance(value, Mapping):
        raise Unreadable(
            why=f"it is {type(value).__name__}, not an object with provider, channel, status, headers, body or text"
        )
    return signal_of(value, now=now, zone=zone)


def signal_of(value: Mapping[str, Any], *, now: datetime, zone: tzinfo) -> Signal:
    """A signal's fields, whatever form each has. Raises Unreadable for a received_at that is no moment."""
    return Signal(
        provider=bodies.snake(str(value.get("provider") or "")).replace("_", "-"),
        channel=str(value.get("channel") or "").lower(),
        status=_whole(value.get("status")),
        headers=_headers(value.get("headers")),
        body=_body(value),
        received_at=_received_at(value, now),
        context=_context(value.get("context"), zone),
    )


def _received_at(value: Mapping[str, Any], now: datetime) -> datetime:
    given = value.get("received_at")
    if given is None or given == "":
        return now
    moment = moments.moment_of(given, now)
    if moment is None or not _EARLIEST <= moment.year <= _LATEST:
        raise Unreadable(why=f"received_at is no moment: {given!r}; write it like 2026-11-30T12:00:00Z")
    return moment


def _body(value: Mapping[str, Any]) -> object:
    given = [value[name] for name in ("body", "text") if value.get(name) not in (None, "")]
    match given:
        case []:
            return None
        case [only]:
            return only
        case _:
            return [part for one in given for part in bodies.parts_of(one)]


def _headers(given: object) -> Mapping[str, str]:
    if isinstance(given, Mapping):
        pairs = [(name, item) for name, item in given.items()]
    elif isinstance(given, list):
        pairs = [pair for pair in map(_pair, given) if pair is not None]
    else:
        return {}
    return {str(name).strip().lower(): _header(item) for name, item in pairs if item is not None}


def _pair(item: object) -> tuple[object, object] | None:
    if isinstance(item, list) and len(item) == 2:  # noqa: PLR2004 -- a name and its value
        return item[0], item[1]
    if isinstance(item, Mapping) and "name" in item:
        return item["name"], item.get("value")
    if isinstance(item, str) and ":" in item:
        name, _, rest = item.partition(":")
        return name, rest
    return None


def _header(item: object) -> str:
    return str(item[0] if isinstance(item, list) and item else item).strip()


def _context(given: object, zone: tzinfo) -> Context:
    if not isinstance(given, Mapping):
        return Context(zone=zone)
    named = {bodies.key_of(name): item for name, item in given.items()}

    def first(*names: str) -> Any:
        return next((named[name] for name in names if named.get(name) not in (None, "")), None)

    events = first("events", "eventsbefore", "transcript", "before", "previousevents", "priorevents")
    return Context(
        zone=_zone(first("hostzone", "timezone", "hosttimezone", "zone", "tz", "hosttz", "localtimezone")) or zone,
        model=str(first("model", "requestedmodel", "requestmodel") or ""),
        stop_reason=str(first("stopreason", "finishreason") or ""),
        exit_code=_whole(first("exitcode", "returncode", "code")),
        exception=str(first("exception", "exceptiontype", "errortype") or "").rsplit(".", 1)[-1],
        events=tuple(events) if isinstance(events, list) else (() if events is None else (events,)),
        max_tokens=_whole(first("maxtokens", "requestmaxtokens", "maxoutputtokens")),
    )


def _zone(given: object) -> tzinfo | None:
    return clocks.zone_named(given) if isinstance(given, str) else None


def _whole(given: object) -> int | None:
    if isinstance(given, bool) or given is None:
        return None
    try:
        return int(float(str(given)))
    except (ValueError, OverflowError):
        return None


def shown(verdict: Verdict) -> dict[str, object]:
    """A verdict as JSON, with the keys that docs/limits.md names."""
    at = verdict.resets_at
    named = {"account": verdict.account, "model": verdict.model}
    return {
        "class": verdict.word,
        "scope": verdict.scope.value,
        "window": verdict.window.value,
        "resets_at": None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "retry_same_provider": verdict.retry_same_provider,
        "counts_as_attempt": verdict.counts_as_attempt,
        **{name: word for name, word in named.items() if word},
        "rule": verdict.rule,
    }
