"""I1 to I6: money. What was billed is attributed, recorded in full, inside every cap, and adds up."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from watchbill.domain.calls import Call, CallState
from watchbill.domain.ids import CallId, ProviderName
from watchbill.domain.invariants.evidence import EntryKind, HttpRequest, Ledger, LedgerEntry, Sums
from watchbill.domain.invariants.report import Violation, breach
from watchbill.domain.money import MicroUsd
from watchbill.domain.runs import Run
from watchbill.domain.tasks import Task
from watchbill.domain.windows import Caps, windows_of

K = TypeVar("K")
V = TypeVar("V")
Unmetered = frozenset[ProviderName]
Windows = Mapping[CallId, frozenset[str]]


def charge(call: Call) -> MicroUsd:
    """What a call is charged now: its price once it is known, its bound until then."""
    if call.state is CallState.RELEASED:
        return MicroUsd(0)
    return call.bound.cost if call.settlement is None else call.settlement.cost


def is_attributed(calls: Sequence[Call], requests: Sequence[HttpRequest], runs: Sequence[Run]) -> Iterator[Violation]:
    """I1: every billed request is attributed to a call, and every call to a run of its task, repository and provider."""
    for request in _attribute(calls, requests).orphans:
        if request.billed:
            yield breach(
                "I1",
                "a billed request has no call",
                seq=request.seq,
                provider=request.provider,
                model=request.model,
                billed=request.billed,
            )
    purposes = {(run.id, run.task, run.repo, run.provider) for run in runs}
    for call in calls:
        purpose = call.purpose
        if (purpose.run, purpose.task, purpose.repo, purpose.provider) not in purposes:
            yield breach("I1", "a call has no run", call=call.id, run=purpose.run)


def is_recorded(calls: Sequence[Call], requests: Sequence[HttpRequest]) -> Iterator[Violation]:
    """I2: what is recorded for a call is never less than what the vendor billed for it."""
    call_by_id = {call.id: call for call in calls}
    for call_id, group in _attribute(calls, requests).requests_by_call.items():
        recorded, billed = charge(call_by_id[call_id]), sum(request.billed for request in group)
        if recorded < billed:
            yield breach("I2", "less is recorded than was billed", call=call_id, recorded=recorded, billed=billed)


def is_within_caps(
    *,
    calls: Sequence[Call],
    ledger: Ledger,
    windows: Windows,
    caps: Caps,
    tasks: Sequence[Task],
    unmetered: Unmetered,
) -> Iterator[Violation]:
    """I3: spend stays within every cap at every instant, and a call counts in every window that it belongs to.

    After each reservation the sum of settled and held is within the cap. A settlement above its bound is recorded in full
    and may pass the cap; no reservation after it may.
    """
    call_by_id = {call.id: call for call in calls if call.purpose.provider not in unmetered}
    cap_by_window = _caps_of(call_by_id, caps, tasks)
    for call in call_by_id.values():
        for window in sorted(set(cap_by_window[call.id]) - windows.get(call.id, frozenset())):
            yield breach("I3", "a call is not counted in a window", call=call.id, window=window)
    spent: Counter[str] = Counter()
    for entry in ledger.entries:
        for window, cap in cap_by_window.get(entry.call, {}).items():
            spent[window] += entry.change
            if entry.kind is EntryKind.RESERVE and cap is not None and spent[window] > cap:
                yield breach("I3", "a cap was passed", window=window, cap=cap, spent=spent[window], call=entry.call)


def is_one_request(calls: Sequence[Call], requests: Sequence[HttpRequest], unmetered: Unmetered) -> Iterator[Violation]:
    """I4: one HTTP request per call row of metered kinds; none for a call that was not sent; one for each that was billed."""
    requests_by_call = _attribute(calls, requests).requests_by_call
    for call in calls:
        if call.purpose.provider in unmetered:
            continue
        count = len(requests_by_call.get(call.id, ()))
        if not _fewest(call) <= count <= _most(call):
            yield breach("I4", "a call has not exactly its one request", call=call.id, state=call.state, requests=count)


def is_balanced(calls: Sequence[Call], ledger: Ledger) -> Iterator[Violation]:
    """I5: the ledger is append-only and balanced: each call begins with one reservation, and its entries sum to its charge."""
    yield from _not_appended(ledger)
    entries_by_call = _grouped(ledger.entries, lambda entry: entry.call)
    call_by_id = {call.id: call for call in calls}
    for call_id in sorted(set(call_by_id) | set(entries_by_call)):
        yield from _not_balanced(call_id, call_by_id.get(call_id), entries_by_call.get(call_id, []))


def is_summed(calls: Sequence[Call], windows: Windows, sums: Sums) -> Iterator[Violation]:
    """I6: the sums by provider, type, task and repository equal the total, and each window's sum that of its calls."""
    total = sum(charge(call) for call in calls)
    said = {"total": sums.total, **{name: sum(parts.values()) for name, parts in sums.by.items()}}
    for name, amount in said.items():
        if amount != total:
            yield breach("I6", "a sum differs from the total", by=name, sum=amount, total=total)
    counted: Counter[str] = Counter()
    for call in calls:
        counted.update(dict.fromkeys(windows.get(call.id, ()), charge(call)))
    for window in sorted(set(counted) | set(sums.by_window)):
        if counted[window] != sums.by_window.get(window, 0):
            yield breach(
                "I6",
                "a window's sum differs from its calls'",
                window=window,
                sum=sums.by_window.get(window, 0),
                of_calls=counted[window],
            )


