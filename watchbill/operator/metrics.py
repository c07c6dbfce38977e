"""What a Prometheus server scrapes, made from the same answer that `watchbill status` shows."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from watchbill.domain.breakers import BreakerState
from watchbill.operator.doors import Plain

MEDIA_TYPE = CONTENT_TYPE_LATEST
_BREAKERS = (BreakerState.CLOSED, BreakerState.HALF_OPEN, BreakerState.OPEN)


def exposition(status: Plain) -> bytes:
    """The status as Prometheus' text format. All are gauges: how things stand at the moment of asking."""
    registry = CollectorRegistry()
    registry.register(_Status(status))
    return generate_latest(registry)


class _Status(Collector):
    def __init__(self, status: Plain) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
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
