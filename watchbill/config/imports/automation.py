"""automation-settings.json: who is told what, and what is done on other platforms. Little of it is watchbill's trade."""

from collections.abc import Mapping

from watchbill.config.imports.rules import Rule, always, count, lacking, note, setting, when

_TOLD = "who is told is in [notify]: `targets` where, `events` what; routine is silent"
_PLATFORMS = "watchbill works on git repositories and signs in to no other platform"
_INBOX = "watchbill reads task queues, not mail or issues"
_CI = "that is your CI's or a [[recurring]] task's to do"
_REPORTS = "each run, day and week has its report, always, in the folder of [reports]"
_KEPT = "written reports stay as long as events do: retention.metrics"
_ADMIN = "that is settled where your accounts are, not here"


def _attempts(value: object) -> int:
    return count(value) + 1  # the first one is no retry


RULES: Mapping[str, Rule] = {
    "version": note("the version of that file"),
    "last_updated": note("a date for people"),
    # --- who is told
    "automation_settings.silent_mode.enabled": always(
        True, "routine is silent; [notify] tells only what needs somebody"
    ),
    "automation_settings.silent_mode.description": note("words for people"),
    "automation_settings.silent_mode.exceptions": note(_TOLD),
    "automation_settings.notification_levels.*": note(_TOLD),
    "automation_settings.sync_frequencies.*": lacking(_CI),
    "automation_settings.thresholds.quality_check_skip_small_changes": lacking(
        "every change is checked, small ones too"
    ),
    "automation_settings.thresholds.small_change_threshold_lines": note("every change is checked, small ones too"),
    "automation_settings.thresholds.notification_commit_count": note(_TOLD),
    "automation_settings.thresholds.*": note(
        "no change is too small to count; repo.max_lines and max_files bound large ones"
    ),
    # --- other platforms
    "connected_accounts.github.features": note("watchbill uses the repository itself, through git alone"),
    "connected_accounts.**": lacking(_PLATFORMS),
    # --- workflows between accounts
    "inter_account_workflows.quality_monitoring.report_retention_days": note(_KEPT),
    "inter_account_workflows.quality_monitoring.checks": note(
        "ChoiceScript and links are checked at every change (repo.gates); words are counted each day ([reports])"
    ),
    "inter_account_workflows.quality_monitoring.store_reports": always(
        True, "each run has its report in the state folder"
    ),
    "inter_account_workflows.**": lacking(_CI),
    # --- safety
    "security_settings.credential_storage": note(
        "keys come from a file, systemd's credentials or the environment: api_key"
    ),
    "security_settings.minimum_permissions": always(True, "a model has no shell, no network and only its task's files"),
    "security_settings.api_rate_limiting.max_requests_per_hour": note(
        "limits belong to a provider: requests_per_minute"
    ),
    "security_settings.api_rate_limiting.enabled": always(True, "an account rests until the stated time"),
    "security_settings.api_rate_limiting.backoff_strategy": always(
        "exponential", "a sick provider is tried ever more rarely"
    ),
    "security_settings.*": lacking(_ADMIN),
    # --- reports
    "reporting.*.retention_days": note(_KEPT),
    "reporting.*.silent": always(True, "written reports are told to nobody; [notify] digest is a daily summary"),
    "reporting.*.email_enabled": lacking("mail is one of the targets of [notify], for its daily digest"),
    "reporting.*.enabled": always(True, _REPORTS),
    "reporting.*.include_metrics": always(True, "each report has its figures and trends"),
    "reporting.progress_reports.frequency": always("daily", _REPORTS),
    "reporting.summary_reports.frequency": always("weekly", _REPORTS),
    "reporting.**": note(_REPORTS),
    # --- when something fails
    "error_handling.continue_on_error": always(True, "a task that fails stops only what needs it"),
    "error_handling.retry_strategy.max_retries": setting(
        "routing.max_attempts", _attempts, why="retries and the first try"
    ),
    "error_handling.retry_strategy.retry_delay_seconds": note("how long an account rests, its vendor says"),
    "error_handling.retry_strategy.exponential_backoff": always(True, "a sick provider is tried ever more rarely"),
    "error_handling.notification_on_failure.*": note(_TOLD),
    "error_handling.fallback_actions.api_rate_limit": always(
        "queue_for_later", "work waits for its limit or goes on elsewhere"
    ),
    "error_handling.fallback_actions.authentication_error": note(
        "the account rests until you act, and [notify] tells you where it has a target"
    ),
    "error_handling.fallback_actions.*": note(
        "what a target of [notify] does not take is tried again for a day, and holds up no work"
    ),
    # --- switches
    "feature_flags.enable_link_validation": setting("repo.gates.markdown", when(True, False)),
    "feature_flags.enable_syntax_checking": always(
        True, "each file by its own parser; repo.gates switches single ones off"
    ),
    "feature_flags.enable_advanced_analytics": note(
        "trends and figures are in `watchbill report weekly`, what to change in `watchbill recommend`"
    ),
    "feature_flags.enable_automated_backups": lacking(
        "by a timer of yours: `watchbill db backup FILE` copies the database beside the running daemon"
    ),
    "feature_flags.*": lacking(_PLATFORMS),
    # --- beyond its trade
    "enterprise_monitoring.**": lacking("that belongs to the old orchestrator's own reports"),
    "inbox_management.description": note("words for people"),
    "inbox_management.**": lacking(_INBOX),
}
