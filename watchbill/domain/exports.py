"""Usage exports: what a vendor says it billed, by day and model, and request by request where it tells that."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from watchbill.domain.calls import Usage
from watchbill.domain.money import MicroUsd

_DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What was billed for a model on a day, or for one request of it."""

    day: date  # the vendor's, which is UTC's
    model: str
    usage: Usage | None  # None: the export tells of money only
    cost: MicroUsd | None  # None: the export tells of tokens only
    calls: int | None = None
    call: str = ""  # our id of it, where somebody between us and the vendor wrote it down
    request_id: str = ""  # the vendor's

    @property
    def is_request(self) -> bool:
        return bool(self.call or self.request_id)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a model, by its plain name."""

    day: date
    model: str


def plain_model(model: str) -> str:
    """A model without its date: we may ask for the one, the bill may name the other.

    >>> plain_model("claude-sonnet-4-5-20250929"), plain_model("gpt-5.2-2025-12-11"), plain_model("gpt-5.2")
    ('claude-sonnet-4-5', 'gpt-5.2', 'gpt-5.2')
    """
    return _DATED.sub("", model)


def sums(lines: Iterable[Line]) -> dict[Cell, Line]:
    """The lines of each day and model together. What one of them does not tell, the sum does not tell either."""
    found: dict[Cell, Line] = {}
    for line in lines:
        cell = Cell(line.day, plain_model(line.model))
        sofar = found.get(cell)
        found[cell] = Line(
            day=cell.day,
            model=cell.model,
            usage=line.usage if sofar is None else _both(sofar.usage, line.usage),
            cost=line.cost if sofar is None else _money(sofar.cost, line.cost),
            calls=line.calls if sofar is None else _count(sofar.calls, line.calls),
        )
    return found


def _both(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return None
    return Usage(
        tokens_in=one.tokens_in + other.tokens_in,
        tokens_out=one.tokens_out + other.tokens_out,
        cache_read=one.cache_read + other.cache_read,
        cache_write=one.cache_write + other.cache_write,
    )


def _money(one: MicroUsd | None, other: MicroUsd | None) -> MicroUsd | None:
    return None if one is None or other is None else MicroUsd(one + other)


def _count(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
