"""When to try again, as it is stated: in fields, in headers, in sentences; and which statement counts where several are made."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from watchbill.domain.outcomes import LimitWindow, WindowUse
from watchbill.providers.oracle import bodies, clocks, moments
from watchbill.providers.oracle.facts import Facts

_RESET_FIELDS = (
    "resetsat", "resetat", "quotaresettimestamp", "resettime", "resettimestamp", "quotaresetdate", "resetdate", "retryat",
    "resetsinseconds", "resetinseconds", "resetafterseconds", "resetsafterseconds", "quotaresetdelay", "resetafter", "resetsin",
    "limitresetat", "nextresetat", "ratelimitresetat", "availableat", "nextavailableat", "reset",
)  # fmt: skip
_RETRY_FIELDS = (
    "retryafterms",
    "retrydelayms",
    "retryafterseconds",
    "retryafter",
    "retrydelay",
    "retryin",
    "estimatedtime",
)


def closed(uses: list[WindowUse]) -> WindowUse | None:
    """The closed window that opens last; an open one's reset does not count."""
    shut = [use for use in uses if use.is_closed]
    return max(shut, key=lambda use: use.resets_at or datetime.min.replace(tzinfo=UTC), default=None)


def allowance(facts: Facts, now: datetime, zone: tzinfo) -> datetime | None:
    """When an allowance comes back: what the body's fields state, then the sentences, then whatever says when to retry."""
    for stated in (
        _fields(facts, _RESET_FIELDS, now),
        _said(facts, now, zone),
        pause(facts, now, zone),
        _dated_headers(facts, now),
    ):
        if stated is not None:
            return stated
    return None


def pause(facts: Facts, now: datetime, zone: tzinfo) -> datetime | None:
    """When to send again: retry-after, fields and sentences first; then the empty buckets of the headers."""
    for stated in (
        _retry_after(facts.headers, now),
        _fields(facts, _RETRY_FIELDS, now),
        _said(facts, now, zone),
        _fields(facts, _RESET_FIELDS, now),
    ):
        if stated is not None:
            return stated
    return _buckets(facts.headers, now)


def retry_only(facts: Facts, now: datetime, zone: tzinfo) -> datetime | None:
    """As pause(), but buckets and allowances say nothing of trouble."""
    return _retry_after(facts.headers, now) or _fields(facts, _RETRY_FIELDS, now) or _said(facts, now, zone)


def _fields(facts: Facts, names: tuple[str, ...], now: datetime) -> datetime | None:
    for name in names:
        value = facts.fields.get(name)
        if name.endswith("ms") and value is not None:
            seconds = moments.seconds_of(str(value))
            moment = None if seconds is None else moments.later(now, seconds / 1000)
        else:
            moment = moments.moment_of(value, now)
        if moment is not None:
            return moment
    return None


def _said(facts: Facts, now: datetime, zone: tzinfo) -> datetime | None:
    """The latest time that the sentences state."""
    return max(clocks.resets_in(facts.text, now, zone), default=None)


def _retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    milliseconds = moments.seconds_of(headers.get("retry-after-ms") or "")
    if milliseconds is not None:
        return moments.later(now, milliseconds / 1000)
    return moments.moment_of(headers.get("retry-after"), now)


_BUCKET = re.compile(
    r"(?P<vendor>anthropic-(?:priority-)?ratelimit|x-ratelimit|ratelimit|x-rate-limit)-(?:(?P<before>.+)-)?reset(?:-(?P<behind>.+))?"
)


def _buckets(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """The latest reset of the buckets that are empty. A single one that says nothing of what remains is the one."""
    empty, silent = [], []
    for name, value in headers.items():
        match = _BUCKET.fullmatch(name)
        moment = moments.moment_of(value, now) if match and "unified" not in name else None
        if match is None or moment is None:
            continue
        remaining = headers.get(_remaining(match))
        if remaining is None:
            silent.append(moment)
        elif (moments.seconds_of(remaining) or 0) <= 0:
            empty.append(moment)
    return max(empty) if empty else (silent[0] if len(silent) == 1 else None)


def _remaining(match: re.Match[str]) -> str:
    before = f"-{match['before']}" if match["before"] else ""
    behind = f"-{match['behind']}" if match["behind"] else ""
    return f"{match['vendor']}{before}-remaining{behind}"


def _dated_headers(facts: Facts, now: datetime) -> datetime | None:
    for name in (
        "anthropic-ratelimit-unified-reset",
        "x-quota-reset",
        "x-ratelimit-user-retry-after",
        "x-github-quota-reset",
    ):
        if (moment := moments.moment_of(facts.headers.get(name), now)) is not None:
            return moment
    return None


_PACIFIC = ZoneInfo("America/Los_Angeles")
_GOOGLE = ("gemini", "google", "vertex", "gemini-cli", "gemini-api")
_FIRST_OF_MONTH = frozenset(
    {"enforced_spend_limit_reached", "organization_spend_limit_exceeded", "project_spend_limit_exceeded"}
)


def calendar(facts: Facts, provider: str, window: LimitWindow, now: datetime) -> datetime | None:
    """What the vendor's documents say of the window's turn where the signal says nothing."""
    if window is LimitWindow.DAY and provider in _GOOGLE:
        tomorrow = (now.astimezone(_PACIFIC) + timedelta(days=1)).replace(
            hour=0, minute=0, second=0, microsecond=0, fold=0
        )
        return tomorrow.astimezone(UTC)
    is_first = provider.startswith(("copilot", "github")) or any(code in _FIRST_OF_MONTH for code in facts.codes)
    if window is LimitWindow.MONTH and is_first:
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (start + timedelta(days=32)).replace(day=1)
    return None


def is_copilots_quota(facts: Facts, provider: str) -> bool:
    """Copilot's quotas are the month's, without a word about it."""
    is_quota = (
        any(code in ("quota_exceeded", "free_quota_exceeded") for code in facts.codes) or "no quota" in facts.text
    )
    return provider.startswith(("copilot", "github")) and is_quota


def quota_names(facts: Facts) -> list[str]:
    """Google's names of the quotas that were exceeded."""
    return [
        value
        for name, value, _ in bodies.leaves(list(facts.parts))
        if name in ("quotaid", "quotalimit") and isinstance(value, str)
    ]
