"""From an entry to a task: every field read, every bad value reported with a default in its place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from watchbill.domain.claims import EVERYTHING
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.tasks import GROUP, Source, Task
from watchbill.intake import claims, inference, needs, stated
from watchbill.intake.entries import Entry, Field, Unreadable, fold_key

T = TypeVar("T")

DEFAULT_PRIORITY = 5
MAX_TITLE = 300  # characters; what is longer is cut, and kept whole in the body

_FILES = ("files", "file")
_EFFORT = ("effort", "estimate")
_AUTONOMY = ("autonomy", "ai autonomy")
_REQUIREMENTS = ("requirements", "requirement")
_SUCCESS = ("success", "success criteria", "acceptance", "acceptance criteria")
_MONEY = ("max usd", "max cost")
_READ = frozenset(
    fold_key(key)
    for key in (
        *_FILES, *_EFFORT, *_AUTONOMY, *_REQUIREMENTS, *_SUCCESS, *_MONEY, *needs.KEYS, *needs.FILE_KEYS,
        "id", "type", "task type", "priority", "provider", "delivery", "on question", "not before",
        "status",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a repository's queues mean by their words."""

    names: claims.Names = field(default_factory=claims.Names)
    default_type: str = ""
    rules: Sequence[inference.Rule] = inference.RULES
    zone: tzinfo = UTC
    providers: frozenset[ProviderName] | None = None  # for telling a misspelt pin; None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRead:
    task: Task
    unreadable: tuple[Unreadable, ...]
    hints: tuple[Unreadable, ...]  # nothing wrong, but better could be written: claims that nobody can narrow


def to_task(
    entry: Entry,
    *,
    id: TaskId,  # noqa: A002  # the field's own name
    repo: RepoName,
    terms: Terms,
    defaults: Mapping[str, str] | None = None,
    waits_for: tuple[TaskId, ...] = (),
    artefacts: tuple[str, ...] = (),
    order: int | None = None,
) -> TaskRead:
    """The task that an entry asks for. `defaults` are the file's front matter, `order` its place among all the queues.

    A max_usd that cannot be read lets nothing be spent, and an unknown provider stays pinned: both wait, visibly, for
    the author instead of doing what nobody asked for.
    """
    reader = _FieldReader(entry, defaults or {})
    claimed = reader.claims(terms.names)
    kind = reader.kind(terms)
    task = Task(
        id=id,
        repo=repo,
        title=_title(entry),
        type=kind.type,
        priority=reader.priority(),
        autonomy=reader.value(_AUTONOMY, stated.autonomy, None),
        order=entry.order if order is None else order,
        claims=claimed,
        needs=waits_for,
        artefacts=artefacts,
        provider=reader.provider(terms.providers),
        requirements=_joined(entry.values(*_REQUIREMENTS)),
        success=_success(entry),
        body=_body(entry),
        effort=reader.value(_EFFORT, stated.effort, None, quiet=True),
        max_cost=reader.value(_MONEY, stated.amount, None, when_bad=MicroUsd(0)),
        delivery=reader.value(("delivery",), stated.delivery, None),
        on_question=reader.value(("on question",), stated.on_question, None),
        source=Source(path=entry.path, line=entry.mark_line),
        extra=_extra(entry, kind),
        not_before=reader.value(("not before",), stated.moment(terms.zone), None),
    )
    return TaskRead(task=task, unreadable=tuple(reader.unreadable), hints=tuple(reader.hints))


def stated_not_before(entry: Entry, zone: tzinfo) -> datetime | None:
    """The moment before which the entry's author does not want it to start; None when none is stated or readable."""
    return _FieldReader(entry, {}).value(("not before",), stated.moment(zone), None)


