"""What becomes of other orchestrators' files: each key's fate, the settings that follow, and refusals."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.config.imports.test_leaves import VALUES
from watchbill.config.imports import automation, multi_ai
from watchbill.config.imports.foreign import Imported, Line, import_files
from watchbill.config.imports.leaves import read
from watchbill.config.imports.models import retires_on
from watchbill.config.imports.rules import Verdict, World
from watchbill.config.problems import BadConfig

REAL = Path(__file__).parents[5] / "shared" / "data" / "aethromoor"
TODAY = date(2026, 11, 24)
WORLD = World(
    kinds=frozenset({"anthropic", "openai", "local"}),
    is_priced=lambda vendor, model: model != "gpt-unheard-of",
    today=TODAY,
)


def imported(data: object, *, world: World = WORLD) -> Imported:
    return import_files([("old.json", json.dumps(data, indent=1))], world)


def nested(path: str, value: object) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {head: nested(rest, value) if rest else value}


def fate(path: str, value: object) -> Line:
    """What becomes of a single key."""
    (line,) = imported(nested(path, value)).lines
    assert line.key == path
    return line


def provider(**keys: object) -> dict[str, Any]:
    return {"ai_providers": {"anthropic_claude": keys}}


def values(data: object) -> dict[str, object]:
    return {".".join(at): value for at, value in imported(data).values.items()}


# --- every key once


def patterns() -> st.SearchStrategy[str]:
    names = st.sampled_from(["a", "openai_gpt", "my_writer", "enabled"])
    known = st.sampled_from([*multi_ai.RULES, *automation.RULES])
    return known.flatmap(lambda text: names.map(lambda name: text.replace("**", name).replace("*", name)))


@given(st.dictionaries(patterns(), VALUES, min_size=1, max_size=8))
def test_every_leaf_is_reported_once_whatever_its_value(by_path: dict[str, Any]) -> None:
    data: dict[str, Any] = {"ai_providers": {"x": {"y": 1}}}
    for path, value in by_path.items():
        place, *rest = data, *path.split(".")
        for part in rest[:-1]:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else place
        place[rest[-1]] = value
    text = json.dumps(data, indent=1)

    lines = import_files([("old.json", text)], WORLD).lines

    assert [(line.key, line.line) for line in lines] == [
        (leaf.key, leaf.line) for leaf in read("old.json", text).leaves
    ]
    assert all(line.verdict in Verdict and (line.to or line.why) for line in lines)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the first user's files are not at {REAL}")
def test_the_first_users_files_are_understood_to_the_last_key() -> None:
    texts = [(name, (REAL / name).read_text()) for name in ("multi-ai-config.json", "automation-settings.json")]
    leaves = [leaf for name, text in texts for leaf in read(name, text).leaves]

    found = import_files(texts, WORLD)

    assert Counter(line.key for line in found.lines) == Counter(leaf.key for leaf in leaves)
    assert [line.key for line in found.lines if "no key that is known" in line.why] == []
    fates = {line.key: line for line in found.lines}
    models = fates["ai_providers.anthropic_claude.models"].why
    for model in ("claude-sonnet-4-20250514 was retired", "claude-3-5-sonnet-20241022 was retired"):
        assert model in models
    assert {at[1] for at in found.values if at[0] == "recurring"} == {
        "ai_scene_writer",
        "ai_content_polish",
        "ai_stat_balancer",
        "ai_game_tester",
    }


# --- which file


def test_a_file_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(BadConfig, match=r"old.json:1: the file: is neither multi-ai-config.json nor automation-"):
        imported({"scripts": {"test": "x"}, "version": "1"})


def test_a_key_that_nobody_knows_is_listed() -> None:
    (line,) = imported({"orchestration": {"telepathy": True}}).lines

    assert (line.verdict, line.why) == (Verdict.NONE, "no key that is known of this kind of file")


# --- settings


@pytest.mark.parametrize(
    ("path", "value", "key", "ours"),
    [
        ("scheduling.timezone", "Europe/Berlin", "daemon.zone", "Europe/Berlin"),
        ("scheduling.round_robin.enabled", False, "daemon.slot_policy", "off"),
        ("scheduling.intelligent_scheduling.peak_hours", [8, 9, 20], "daemon.peak_hours", "8-9,20"),
        ("scheduling.intelligent_scheduling.reduce_frequency_off_peak", False, "daemon.off_peak_factor", 1),
        ("orchestration.session_management.max_session_duration_minutes", 45, "daemon.session_soft", "45m"),
        ("orchestration.session_management.max_concurrent_sessions", 2, "daemon.max_parallel", 2),
        ("orchestration.work_distribution.cost_aware", False, "routing.weights.cost", 0),
        ("cost_management.daily_budget_usd", 3.5, "budget.daily_usd", 3.5),
        ("cost_management.cost_tracking.alert_at_percentage", 80, "budget.alert_at", [0.8]),
        ("error_handling.retry_strategy.max_retries", 5, "routing.max_attempts", 6),
        ("feature_flags.enable_link_validation", False, "repo.gates.markdown", False),
        ("performance_optimization.caching.enabled", False, "saving.answers", False),
        ("cost_management.optimization_rules.batch_similar_tasks", False, "saving.merge", False),
    ],
)
def test_what_differs_from_the_default_is_imported(path: str, value: object, key: str, ours: object) -> None:
    line = fate(path, value)

    assert (line.verdict, line.to) == (Verdict.IMPORTED, key)
    assert values(nested(path, value)) == {key: ours}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("scheduling.timezone", "UTC"),
        ("orchestration.session_management.session_timeout_minutes", 120),
        ("cost_management.monthly_budget_usd", 100.0),
        ("error_handling.retry_strategy.max_retries", 3),
        ("feature_flags.enable_link_validation", True),
        ("scheduling.mode", "24/7"),
        ("performance_optimization.api_optimization.request_deduplication", True),
        ("quality_assurance.lore_consistency_check", True),
        ("automation_settings.silent_mode.enabled", True),
        ("orchestration.handoff_protocol.handoff_types", ["continuation"]),
        ("connected_accounts.discord.enabled", False),
        ("inbox_management.multi_account.platforms.gitlab.username", ""),
    ],
)
def test_what_is_so_anyway_is_said_and_not_written(path: str, value: object) -> None:
    assert fate(path, value).verdict is Verdict.DEFAULT
    assert values(nested(path, value)) == {}


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("scheduling.timezone", "Mars/Base", "daemon.zone cannot take its value: must be a time zone"),
        ("scheduling.timezone", 7, "it is no text"),
        ("scheduling.mode", "nights", "it is no setting: the watch never ends"),
        ("scheduling.intelligent_scheduling.peak_hours", [25], "it is no list of hours"),
        ("scheduling.intelligent_scheduling.peak_hours", "noon", "it is no list of hours"),
        ("orchestration.session_management.max_concurrent_sessions", True, "it is no whole number"),
        ("orchestration.session_management.max_concurrent_sessions", 100, "must be less than or equal to 64"),
        ("orchestration.session_management.max_session_duration_minutes", "long", "it is no number"),
        ("orchestration.session_management.max_session_duration_minutes", 10**300, "at most 366d"),
        ("orchestration.work_distribution.cost_aware", "yes", "it is neither true nor false"),
        ("cost_management.daily_budget_usd", -1, "zero or more"),
        ("orchestration.handoff_protocol.handoff_types", ["continuation", "collaboration"], "[collaboration] types"),
        ("notification_settings.notify_on.budget_alerts", True, "[notify] tells it"),
        ("connected_accounts.discord.enabled", True, "signs in to no other platform"),
        ("quality_assurance.require_tests_pass", True, "[[repo.commands]]"),
    ],
)
def test_what_has_no_counterpart_says_why(path: str, value: object, why: str) -> None:
    line = fate(path, value)

    assert line.verdict is Verdict.NONE
    assert why in line.why
    assert values(nested(path, value)) == {}


# --- several keys for one of ours


@pytest.mark.parametrize(("sessions", "jobs"), [(2, 4), (4, 2)])
def test_of_two_limits_the_tighter_one_counts_and_the_other_says_so(sessions: int, jobs: int) -> None:
    found = imported(
        {
            "orchestration": {"session_management": {"max_concurrent_sessions": sessions}},
            "performance_optimization": {"parallel_execution": {"max_parallel_jobs": jobs}},
        }
    )

    assert found.values == {("daemon", "max_parallel"): 2}
    (loser,) = [line for line in found.lines if "counts" in line.why]
    assert loser.why.startswith("the smaller counts, and that is ")
    assert loser.verdict is Verdict.IMPORTED


def test_of_two_files_that_disagree_the_first_counts() -> None:
    texts = [
        (name, json.dumps({"scheduling": {"timezone": zone}}))
        for name, zone in (("a.json", "Asia/Tokyo"), ("b.json", "Europe/Berlin"), ("c.json", "Asia/Tokyo"))
    ]

    found = import_files(texts, WORLD)

    assert found.values == {("daemon", "zone"): "Asia/Tokyo"}
    assert [line.verdict for line in found.lines] == [Verdict.IMPORTED, Verdict.NONE, Verdict.IMPORTED]


# --- providers


def test_a_provider_is_taken_over_whole() -> None:
    data = provider(
        enabled=False,
        api_key_secret="CLAUDE_KEY",
        models=["claude-opus-5-5"],
        strengths=["creative_writing", "juggling"],
        rate_limits={"requests_per_minute": 50, "tokens_per_minute": 40_000},
        cost_optimization={"prefer_for": ["scene_writing"]},
        schedule_slots=[0, 3, 6, 9, 12, 15, 18, 21],
    )

    assert values(data) == {
        "provider.claude.kind": "anthropic",
        "provider.claude.enabled": False,
        "provider.claude.api_key": "env:CLAUDE_KEY",
        "provider.claude.models": [{"id": "claude-opus-5-5"}],
        "provider.claude.strengths.write": 0.95,
        "provider.claude.requests_per_minute": 50,
        "provider.claude.tokens_per_minute": 40_000,
        "provider.claude.hours": "0-23/3",
    }
    (strengths,) = [line for line in imported(data).lines if line.key.endswith(".strengths")]
    assert "no task type is known for juggling" in strengths.why


def test_what_a_provider_cannot_be_without_is_proposed() -> None:
    assert values(provider(enabled=True)) == {
        "provider.claude.kind": "anthropic",
        "provider.claude.api_key": "env:ANTHROPIC_API_KEY",
        "provider.claude.models": [{"id": "claude-sonnet-5-5"}],
    }


def test_a_key_that_stands_in_the_file_is_never_repeated() -> None:
    found = imported(provider(api_key_secret="sk-canary-123"))

    assert "sk-canary" not in str(found)
    assert "names no environment variable" in found.lines[0].why


@pytest.mark.parametrize(
    ("models", "kept", "words"),
    [
        (["claude-2.1", "claude-opus-5-5"], ["claude-opus-5-5"], "claude-2.1 was retired on 2025-07-21"),
        (["claude-3-haiku-20240307"], ["claude-sonnet-5-5"], "claude-sonnet-5-5 is proposed instead"),
        (["claude-sonnet-4-5"], ["claude-sonnet-4-5"], "claude-sonnet-4-5 will be retired on 2026-11-30"),
        (["gpt-unheard-of"], ["claude-sonnet-5-5"], "gpt-unheard-of is not in the price list"),
        ([], ["claude-sonnet-5-5"], "is proposed instead"),
    ],
)
def test_models_are_kept_only_while_they_can_be_asked(models: list[str], kept: list[str], words: str) -> None:
    found = imported(provider(models=models))

    assert found.values["provider", "claude", "models"] == [{"id": model} for model in kept]
    assert words in found.lines[0].why


@pytest.mark.parametrize("models", ["gpt-4", [4], [""]])
def test_models_that_are_no_list_of_names_are_refused(models: object) -> None:
    assert fate("ai_providers.openai_gpt.models", models).why == "it is no list of models"


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-4-turbo-2024-04-09", date(2026, 10, 23)),
        ("gpt-4-32k-0314", date(2025, 6, 6)),
        ("claude-3-5-sonnet-latest", date(2025, 10, 28)),
        ("gpt-4-turbulent", None),
        ("gpt-6.1-sol", None),
    ],
)
def test_a_model_is_known_by_its_family_and_snapshot(model: str, day: date | None) -> None:
    assert retires_on(model) == day


def test_local_automation_keeps_its_checks_and_its_hours() -> None:
    data = {
        "ai_providers": {
            "local_automation": {
                "strengths": ["formatting", "simple_tasks"],
                "schedule_slots": "continuous",
                "cost_optimization": {"always_free": True, "prefer_for": ["debugging"]},
            }
        }
    }
    by_key = {line.key.rpartition(".")[2]: line for line in imported(data).lines}

    assert values(data) == {"provider.local.kind": "local"}
    assert by_key["strengths"].verdict is Verdict.DEFAULT
    assert "simple: only with commands of yours" in by_key["strengths"].why
    assert by_key["prefer_for"].verdict is Verdict.NONE
    assert by_key["schedule_slots"].verdict is by_key["always_free"].verdict is Verdict.DEFAULT


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("schedule_slots", [24], Verdict.NONE),
        ("schedule_slots", "continuous", Verdict.IMPORTED),
        ("schedule_slots", "whenever", Verdict.NONE),
        ("strengths", "creative_writing", Verdict.NONE),
        ("strengths", ["juggling"], Verdict.NONE),
        ("strengths", [], Verdict.NONE),
        ("cost_optimization.always_free", True, Verdict.IMPORTED),
        ("cost_optimization.always_free", False, Verdict.DEFAULT),
        ("cost_optimization.always_free", "yes", Verdict.NONE),
    ],
)
def test_a_vendors_keys_are_read_with_care(key: str, value: object, verdict: Verdict) -> None:
    assert fate(f"ai_providers.openai_gpt.{key}", value).verdict is verdict


def test_a_provider_without_an_adapter_is_marked() -> None:
    found = imported({"ai_providers": {"github_copilot": {"schedule_slots": [2, 5]}}})

    assert [berth.is_ready for berth in found.berths] == [False]
    assert "no adapter for copilot is installed" in found.lines[0].why


def test_a_provider_that_nobody_knows_is_left_to_its_owner() -> None:
    found = imported({"ai_providers": {"oracle": {"enabled": True, "schedule_slots": [1]}}})

    assert found.berths == ()
    assert {line.why for line in found.lines} == {"nobody knows what provider oracle is; add it by hand"}


def test_two_accounts_of_one_vendor_keep_apart() -> None:
    found = imported({"ai_providers": {"openai_gpt": {"enabled": True}, "gpt für alles": {"enabled": False}}})

    assert [berth.name for berth in found.berths] == ["gpt", "gpt-f-r-alles"]


# --- workflows


def workflow(name: str, **keys: object) -> dict[str, Any]:
    return {
        "ai_providers": {"anthropic_claude": {"enabled": True}, "local_automation": {"enabled": True}},
        "scheduling": {"workflow_coordination": {name: keys}},
    }


def entry(data: object, name: str) -> dict[str, object]:
    return {at[2]: value for at, value in imported(data).values.items() if at[:2] == ("recurring", name)}


def test_a_workflow_becomes_a_recurring_entry() -> None:
    data = workflow(
        "scene_writer",
        frequency_hours=3,
        preferred_provider="anthropic_claude",
        fallback_provider="local_automation",
        work_detection=True,
    )

    found = entry(data, "scene_writer")

    assert (found["every"], found["provider"], found["fallback"]) == ("3h", "claude", ["local"])
    assert found["type"] == "write"
    assert "{target}" in str(found["prompt"])
    assert isinstance(found["find"], dict)


def test_an_offset_from_the_writer_names_the_writer() -> None:
    data = workflow("scene_writer", frequency_hours=3)
    data["scheduling"]["workflow_coordination"]["polish"] = {"frequency_hours": 4, "offset_from_writer_minutes": 30}

    assert entry(data, "polish")["offset"] == "30m after scene_writer"
    assert entry(workflow("polish", frequency_hours=4, offset_from_writer_minutes=30), "polish")["offset"] == "30m"


def test_a_fallback_without_its_provider_is_the_provider() -> None:
    data = workflow("a", frequency_hours=1, preferred_provider="nobody", fallback_provider="local_automation")

    assert entry(data, "a") == {"every": "1h", "provider": "local"}


def test_a_workflow_that_says_no_time_comes_once_a_day() -> None:
    assert entry(workflow("a", description="Tidy up."), "a") == {"every": "24h", "prompt": "Tidy up."}


@pytest.mark.parametrize(
    ("value", "verdict"), [(True, Verdict.NONE), (False, Verdict.DEFAULT), ("often", Verdict.NONE)]
)
def test_work_of_an_unknown_trade_is_the_owners_to_describe(value: object, verdict: Verdict) -> None:
    line = fate("scheduling.workflow_coordination.gardener.work_detection", value)

    assert line.verdict is verdict
