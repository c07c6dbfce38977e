"""multi-ai-config.json, the old orchestrator's: providers, hours, sessions, budgets and workflows."""

from collections.abc import Mapping

from watchbill.config.imports import berths, workflows
from watchbill.config.imports.rules import (
    Merge,
    Outcome,
    Rule,
    Seen,
    Verdict,
    always,
    amount,
    claim,
    count,
    days,
    lacking,
    minutes,
    note,
    setting,
    text,
    when,
)
from watchbill.config.imports.targets import Unfit
from watchbill.scheduling.bill import ALL_HOURS
from watchbill.scheduling.slots import show_hours

_HANDOFFS = ("continuation", "takeover")
_BY_HAND = {"collaboration": "one drafts and another reviews where [collaboration] types says so"}


def _peak(value: object) -> str:
    if not isinstance(value, list) or not set(map(count, value)) <= ALL_HOURS:
        raise Unfit("it is no list of hours from 0 to 23")
    return show_hours(frozenset(map(count, value)))


def _shares(value: object) -> list[float]:
    percent = amount(value)
    assert isinstance(percent, int | float), "amount() lets nothing else through"
    return [percent / 100]


def _handoffs(seen: Seen) -> Outcome:
    wanted = seen.value if isinstance(seen.value, list) else [seen.value]
    more = [_BY_HAND.get(word, f"there is no {word}") for word in map(str, wanted) if word not in _HANDOFFS]
    does = "work is continued by the next provider, and taken over from one that died"
    return Outcome(verdict=Verdict.NONE if more else Verdict.DEFAULT, why="; ".join((does, *more)))


_TOLD = "[notify] tells it, once `targets` says where; `watchbill status` and `watchbill events` do so anyway"
_QUIET = "it is routine, and routine is silent"
_ANSWERS = "the identical request on identical files is asked once"
_LEDGER = "the ledger books every call; see `watchbill cost`"