@dataclass(frozen=True, slots=True)
class _Attribution:
    requests_by_call: Mapping[CallId, Sequence[HttpRequest]]
    orphans: Sequence[HttpRequest]


def _attribute(calls: Sequence[Call], requests: Sequence[HttpRequest]) -> _Attribution:
    """Whose request is whose: by the call's id, by the vendor's, and the nameless ones by provider, model and amount."""
    found: defaultdict[CallId, list[HttpRequest]] = defaultdict(list)
    call_by_vendor_id = {call.settlement.request_id: call.id for call in calls if call.settlement}
    known = {call.id for call in calls}
    nameless, orphans = [], []
    for request in requests:
        call = request.call or (call_by_vendor_id.get(request.request_id) if request.request_id else None)
        if call is None:
            nameless.append(request)
        elif call in known:
            found[call].append(request)
        else:
            orphans.append(request)
    left = [call for call in calls if call.id not in found and _most(call)]
    pairs, unpaired = _pair(left, nameless)
    for call_id, request in pairs:
        found[call_id].append(request)
    return _Attribution(requests_by_call=found, orphans=[*orphans, *unpaired])


def _pair(
    calls: Sequence[Call], requests: Sequence[HttpRequest]
) -> tuple[list[tuple[CallId, HttpRequest]], list[HttpRequest]]:
    """Dearest with dearest: where any assignment covers every request, this one does."""
    pairs: list[tuple[CallId, HttpRequest]] = []
    unpaired: list[HttpRequest] = []
    calls_by_model = _grouped(calls, lambda call: (call.purpose.provider, call.purpose.model))
    for model, group in _grouped(requests, lambda request: (request.provider, request.model)).items():
        dearest = sorted(group, key=lambda request: -request.billed)
        takers = sorted(calls_by_model.get(model, []), key=lambda call: -charge(call))
        pairs += [(call.id, request) for call, request in zip(takers, dearest, strict=False)]
        unpaired += dearest[len(takers) :]
    return pairs, unpaired


def _fewest(call: Call) -> int:
    return 1 if call.settlement is not None and call.settlement.cost else 0


def _most(call: Call) -> int:
    return 0 if call.state in (CallState.HELD, CallState.RELEASED) else 1


def _caps_of(
    call_by_id: Mapping[CallId, Call], caps: Caps, tasks: Sequence[Task]
) -> dict[CallId, dict[str, MicroUsd | None]]:
    task_cap = {task.id: task.max_cost for task in tasks}
    return {
        call.id: {
            str(window): cap
            for window, cap in windows_of(
                call.purpose, caps, call.reserved_at, task_cap=task_cap.get(call.purpose.task)
            ).items()
        }
        for call in call_by_id.values()
    }


def _not_appended(ledger: Ledger) -> Iterator[Violation]:
    if ledger.entries[: len(ledger.earlier)] != ledger.earlier:
        yield breach(
            "I5",
            "an entry that was written once is changed or gone",
            earlier=len(ledger.earlier),
            now=len(ledger.entries),
        )
    for before, entry in zip(ledger.entries, ledger.entries[1:], strict=False):
        if entry.seq != before.seq + 1:
            yield breach("I5", "the ledger has a gap", after=before.seq, next=entry.seq)


def _not_balanced(call_id: CallId, call: Call | None, entries: Sequence[LedgerEntry]) -> Iterator[Violation]:
    reserves = [entry.kind is EntryKind.RESERVE for entry in entries]
    if reserves[:1] != [True] or any(reserves[1:]):
        yield breach("I5", "a call does not begin with its one reservation", call=call_id)
    charged = MicroUsd(0) if call is None else charge(call)
    if call is None or sum(entry.change for entry in entries) != charged:
        yield breach(
            "I5",
            "a call's entries do not sum to its charge",
            call=call_id,
            entries=sum(entry.change for entry in entries),
            charged=charged,
        )


def _grouped(items: Sequence[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
