"""Values of a running game, and what its operators make of them. Everything may be written as text, as the interpreter has it."""

import math
from collections.abc import Callable, Mapping

Value = str | float | bool


class Trouble(Exception):
    """The interpreter would stop the game here; worded for its author."""


def number(value: Value) -> float:
    try:
        if not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    raise Trouble(f"{shown(value)!r} is no number")


def truth(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Trouble(f"{shown(value)!r} is neither true nor false")


def shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else repr(value)


def _fair(base: Value, share: Value, *, sign: int) -> float:
    """Fairmath: a percentage moves by a share of what is left on its way, and neither reaches 0 nor 100."""
    start, percent = number(base), sign * number(share)
    if not 0 <= start <= 100:  # noqa: PLR2004 - percent
        raise Trouble(f"%+ and %- need a percentage, from 0 to 100, not {shown(start)}")
    moved = start + percent * ((100 - start) if percent > 0 else start) / 100
    return float(min(max(math.floor(moved) if percent > 0 else math.ceil(moved), 1), 99))


def _divided(one: Value, other: Value) -> float:
    if number(other) == 0:
        raise Trouble("divides by zero")
    return number(one) / number(other)


def _remainder(one: Value, other: Value) -> float:
    if number(other) == 0:
        raise Trouble("divides by zero")
    return math.fmod(number(one), number(other))


def _power(one: Value, other: Value) -> float:
    try:
        result = number(one) ** number(other)
    except (OverflowError, ZeroDivisionError) as error:
        raise Trouble("a power that is too big") from error
    if isinstance(result, complex):
        raise Trouble("a root of a negative number")
    return float(result)


def _character(text: Value, place: Value) -> str:
    whole, index = shown(text), number(place)
    if not 1 <= index <= len(whole):
        raise Trouble(f"there is no character {shown(index)} in {whole!r}")
    return whole[int(index) - 1]


OPERATORS: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": lambda one, other: number(one) + number(other),
    "-": lambda one, other: number(one) - number(other),
    "*": lambda one, other: number(one) * number(other),
    "/": _divided,
    "modulo": _remainder,
    "^": _power,
    "%+": lambda one, other: _fair(one, other, sign=1),
    "%-": lambda one, other: _fair(one, other, sign=-1),
    "&": lambda one, other: shown(one) + shown(other),
    "#": _character,
    "=": lambda one, other: shown(one) == shown(other),
    "!=": lambda one, other: shown(one) != shown(other),
    "<": lambda one, other: number(one) < number(other),
    ">": lambda one, other: number(one) > number(other),
    "<=": lambda one, other: number(one) <= number(other),
    ">=": lambda one, other: number(one) >= number(other),
    "and": lambda one, other: truth(one) and truth(other),
    "or": lambda one, other: truth(one) or truth(other),
}
