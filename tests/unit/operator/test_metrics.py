"""What a Prometheus server scrapes, and the dashboard and alerts that are made of it."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from operator_makers import CLAUDE, GPT, NOW, begin, call, end, land, outlook, put
from prometheus_client.parser import text_string_to_metric_families

from watchbill.domain.breakers import Sign
from watchbill.domain.calls import Settlement, Usage
from watchbill.domain.money import usd
from watchbill.domain.notices import Notice
from watchbill.domain.ports import ProbeResult
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.metrics import exposition
from watchbill.operator.outlook import ConfigFacts, Outlook
from watchbill.operator.queries.counters import counters
from watchbill.operator.queries.status import status
from watchbill.scheduling.telling import Due
from watchbill.state import breakers, decisions, ledger, notices, probes
from watchbill.state.engine import Connection

DAY = timedelta(days=1)
GRAFANA = Path(__file__).parents[3] / "deploy/grafana"


def scraped(conn: Connection, seen: Outlook) -> dict[tuple[str, ...], float]:
    """Each sample's value by its name and its label's value."""
    families = text_string_to_metric_families(exposition(status(conn, seen), counters(conn, seen)).decode())
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


@pytest.fixture
def worked(conn: Connection) -> Connection:
    """A store in which each of what is counted happened."""
    put(conn, "a", "b", "c")
    landed = land(conn, "a")
    failed = begin(conn, "b")
    end(conn, failed, RunState.FAILED, TaskState.QUEUED, "no")
    lost = call(conn, begin(conn, "c"), "0.50")
    ledger.sent(conn, lost)
    ledger.lose(conn, lost, "cut", NOW)
    ledger.lower(
        conn,
        lost,
        Settlement(cost=usd("0.30"), usage=Usage(tokens_in=1, tokens_out=1), price_source="test"),
        "an export",
        NOW,
    )
    for where in ("deps_unmet", "paused"):
        decisions.journal(conn, NOW, decisions.pack(where), [("b", "wait", where, "{}")])
    conn.execute(
        "INSERT INTO savings (why, key, call, run, task, tokens_in, tokens_out, cost, at_ms) "
        "SELECT 'deduped', :key, calls.id, :run, 'b', 1, 1, 1, 1 FROM calls WHERE run = :saved",
        {"key": "k" * 64, "run": failed.id, "saved": landed.id},
    )
    stored = notices.put(conn, Notice(event="e", subject="s", word="w", title="t"), Due(at=NOW), NOW)
    notices.tell(conn, stored.number, ["file:/t"], NOW)
    delivery = notices.begin(conn, "file:/t", NOW)
    assert delivery is not None
    notices.sent(conn, delivery, NOW)
    return conn


def test_counters_are_sums_over_the_store(worked: Connection) -> None:
    found = scraped(worked, outlook())

    assert found["runs_total", "landed", "claude", "write"] == 1
    assert found["run_seconds_bucket", "300", "claude"] == 2
    assert found["run_seconds_count", "claude"] == 2
    assert found["run_seconds_sum", "claude"] == 600
    assert found["tokens_total", "input", "claude-1", "claude"] == 1201
    assert found["calls_total", "claude-1", "unknown", "claude"] == 1
    assert found["skips_total", "paused"] == 1
    assert found["calls_avoided_total", "deduped"] == 1
    assert found["idle_run_ratio",] == 0.5
    assert found["notifications_total", "sent", "file:/t"] == 1


def test_a_cost_that_is_lowered_later_takes_nothing_back_from_its_counter(worked: Connection) -> None:
    found = scraped(worked, outlook())

    assert found["cost_usd_total", "claude", "write"] == pytest.approx(0.08 + 1.00)
    assert found["cost_lowered_usd_total", "claude", "write"] == pytest.approx(0.70)


def test_the_loops_lag_and_the_daemons_start_are_told(conn: Connection) -> None:
    found = scraped(conn, replace(outlook(), loop_lag=timedelta(milliseconds=40)))

    assert found["event_loop_lag_seconds",] == 0.04
    assert found["start_time_seconds",] == (NOW - timedelta(hours=3)).timestamp()
    assert found["build_info", "0.1.0"] == 1
    assert ("start_time_seconds",) not in scraped(conn, replace(outlook(), daemon=None))


def told(worked: Connection) -> dict[str, str]:
    """The type of each metric that is exposed, by the name that it is asked for by."""
    families = text_string_to_metric_families(
        exposition(status(worked, outlook()), counters(worked, outlook())).decode()
    )
    return {sample.name: family.type for family in families for sample in family.samples}


def asked(text: str) -> list[tuple[str, str]]:
    """What an expression asks for: the function around it, if any, and the metric."""
    return re.findall(r"(?:(\w+)\()?(watchbill_\w+)", text)


EXPRESSIONS = [
    *(
        target["expr"]
        for panel in json.loads((GRAFANA / "watchbill.json").read_text())["panels"]
        for target in panel["targets"]
    ),
    *(
        rule["expr"]
        for group in yaml.safe_load((GRAFANA / "alerts.yml").read_text())["groups"]
        for rule in group["rules"]
    ),
]


def test_dashboard_and_alerts_ask_for_metrics_that_are_there_and_as_their_types_want(worked: Connection) -> None:
    known = told(worked)

    for expression in EXPRESSIONS:
        found = asked(expression)
        assert found, expression
        assert all(name in known for _, name in found), expression
        grows = [(function == "increase", known[name] in ("counter", "histogram")) for function, name in found]
        assert all(is_asked_so == is_so for is_asked_so, is_so in grows), expression


def test_the_dashboard_is_one_that_grafana_can_lay_out() -> None:
    board = json.loads((GRAFANA / "watchbill.json").read_text())
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [
        (x, y) for at in places for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(cells) == len(set(cells)), "no panel lies on another"
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${source}"}
    assert [each["name"] for each in board["templating"]["list"]] == ["source"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with the package prometheus")
def test_promtool_finds_nothing_wrong(worked: Connection, tmp_path: Path) -> None:
    text = exposition(status(worked, outlook()), counters(worked, outlook()))
    metrics = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
    board = [{"record": f"expression:{place}", "expr": each} for place, each in enumerate(EXPRESSIONS)]
    (tmp_path / "board.yml").write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": board}]}))
    files = [GRAFANA / "alerts.yml", tmp_path / "board.yml"]
    rules = subprocess.run(["promtool", "check", "rules", *files], capture_output=True, check=False)

    assert (metrics.returncode, metrics.stderr) == (0, b"")
    assert rules.returncode == 0, rules.stdout + rules.stderr
