"""The bundled price list itself: its version, how new it is, and what it says of a model's age."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, Provider, StartDateConstraint

_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")


@cache
def newest_date(today: date) -> date | None:
    """The newest day, not after today, that the list names anywhere: it is at least that new. It carries no date itself."""
    return max((day for vendor in get_snapshot().providers for day in _dates(vendor) if day <= today), default=None)


def _dates(vendor: Provider) -> Iterator[date]:
    yield from _written(vendor.price_comments)
    for model in vendor.models:
        yield from _written(model.price_comments)
        yield from _starts(model)


def _written(text: str | None) -> Iterator[date]:
    for year, month, day in _DATE.findall(text or ""):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def _starts(model: ModelInfo) -> Iterator[date]:
    dated = [*(model.prices if isinstance(model.prices, list) else ()), *(model.price_variants or ())]
    for each in dated:
        if isinstance(each.constraint, StartDateConstraint):
            yield each.constraint.start_date
