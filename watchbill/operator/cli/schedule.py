"""watchbill schedule: who worked when and who is planned to, as a strip; hours given to another provider for a while."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from watchbill.operator.cli import names, show, until
from watchbill.operator.cli.ask import connect
from watchbill.operator.cli.root import Options, json_option
from watchbill.operator.doors import Plain

_CELL = timedelta(minutes=30)
_BARS = " ▁▂▃▄▅▆▇█"
_PLANNED, _OWN, _IDLE, _OUT, _SILENT = "░", "-", "·", "x", " "
_KEY = f"▂▅█ busy   {_PLANNED} planned   {_OWN} its hours, idle   {_OUT} kept from work   │ now"


@click.group("schedule")
def command() -> None:
    """Who worked when and who is planned to; give hours to another provider for a while."""


@command.command("show")
@click.option("--past", type=click.IntRange(1, 336), default=12, show_default=True, help="Hours back.")
@click.option("--ahead", type=click.IntRange(1, 336), default=12, show_default=True, help="Hours ahead, by plan.")
@json_option
@click.pass_obj
def show_(options: Options, *, past: int, ahead: int, as_json: bool) -> None:
    """A strip: one row a provider, half an hour a letter; what it did until now and what it is planned to do."""
    answer = connect(options).get("/schedule/strip", past=past, ahead=ahead)
    if as_json:
        show.as_json(answer)
        return
    for line in render(answer):
        click.echo(line)


def render(answer: Plain) -> Iterator[str]:
    begin, now = _at(answer["begin"]), _at(answer["generated_at"])
    cells = round((_at(answer["end"]) - begin) / _CELL)
    moments = [begin + _CELL * place for place in range(cells)]
    wide = max((len(row["provider"]) for row in answer["rows"]), default=0) + 2
    yield " " * wide + _hours(moments, now)
    for row in answer["rows"]:
        yield f"{row['provider']:<{wide}}" + _with_now(
            [_cell(row, at, now, answer["silent"]) for at in moments], moments, now
        )
    yield f"\n{_KEY}   (hours: {show.zone()}{_written(answer['zone'], now)}; policy: {answer['policy']})"
    for row in answer["rows"]:
        for out in row["outs"]:
            if _at(out["to"]) > now:
                yield f"{row['provider']} is kept from work until {show.local(out['to'])}: {out['why']}"
    for each in answer["overrides"]:
        yield (
            f"by hand ({each['number']}): {each['provider']} stands {each['hours']} until {show.local(each['until'])}, "
            f"by {each['who']}: {each['why']}"
        )


def _hours(moments: Sequence[datetime], now: datetime) -> str:
    """The local hour over every third hour's first cell."""
    letters = [" "] * len(moments)
    for place, at in enumerate(moments):
        local = at.astimezone()
        if local.minute == 0 and local.hour % 3 == 0 and place + 1 < len(moments):
            letters[place : place + 2] = f"{local:%H}"
    return _with_now(letters, moments, now)


def _with_now(letters: Sequence[str], moments: Sequence[datetime], now: datetime) -> str:
    place = sum(at < now for at in moments)
    return "".join([*letters[:place], "│", *letters[place:]])


def _cell(row: Plain, at: datetime, now: datetime, silent: Sequence[Plain]) -> str:
    end = at + _CELL
    done = [each for each in row["stints"] if each["doing"] != "planned"]
    busy = sum((_overlap(each, at, min(end, now)) for each in done), timedelta(0))
    if busy:
        return _BARS[max(1, min(8, round(8 * busy / _CELL)))]
    if any(_overlap(each, max(at, now), end) for each in row["stints"] if each["doing"] == "planned"):
        return _PLANNED
    if any(_overlap(each, at, end) for each in row["outs"]):
        return _OUT
    if any(_overlap(each, at, end) >= _CELL / 2 for each in silent):
        return _SILENT
    return _OWN if any(_overlap(each, at, end) for each in row["watches"]) else _IDLE


def _overlap(span: Plain, begin: datetime, end: datetime) -> timedelta:
    return max(timedelta(0), min(_at(span["to"]), end) - max(_at(span["from"]), begin))


def _at(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def _written(zone: str, now: datetime) -> str:
    """The zone in which hours are written, where it is not that of the strip."""
    away = ZoneInfo(zone).utcoffset(now.astimezone(ZoneInfo(zone))) != now.astimezone().utcoffset()
    return f", written in {zone}" if away else ""


@command.command("override")
@click.argument("hours")
@click.argument("provider", type=names.PROVIDER)
@until.signed
@json_option
@click.pass_obj
def override(
    options: Options,
    *,
    hours: str,
    provider: str,
    for_: str | None,
    until_: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Have PROVIDER alone stand HOURS, written as in the configuration ("14-16", "*"), until then; without an end each hour once.

    Hours are the schedule's, 14-16 lasts until 17:00. Where the provider is not well, the hour falls back to its owners.
    """
    ends = until.moment(for_, until_)
    body = {"hours": hours, "provider": provider, "until": ends, "who": until.who(), "why": reason}
    done = connect(options).post("/schedule/overrides", body)
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        click.echo(f"{done['provider']} stands {done['hours']} until {show.local(done['until'])}")
        click.echo(f"→ watchbill schedule clear {done['number']} -m WHY")


@command.command("clear")
@click.argument("number", type=int, required=False)
@until.reason
@json_option
@click.pass_obj
def clear(options: Options, *, number: int | None, reason: str, as_json: bool) -> None:
    """End the override NUMBER, or all of them: hours are as they are written again."""
    done = connect(options).post("/schedule/overrides/clear", {"number": number, "who": until.who(), "why": reason})
    if as_json:
        show.as_json(done)
    elif not options.quiet:
        count = len(done["numbers"])
        click.echo(f"{count} {'override is' if count == 1 else 'overrides are'} over: hours are as they are written")
