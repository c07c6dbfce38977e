"""How values are written in watchbill.toml: spans as "30m", dollars as 5.00, hours as "0-23/3", keys as "env:NAME"."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema

from watchbill.config.keys import KeyRef
from watchbill.scheduling.slots import parse_hours

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+")
_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_ADDRESS = r"https?://[^\s/?#@]+(/[^\s?#]*)?"
_LONGEST = timedelta(days=366)
_TOO_LONG = "must be longer than nothing and at most 366d"


def parse_span(text: object) -> timedelta:
    """A span from its short form.

    >>> parse_span("90m") == parse_span("1h30m"), parse_span("15s")
    (True, datetime.timedelta(seconds=15))

    Raises ValueError for anything else, for nothing, and for more than a year.
    """
    if not isinstance(text, str) or not _SPAN.fullmatch(text):
        raise ValueError('must be a span such as "15s", "30m", "2h" or "1h30m"')
    pieces = re.findall(r"([\d.]+)([smhd])", text)
    try:
        seconds = sum(timedelta(**{_UNITS[unit]: float(amount)}).total_seconds() for amount, unit in pieces)
    except OverflowError as error:
        raise ValueError(_TOO_LONG) from error
    if not 0 < seconds <= _LONGEST.total_seconds():
        raise ValueError(_TOO_LONG)
    return timedelta(seconds=seconds)


def show_span(span: timedelta) -> str:
    """The short form that parse_span reads back.

    >>> show_span(timedelta(minutes=90)), show_span(timedelta(seconds=0.5))
    ('1h30m', '0.5s')
    """
    seconds = span.total_seconds()
    whole, rest = divmod(int(seconds), 60)
    minutes, hours = whole % 60, whole // 60
    last = round(rest + seconds - int(seconds), 6)
    pieces = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{last:g}s" if last else ""]
    return "".join(pieces) or "0s"


def parse_zone(text: object) -> ZoneInfo:
    """A time zone by its IANA name; raises ValueError for an unknown one."""
    try:
        return ZoneInfo(str(text))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError('must be a time zone such as "UTC" or "Europe/Berlin"') from error


def check_name(text: str) -> str:
    """A name that is safe in branches, paths and addresses; raises ValueError."""
    if not re.fullmatch(_NAME, text):
        raise ValueError(
            "must be at most 64 letters, digits, dots, dashes and underscores, the first a letter or digit"
        )
    return text


def check_address(text: str) -> str:
    """An http address; raises ValueError."""
    if not re.fullmatch(_ADDRESS, text):
        raise ValueError("must be an address such as https://api.example.com/v1")
    return text


def check_hours(text: str) -> str:
    """The hours as they were written, once they are known to be readable."""
    parse_hours(text)
    return text


def parse_dollars(amount: object) -> Decimal:
    """Dollars, exact. Raises ValueError for what is no amount, or below zero."""
    try:
        dollars = Decimal(str(amount))  # "True" and "[1]" are no numbers
    except ArithmeticError as error:
        raise ValueError("must be an amount of dollars such as 5.00") from error
    if not dollars.is_finite() or dollars < 0:
        raise ValueError("must be an amount of dollars, zero or more")
    return dollars


def _text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


Span = Annotated[
    timedelta,
    BeforeValidator(parse_span),
    PlainSerializer(show_span),
    _text_schema(r"^(\d+(\.\d+)?[smhd])+$", "15s", "30m", "2h"),
]
Zone = Annotated[
    ZoneInfo,
    BeforeValidator(parse_zone),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["UTC", "Europe/Berlin"]}),
]
Dollars = Annotated[
    Decimal,
    BeforeValidator(parse_dollars),
    PlainSerializer(float, when_used="json"),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
HoursText = Annotated[
    str,
    AfterValidator(check_hours),
    WithJsonSchema({"type": "string", "examples": ["*", "0-23/3", "9-11,14-16"]}),
]
Key = Annotated[
    KeyRef,
    BeforeValidator(KeyRef.parse),
    PlainSerializer(str),
    _text_schema("^(file|env|credential):.+$", "env:ANTHROPIC_API_KEY", "credential:anthropic", "file:/etc/keys/a"),
]
Name = Annotated[str, AfterValidator(check_name), _text_schema(f"^{_NAME}$", "novel")]
Address = Annotated[str, AfterValidator(check_address), _text_schema(f"^{_ADDRESS}$", "http://127.0.0.1:8000/v1")]
Text = Annotated[str, StringConstraints(min_length=1)]
Positive = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Argv = Annotated[tuple[Text, ...], Field(min_length=1)]  # a program and its arguments
