"""What a Prometheus server scrapes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from operator_makers import CLAUDE, GPT, NOW, outlook, put
from prometheus_client.parser import text_string_to_metric_families

from watchbill.domain.breakers import Sign
from watchbill.domain.ports import ProbeResult
from watchbill.operator.metrics import exposition
from watchbill.operator.outlook import ConfigFacts, Outlook
from watchbill.operator.queries.status import status
from watchbill.state import breakers, probes
from watchbill.state.engine import Connection

DAY = timedelta(days=1)


def scraped(conn: Connection, seen: Outlook) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and its label's value."""
    families = text_string_to_metric_families(exposition(status(conn, seen)).decode())
    return {
        (sample.name.removeprefix("watchbill_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_tasks_are_counted_by_their_states(conn: Connection) -> None:
    put(conn, "a")
    put(conn, "b")

    found = scraped(conn, outlook())

    assert found["queue_tasks", "queued"] == 2
    assert found["queue_tasks", "landed"] == 0


@pytest.mark.parametrize(("problems", "stale"), [((), 0), (("no such key",), 1)])
def test_a_rejected_configuration_is_seen(conn: Connection, problems: tuple[str, ...], stale: float) -> None:
    facts = ConfigFacts(loaded_at=NOW, problems=problems)

    assert scraped(conn, replace(outlook(), configuration=facts))["config_stale",] == stale


def test_without_a_daemon_nothing_is_stale(conn: Connection) -> None:
    assert scraped(conn, outlook())["config_stale",] == 0


def test_a_repository_that_cannot_be_worked_on_is_down(conn: Connection) -> None:
    seen = outlook()
    repo = seen.bill.repos[0].name

    assert scraped(conn, seen)["repo_up", repo] == 1
    assert scraped(conn, replace(seen, broken_repos={repo: "it is gone"}))["repo_up", repo] == 0


def test_health_and_breakers_are_numbers(conn: Connection) -> None:
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, model="claude-1")
    probes.note(conn, GPT, ProbeResult(well=True, message="", models=("gpt-1",), retires={"gpt-1": NOW + DAY}), NOW)

    found = scraped(conn, outlook())

    assert (found["health_score", "claude"], found["health_score", "gpt"]) == (40, 85)
    assert (found["breaker_state", "", "claude"], found["breaker_state", "claude-1", "claude"]) == (0, 2)
    assert found["system_health_score",] == 87
    assert found["model_retires_timestamp_seconds", "gpt-1", "gpt"] == (NOW + DAY).timestamp()


def test_a_cap_shows_its_share_and_no_cap_nothing(conn: Connection) -> None:
    seen = outlook()
    free = replace(seen, bill=replace(seen.bill, caps=replace(seen.bill.caps, day=None)))

    assert scraped(conn, seen)["budget_ratio", "day"] == 0
    assert ("budget_ratio", "day") not in scraped(conn, free)