RULES: Mapping[str, Rule] = {
    "version": note("the version of that file"),
    "last_updated": note("a date for people"),
    "description": note("words for people"),
    **{f"{berths.SECTION}.{pattern}": rule for pattern, rule in berths.RULES.items()},
    # --- orchestration
    "orchestration.conflict_detection.enabled": always(True, "two runs never hold one path"),
    "orchestration.conflict_detection.check_frequency_minutes": note(
        "claims are checked where a run starts, not by the clock"
    ),
    "orchestration.conflict_detection.auto_resolve": always(
        True, "what does not merge is done again on top of what landed"
    ),
    "orchestration.conflict_detection.resolution_strategies.file_conflicts": always(
        "queue_newer_session", "of two tasks that want one file the later one waits"
    ),
    "orchestration.conflict_detection.resolution_strategies.task_dependencies": always(
        "defer_dependent", "a task waits for those that it needs"
    ),
    "orchestration.conflict_detection.resolution_strategies.resource_conflicts": note(
        "who gets a provider is decided by priority, age and score, not in turns"
    ),
    "orchestration.session_management.max_concurrent_sessions": setting(
        "daemon.max_parallel", count, merge=Merge.LEAST
    ),
    "orchestration.session_management.max_session_duration_minutes": setting("daemon.session_soft", minutes),
    "orchestration.session_management.auto_cleanup_stale_sessions": always(True, "a dead holder's work is freed"),
    "orchestration.session_management.stale_threshold_minutes": setting("daemon.session_stale", minutes),
    "orchestration.session_management.session_timeout_minutes": setting("daemon.session_dead", minutes),
    "orchestration.work_distribution.strategy": always("intelligent", "fit, cost, health and load make the choice"),
    "orchestration.work_distribution.load_balancing": setting("routing.weights.load", when(0.1, 0)),
    "orchestration.work_distribution.prefer_provider_strengths": setting("routing.weights.fit", when(0.55, 0)),
    "orchestration.work_distribution.cost_aware": setting("routing.weights.cost", when(0.2, 0)),
    "orchestration.work_distribution.fallback_enabled": always(
        True, "a sick provider's work and hours go to the others"
    ),
    "orchestration.handoff_protocol.handoff_types": _handoffs,
    "orchestration.handoff_protocol.*": always(True, "the session goes with the work, from its last checkpoint"),
    # --- scheduling
    "scheduling.mode": always("24/7", "the watch never ends"),
    "scheduling.timezone": setting("daemon.zone", text),
    "scheduling.round_robin.enabled": setting("daemon.slot_policy", when("prefer", "off")),
    "scheduling.round_robin.cycle_duration_hours": always(24, "hours are hours of the day"),
    "scheduling.round_robin.provider_rotation": always(True, "each provider stands its own hours"),
    "scheduling.round_robin.avoid_overlap": always(True, "an hour is its owners', and two runs never hold one path"),
    "scheduling.intelligent_scheduling.enabled": always(True, "what is due is planned from what is there"),
    "scheduling.intelligent_scheduling.work_detection": always(True, "no ready work, no call"),
    "scheduling.intelligent_scheduling.skip_if_no_work": always(True, "no ready work, no call"),
    "scheduling.intelligent_scheduling.dynamic_frequency": always(True, "from daemon.tick_min to daemon.tick_max"),
    "scheduling.intelligent_scheduling.peak_hours": setting("daemon.peak_hours", _peak),
    "scheduling.intelligent_scheduling.reduce_frequency_off_peak": setting("daemon.off_peak_factor", when(2, 1)),
    **{f"{workflows.SECTION}.{pattern}": rule for pattern, rule in workflows.RULES.items()},
    # --- performance
    "performance_optimization.caching.cache_git_objects": always(True, "each repository has a clone of ours"),
    "performance_optimization.caching.cache_dependencies": always(
        True, "what a repository's `setup` installs is made once and used again"
    ),
    "performance_optimization.caching.ttl_minutes": note("answers are kept for a week: saving.answers_kept"),
    "performance_optimization.caching.*": setting("saving.answers", claim, why=_ANSWERS),
    "performance_optimization.parallel_execution.enabled": always(
        True, "as many runs at once as daemon.max_parallel says"
    ),
    "performance_optimization.parallel_execution.max_parallel_jobs": setting(
        "daemon.max_parallel", count, merge=Merge.LEAST
    ),
    "performance_optimization.parallel_execution.independent_jobs_only": always(
        True, "dependencies and claims see to it"
    ),
    "performance_optimization.resource_management.cleanup_artifacts": always(
        True, "a run's worktree goes with its run"
    ),
    "performance_optimization.resource_management.artifact_retention_days": setting("retention.artefacts", days),
    "performance_optimization.resource_management.compress_logs": note(
        "the log goes to the journal or to whoever started it"
    ),
    "performance_optimization.resource_management.limit_log_size_mb": setting(
        "retention.log_mb", count, why="of written reports; the log goes to the journal or to whoever started it"
    ),
    "performance_optimization.api_optimization.rate_limit_awareness": always(
        True, "an account rests until the stated time"
    ),
    "performance_optimization.api_optimization.exponential_backoff": always(
        True, "a sick provider is tried ever more rarely"
    ),
    "performance_optimization.api_optimization.batch_requests": note(berths.BATCHES),
    "performance_optimization.api_optimization.*": setting("saving.answers", claim, why=_ANSWERS),
    # --- monitoring
    "monitoring.health_checks.enabled": always(True, "every answer counts for a provider's health"),
    "monitoring.health_checks.frequency_minutes": note(
        "health is read off real answers; who was not heard of is asked at no cost: health.probe_every"
    ),
    "monitoring.health_checks.alert_on_issues": note(_TOLD),
    "monitoring.health_checks.auto_recovery": always(True, "a breaker tries again by itself"),
    "monitoring.metrics_collection.retention_days": setting("retention.metrics", days),
    "monitoring.metrics_collection.track_performance": always(
        True, "every run has its times; see `watchbill run list`"
    ),
    "monitoring.metrics_collection.track_conflicts": always(True, "what waits for a claim is said by `watchbill why`"),
    "monitoring.metrics_collection.*": always(True, _LEDGER),
    "monitoring.reporting.cost_breakdown": always(True, "watchbill cost --by provider, task, type and more"),
    "monitoring.reporting.export_format": always(
        "json", "every answer has --json, and each run a report in the state folder"
    ),
    "monitoring.reporting.*": always(
        True, "each day and week has its report, with trends; see `watchbill report` and [reports]"
    ),
    # --- money
    "cost_management.daily_budget_usd": setting("budget.daily_usd", amount),
    "cost_management.monthly_budget_usd": setting("budget.monthly_usd", amount),
    "cost_management.auto_pause_on_budget_exceeded": always(True, "a call that does not fit is not sent"),
    "cost_management.cost_tracking.alert_at_percentage": setting("budget.alert_at", _shares),
    "cost_management.cost_tracking.*": always(True, _LEDGER),
    "cost_management.optimization_rules.use_free_providers_first": always(
        True, "who is free goes first where that suffices"
    ),
    "cost_management.optimization_rules.batch_similar_tasks": setting(
        "saving.merge", claim, why="small tasks of one type on the same files are done in one run"
    ),
    "cost_management.optimization_rules.cache_expensive_calls": setting("saving.answers", claim, why=_ANSWERS),
    "cost_management.optimization_rules.prefer_cheaper_models": lacking(
        "the first of `models` is used; give a cheaper one its own `uses`"
    ),
    "cost_management.optimization_rules.quality_over_cost": always(True, "fit weighs more than cost: routing.weights"),
    # --- people
    "notification_settings.notify_on.*": note(_TOLD),
    "notification_settings.suppress_notifications_for.*": always(True, _QUIET),
    "notification_settings.notification_channels.artifact_reports": always(
        True, "each run has its report in the state folder"
    ),
    "notification_settings.notification_channels.*": lacking(
        "a target of [notify] is an Apprise URL: mail, chat, push, web hook"
    ),
    # --- quality
    "quality_assurance.validation_before_commit": always(True, "nothing lands that the checks refuse"),
    "quality_assurance.syntax_checking": always(
        True, "each file by its own parser; repo.gates switches single ones off"
    ),
    "quality_assurance.lore_consistency_check": always(
        True, "the facts of repo.canon are told to the providers, and what lands is held against them: [lore]"
    ),
    "quality_assurance.auto_rollback_on_error": always(True, "what the checks refuse never reaches a branch"),
    "quality_assurance.require_tests_pass": lacking("only you know your tests: add them as [[repo.commands]]"),
    "quality_assurance.code_review_integration": lacking("work of low autonomy waits for you, but no forge is told"),
    # --- plans
    "experimental_features.*.description": note("words for people"),
    "experimental_features.multi_provider_collaboration.*": lacking(
        "one drafts and another reviews where [collaboration] types says so"
    ),
    "experimental_features.predictive_scheduling.*": lacking("hours are as written; nothing is learned about them"),
    "experimental_features.cross_repository_coordination.*": lacking("add each repository as a [[repo]] of its own"),
}
