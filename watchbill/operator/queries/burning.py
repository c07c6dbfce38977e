"""The burn as an answer: what the day and the month come to, and whether a cap is reached or about to be."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from watchbill.domain.money import MicroUsd, show
from watchbill.domain.windows import Caps, WindowKind, turns_at
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling import burning
from watchbill.scheduling.burning import DAY_HOURS, FEWEST_DAYS, MOST_DAYS, Projection
from watchbill.scheduling.snapshot import WindowState
from watchbill.state import accounts, hours, raises
from watchbill.state.accounts import Key
from watchbill.state.engine import Connection

_LOOKED_AT = timedelta(days=MOST_DAYS)


def forecast(conn: Connection, outlook: Outlook) -> Plain:
    """The end of the day and of the month by own history, and everything that is against `cost check`.

    Caps are those in force: with what was raised by hand.
    """
    past = hours.spent_by_hour(conn, outlook.now, _LOOKED_AT)
    caps = raises.in_force(conn, outlook.bill.caps, outlook.now)
    states = accounts.window_states(conn, caps, outlook.now, _keys(caps))
    ends = [_window(state, past, outlook) for state in states]
    return {
        "generated_at": plain.stamp(outlook.now),
        "zone": str(outlook.bill.caps.zone),
        "method": burning.METHOD,
        "history_days": burning.days_of(past),
        "too_little_history": burning.days_of(past) < FEWEST_DAYS,
        "words": _words(past),
        "windows": ends,
        "over": [why for end in ends for why in end["over"]],
    }


def _keys(caps: Caps) -> Iterator[Key]:
    """The day and the month, and every other day's or month's window that has a cap of its own."""
    yield Key(kind=WindowKind.DAY)
    yield Key(kind=WindowKind.MONTH)
    for kind, named in caps.named.items():
        yield from (Key(kind=kind, name=name) for name in sorted(named))


def _window(state: WindowState, past: Sequence[MicroUsd], outlook: Outlook) -> Plain:
    turns = turns_at(state.window.kind, outlook.now, outlook.bill.caps.zone)
    assert turns is not None, "none of a task or a run is asked for"
    taken = MicroUsd(state.spent + state.held)
    is_whole = state.window.kind in (WindowKind.DAY, WindowKind.MONTH)  # the history is of everything together
    end = burning.project(past, taken=taken, left=turns - outlook.now, cap=state.cap) if is_whole else None
    crosses = None if end is None or end.crosses_in is None else outlook.now + end.crosses_in
    return {
        "window": str(state.window),
        "kind": state.window.kind,
        "turns_at": plain.stamp(turns),
        **plain.money("spent", state.spent),
        **plain.money("held", state.held),
        **plain.money("cap", state.cap),
        **plain.money("low", end.low if end else None),
        **plain.money("likely", end.likely if end else None),
        **plain.money("high", end.high if end else None),
        "crosses_at": plain.stamp(crosses),
        "over": list(_against(state, taken, end)),
    }


def _against(state: WindowState, taken: MicroUsd, end: Projection | None) -> Iterator[str]:
    if state.cap is None:
        return
    if taken >= state.cap and taken:
        yield f"{state.window} has taken {show(taken)} of its {show(state.cap)}: the cap is reached"
    elif state.short and state.is_used_up:
        wanted = show(MicroUsd(state.short))
        yield f"{state.window} has taken {show(taken)} of its {show(state.cap)}: a call of up to {wanted} did not fit"
    elif end is not None and end.likely > state.cap:
        yield f"{state.window} is likely to come to {show(end.likely)}, its cap is {show(state.cap)}"


def _words(past: Sequence[MicroUsd]) -> str:
    days = burning.days_of(past)
    if days >= FEWEST_DAYS:
        return f"by {days} days of your own history"
    return (
        f"too little history for a forecast: {len(past)} whole hours, at least {FEWEST_DAYS * DAY_HOURS} are wanted; "
        "only what is taken already is judged"
    )