class _FieldReader:
    """Reads one entry's fields and collects what is wrong with them."""

    def __init__(self, entry: Entry, defaults: Mapping[str, str]) -> None:
        self._entry = entry
        self._defaults = defaults
        self.unreadable: list[Unreadable] = []
        self.hints: list[Unreadable] = []

    def value(
        self,
        keys: tuple[str, ...],
        read: Callable[[str], T],
        default: T | None,
        *,
        when_bad: T | None = None,
        quiet: bool = False,
    ) -> T | None:
        said = self._stated(keys)
        if said is None:
            return default
        try:
            return read(said.value)
        except ValueError as error:
            if not quiet:
                self._report(said, str(error))
            return default if when_bad is None else when_bad

    def priority(self) -> int:
        above = self._entry.priority
        own = self._own(("priority",))
        if own is None and above is not None:
            return above
        found = self.value(("priority",), stated.priority, above)
        return DEFAULT_PRIORITY if found is None else found

    def provider(self, known: frozenset[ProviderName] | None) -> ProviderName | None:
        name = self.value(("provider",), stated.provider, None)
        said = self._stated(("provider",))
        if name and said and known is not None and name not in known:
            self._report(said, f"no provider is called {name!r}, so it waits: write one of {', '.join(sorted(known))}")
        return ProviderName(name) if name else None

    def claims(self, names: claims.Names) -> tuple[str, ...]:
        said = [item for item in self._entry.values(*_FILES) if item.value] or self._default_files()
        if not said:
            return (EVERYTHING,)
        found = claims.claims_of("\n".join(item.value for item in said), names)
        for why in found.refused:
            self._report(said[0], f"{why}; until then the task claims everything")
        for part in found.unknown:
            self._hint(
                said[0],
                f"{part!r} is neither a path nor an alias, so the task claims everything: name paths or configure an alias",
            )
        return found.patterns

    def kind(self, terms: Terms) -> inference.Inferred:
        found = inference.infer(self._entry, default=self._defaults.get("type", terms.default_type), rules=terms.rules)
        if found.unknown:
            said = self._stated(("type",)) or Field(key="type", value=found.unknown, line=self._entry.line)
            self._report(said, f"{found.unknown[:60]!r} is no type: write one of {', '.join(sorted(inference.TYPES))}")
        return found

    def _default_files(self) -> list[Field]:
        said = self._stated(("files",))
        return [said] if said else []

    def _stated(self, keys: tuple[str, ...]) -> Field | None:
        own = self._own(keys)
        if own is not None:
            return own
        default = next((self._defaults[fold_key(key)] for key in keys if fold_key(key) in self._defaults), None)
        return None if default is None else Field(key=keys[0], value=default, line=1)

    def _own(self, keys: tuple[str, ...]) -> Field | None:
        return next((item for item in self._entry.values(*keys) if item.value), None)

    def _report(self, said: Field, why: str) -> None:
        self.unreadable.append(Unreadable(path=self._entry.path, line=said.line, why=why))

    def _hint(self, said: Field, why: str) -> None:
        self.hints.append(Unreadable(path=self._entry.path, line=said.line, why=why))


def _title(entry: Entry) -> str:
    return entry.title if len(entry.title) <= MAX_TITLE else f"{entry.title[: MAX_TITLE - 1]}…"


def _body(entry: Entry) -> str:
    whole = (entry.title,) if len(entry.title) > MAX_TITLE else ()
    return "\n".join((*whole, *entry.body))


def _success(entry: Entry) -> str:
    points = [f"- [{'x' if point.done else ' '}] {point.text}" for point in entry.checklist]
    return "\n".join(part for part in (_joined(entry.values(*_SUCCESS)), *points) if part)


def _joined(fields: Sequence[Field]) -> str:
    return "\n".join(item.value for item in fields if item.value)


def _extra(entry: Entry, kind: inference.Inferred) -> dict[str, str]:
    """What is not read is kept and shown; so is why the task is of its type."""
    kept: dict[str, list[str]] = {}
    for item in entry.fields:
        if item.folded_key not in _READ or _is_vague_effort(item):
            kept.setdefault(item.key, []).append(item.value)
    unknown_tags = [f"#{tag}" for tag in entry.tags if not inference.meant_by(tag)]
    tags = {"tags": " ".join(unknown_tags)} if unknown_tags else {}
    group = {GROUP: entry.heading[:MAX_TITLE]} if entry.heading else {}
    return {**{key: "\n".join(values) for key, values in kept.items()}, **tags, **group, "type because": kind.reason}


def _is_vague_effort(item: Field) -> bool:
    """Sizes such as "M" are no spans: kept and shown, not reported."""
    if item.folded_key not in _EFFORT:
        return False
    try:
        stated.effort(item.value)
    except ValueError:
        return True
    return False
