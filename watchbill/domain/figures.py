"""Figures: what the watch is worth, measured on this installation, each with its method and what it is held against.

wasted runs          in_vain / ended                                          goal: less than 5 %
calls saved          (taken + merged x made / runs) / (made + the same)       goal: 30 % and more
set-up time saved    1 - (waited / uses) / (first week's seconds a set-up)    goal: 90 % and more
cost per landed task 1 - (spent / landed) / (first week's spent / landed)     goal: 40 % and more
workflow time        1 - median seconds / (first week's median seconds)       goal: 40 % and more
"""

from dataclasses import dataclass
from datetime import timedelta

from watchbill.domain.money import ZERO, MicroUsd, show

_MINUTE = 60.0
FIRST_WEEK = timedelta(days=7)  # of an installation, from its first run on

_NO_BASELINE = "too early: the first week, which it is held against, is not over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was counted between two moments."""

    ended: int = 0  # runs that count: see the method of wasted runs
    in_vain: int = 0  # of them
    called: int = 0  # runs that made a call
    made: int = 0  # calls
    taken: int = 0  # calls that were not made since the answer was there
    merged: int = 0  # tasks that were done in another task's run
    landed: int = 0  # tasks, landed or verified
    spent: MicroUsd = ZERO
    flow_seconds: float | None = None  # median, from a session's first run to its landing; None: nothing landed
    setups: int = 0  # times that an environment was made
    setup_seconds: float = 0.0  # all of them together
    uses: int = 0  # times that an environment was wanted, made ones included
    waited_seconds: float = 0.0  # until it was there, all together
    idle_looks: int = 0  # of recurring work, that found nothing to do


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a figure is called, what it is to reach, and how it is measured."""

    name: str
    title: str
    goal: float
    method: str


WASTED = Aim(
    name="wasted_runs",
    title="Wasted runs",
    goal=0.05,
    method=(
        "ended runs that were failed, rejected or lost, of all that ended; left out is what a person cancelled and what was put "
        "back before its first call. Looks that find no work are no runs"
    ),
)
SAVED = Aim(
    name="calls_saved",
    title="Calls saved",
    goal=0.30,
    method=(
        "answers taken from an identical request, and for each task done in another's run the calls of a mean run, of these and "
        "the calls made. What vendors read from their prompt caches, or take in batches, is billed and not counted"
    ),
)
SETUP = Aim(
    name="setup_saved",
    title="Set-up time saved",
    goal=0.90,
    method="mean seconds that a use of an environment waited for it, against the mean seconds of a set-up in the first week",
)
COST = Aim(
    name="cost_saved",
    title="Cost per landed task",
    goal=0.40,
    method="everything charged, unknown calls at their bound, by landed or verified tasks, against the same of the first week",
)
WORKFLOW = Aim(
    name="faster",
    title="Workflow time",
    goal=0.40,
    method="median time from the first run of a task's session to its landing, against the median of the first week",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    aim: Aim
    share: float | None  # None: it cannot be told yet
    is_met: bool | None
    words: str  # the number and what it is made of, or why there is none
    before: str  # the same of the first week; "" where there is none


def figures(now: Work, first: Work | None) -> tuple[Figure, ...]:
    """All of them, of the work of some days; `first` is the work of the first week, None while that is not over."""
    return (
        wasted(now, first),
        calls_saved(now, first),
        setup_saved(now, first),
        cost_saved(now, first),
        faster(now, first),
    )


def wasted(now: Work, first: Work | None) -> Figure:
    """
    >>> wasted(Work(ended=40, in_vain=1), None).share
    0.025
    """
    share = now.in_vain / now.ended if now.ended else None
    words = "no run has ended" if share is None else f"{share:.1%}: {now.in_vain} of {now.ended} runs"
    looks = f"; {now.idle_looks} looks found no work and cost nothing" if now.idle_looks else ""
    before = f"{first.in_vain / first.ended:.1%}" if first is not None and first.ended else ""
    is_met = None if share is None else share < WASTED.goal
    return Figure(aim=WASTED, share=share, is_met=is_met, words=words + looks, before=before)


def calls_saved(now: Work, first: Work | None) -> Figure:
    """Two riders beside 10 runs of 40 calls saved 8 calls; 12 answers were taken: 20 of 60.

    >>> round(calls_saved(Work(called=10, made=40, taken=12, merged=2), None).share, 4)
    0.3333
    """
    share = _saved_share(now)
    earlier = _saved_share(first) if first is not None else None
    before = "" if earlier is None else f"{earlier:.1%}"
    if share is None:
        return _gain(SAVED, None, "no call was made or saved", before)
    riding = f", and {now.merged} tasks rode in another's run" if now.merged else ""
    return _gain(SAVED, share, f"{share:.1%}: {now.made} calls made, {now.taken} answers taken{riding}", before)


def _saved_share(work: Work) -> float | None:
    riders = work.merged * work.made / work.called if work.called else 0.0
    saved = work.taken + riders
    return saved / (work.made + saved) if work.made + saved else None


def setup_saved(now: Work, first: Work | None) -> Figure:
    """A set-up of 50 s in the first week; now ten uses waited 30 s together, one of which made it anew: 3 s each.

    >>> setup_saved(Work(setups=1, uses=10, waited_seconds=30), Work(setups=2, setup_seconds=100)).share
    0.94
    """
    whole = first.setup_seconds / first.setups if first is not None and first.setups else None
    if not now.uses:
        return _gain(
            SETUP,
            None,
            "no environment was used: no repository has set-up commands, or none of its programs ran",
            _seconds(whole),
        )
    each = now.waited_seconds / now.uses
    said = f"{each:.1f} s a use, {now.uses} uses and {now.setups} set-ups"
    if not whole:
        return _gain(SETUP, None, f"{said}; {_missing(first, 'a set-up')}", "")
    return _less(SETUP, each / whole, said, _seconds(whole))


def cost_saved(now: Work, first: Work | None) -> Figure:
    """
    >>> cost_saved(Work(landed=10, spent=MicroUsd(600_000)), Work(landed=5, spent=MicroUsd(500_000))).share
    0.4
    """
    whole = first.spent / first.landed if first is not None and first.landed else None
    if not now.landed:
        return _gain(COST, None, "nothing landed", _dollars(whole))
    each = now.spent / now.landed
    said = f"{_dollars(each)} a task, {show(now.spent)} for {now.landed}"
    if not whole:
        return _gain(COST, None, f"{said}; {_missing(first, 'a landing that cost money')}", "")
    return _less(COST, each / whole, said, _dollars(whole))


def faster(now: Work, first: Work | None) -> Figure:
    """
    >>> faster(Work(flow_seconds=300.0), Work(flow_seconds=600.0)).share
    0.5
    """
    whole = first.flow_seconds if first is not None else None
    if now.flow_seconds is None:
        return _gain(WORKFLOW, None, "nothing landed", _seconds(whole))
    said = f"{_seconds(now.flow_seconds)} from the first run to the landing"
    if not whole:
        return _gain(WORKFLOW, None, f"{said}; {_missing(first, 'a landing')}", "")
    return _less(WORKFLOW, now.flow_seconds / whole, said, _seconds(whole))


def _less(aim: Aim, rest: float, said: str, before: str) -> Figure:
    """How much less it is than in the first week; `rest` is what is left of that."""
    share = round(1 - rest, 6)
    less = f"{share:.1%} less" if share >= 0 else f"{-share:.1%} more"
    return _gain(aim, share, f"{less}: {said}", before)


def _gain(aim: Aim, share: float | None, words: str, before: str) -> Figure:
    """A figure that is the better the more it is."""
    is_met = None if share is None else share >= aim.goal
    return Figure(aim=aim, share=share, is_met=is_met, words=words, before=before)


def _missing(first: Work | None, what: str) -> str:
    return _NO_BASELINE if first is None else f"the first week had no {what.removeprefix('a ')} to hold it against"


def _seconds(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f} s" if value < _MINUTE else f"{value / _MINUTE:.1f} min"


def _dollars(micros: float | None) -> str:
    return "" if micros is None else show(MicroUsd(int(round(micros, -2))))
