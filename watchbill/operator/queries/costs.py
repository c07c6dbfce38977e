"""Costs as answers: what was spent on what, and how far the day and the month have come."""

from datetime import datetime, timedelta

from watchbill.domain.money import MicroUsd
from watchbill.domain.windows import WindowKind, turns_at
from watchbill.operator import moments, plain
from watchbill.operator.doors import Plain
from watchbill.operator.faults import BadQuestion
from watchbill.operator.outlook import Outlook
from watchbill.operator.queries import savings
from watchbill.scheduling.snapshot import WindowState
from watchbill.state import accounts, raises
from watchbill.state.accounts import By, Key, Total
from watchbill.state.engine import Connection

_EARLY = 1 / 24  # of a window; before that nothing is projected: one run would look like a flood


def costs(conn: Connection, outlook: Outlook, by: By, *, since: str | None = None, until: str | None = None) -> Plain:
    """Sums of the calls reserved in [since, until), and their total: the same whatever they are grouped by.

    Moments are as people type them, in the budget's zone. Raises BadQuestion.
    """
    begin, end = _moment(since, outlook), _moment(until, outlook)
    if begin is not None and end is not None and begin >= end:
        raise BadQuestion(f"nothing lies between {since} and {until}: what is asked for ends before it begins")
    rows = accounts.totals(conn, by, since=begin, until=end)
    return {
        "generated_at": plain.stamp(outlook.now),
        "by": by,
        "zone": str(outlook.bill.caps.zone),
        "since": plain.stamp(begin),
        "until": plain.stamp(end),
        "rows": [{"name": row.name, **_total(row)} for row in rows],
        "total": _total(_sum(rows)),
        "savings": savings.between(conn, begin, end),
        "budget": budget(conn, outlook),
    }


def _moment(said: str | None, outlook: Outlook) -> datetime | None:
    return None if said is None else moments.moment(said, outlook.now, outlook.bill.caps.zone)


def budget(conn: Connection, outlook: Outlook) -> Plain:
    """The windows of the day and the month."""
    keys = [Key(kind=WindowKind.DAY), Key(kind=WindowKind.MONTH)]
    caps = raises.in_force(conn, outlook.bill.caps, outlook.now)
    states = accounts.window_states(conn, caps, outlook.now, keys)
    day, month = (_projected(state, outlook) for state in states)
    if day is not None and month is not None:  # a month comes to no less than what today brings
        month = MicroUsd(max(month, states[1].spent - states[0].spent + day))
    return {state.window.kind: _window(state, outlook, end) for state, end in zip(states, (day, month), strict=True)}


def _window(state: WindowState, outlook: Outlook, projected: MicroUsd | None) -> Plain:
    turns = turns_at(state.window.kind, outlook.now, outlook.bill.caps.zone)
    assert turns is not None, "days and months turn"
    taken = MicroUsd(state.spent + state.held)
    return {
        "window": str(state.window),
        "turns_at": plain.stamp(turns),
        "share": None if not state.cap else round(taken / state.cap, 4),
        **plain.money("spent", state.spent),
        **plain.money("held", state.held),
        **plain.money("cap", state.cap),
        **plain.money("left", state.left),
        **plain.money("projected", projected),
    }


def _projected(state: WindowState, outlook: Outlook) -> MicroUsd | None:
    """What the window comes to if spending goes on as in its past part: never more than its cap, which nothing passes."""
    turns = turns_at(state.window.kind, outlook.now, outlook.bill.caps.zone)
    assert turns is not None, "days and months turn"
    begins = _begin(state.window.kind, turns, outlook)
    past, whole = outlook.now - begins, turns - begins
    if past < whole * _EARLY:
        return None
    likely = MicroUsd(round(state.spent * (whole / past)))
    return likely if state.cap is None else MicroUsd(max(state.spent, min(likely, state.cap)))


def _begin(kind: WindowKind, turns: datetime, outlook: Outlook) -> datetime:
    last = turns.astimezone(outlook.bill.caps.zone) - timedelta(days=1)
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return midnight.replace(day=1) if kind is WindowKind.MONTH else midnight


def _total(row: Total) -> Plain:
    return {
        "calls": row.calls,
        "tokens_in": row.tokens_in,
        "tokens_out": row.tokens_out,
        **plain.money("cost", row.cost),
        **plain.money("unknown", row.unknown),
        **plain.money("held", row.held),
    }


def _sum(rows: list[Total]) -> Total:
    return Total(
        name="total",
        calls=sum(row.calls for row in rows),
        cost=MicroUsd(sum(row.cost for row in rows)),
        unknown=MicroUsd(sum(row.unknown for row in rows)),
        held=MicroUsd(sum(row.held for row in rows)),
        tokens_in=sum(row.tokens_in for row in rows),
        tokens_out=sum(row.tokens_out for row in rows),
    )
