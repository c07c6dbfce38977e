"""Health: 100 less what speaks against it, each deduction named; of a provider, and of the whole system."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from watchbill.domain.breakers import FAILURES_TO_OPEN, Breaker, BreakerState
from watchbill.domain.ids import ProviderName, RepoName

BEST = 100
HEALTHY, WARNING = 80, 50  # from here on
RECENT = timedelta(hours=1)  # of the answers and failures that count
NOTICE = timedelta(days=30)  # before a model retires
LAST_DAYS = timedelta(days=7)


class Word(StrEnum):
    HEALTHY = "healthy"
    WARNING = "warning"
    CRITICAL = "critical"


class Against(StrEnum):
    """What may speak against health."""

    BREAKER_OPEN = "breaker_open"
    BREAKER_HALF_OPEN = "breaker_half_open"
    FAILURES = "failures"  # in a row, not enough to open its breaker
    MODEL_OUT = "model_out"
    MODEL_HELD = "model_held"
    HELD = "held"
    RECENT_TROUBLE = "recent_trouble"
    PROBE = "probe"
    RETIRING = "retiring"
    NOBODY = "nobody"  # no provider can work
    PROVIDERS = "providers"
    UNCONFIGURED = "unconfigured"
    REPOSITORY = "repository"
    DAEMON = "daemon"
    CONFIGURATION = "configuration"
    BUDGET = "budget"
    QUARANTINE = "quarantine"


# The most that each takes away.
_POINTS: Mapping[Against, int] = {
    Against.BREAKER_OPEN: 60,
    Against.BREAKER_HALF_OPEN: 30,
    Against.FAILURES: 10,  # each
    Against.MODEL_OUT: 20,
    Against.MODEL_HELD: 20,
    Against.HELD: 40,
    Against.RECENT_TROUBLE: 30,
    Against.PROBE: 30,
    Against.RETIRING: 15,
    Against.NOBODY: 60,
    Against.PROVIDERS: 40,
    Against.UNCONFIGURED: 5,
    Against.REPOSITORY: 25,
    Against.DAEMON: 50,
    Against.CONFIGURATION: 15,
    Against.BUDGET: 25,
    Against.QUARANTINE: 5,  # each, up to four
}
_LASTING_HOLD = 60
_SOON_RETIRED = 5
_MOST_QUARANTINED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    points: int
    against: Against
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    deductions: tuple[Deduction, ...] = ()

    @property
    def score(self) -> int:
        """0 to 100."""
        return max(0, BEST - sum(each.points for each in self.deductions))

    @property
    def word(self) -> Word:
        if self.score >= HEALTHY:
            return Word.HEALTHY
        return Word.WARNING if self.score >= WARNING else Word.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the last free question found."""

    well: bool
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Everything that a provider's health is judged by."""

    breaker: Breaker = field(default_factory=Breaker)
    by_model: Mapping[str, Breaker] = field(default_factory=dict)  # of configured models, where something is known
    models: tuple[str, ...] = ()  # configured
    held: bool = False
    held_until: datetime | None = None  # None: until a person acts
    held_why: str = ""
    models_held: Mapping[str, str] = field(default_factory=dict)  # why, by the model that rests alone
    answers: int = 0  # within RECENT
    answered_at: datetime | None = None  # the last of them
    troubles: int = 0  # within RECENT: failures that are the provider's own
    probe: Probe | None = None
    retires: Mapping[str, datetime] = field(default_factory=dict)  # configured models whose end is known

    @property
    def is_out(self) -> bool:
        """Whether it can be given nothing: it is open itself, or every one of its models is."""
        return self.breaker.is_open or bool(self.models and self.models_out == self.models)

    @property
    def broken(self) -> tuple[Breaker, ...]:
        """The breakers that keep all work from it, while it is out."""
        return (self.breaker,) if self.breaker.is_open else tuple(self.by_model[model] for model in self.models_out)

    @property
    def broken_why(self) -> str:
        """In words, while it is out."""
        if not self.is_out:
            return ""
        who = "it" if self.breaker.is_open else "each of its models"
        since = f" by {self.broken[0].since:%Y-%m-%d %H:%M} UTC" if self.broken[0].since else ""
        return f"{who} failed {self.broken[0].failures} times in a row{since}: {self.broken[0].why}"

    @property
    def models_out(self) -> tuple[str, ...]:
        return tuple(model for model in self.models if self.by_model.get(model, Breaker()).is_open)


def health_of(signs: Signs, now: datetime) -> Health:
    """A provider's.

    >>> health_of(Signs(breaker=Breaker(failures=1)), datetime(2026, 3, 2)).score
    90
    """
    return Health(deductions=tuple(_against_provider(signs, now)))


def _against_provider(signs: Signs, now: datetime) -> Iterator[Deduction]:
    yield from _against_breakers(signs)
    if signs.held and (signs.held_until is None or signs.held_until > now):
        lasting = signs.held_until is None
        until = "until a person acts" if signs.held_until is None else f"until {signs.held_until:%Y-%m-%d %H:%M} UTC"
        yield _less(Against.HELD, f"its account rests {until}: {signs.held_why}", _LASTING_HOLD if lasting else None)
    against = Against.HELD if signs.models_held.keys() >= set(signs.models) else Against.MODEL_HELD
    yield from (_less(against, f"{model} rests: {why}") for model, why in signs.models_held.items())
    if signs.troubles:
        share = signs.troubles / (signs.troubles + signs.answers)
        said = f"{signs.troubles} of its last {signs.troubles + signs.answers} requests failed within an hour"
        yield _less(Against.RECENT_TROUBLE, said, round(_POINTS[Against.RECENT_TROUBLE] * share))
    if signs.probe is not None and not signs.probe.well and not signs.is_out:
        yield _less(Against.PROBE, f"the probe at {signs.probe.at:%H:%M} UTC found it sick: {signs.probe.message}")
    yield from _against_retiring(signs.retires, now)


