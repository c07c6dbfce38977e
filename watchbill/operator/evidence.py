"""Evidence: a vendor's usage export held against the ledger; what it proves lowers unknown calls when that is wished."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from watchbill.domain.exports import Line, sums
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.scheduling import reconciling
from watchbill.scheduling.reconciling import LONGEST, Billed, Drift, Kept, Lowering, Proof
from watchbill.state import billed, ledger
from watchbill.state.engine import Connection

_MOST_SHOWN = 100  # requests that differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One part of an export: the sums of its days, or some of its requests."""

    provider: ProviderName
    who: str
    proof: Proof
    days: tuple[Line, ...] = ()
    requests: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    drifts: tuple[Drift, ...]
    lowered: tuple[Lowering, ...]
    kept: tuple[Kept, ...]
    differing: tuple[tuple[str, MicroUsd, MicroUsd], ...]  # the vendor's request, ours, theirs
    unmatched: int  # requests that no call of ours is


def find(conn: Connection, evidence: Evidence) -> Found:
    """What the evidence says and proves. Writes nothing."""
    vendor = sums(evidence.days)
    calls = billed.between(conn, evidence.provider, *_span(evidence.days)) if evidence.days else []
    in_days = {cell.day for cell in vendor}
    named = billed.named(
        conn,
        evidence.provider,
        calls=[line.call for line in evidence.requests if line.call],
        requests=[line.request_id for line in evidence.requests if line.request_id],
    )
    judged = [
        *reconciling.judge_requests(named, evidence.requests, evidence.proof),
        *reconciling.judge(calls, vendor, evidence.proof),
    ]
    differing, unmatched = _requests(conn, evidence, named)
    return Found(
        drifts=tuple(each for each in reconciling.drifts(calls, vendor) if each.cell.day in in_days),
        lowered=tuple(each for each in judged if isinstance(each, Lowering)),
        kept=tuple(each for each in judged if isinstance(each, Kept)),
        differing=tuple(differing),
        unmatched=unmatched,
    )


def apply(conn: Connection, evidence: Evidence, now: datetime) -> Found:
    """The same, and what it proves is booked. Done again it finds nothing unknown left to lower."""
    found = find(conn, evidence)
    for each in found.lowered:
        ledger.lower(conn, each.call, each.settlement, f"{each.why}, by {evidence.who}", now)
    return found


def notes(evidence: Evidence, found: Found) -> Iterator[tuple[str, Plain]]:
    """The events that tell of what was booked."""
    for each in found.lowered:
        facts = {"call": each.call, "before": each.bound, "cost": each.settlement.cost, "why": each.why}
        yield "cost.lowered", {**facts, "who": evidence.who}


def answer(found: Found, *, applied: bool) -> Plain:
    return {
        "applied": applied,
        "days": [_drift(each) for each in found.drifts],
        "lowered": [
            {
                "call": each.call,
                "why": each.why,
                **plain.money("bound", each.bound),
                **plain.money("cost", each.settlement.cost),
            }
            for each in found.lowered
        ],
        "kept": [{"call": each.call, "why": each.why, **plain.money("bound", each.bound)} for each in found.kept],
        "differing": [
            {"request_id": name, **plain.money("booked", ours), **plain.money("vendor", theirs)}
            for name, ours, theirs in found.differing[:_MOST_SHOWN]
        ],
        "differing_count": len(found.differing),
        "unmatched": found.unmatched,
    }


def _span(days: Sequence[Line]) -> tuple[datetime, datetime]:
    """Where calls that these days could tell of were reserved."""
    first, last = min(line.day for line in days), max(line.day for line in days)
    begin = datetime.combine(first, time(), UTC) - LONGEST - timedelta(hours=1)
    return begin, datetime.combine(last, time(), UTC) + timedelta(days=1, hours=1)


def _requests(
    conn: Connection, evidence: Evidence, named: Sequence[Billed]
) -> tuple[list[tuple[str, MicroUsd, MicroUsd]], int]:
    """Requests whose price is not what was booked, and how many are not ours."""
    ids = {line.request_id for line in evidence.requests if line.request_id}
    booked = billed.costs_by_request(conn, evidence.provider, ids) if ids else {}
    ours = {call.call for call in named} | {call.request_id for call in named if call.request_id}
    lost = Counter(line.call in ours or line.request_id in ours for line in evidence.requests)
    differing = [
        (line.request_id, booked[line.request_id], line.cost)
        for line in evidence.requests
        if line.request_id in booked and line.cost is not None and line.cost != booked[line.request_id]
    ]
    return differing, lost[False]


def _drift(each: Drift) -> Plain:
    vendor = each.vendor
    usage = vendor.usage if vendor else None
    return {
        "day": each.cell.day.isoformat(),
        "model": each.cell.model,
        "calls": each.calls,
        "vendor_calls": vendor.calls if vendor else None,
        "tokens_in": each.used.tokens_in,
        "vendor_tokens_in": usage.tokens_in if usage else None,
        "tokens_out": each.used.tokens_out,
        "vendor_tokens_out": usage.tokens_out if usage else None,
        **plain.money("booked", each.booked),
        **plain.money("unknown", each.unknown),
        **plain.money("vendor", vendor.cost if vendor else None),
        **plain.money("drift", each.amount),
    }
