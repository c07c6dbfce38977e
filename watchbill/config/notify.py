"""Notify in watchbill.toml: who is told, of what, and when not."""

import re
from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from watchbill.config.forms import Address, Key, Text
from watchbill.config.section import Section

_CLOCK = r"([01]\d|2[0-3]):[0-5]\d"


def parse_clock(text: str) -> time:
    """A time of day. Raises ValueError.

    >>> parse_clock("07:30")
    datetime.time(7, 30)
    """
    if not re.fullmatch(_CLOCK, text):
        raise ValueError('must be a time of day such as "07:30"')
    return time.fromisoformat(text)


def parse_hours(text: str) -> tuple[time, time]:
    """From when until when. Raises ValueError.

    >>> parse_hours("23:00-07:00")
    (datetime.time(23, 0), datetime.time(7, 0))
    """
    begin, dash, end = text.partition("-")
    if not dash or begin == end:
        raise ValueError('must be two different times of day such as "23:00-07:00"')
    return parse_clock(begin), parse_clock(end)


def _is_clock(text: str) -> str:
    parse_clock(text)
    return text


def _is_hours(text: str) -> str:
    parse_hours(text)
    return text


Clock = Annotated[
    str,
    AfterValidator(_is_clock),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK}$", "examples": ["07:30"]}),
]
Quiet = Annotated[
    str,
    AfterValidator(_is_hours),
    WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK}-{_CLOCK}$", "examples": ["23:00-07:00"]}),
]


class Notify(Section):
    """Who is told when something needs a person. Routine is silent; without a target nobody is told anything."""

    targets: tuple[Key, ...] = ()
    """Where the addresses are: `credential:NAME`, `file:/path` or `env:NAME`, each with one Apprise URL a line (mail, chat, push:
    github.com/caronc/apprise). Never the addresses themselves, since they hold passwords."""

    events: Annotated[tuple[Text, ...], Field(min_length=1)] = ("*",)
    """Patterns of what is told, for instance ["task.review", "budget.*"]. All of it by default, since what is routine is not in
    it: what needs you, money, providers that go and return, conflicts that wait for you, what was taken back, a bad configuration."""

    urgent: tuple[Text, ...] = ("daemon.stuck", "cost.over_bound")
    """Patterns of what is told in the quiet hours too. By default what costs money or time while you sleep."""

    quiet_hours: Quiet | None = None
    """Hours in the daemon's zone, for instance "23:00-07:00", in which nothing else is told; at their end it is told in one
    message. Default: none."""

    digest: Clock | None = None
    """The time of day, in the daemon's zone, of a daily summary: what was done, what it cost, what needs you. It holds what the
    quiet hours held, where they end within the hour before. Default: none."""

    page: Address | None = None
    """The address at which you reach the web page, for the links in what you are told. Default: where `[web]` listens, else no links."""
