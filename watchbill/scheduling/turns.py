"""Turns: whether a provider may start now by the hours, under each slot policy."""

from collections.abc import Mapping
from datetime import datetime

from watchbill.domain.ids import ProviderName
from watchbill.scheduling.bill import ProviderTerms, SlotPolicy, WatchBill
from watchbill.scheduling.decisions import Reason, Rejection
from watchbill.scheduling.slots import next_watch, on_watch, owners, watch_began
from watchbill.scheduling.snapshot import ProviderState


def is_held(state: ProviderState, now: datetime) -> bool:
    return state.held_until is not None and state.held_until > now


def is_broken(state: ProviderState, now: datetime) -> bool:
    return state.broken and (state.broken_until is None or state.broken_until > now)


def is_paused(state: ProviderState, now: datetime) -> bool:
    return state.pause is not None and state.pause.is_on(now)


def well_ones(bill: WatchBill, states: Mapping[ProviderName, ProviderState], now: datetime) -> frozenset[ProviderName]:
    """Who can work at all: configured, breaker closed, not on hold, not paused."""
    return frozenset(
        terms.name
        for terms in bill.providers
        if terms.configured and not _is_down(states.get(terms.name, ProviderState(name=terms.name)), now)
    )


def _is_down(state: ProviderState, now: datetime) -> bool:
    return is_broken(state, now) or is_paused(state, now) or is_held(state, now)


class Turns:
    """Whose turn it is now, and when it will be somebody else's."""

    def __init__(self, bill: WatchBill, states: Mapping[ProviderName, ProviderState], now: datetime) -> None:
        self._bill = bill
        self._states = states
        self._now = now
        self._well = well_ones(bill, states, now)
        self._next_by_name: dict[ProviderName, datetime | None] = {}
        self.on_watch = on_watch(bill, now, self._well)
        always = {terms.name for terms in bill.providers if terms.always}
        self._slots = tuple(name for name in self.on_watch if name not in always)

    def refusal(
        self,
        terms: ProviderTerms,
        *,
        warm: ProviderName | None,
        watch_serves: bool,
        running: Mapping[ProviderName, int],
    ) -> Rejection | None:
        """Why the hour keeps a provider from starting, or None.

        Under `prefer` a provider off watch may start what is warm on it, and may borrow a slot: when nobody on watch can
        take the task (`watch_serves` is false) and every slot of the watch has been free for the bill's `borrow_after`.
        """
        if self._bill.policy is SlotPolicy.OFF or terms.name in self.on_watch:
            return None
        turn = self.next_turn(terms.name)
        if self._bill.policy is SlotPolicy.STRICT:
            return _out_of_slot(terms.name, turn, "")
        if warm == terms.name:
            return None
        if watch_serves:
            return _out_of_slot(terms.name, turn, "; who is on watch can take it")
        return self._refuse_loan(terms.name, turn, running)

    def may_begin(self, terms: ProviderTerms, *, is_warm: bool, running: Mapping[ProviderName, int]) -> bool:
        """Whether it is well and the hour does not keep it from every task; `is_warm` when some session is warm on it."""
        warm = terms.name if is_warm else None
        return terms.name in self._well and not self.refusal(terms, warm=warm, watch_serves=False, running=running)

    def openings(self) -> set[datetime]:
        """When holds and pauses of providers lapse, the broken may return, and a free slot may be borrowed."""
        pauses = (state.pause for state in self._states.values() if state.pause is not None)
        states = self._states.values()
        lapses = (
            *(state.held_until for state in states),
            *(rest.until for state in states for rest in state.resting),
            *(state.broken_until for state in states),
            *(pause.until for pause in pauses),
        )
        return {self._free_since() + self._bill.borrow_after, *(at for at in lapses if at is not None)}

    def _refuse_loan(
        self, name: ProviderName, turn: datetime | None, running: Mapping[ProviderName, int]
    ) -> Rejection | None:
        if any(running.get(slot, 0) for slot in self._slots):
            return _out_of_slot(name, turn, "; the watch's slot is in use, so there is none to borrow")
        loan = self._free_since() + self._bill.borrow_after
        if loan <= self._now:
            return None
        soonest = loan if turn is None else min(turn, loan)
        return _out_of_slot(name, soonest, f"; a free slot may be borrowed from {loan:%H:%M} UTC")

    def _free_since(self) -> datetime:
        ends = (self._states[slot].idle_since for slot in self._slots if slot in self._states)
        return max([watch_began(self._bill, self._now), *(end for end in ends if end is not None)])

    def next_turn(self, name: ProviderName) -> datetime | None:
        """When it will stand watch if it is well by then; None when it never does."""
        if name not in self._next_by_name:
            self._next_by_name[name] = next_watch(self._bill, name, self._now, self._well | {name})
        return self._next_by_name[name]

    def has_ended_for(self, name: ProviderName) -> bool:
        """Whether a run of it works in a watch that is neither its own by the bill nor in its hands."""
        return name not in self.on_watch and name not in owners(self._bill, self._now)


def _out_of_slot(name: ProviderName, until: datetime | None, why: str) -> Rejection:
    when = "it has none" if until is None else f"its turn comes at {until:%Y-%m-%d %H:%M} UTC"
    return Rejection(reason=Reason.OUT_OF_SLOT, detail=f"it is not the watch of {name}; {when}{why}", until=until)
