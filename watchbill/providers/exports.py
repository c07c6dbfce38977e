"""Usage exports of vendors, read into lines: their admin APIs' JSON, their consoles' CSV, and a plain CSV of our own.

The shapes, as their vendors document them (the CSV of Anthropic's console as it comes):
- Anthropic, GET /v1/organizations/usage_report/messages and /v1/organizations/cost_report (amounts in cents)
- OpenAI, GET /v1/organization/usage/completions and /v1/organization/costs
- Anthropic's console: usage_date_utc, model_version, usage_input_tokens_no_cache and its neighbours
- OpenAI's dashboard: start_time, model, input_tokens, output_tokens, input_cached_tokens, num_model_requests
- our own: day, model, and any of tokens_in (caches included), tokens_out, cache_read, cache_write, cost_usd, calls, call,
  request_id; one line for a day of a model, or one for each request
"""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from typing import Any

from watchbill.domain.calls import Usage
from watchbill.domain.errors import WatchbillError
from watchbill.domain.exports import Line
from watchbill.domain.money import ZERO, MicroUsd, usd

Fields = Mapping[str, Any]

CENTS = 100
OWN_COLUMNS = (
    "day",
    "model",
    "tokens_in",
    "tokens_out",
    "cache_read",
    "cache_write",
    "cost_usd",
    "calls",
    "call",
    "request_id",
)


