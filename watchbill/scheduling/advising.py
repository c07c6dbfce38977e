"""Advising: rules over what was measured. Each says by which numbers it speaks and what to run or write; silent without cause."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from watchbill.domain.figures import Work
from watchbill.domain.money import MicroUsd, show

LOOKED_BACK = timedelta(days=7)  # of the evidence, where nothing else is said

_IDLE_HOURS = 6.0  # of a provider's own hours in a day, without a run
_WAITING = 3  # tasks that wait for somebody else's hour, or for somebody busy
_BOUND_DAYS = 3  # of a week
_FEW = 5  # runs; of fewer nothing is concluded
_HALF = 0.5
_FLAKES = 2
_SOON = timedelta(days=30)
_COLD_TOKENS = 200_000
_COLD = 0.2  # of the input
_SCATTERED = 10  # placeholders
_REVIEWS, _REVIEW_AGE = 3, timedelta(hours=24)
_AHEAD = 5  # landed tasks
_VAIN_RUNS, _VAIN = 20, 0.05
_CONFLICTS = 3
_FULL = 0.9  # of a disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A provider's last day."""

    provider: str
    own: float  # hours that were its watch
    idle: float  # of them, without a run of it
    could: int  # tasks that wait now and that it may do, but for the hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    of: str  # as people say it to the command line: "", "--month", "--provider claude"
    key: str  # of the configuration
    cap: MicroUsd | None
    days: int  # of the last seven, on which it kept work waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    type: str
    step: str
    runs: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How a provider's judged runs of one task type ended."""

    provider: str
    type: str
    runs: int
    landed: int

    @property
    def rate(self) -> float:
        return self.landed / self.runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Flake:
    repo: str
    gate: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retiring:
    provider: str
    model: str
    left: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    provider: str
    tokens_in: int
    read: int
    is_strict: bool = False  # a task leaves its provider with the hour, and its warm cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    repo: str
    path: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What landed on our branch since the owner's last moved."""

    repo: str
    integration: str
    target: str
    landed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    repo: str
    path: str
    placeholders: int
    tasks: int  # open ones that name it


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that the rules look at."""

    work: Work = field(default_factory=Work)
    hours: Sequence[Hours] = ()
    caps: Sequence[Cap] = ()
    steps: Sequence[Step] = ()
    records: Sequence[Record] = ()
    flakes: Sequence[Flake] = ()
    retiring: Sequence[Retiring] = ()
    caches: Sequence[Cache] = ()
    unread: Sequence[Unread] = ()
    ahead: Sequence[Ahead] = ()
    unwritten: Sequence[Unwritten] = ()
    reviews: int = 0
    oldest_review: timedelta = timedelta(0)
    conflicts_for_people: int = 0
    unconfigured: Sequence[tuple[str, str]] = ()  # provider, what it lacks
    disk_used: float = 0.0  # of the state folder's disk, 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    rule: str
    evidence: str
    run: str  # the command, or the lines of watchbill.toml


def advise(seen: Evidence) -> tuple[Advice, ...]:
    """What is worth doing, the most pressing rule first."""
    return tuple(Advice(rule=name, evidence=why, run=run) for name, rule in RULES.items() for why, run in rule(seen))


_Rule = Callable[[Evidence], Iterator[tuple[str, str]]]


def _disk(seen: Evidence) -> Iterator[tuple[str, str]]:
    if seen.disk_used >= _FULL:
        yield (
            f"the state folder's disk is {seen.disk_used:.0%} full",
            "watchbill doctor; or lower [retention] artefacts and log_mb",
        )


def _unconfigured(seen: Evidence) -> Iterator[tuple[str, str]]:
    for provider, lacks in seen.unconfigured:
        yield f"{provider} gets no work: {lacks}", f"give it that, or [provider.{provider}] enabled = false"


def _unread_lines(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.unread:
        yield (
            f"{one.lines} line{'s' * (one.lines > 1)} of {one.path} in {one.repo} could not be read, or wait for what never comes",
            "watchbill task import --check",
        )


def _retiring(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.retiring:
        if one.left <= _SOON:
            days = f"{abs(one.left.days)} {'day' if abs(one.left.days) == 1 else 'days'}"
            when = f"in {days}" if one.left > timedelta(0) else f"{days} ago"
            yield (
                f"{one.provider}'s vendor retires {one.model} {when}",
                f"watchbill provider models {one.provider}; then name its successor in [provider.{one.provider}] models",
            )


def _reviews(seen: Evidence) -> Iterator[tuple[str, str]]:
    if seen.reviews >= _REVIEWS or (seen.reviews and seen.oldest_review >= _REVIEW_AGE):
        who = "1 task waits" if seen.reviews == 1 else f"{seen.reviews} tasks wait"
        hours = seen.oldest_review // timedelta(hours=1)
        since = f"{hours} h" if hours else "less than an hour"
        yield f"{who} for your review, the oldest for {since}", "watchbill review list"


def _promotable(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.ahead:
        if one.landed >= _AHEAD:
            yield (
                f"{one.landed} tasks landed on {one.integration} of {one.repo} since {one.target} last moved",
                f"watchbill promote {one.repo}",
            )


def _caps(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.caps:
        if one.days >= _BOUND_DAYS:
            amount = "" if one.cap is None else f" of {show(one.cap)}"
            more = f"watchbill budget raise AMOUNT {one.of}".rstrip()
            yield (
                f"the cap{amount} ({one.key}) kept work waiting on {one.days} of the last 7 days",
                f"{more} --for 24h -m WHY; or another {one.key}",
            )


def _idle(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.hours:
        if one.idle >= _IDLE_HOURS and one.could >= _WAITING:
            yield (
                f"{one.provider} had no run in {one.idle:.0f} of its {one.own:.0f} hours of the last day, and {one.could} tasks wait",
                '[daemon] slot_policy = "prefer" with a shorter borrow_after; or raise its strengths',
            )


def _first_steps(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.steps:
        if one.runs >= _FEW and one.failed / one.runs >= _HALF:
            yield (
                f"step {one.step} of {one.type} came to nothing in {one.failed} of {one.runs} runs, each of which was paid",
                f'take {one.step} out of the [[ladder]] of type "{one.type}"',
            )


def _better(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.records:
        others = [
            other
            for other in seen.records
            if other.type == one.type and other.runs >= _FEW and other.rate >= one.rate + 0.25
        ]
        if one.runs >= _FEW and one.rate < _HALF and others:
            best = max(others, key=lambda other: other.rate)
            yield (
                f"{one.provider} landed {one.landed} of {one.runs} runs of {one.type}, {best.provider} {best.landed} of {best.runs}",
                f"[provider.{one.provider}] strengths = {{ {one.type} = {max(0.1, one.rate / 2):.1f} }}",
            )


def _flaky(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.flakes:
        if one.times >= _FLAKES:
            yield (
                f"{one.gate} of {one.repo} failed and passed on the same tree {one.times} times in 7 days",
                f'mend it, or on_fail = "warn" in the [[repo.commands]] of {one.gate}',
            )


def _in_vain(seen: Evidence) -> Iterator[tuple[str, str]]:
    work = seen.work
    if work.ended >= _VAIN_RUNS and work.in_vain / work.ended >= _VAIN:
        yield (
            f"{work.in_vain} of {work.ended} runs of the last 7 days came to nothing, more than 1 in 20; each run says why",
            "watchbill run list",
        )


_WARMER = '[daemon] slot_policy = "prefer", which leaves a task where it is warm; or a longer session_soft'


def _cold(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.caches:
        if one.tokens_in >= _COLD_TOKENS and one.read / one.tokens_in < _COLD:
            yield (
                f"{one.provider} read {one.read / one.tokens_in:.0%} of {one.tokens_in:,} input tokens from its prompt cache",
                _WARMER if one.is_strict else "[daemon] a longer session_soft, so that a task stays where it is warm",
            )


def _conflicts(seen: Evidence) -> Iterator[tuple[str, str]]:
    if seen.conflicts_for_people >= _CONFLICTS:
        yield (
            f"{seen.conflicts_for_people} conflicts of the last 7 days were left to you",
            "name narrower files in the queue, so that tasks on the same ones follow each other",
        )


def _unwritten(seen: Evidence) -> Iterator[tuple[str, str]]:
    for one in seen.unwritten:
        if one.placeholders >= _SCATTERED and not one.tasks:
            yield (
                f"{one.path} of {one.repo} has {one.placeholders} placeholders and no open task",
                f'watchbill task add "Write what is still open in {one.path}" --files {one.path}',
            )


RULES: dict[str, _Rule] = {
    "disk_full": _disk,
    "provider_unconfigured": _unconfigured,
    "queue_unreadable": _unread_lines,
    "model_retiring": _retiring,
    "reviews_waiting": _reviews,
    "cap_binds": _caps,
    "promote": _promotable,
    "runs_in_vain": _in_vain,
    "first_step_fails": _first_steps,
    "another_does_it_better": _better,
    "gate_flakes": _flaky,
    "conflicts_for_people": _conflicts,
    "provider_idle": _idle,
    "cache_cold": _cold,
    "placeholders": _unwritten,
}
