"""What a Prometheus server scrapes: how things stand, from what `watchbill status` shows, and counters over the whole store."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from watchbill.domain.breakers import BreakerState
from watchbill.domain.money import MICROS
from watchbill.operator.doors import Plain

MEDIA_TYPE = CONTENT_TYPE_LATEST
_BREAKERS = (BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN)


def exposition(status: Plain, counters: Plain) -> bytes:
    """Both in Prometheus' text format. What ends in _total only grows, over restarts too."""
    registry = CollectorRegistry()
    registry.register(_Collected(status, counters))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, status: Plain, counters: Plain) -> None:
        self._status = status
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        yield from self._standing()
        yield from _counted(self._counters)

    def _standing(self) -> Iterator[Metric]:
        status = self._status
        rejected = bool(status["configuration"] and status["configuration"]["problems"])
        yield _one("config_stale", "1 while the last good configuration is in force for a bad one.", rejected)
        yield _one("runs_live", "Runs under way.", len(status["running"]))
        yield _one("needs_you", "What waits for a person.", len(status["needs_you"]))
        yield _one("problems", "What makes `status --check` say no.", len(status["problems"]))
        yield _many("queue_tasks", "Tasks by state.", "state", status["counts"].items())
        yield _many("waiting_tasks", "Tasks that could run, by what holds them.", "reason", status["waiting"].items())
        scores = ((provider["name"], provider["score"]) for provider in status["providers"])
        yield _many("health_score", "Each provider's health, 0 to 100.", "provider", scores)
        yield _one("system_health_score", "The whole system's health, 0 to 100.", status["health"]["score"])
        yield _breakers(status["providers"])
        yield _retiring(status["providers"])
        ready = ((provider["name"], provider["state"] in ("ready", "busy")) for provider in status["providers"])
        yield _many("provider_up", "1 while a provider may be given work.", "provider", ready)
        broken = ((repo["name"], not repo["fault"]) for repo in status["repos"])
        yield _many("repo_up", "1 while a repository can be worked on.", "repo", broken)
        merges = status["conflicts"]
        yield _one("landed_24h", "Runs that landed in the last day.", merges["landed_24h"])
        yield _one("conflicts_24h", "Of those that were to land, how many met a conflict.", merges["met_24h"])
        yield _one("conflicts_for_people_24h", "Conflicts that waited for a person.", merges["for_people_24h"])
        used = ((window, facts["share"]) for window, facts in status["budget"].items() if facts["share"] is not None)
        yield _many("budget_ratio", "Spent and held of a budget's cap, 0 to 1.", "window", used)
        yield from _daemon(status["daemon"])


def _daemon(facts: Plain | None) -> Iterator[Metric]:
    if facts is not None:
        started = datetime.fromisoformat(facts["started_at"]).timestamp()
        yield _one("start_time_seconds", "When the daemon started, in unix seconds.", started)
        yield _many("build_info", "1, with the daemon's version.", "version", [(facts["version"], 1)])


def _counted(counters: Plain) -> Iterator[Metric]:
    about = "Runs that ended, by how."
    yield _counter("runs", about, ("provider", "type", "outcome"), counters["runs"], "count")
    yield _run_seconds(counters["run_seconds"])
    about = "Calls that ended, by how: settled, released before they were sent, or unknown."
    yield _counter("calls", about, ("provider", "model", "outcome"), counters["calls"], "count")
    yield _tokens(counters["tokens"])
    costs = [{**row, **{of: row[of] / MICROS for of in ("cost", "lowered")}} for row in counters["costs"]]
    about = "Dollars that calls were booked at; of whom nobody could say it, the bound."
    yield _counter("cost_usd", about, ("provider", "type"), costs, "cost")
    about = "Of the dollars booked, what evidence gave back later."
    yield _counter("cost_lowered_usd", about, ("provider", "type"), costs, "lowered")
    about = "Decisions by which a task began to wait, by the reason."
    yield _counter("skips", about, ("reason",), counters["skips"], "count")
    avoided = [{"how": how, "count": count} for how, count in counters["avoided"].items()]
    about = "Calls that were not made, by why; of merged, runs that were not begun."
    yield _counter("calls_avoided", about, ("how",), avoided, "count")
    about = "Of the runs that ended in the last 7 days, the share that failed, was rejected or lost, 0 to 1."
    yield _one("idle_run_ratio", about, counters["in_vain_ratio"])
    about = "Notifications by target, and whether it took them."
    yield _counter("notifications", about, ("target", "outcome"), counters["notices"], "count")
    ticks = counters["ticks"]
    about = "How long the daemon's looks took, with all that followed from them."
    yield SummaryMetricFamily("watchbill_tick_seconds", about, count_value=ticks["count"], sum_value=ticks["seconds"])
    about = "The most that the event loop was late in the last minute."
    yield _one("event_loop_lag_seconds", about, counters["loop_lag_seconds"])


def _tokens(rows: Sequence[Plain]) -> Metric:
    about = "Tokens that vendors counted. cache_read and cache_write are parts of input."
    directions = ("input", "output", "cache_read", "cache_write")
    each = [{**row, "direction": way, "count": row[way]} for row in rows for way in directions]
    return _counter("tokens", about, ("provider", "model", "direction"), each, "count")


def _run_seconds(rows: Sequence[Plain]) -> Metric:
    family = HistogramMetricFamily("watchbill_run_seconds", "How long runs took.", labels=["provider"])
    for row in rows:
        buckets = [*row["buckets"].items(), ("+Inf", row["count"])]
        family.add_metric([row["provider"]], buckets=buckets, sum_value=row["sum"])
    return family


def _counter(name: str, about: str, labels: Sequence[str], rows: Iterable[Plain], value: str) -> Metric:
    family = CounterMetricFamily(f"watchbill_{name}", about, labels=labels)
    for row in rows:
        family.add_metric([str(row[label]) for label in labels], float(row[value]))
    return family


def _breakers(providers: Iterable[Plain]) -> Metric:
    about = "0 while a provider's or its model's breaker is closed, 1 half-open, 2 open. No model: the provider itself."
    family = GaugeMetricFamily("watchbill_breaker_state", about, labels=["provider", "model"])
    for provider in providers:
        for model, breaker in {"": provider["breaker"], **provider["broken_models"]}.items():
            family.add_metric([provider["name"], model], float(_BREAKERS.index(breaker["state"])))
    return family


def _retiring(providers: Iterable[Plain]) -> Metric:
    about = "When a model that retires soon does, in unix seconds."
    family = GaugeMetricFamily("watchbill_model_retires_timestamp_seconds", about, labels=["provider", "model"])
    for provider in providers:
        for each in provider["retiring"]:
            family.add_metric([provider["name"], each["model"]], datetime.fromisoformat(each["at"]).timestamp())
    return family


def _one(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"watchbill_{name}", about, value=float(value))


def _many(name: str, about: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    family = GaugeMetricFamily(f"watchbill_{name}", about, labels=[label])
    for which, value in values:
        family.add_metric([str(which)], float(value))
    return family
