"""Until: how long something is to last, from what people type."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from watchbill.config.forms import parse_span

F = TypeVar("F", bound=Callable[..., Any])


def options(command: F) -> F:
    """Adds --for, --until and -m."""
    return _ends(click.option("-m", "--reason", default="", help="Why, for whoever asks later.")(command))


def signed(command: F) -> F:
    """Adds --for, --until and -m, which has to be said."""
    return _ends(reason(command))


def reason(command: F) -> F:
    """Adds -m, which has to be said."""
    return click.option("-m", "--reason", required=True, help="Why, for whoever asks later.")(command)


def _ends(command: F) -> F:
    command = click.option("--until", "until_", metavar="T", help="Until 07:00, or 2026-12-01T07:00; local time.")(
        command
    )
    return click.option("--for", "for_", metavar="SPAN", help="For so long: 30m, 2h, 1d.")(command)


def moment(for_: str | None, until: str | None) -> str | None:
    """When it ends, in UTC for the API; None for never by itself. Raises BadParameter."""
    if for_ and until:
        raise click.UsageError("say --for or --until, not both")
    if for_:
        return (datetime.now(UTC) + _span(for_)).isoformat()
    return coming(until, "--until") if until else None


def coming(said: str, option: str) -> str:
    """The moment that an option names, in UTC for the API. Raises BadParameter, also where it is over."""
    now = datetime.now(UTC)
    moment = _coming(said, now.astimezone(), option)
    if moment <= now:
        raise click.BadParameter(f"{said} is over", param_hint=option)
    return moment.astimezone(UTC).isoformat()


def who() -> str:
    """Who says so: the name of the account."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return "somebody"


def _span(said: str) -> timedelta:
    try:
        return parse_span(said)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error


def _coming(said: str, here: datetime, option: str) -> datetime:
    """A time of day is its next one; everything else is a moment, local unless it names its zone."""
    try:
        if "-" not in said:
            time = datetime.strptime(said, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone yet
            today = datetime.combine(here.date(), time).astimezone()
            return today if today > here else datetime.combine(here.date() + timedelta(days=1), time).astimezone()
        moment = datetime.fromisoformat(said)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError) as error:  # the latter at the ends of the calendar
        raise click.BadParameter(
            f"{said!r} is no moment: write 07:00, 2026-12-01 or 2026-12-01T07:00", param_hint=option
        ) from error
