"""Supposing: what plan() would come to if a provider were out, the money were other, or the hours were. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.money import MicroUsd
from watchbill.domain.pauses import Pause, Scope
from watchbill.domain.windows import WindowKind
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.bill import Hours, SlotPolicy, WatchBill
from watchbill.scheduling.simulate import Entry, Forecast, simulate
from watchbill.scheduling.slots import show_hours
from watchbill.scheduling.snapshot import Snapshot

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposing:
    """What is to be other than it is; what is not said stays."""

    out: frozenset[ProviderName] = frozenset()
    hours: Mapping[ProviderName, Hours] = field(default_factory=dict)
    day: MicroUsd | None = None  # the cap of the day
    month: MicroUsd | None = None
    policy: SlotPolicy | None = None
    parallel: int | None = None

    @property
    def said(self) -> list[str]:
        return [
            *(f"{name} is out" for name in sorted(self.out)),
            *(f"{name} has the hours {show_hours(hours)}" for name, hours in sorted(self.hours.items())),
            *([f"the day has ${self.day / 1_000_000:,.2f}"] if self.day is not None else []),
            *([f"the month has ${self.month / 1_000_000:,.2f}"] if self.month is not None else []),
            *([f"slot_policy is {self.policy}"] if self.policy is not None else []),
            *([f"{self.parallel} runs go on at once"] if self.parallel is not None else []),
        ]


def what_if(seen: Snapshot, outlook: Outlook, ahead: timedelta, supposing: Supposing) -> Plain:
    """The forecast as it is and as it would be, and what differs: two of them, seconds with thousands of tasks.

    Raises BadQuestion for names that nobody has.
    """
    _check(supposing, outlook.bill)
    as_is = simulate(seen, outlook.bill, outlook.now, hours=ahead / _HOUR)
    would = simulate(_seen(seen, supposing), _bill(outlook.bill, supposing), outlook.now, hours=ahead / _HOUR)
    title_by_task = {task.id: task.title for task in seen.tasks}
    return {
        "generated_at": plain.stamp(outlook.now),
        "until": plain.stamp(outlook.now + ahead),
        "supposing": supposing.said,
        "as_is": _sums(as_is),
        "would_be": _sums(would),
        "changes": [_told(change, title_by_task) for change in _changes(as_is.entries, would.entries)],
        "starts": [_start(entry, title_by_task) for entry in would.entries],
        "not_scheduled": [
            {"task": each.task, "title": title_by_task[each.task], **plain.rejection(each.binding)}
            for each in would.unscheduled
        ],
    }


def _check(supposing: Supposing, bill: WatchBill) -> None:
    known = {terms.name for terms in bill.providers}
    for name in sorted({*supposing.out, *supposing.hours} - known):
        raise BadQuestion(f"no provider is called {name!r}; there are {', '.join(sorted(known))}")
    if supposing.parallel is not None and supposing.parallel < 1:
        raise BadQuestion("at least one run has to go on")


def _bill(bill: WatchBill, supposing: Supposing) -> WatchBill:
    return replace(
        bill,
        providers=tuple(replace(terms, hours=supposing.hours.get(terms.name, terms.hours)) for terms in bill.providers),
        caps=replace(
            bill.caps,
            day=bill.caps.day if supposing.day is None else supposing.day,
            month=bill.caps.month if supposing.month is None else supposing.month,
        ),
        policy=supposing.policy or bill.policy,
        max_parallel=supposing.parallel or bill.max_parallel,
    )


def _seen(seen: Snapshot, supposing: Supposing) -> Snapshot:
    caps = {WindowKind.DAY: supposing.day, WindowKind.MONTH: supposing.month}
    out = {name: Pause(scope=Scope.PROVIDER, name=name, until=None, why="supposed") for name in supposing.out}
    return replace(
        seen,
        providers=tuple(
            replace(state, pause=out[state.name]) if state.name in out else state for state in seen.providers
        ),
        pauses=(*seen.pauses, *out.values()),
        windows=tuple(
            state if (cap := caps.get(state.window.kind)) is None else replace(state, cap=cap) for state in seen.windows
        ),
    )


def _sums(forecast: Forecast) -> Plain:
    last = forecast.entries[-1].cumulative if forecast.entries else MicroUsd(0)
    return {
        "starts": len(forecast.entries),
        "tasks": len({entry.task for entry in forecast.entries}),
        "not_scheduled": len(forecast.unscheduled),
        **plain.money("cost", last),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    task: TaskId
    before: Entry | None
    after: Entry | None


def _changes(before: Iterable[Entry], after: Iterable[Entry]) -> list[_Change]:
    """The first starts that are not the same, in the order of when they would be."""
    one, other = _firsts(before), _firsts(after)
    found = [_Change(task=task, before=one.get(task), after=other.get(task)) for task in {**one, **other}]
    differing = [each for each in found if _gist(each.before) != _gist(each.after)]
    return sorted(differing, key=_moment)


def _firsts(entries: Iterable[Entry]) -> dict[TaskId, Entry]:
    found: dict[TaskId, Entry] = {}
    for entry in entries:
        found.setdefault(entry.task, entry)
    return found


def _gist(entry: Entry | None) -> object:
    return None if entry is None else (entry.at.replace(second=0, microsecond=0), entry.provider)


def _moment(change: _Change) -> tuple[str, str]:
    entry = change.after or change.before
    assert entry is not None, "one of them starts"
    return entry.at.isoformat(), change.task


def _told(change: _Change, title_by_task: Mapping[TaskId, str]) -> Plain:
    return {
        "task": change.task,
        "title": title_by_task[change.task],
        "before": None if change.before is None else _start(change.before, title_by_task),
        "after": None if change.after is None else _start(change.after, title_by_task),
    }


def _start(entry: Entry, title_by_task: Mapping[TaskId, str]) -> Plain:
    return {
        "at": plain.stamp(entry.at),
        "task": entry.task,
        "title": title_by_task[entry.task],
        "provider": entry.provider,
        "model": entry.model,
        "why": entry.why,
        **plain.money("estimate", entry.estimate),
        **plain.money("sum", entry.cumulative),
    }
