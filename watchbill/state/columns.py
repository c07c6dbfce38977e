"""Columns: how values stand in rows. Moments are unix milliseconds, lists and maps are JSON."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def ms(moment: datetime) -> int:
    """Whole unix milliseconds, exactly (a float of seconds is not exact).

    >>> ms(datetime(2026, 11, 24, tzinfo=UTC))
    1795478400000
    """
    return (moment - _EPOCH) // _MS


def ms_or_none(moment: datetime | None) -> int | None:
    return None if moment is None else ms(moment)


def moment(value: int) -> datetime:
    return _EPOCH + value * _MS


def moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def span_ms(span: timedelta) -> int:
    return span // _MS


def span(value: int) -> timedelta:
    return value * _MS


def array(items: Iterable[object]) -> str:
    return _dumps(list(items))


def mapping(items: Mapping[str, object]) -> str:
    """JSON of a map; a moment is RFC 3339 in UTC, what else JSON has no word for (a path) stands as its text."""
    return _dumps(dict(items))


def strings(value: str) -> tuple[str, ...]:
    return tuple(json.loads(value)) if value != "[]" else ()  # most are empty, and there are six in every task


def parsed(value: str) -> Any:
    return json.loads(value) if value != "{}" else {}


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_text)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(value)