def _against_breakers(signs: Signs) -> Iterator[Deduction]:
    if signs.is_out:
        yield _less(Against.BREAKER_OPEN, signs.broken_why)
        return
    if signs.breaker.state is BreakerState.HALF_OPEN:
        yield _less(Against.BREAKER_HALF_OPEN, "one run tries whether it is well again")
    elif signs.breaker.failures:
        worded = f"{signs.breaker.failures} of {FAILURES_TO_OPEN} failures in a row that open its breaker"
        yield _less(Against.FAILURES, worded, _POINTS[Against.FAILURES] * signs.breaker.failures)
    if signs.models_out:
        yield _less(Against.MODEL_OUT, f"left alone for now: {', '.join(signs.models_out)}")


def _against_retiring(retires: Mapping[str, datetime], now: datetime) -> Iterator[Deduction]:
    for model, at in retiring(retires, now):
        soon = at - now <= LAST_DAYS
        yield _less(Against.RETIRING, retirement(model, at, now), None if soon else _SOON_RETIRED)


def retiring(retires: Mapping[str, datetime], now: datetime) -> list[tuple[str, datetime]]:
    """The models whose end is near or over, the soonest first."""
    near = [(at, model) for model, at in retires.items() if at - now <= NOTICE]
    return [(model, at) for at, model in sorted(near)]


def retirement(model: str, at: datetime, now: datetime) -> str:
    """
    >>> retirement("m-1", datetime(2026, 3, 12), datetime(2026, 3, 2))
    'm-1 retires on 2026-03-12, in 10 days'
    """
    days = (at - now).days
    when = f"retires on {at:%Y-%m-%d}, in {days} days" if at > now else f"was to retire on {at:%Y-%m-%d}"
    return f"{model} {when}"


def end_of(model: str, listed: Mapping[str, datetime | None]) -> datetime | None:
    """When a listed model ends. A name without its date means the dated one, as vendors' aliases do.

    >>> end_of("m-1", {"m-1-20250101": datetime(2026, 3, 12), "m-10": None})
    datetime.datetime(2026, 3, 12, 0, 0)
    """
    if model in listed:
        return listed[model]
    dated = [at for name, at in listed.items() if name.startswith(f"{model}-") and name[len(model) + 1 :].isdigit()]
    return max((at for at in dated if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Everything that the whole system's health is judged by."""

    providers: Mapping[ProviderName, Health]  # those that have what they need
    out: frozenset[ProviderName] = frozenset()  # of them: can be given nothing now
    unconfigured: tuple[ProviderName, ...] = ()
    daemon: str = ""  # what is wrong with it
    configuration: str = ""  # what is wrong with the newer file
    broken_repos: Mapping[RepoName, str] = field(default_factory=dict)
    used_up: tuple[str, ...] = ()  # budgets
    quarantined: tuple[str, ...] = ()


def health_of_all(whole: Whole) -> Health:
    """The whole system's."""
    return Health(deductions=(*_against_providers(whole), *_against_rest(whole)))


def _against_providers(whole: Whole) -> Iterator[Deduction]:
    if not whole.providers.keys() - whole.out:
        yield _less(Against.NOBODY, "no provider can work now")
    elif unwell := {name: health for name, health in whole.providers.items() if health.word is not Word.HEALTHY}:
        weight = sum(1.0 if health.word is Word.CRITICAL else 0.5 for health in unwell.values())
        points = max(1, round(_POINTS[Against.PROVIDERS] * weight / len(whole.providers)))
        said = ", ".join(f"{name} {health.score}" for name, health in unwell.items())
        yield _less(Against.PROVIDERS, f"not healthy: {said}", points)
    if whole.unconfigured:
        yield _less(Against.UNCONFIGURED, f"without what they need: {', '.join(whole.unconfigured)}")


def _against_rest(whole: Whole) -> Iterator[Deduction]:
    if whole.daemon:
        yield _less(Against.DAEMON, whole.daemon)
    if whole.configuration:
        yield _less(Against.CONFIGURATION, f"the newer configuration was rejected: {whole.configuration}")
    for name, why in whole.broken_repos.items():
        yield _less(Against.REPOSITORY, f"{name} cannot be worked on: {why}")
    if whole.used_up:
        yield _less(Against.BUDGET, f"used up: {', '.join(whole.used_up)}")
    if whole.quarantined:
        points = _POINTS[Against.QUARANTINE] * min(len(whole.quarantined), _MOST_QUARANTINED)
        yield _less(Against.QUARANTINE, f"in quarantine: {', '.join(whole.quarantined)}", points)


def _less(against: Against, why: str, points: int | None = None) -> Deduction:
    return Deduction(points=_POINTS[against] if points is None else points, against=against, why=why.strip())
