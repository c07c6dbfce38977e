"""The journal's form: canonical JSON of what plan() was given and of what it said. Equal values give equal text."""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from watchbill.domain.tasks import Task
from watchbill.scheduling.bill import WatchBill
from watchbill.scheduling.decisions import Decision, GiveUp, Relieve, SetAside, Start, Wait
from watchbill.scheduling.snapshot import Snapshot

VERSION = 2  # pauses became values of their own
_MICROSECOND = timedelta(microseconds=1)
_KINDS: Mapping[str, type] = {
    "start": Start,
    "wait": Wait,
    "relieve": Relieve,
    "give_up": GiveUp,
    "set_aside": SetAside,
}
_NAME_BY_KIND = {kind: name for name, kind in _KINDS.items()}

_Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    version: int
    now: datetime
    bill: WatchBill
    snapshot: Snapshot


class InputsWriter:
    """Writes one look's inputs after another's. A task that is the very value of the last look has its text already."""

    def __init__(self) -> None:
        self._known: list[tuple[Task, str]] = []

    def encode(self, snapshot: Snapshot, bill: WatchBill, now: datetime) -> str:
        text_by_id = {id(task): text for task, text in self._known}  # of values that live as long as they are known
        self._known = [(task, text_by_id.get(id(task)) or _text(task)) for task in snapshot.tasks]
        tasks = f"[{','.join(text for _, text in self._known)}]"
        seen = {name: _text(getattr(snapshot, name)) for name in _names(Snapshot) if name != "tasks"}
        return _object(
            {
                "version": _text(VERSION),
                "now": _text(now),
                "bill": _text(bill),
                "snapshot": _object({**seen, "tasks": tasks}),
            }
        )


def encode_inputs(snapshot: Snapshot, bill: WatchBill, now: datetime) -> str:
    return InputsWriter().encode(snapshot, bill, now)


def decode_inputs(text: str) -> tuple[Snapshot, WatchBill, datetime]:
    """What encode_inputs() was given. Raises ValueError for another version's text."""
    data = json.loads(text)
    if data["version"] != VERSION:
        raise ValueError(f"cannot read journal version {data['version']!r}; this program writes {VERSION}")
    inputs: _Inputs = _read(_Inputs, data)
    return inputs.snapshot, inputs.bill, inputs.now


def encode_decisions(decisions: tuple[Decision, ...]) -> str:
    return _text(decisions)


def decode_decisions(text: str) -> tuple[Decision, ...]:
    return tuple(_decision(item) for item in json.loads(text))


def _decision(item: Mapping[str, Any]) -> Decision:
    decision: Decision = _read(_KINDS[item["kind"]], item)
    return decision


def _object(text_by_name: Mapping[str, str]) -> str:
    """What _text() gives of a record of these values."""
    return "{" + ",".join(f'"{name}":{text}' for name, text in sorted(text_by_name.items())) + "}"


def _text(value: object) -> str:
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> Any:  # noqa: PLR0911 - one line per kind of value
    match value:
        case StrEnum() | str() | bool() | int() | float() | None:
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return value // _MICROSECOND
        case ZoneInfo():
            return value.key
        case tuple():
            return [_plain(item) for item in value]
        case frozenset():
            return sorted(_plain(item) for item in value)
        case Mapping():
            return sorted([_plain(key), _plain(item)] for key, item in value.items())
        case _:
            return _fields(value)


def _fields(value: Any) -> dict[str, Any]:
    kind: Any = type(value)
    plain = {name: _plain(getattr(value, name)) for name in _names(kind)}
    name = _NAME_BY_KIND.get(kind)
    return plain if name is None else {"kind": name, **plain}


@lru_cache(maxsize=256)
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _read(kind: Any, data: Mapping[str, Any]) -> Any:
    return _reader(kind)(data)


@lru_cache(maxsize=256)
def _reader(kind: Any) -> _Reader:
    """How a value of a type is made from its plain form; read from the type's own annotations."""
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    if is_dataclass(kind):
        return _record_reader(kind)
    if get_origin(kind) is not None:
        return _generic_reader(get_origin(kind), get_args(kind))
    special: Mapping[Any, _Reader] = {
        datetime: datetime.fromisoformat,
        timedelta: lambda count: timedelta(microseconds=count),
    }
    return special.get(kind, kind)


def _record_reader(kind: Any) -> _Reader:
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    return lambda data: kind(**{name: readers[name](data[name]) for name in readers if name in data})


def _generic_reader(origin: Any, args: tuple[Any, ...]) -> _Reader:
    if origin in (types.UnionType, Union):  # every union here is "or None"
        inner = _reader(args[0])
        return lambda item: None if item is None else inner(item)
    if origin is tuple and args[-1] is not Ellipsis:
        parts = [_reader(arg) for arg in args]
        return lambda items: tuple(part(item) for part, item in zip(parts, items, strict=True))
    if origin is Mapping:
        key, value = (_reader(arg) for arg in args)
        return lambda items: {key(name): value(item) for name, item in items}
    each = _reader(args[0])
    return lambda items: origin(each(item) for item in items)