class BadExport(WatchbillError):
    """A file is no usage export that can be read; the text names the place and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    shape: str  # for people
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    name: str
    marks: frozenset[str]  # the fields by which it is known
    line: Callable[[date, Fields], Line | None]  # None: nothing that was used


def parse(text: str) -> Export:
    """Everything that an export tells of models. Raises BadExport."""
    text = text.removeprefix("\ufeff")
    return _parse_json(text) if text.lstrip()[:1] in ("{", "[") else _parse_csv(text)


def _parse_json(text: str) -> Export:
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise BadExport(f"it is not JSON: {error}") from error
    pages = found if isinstance(found, list) else [found]
    if not all(isinstance(page, dict) and isinstance(page.get("data"), list) for page in pages):
        raise BadExport("it is no page of a usage or cost report: each has a list called data")
    if pages and pages[-1].get("has_more"):
        raise BadExport("it says that more pages follow: put all of them into one list, [page, page, …]")
    results = [(where, result) for where, result in _results(pages) if result]
    shape = _shape_of(_JSON, frozenset(name for _, result in results for name in result)) if results else None
    lines = [_line(shape, bucket, _whole(shape, result, where), where) for (where, bucket), result in results if shape]
    return Export(shape=shape.name if shape else "an empty report", lines=tuple(line for line in lines if line))


def _whole(shape: _Shape, result: Fields, where: str) -> Fields:
    """A count that is not there is none of zero."""
    for name in sorted(shape.marks - result.keys()):
        raise BadExport(f"{where} has a result without {name}, which others have")
    return result


def _results(pages: Sequence[Fields]) -> Iterator[tuple[tuple[str, Fields], Fields]]:
    for number, bucket in enumerate((bucket for page in pages for bucket in page["data"]), 1):
        if not isinstance(bucket, dict) or not isinstance(bucket.get("results"), list):
            raise BadExport(f"bucket {number} has no list of results")
        for result in bucket["results"]:
            if not isinstance(result, dict):
                raise BadExport(f"bucket {number} has a result that is no object")
            yield (f"bucket {number}", bucket), result


def _parse_csv(text: str) -> Export:
    rows = csv.DictReader(text.splitlines())
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    if len(names) == 1 or not names:
        raise BadExport(f"it is neither JSON nor CSV with a line of names; our own has {', '.join(OWN_COLUMNS)}")
    rows.fieldnames = names
    shape = _shape_of(_CSV, frozenset(names))
    found = []
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise BadExport(
                f"line {number} has not as many fields as the line of names: it is cut off, or a comma lacks quotes"
            )
        given = {name: value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()}
        if given:
            found.append(_line(shape, given, given, f"line {number}"))
    lines = tuple(line for line in found if line)
    _check_once(lines)
    return Export(shape=shape.name, lines=lines)


def _check_once(lines: Sequence[Line]) -> None:
    """Of a request that is named twice nobody can say which line is its price."""
    names = Counter(name for line in lines for name in {line.call, line.request_id} if name)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise BadExport(f"{twice} stands in it {names[twice]} times: a request has one line")


def _shape_of(shapes: Sequence[_Shape], names: frozenset[str]) -> _Shape:
    for shape in shapes:
        if shape.marks <= names:
            return shape
    wanted = "; ".join(f"{shape.name}: {', '.join(sorted(shape.marks))}" for shape in shapes)
    raise BadExport(f"it is no export that is known here, which have at least these fields: {wanted}")


def _line(shape: _Shape, dated: Fields, fields: Fields, where: str) -> Line | None:
    try:
        return shape.line(_day(dated), fields)
    except (ValueError, TypeError, KeyError, DecimalException, OverflowError, OSError) as error:
        raise BadExport(f"{where} cannot be read: {error}") from error


def _day(dated: Fields) -> date:
    """The UTC day of a bucket or a row."""
    said = next(dated[name] for name in ("day", "usage_date_utc", "starting_at", "start_time") if name in dated)
    if str(said).isdecimal():
        return datetime.fromtimestamp(int(said), UTC).date()
    if len(str(said)) == len("2026-11-24"):
        return date.fromisoformat(said)
    moment = datetime.fromisoformat(said)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()


def _count(fields: Fields, name: str) -> int:
    said = fields.get(name) or 0
    value = int(said)
    if value < 0 or (isinstance(said, Decimal) and value != said):
        raise ValueError(f"{name} is {said}")
    return value


def _amount(value: object, per: int = 1) -> MicroUsd:
    amount = usd(Decimal(str(value)) / per)
    if amount < ZERO:
        raise ValueError(f"an amount is {value}: an export with credits in it proves nothing")
    return amount


def _anthropic_usage(day: date, fields: Fields) -> Line | None:
    made = fields.get("cache_creation") or {}
    written = _count(made, "ephemeral_5m_input_tokens") + _count(made, "ephemeral_1h_input_tokens")
    read = _count(fields, "cache_read_input_tokens")
    usage = _usage(
        _count(fields, "uncached_input_tokens") + written + read, _count(fields, "output_tokens"), read, written
    )
    return _of_model(day, fields.get("model"), usage=usage)


def _anthropic_cost(day: date, fields: Fields) -> Line | None:
    if not fields.get("model"):
        return None  # web searches and the like
    return _of_model(day, fields["model"], cost=_amount(fields["amount"], CENTS))


def _openai_usage(day: date, fields: Fields) -> Line | None:
    if not (fields.get("input_tokens") or fields.get("output_tokens") or fields.get("num_model_requests")):
        return None  # a span without use
    read, written = _count(fields, "input_cached_tokens"), _count(fields, "input_cache_write_tokens")
    usage = _usage(_count(fields, "input_tokens"), _count(fields, "output_tokens"), read, written)
    return _of_model(day, fields.get("model"), usage=usage, calls=_count(fields, "num_model_requests"))


def _openai_cost(day: date, fields: Fields) -> Line | None:
    model = str(fields.get("line_item") or "").partition(",")[0].strip()
    return _of_model(day, model, cost=_amount(fields["amount"]["value"]))


def _anthropic_console(day: date, fields: Fields) -> Line | None:
    written = sum(_count(fields, f"usage_input_tokens_cache_write_{span}") for span in ("5m", "1h"))
    read = _count(fields, "usage_input_tokens_cache_read")
    fresh = _count(fields, "usage_input_tokens_no_cache")
    usage = _usage(fresh + written + read, _count(fields, "usage_output_tokens"), read, written)
    return _of_model(day, fields.get("model_version"), usage=usage)


def _own(day: date, fields: Fields) -> Line | None:
    strange = sorted(set(fields) - set(OWN_COLUMNS))
    if strange:
        raise ValueError(f"there is no column {strange[0]!r}; there are {', '.join(OWN_COLUMNS)}")
    has_tokens = "tokens_in" in fields and "tokens_out" in fields
    counts = [_count(fields, name) for name in ("tokens_in", "tokens_out", "cache_read", "cache_write")]
    return Line(
        day=day,
        model=_named(fields.get("model")),
        usage=_usage(*counts) if has_tokens else None,
        cost=_amount(fields["cost_usd"]) if "cost_usd" in fields else None,
        calls=_count(fields, "calls") if "calls" in fields else None,
        call=fields.get("call", ""),
        request_id=fields.get("request_id", ""),
    )


def _usage(tokens_in: int, tokens_out: int, read: int, written: int) -> Usage:
    return Usage(tokens_in=tokens_in, tokens_out=tokens_out, cache_read=read, cache_write=written)


def _of_model(
    day: date, model: object, *, usage: Usage | None = None, cost: MicroUsd | None = None, calls: int | None = None
) -> Line:
    return Line(day=day, model=_named(model), usage=usage, cost=cost, calls=calls)


def _named(model: object) -> str:
    if not isinstance(model, str) or not model:
        raise ValueError("it names no model: export it grouped by model")
    return model


_JSON = (
    _Shape(
        name="Anthropic's usage report",
        marks=frozenset({"uncached_input_tokens", "output_tokens"}),
        line=_anthropic_usage,
    ),
    _Shape(name="OpenAI's usage report", marks=frozenset({"input_tokens", "num_model_requests"}), line=_openai_usage),
    _Shape(name="OpenAI's cost report", marks=frozenset({"amount", "line_item"}), line=_openai_cost),
    _Shape(name="Anthropic's cost report", marks=frozenset({"amount", "model"}), line=_anthropic_cost),
)
_CSV = (
    _Shape(
        name="Anthropic's console CSV",
        marks=frozenset({"usage_date_utc", "model_version", "usage_input_tokens_no_cache", "usage_output_tokens"}),
        line=_anthropic_console,
    ),
    _Shape(
        name="OpenAI's usage CSV",
        marks=frozenset({"start_time", "model", "input_tokens", "output_tokens"}),
        line=_openai_usage,
    ),
    _Shape(name="watchbill's own CSV", marks=frozenset({"day", "model"}), line=_own),
)
