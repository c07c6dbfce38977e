"""Reconciliation: what a vendor's export proves of our calls. Pure.

An export that sums up a day proves something of a call that nobody knows the price of only where nothing else could be
meant by it: the call is old enough to be in it, every day on which it could have been billed has its line, and what
answers have told us of that day is in the line too. What is left of the line then is the most that the call was billed.
What answers told counts only where it surely belongs to that line, so that the rest is never too small.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from watchbill.domain.calls import CallState, Settlement, Usage
from watchbill.domain.exports import Cell, Line, plain_model
from watchbill.domain.ids import CallId
from watchbill.domain.money import ZERO, MicroUsd

SKEW = timedelta(minutes=5)  # between the vendor's clock and ours
LAG = timedelta(hours=1)  # vendors promise their numbers within minutes
IN_FLIGHT = timedelta(hours=1)  # no answer goes on for longer
LONGEST = timedelta(hours=25)  # however late we gave it up
IN_BATCH = timedelta(hours=25)  # vendors give a batch up after a day, which begins when it is sent

Price = Callable[[str, int, int, datetime], MicroUsd]  # model, tokens in, tokens out, when: the most that they cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """What the ledger knows of one call that was sent."""

    call: CallId
    model: str
    state: CallState  # settled or unknown
    bound: MicroUsd  # in money
    worth: MicroUsd  # the bound by the price list: the same where each call is paid for
    bound_in: int
    bound_out: int
    cost: MicroUsd  # settled: what it was booked at
    usage: Usage
    request_id: str
    reserved_at: datetime
    ended_at: datetime
    in_batch: bool
    by_evidence: bool  # its cost is what evidence let stand, and perhaps more than was billed


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A day of a model: what we booked beside what the vendor says."""

    cell: Cell
    calls: int  # settled ones that used something
    booked: MicroUsd
    used: Usage
    unknown: MicroUsd  # charged at bounds, beside what is booked
    vendor: Line | None  # None: the export has no line for it

    @property
    def amount(self) -> MicroUsd | None:
        """The vendor's money less ours; None where the export tells of tokens only."""
        return None if self.vendor is None or self.vendor.cost is None else MicroUsd(self.vendor.cost - self.booked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    call: CallId
    bound: MicroUsd  # by the price list, as its settlement's cost
    settlement: Settlement
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An unknown call that stays at its bound, and why."""

    call: CallId
    bound: MicroUsd
    why: str


class Proof(NamedTuple):
    """An export, as far as it proves anything."""

    source: str
    taken_at: datetime  # what was billed later is not in it
    price: Price


def drifts(calls: Sequence[Billed], vendor: Mapping[Cell, Line]) -> list[Drift]:
    """Every day and model that either side knows of, in their order. Days are those of the reservations."""
    ours: dict[Cell, list[Billed]] = {cell: [] for cell in vendor}
    for call in calls:
        ours.setdefault(Cell(call.reserved_at.date(), plain_model(call.model)), []).append(call)
    return [
        _drift(cell, ours[cell], vendor.get(cell)) for cell in sorted(ours, key=lambda cell: (cell.day, cell.model))
    ]


def judge(calls: Sequence[Billed], vendor: Mapping[Cell, Line], proof: Proof) -> Iterator[Lowering | Kept]:
    """What the sums of an export prove of each unknown call."""
    told = _told(calls, proof.taken_at)
    for call in calls:
        if call.state is CallState.UNKNOWN and call.worth > 0:
            yield _judge(call, vendor, told, proof)


def judge_requests(calls: Sequence[Billed], lines: Sequence[Line], proof: Proof) -> Iterator[Lowering | Kept]:
    """What an export that names single requests proves of the unknown calls among them, at their exact price.

    A line is a call's by our id of it, or by the vendor's, which is stored as soon as its answer begins. Where two lines
    could be of one call, or two calls of one line, nothing is proven.
    """
    of_vendor = Counter(call.request_id for call in calls if call.request_id)
    for call in calls:
        if call.state is CallState.UNKNOWN and (found := [line for line in lines if _is_of(line, call)]):
            is_shared = any(not line.call for line in found) and of_vendor[call.request_id] > 1
            if len(found) > 1 or is_shared:
                yield _kept(
                    call, f"the export's {found[0].call or found[0].request_id} could be several calls or lines"
                )
            else:
                yield _judge_request(call, found[0], proof)


def _is_of(line: Line, call: Billed) -> bool:
    return line.call == call.call or (not line.call and bool(line.request_id) and line.request_id == call.request_id)


def _judge_request(call: Billed, line: Line, proof: Proof) -> Lowering | Kept:
    if plain_model(line.model) != plain_model(call.model):
        return _kept(call, f"the export says it was {line.model}, not {call.model}")
    if line.request_id and call.request_id and line.request_id != call.request_id:
        return _kept(call, f"the export says it was {line.request_id}, its answer began as {call.request_id}")
    if line.cost is not None:
        cost = line.cost
    elif line.usage is not None:
        cost = proof.price(call.model, line.usage.tokens_in, line.usage.tokens_out, call.reserved_at)
    else:
        return _kept(call, "the export tells neither its tokens nor its money")
    usage = line.usage or Usage(tokens_in=call.bound_in, tokens_out=call.bound_out)
    return _lowering(call, cost, usage, proof, why="the export names it", request_id=line.request_id)


def _drift(cell: Cell, calls: Sequence[Billed], vendor: Line | None) -> Drift:
    settled = [call for call in calls if call.state is CallState.SETTLED]
    return Drift(
        cell=cell,
        calls=sum(call.usage.tokens_in + call.usage.tokens_out > 0 for call in settled),
        booked=MicroUsd(sum(call.cost for call in settled)),
        used=_used(settled),
        unknown=MicroUsd(sum(call.bound for call in calls if call.state is CallState.UNKNOWN)),
        vendor=vendor,
    )


def _used(calls: Sequence[Billed]) -> Usage:
    return Usage(
        tokens_in=sum(call.usage.tokens_in for call in calls),
        tokens_out=sum(call.usage.tokens_out for call in calls),
        cache_read=sum(call.usage.cache_read for call in calls),
        cache_write=sum(call.usage.cache_write for call in calls),
    )


def _told(calls: Sequence[Billed], taken_at: datetime) -> dict[Cell, Usage]:
    """What answers have told us that is in the lines of those days for certain."""
    sure: dict[Cell, list[Billed]] = {}
    for call in calls:
        begin, end = call.reserved_at - SKEW, call.ended_at + SKEW
        is_sure = begin.date() == end.date() and call.ended_at + LAG <= taken_at
        if call.state is CallState.SETTLED and not call.by_evidence and is_sure:
            sure.setdefault(Cell(begin.date(), plain_model(call.model)), []).append(call)
    return {cell: _used(each) for cell, each in sure.items()}


def _judge(call: Billed, vendor: Mapping[Cell, Line], told: Mapping[Cell, Usage], proof: Proof) -> Lowering | Kept:
    begin, end = _could_be_billed(call)
    if end + LAG > proof.taken_at:
        return _kept(call, f"it is not old enough: the export was taken {proof.taken_at:%Y-%m-%d %H:%M} UTC")
    cells = [Cell(day, plain_model(call.model)) for day in _days(begin, end)]
    missing = next((cell for cell in cells if cell not in vendor), None)
    if missing is not None:
        return _kept(call, f"the export has no line for {missing.model} on {missing.day}")
    lines = [vendor[cell] for cell in cells]
    if any(line.usage is None for line in lines):
        return _by_money(call, lines, proof)
    rests = [_rest(vendor[cell], told.get(cell, Usage())) for cell in cells]
    if any(rest is None for rest in rests):
        return _kept(
            call, f"the export has less for {cells[0].model} than answers told: it is not of all that was used"
        )
    rest_in = sum(rest[0] for rest in rests if rest is not None)
    rest_out = sum(rest[1] for rest in rests if rest is not None)
    cost = ZERO
    if rest_in + rest_out:
        cost = proof.price(call.model, rest_in, rest_out, call.reserved_at)
    usage = Usage(tokens_in=min(rest_in, call.bound_in), tokens_out=min(rest_out, call.bound_out))
    why = f"of {' and '.join(str(cell.day) for cell in cells)} {rest_in} tokens in and {rest_out} out are left for it"
    return _lower_to(call, cost, usage, proof, why=why)


def _by_money(call: Billed, lines: Sequence[Line], proof: Proof) -> Lowering | Kept:
    """Money alone, at prices that may not be ours: no call was billed more than its whole day."""
    if any(line.cost is None for line in lines):
        return _kept(call, "the export tells neither its tokens nor its money")
    whole = MicroUsd(sum(line.cost for line in lines if line.cost is not None))
    usage = Usage(tokens_in=call.bound_in, tokens_out=call.bound_out)
    return _lower_to(call, whole, usage, proof, why="its model was billed no more on that day altogether")


def _lower_to(call: Billed, most: MicroUsd, usage: Usage, proof: Proof, *, why: str) -> Lowering | Kept:
    if most >= call.worth:
        return _kept(call, f"the export does not lower it: {why}")
    return _lowering(call, most, usage, proof, why=why)


def _lowering(call: Billed, cost: MicroUsd, usage: Usage, proof: Proof, *, why: str, request_id: str = "") -> Lowering:
    settlement = Settlement(
        cost=cost, usage=usage, price_source=f"evidence: {proof.source}", request_id=request_id or call.request_id
    )
    return Lowering(call=call.call, bound=call.worth, settlement=settlement, why=f"{why} ({proof.source})")


def _kept(call: Billed, why: str) -> Kept:
    return Kept(call=call.call, bound=call.worth, why=why)


def _could_be_billed(call: Billed) -> tuple[datetime, datetime]:
    if call.in_batch:
        return call.reserved_at - SKEW, call.ended_at + IN_BATCH + SKEW
    latest = max(call.reserved_at + IN_FLIGHT, call.ended_at)
    return call.reserved_at - SKEW, min(latest, call.reserved_at + LONGEST) + SKEW


def _days(begin: datetime, end: datetime) -> list[date]:
    return [begin.date() + timedelta(days=past) for past in range((end.date() - begin.date()).days + 1)]


def _rest(line: Line, told: Usage) -> tuple[int, int] | None:
    """(tokens in, tokens out) of the line that no answer told of; None when it has less than they told."""
    assert line.usage is not None, "lines without tokens are judged by their money"
    rest_in, rest_out = line.usage.tokens_in - told.tokens_in, line.usage.tokens_out - told.tokens_out
    has_all = min(rest_in, rest_out, line.usage.cache_read - told.cache_read) >= 0
    return (rest_in, rest_out) if has_all else None
