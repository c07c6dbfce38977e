"""Rates: what a model costs by the token, as the operator may state it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """One model's prices in dollars for a million tokens. Cache prices default to the input's."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
