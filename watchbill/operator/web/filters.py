"""Filters as pages meet them: a bad one shows everything, and says what is wrong with it."""

from dataclasses import dataclass

from watchbill.operator import sieve
from watchbill.operator.faults import BadQuestion
from watchbill.operator.sieve import Sieve


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    text: str  # as a person typed it
    keys: tuple[str, ...]
    sieve: Sieve
    fault: str = ""


def read(text: str, keys: tuple[str, ...]) -> Filter:
    try:
        return Filter(text=text, keys=keys, sieve=sieve.parse(text, keys))
    except BadQuestion as error:
        return Filter(text=text, keys=keys, sieve=sieve.parse("", keys), fault=str(error))
