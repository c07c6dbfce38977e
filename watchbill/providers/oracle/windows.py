"""Windows of limits: which one a signal names, how far each is used, and which are closed."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from watchbill.domain.outcomes import LimitWindow, WindowUse
from watchbill.providers.oracle import bodies, moments

W = LimitWindow
FULL = 1.0
_MINUTES: Mapping[int, LimitWindow] = {
    1: W.MINUTE,
    300: W.FIVE_HOURS,
    1_440: W.DAY,
    10_080: W.WEEK,
    43_200: W.MONTH,
    43_800: W.MONTH,
}
_LENGTH = (W.NONE, W.UNKNOWN, W.MINUTE, W.FIVE_HOURS, W.DAY, W.WEEK, W.MONTH)
_NAMES: Mapping[str, LimitWindow] = {
    "5h": W.FIVE_HOURS, "five_hour": W.FIVE_HOURS, "five_hours": W.FIVE_HOURS, "session": W.FIVE_HOURS,
    "7d": W.WEEK, "seven_day": W.WEEK, "weekly": W.WEEK, "week": W.WEEK, "1d": W.DAY, "daily": W.DAY, "day": W.DAY,
    "monthly": W.MONTH, "month": W.MONTH, "30d": W.MONTH, "minute": W.MINUTE, "1m": W.MINUTE,
    "seven_day_overage_included": W.WEEK,
}  # fmt: skip


def longest(*windows: LimitWindow) -> LimitWindow:
    return max(windows, key=_LENGTH.index, default=W.UNKNOWN)


def named(name: str) -> tuple[LimitWindow, str]:
    """The window of a vendor's name for it, and the model that the name is for."""
    name = bodies.snake(name)
    if name in _NAMES:
        return _NAMES[name], ""
    base, _, model = name.rpartition("_")
    return (_NAMES[base], model) if base in _NAMES else (W.UNKNOWN, "")


def of_minutes(minutes: float) -> LimitWindow:
    return _MINUTES.get(int(minutes), W.UNKNOWN)


def in_headers(headers: Mapping[str, str], now: datetime) -> list[WindowUse]:
    """The allowances that an answer's headers tell of, answers that went well included."""
    return [*_unified(headers, now), *_codex(headers, now), *_copilot(headers, now)]


_UNIFIED = re.compile(
    r"anthropic-ratelimit-unified-(?P<name>5h|7d|7d[_-]\w+|1d|five_hour|seven_day\w*|weekly|daily|monthly)-(?:status|reset|utilization)"
)


def _unified(headers: Mapping[str, str], now: datetime) -> Iterator[WindowUse]:
    prefix = "anthropic-ratelimit-unified"
    names = dict.fromkeys(match["name"] for name in headers if (match := _UNIFIED.fullmatch(name)))
    for name in names:
        window, model = named(name)
        status = headers.get(f"{prefix}-{name}-status", "")
        used = _share(headers.get(f"{prefix}-{name}-utilization")) or 0.0
        reset = moments.moment_of(headers.get(f"{prefix}-{name}-reset"), now)
        yield WindowUse(window=window, used=_judged(status, used), resets_at=reset, model=model)
    if headers.get(f"{prefix}-status") == "rejected":
        yield from _represented(headers, prefix, now)


def _represented(headers: Mapping[str, str], prefix: str, now: datetime) -> Iterator[WindowUse]:
    """The claim that an answer was rejected for, where its window has no headers of its own."""
    claim = headers.get(f"{prefix}-representative-claim", "")
    window, model = named(claim) if claim else (W.UNKNOWN, "")
    reset = moments.moment_of(headers.get(f"{prefix}-reset"), now)
    yield WindowUse(window=window, used=FULL, resets_at=reset, model=model)


def _judged(status: str, used: float) -> float:
    """What the vendor calls rejected is closed, what it calls allowed is open, whatever the share says."""
    if status in ("rejected", "exceeded", "blocked", "denied"):
        return max(used, FULL)
    return min(used, 0.999) if status.startswith("allowed") else used


def _codex(headers: Mapping[str, str], now: datetime) -> Iterator[WindowUse]:
    for name in ("primary", "secondary"):
        percent = _number(headers.get(f"x-codex-{name}-used-percent"))
        minutes = _number(headers.get(f"x-codex-{name}-window-minutes")) or 0
        if percent is None or (not minutes and not percent):
            continue
        at = headers.get(f"x-codex-{name}-reset-at") or headers.get(f"x-codex-{name}-reset-after-seconds")
        yield WindowUse(window=of_minutes(minutes), used=percent / 100, resets_at=moments.moment_of(at, now))


_QUOTA_SNAPSHOT = re.compile(r"x-(?:quota-snapshot|usage-ratelimit)-(?P<name>[\w-]+)")


def _copilot(headers: Mapping[str, str], now: datetime) -> Iterator[WindowUse]:
    """Copilot's snapshots: ent=300&ov=0.0&rem=12.5&rst=2026-12-01T00:00:00Z."""
    for header, value in headers.items():
        match = _QUOTA_SNAPSHOT.fullmatch(header)
        fields = dict(piece.split("=", 1) for piece in value.split("&") if "=" in piece) if match else {}
        remaining = _number(fields.get("rem"))
        if match is None or remaining is None or fields.get("ent") == "-1":
            continue
        yield of_quota(match["name"], remaining, fields.get("rst", "").replace("%3A", ":"), now)


def of_quota(name: str, remaining: float, reset: object, now: datetime) -> WindowUse:
    """Copilot's own allowances are by the month, unless their name is another window's. `remaining`: of a hundred."""
    window = _NAMES.get(name, W.MONTH)
    return WindowUse(window=window, used=1 - remaining / 100, resets_at=moments.moment_of(reset, now))


def in_body(part: object, now: datetime) -> list[WindowUse]:
    """The allowances that a body tells of: Claude Code's rate_limit_info, Codex's rate_limits, and their like."""
    found = []
    for mapping in bodies.mappings(part):
        fields = {bodies.key_of(name): value for name, value in mapping.items()}
        use = _use(fields, now)
        if use is not None:
            found.append(use)
        found += [_named_use(name, value, now) for name, value in mapping.items() if _is_use(name, value)]
    return found


def _is_use(name: object, value: object) -> bool:
    """A window under its own name, as in five_hour: {used_percentage, resets_at}."""
    return (
        isinstance(value, Mapping)
        and named(str(name))[0] is not W.UNKNOWN
        and _used({bodies.key_of(key): item for key, item in value.items()}) is not None
    )


def _named_use(name: str, value: Mapping[str, Any], now: datetime) -> WindowUse:
    fields = {bodies.key_of(key): item for key, item in value.items()}
    window, model = named(name)
    return WindowUse(window=window, used=_used(fields) or 0.0, resets_at=_reset(fields, now), model=model)


def _use(fields: Mapping[str, object], now: datetime) -> WindowUse | None:
    if "ratelimittype" in fields:
        window, model = named(str(fields["ratelimittype"]))
        used = _judged(str(fields.get("status", "")), _used(fields) or 0.0)
        return WindowUse(window=window, used=used, resets_at=_reset(fields, now), model=model)
    minutes, share = _number(fields.get("windowminutes") or fields.get("windowdurationmins")), _used(fields)
    if minutes is None or share is None:
        return None
    return WindowUse(window=of_minutes(minutes), used=share, resets_at=_reset(fields, now))


def _used(fields: Mapping[str, object]) -> float | None:
    for name in ("usedpercent", "usedpercentage"):
        if (percent := _number(fields.get(name))) is not None:
            return percent / 100
    return _share(fields.get("utilization"))


def _reset(fields: Mapping[str, object], now: datetime) -> datetime | None:
    for name in ("resetsat", "resetat", "resetsinseconds", "resetafterseconds", "resetinseconds"):
        if (moment := moments.moment_of(fields.get(name), now)) is not None:
            return moment
    return None


def _share(value: object) -> float | None:
    return _number(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None  # noqa: PLR2004 -- also leaves out what is no number


# --- by words and quota names

_WORDS: tuple[tuple[re.Pattern[str], LimitWindow], ...] = tuple(
    (re.compile(words, re.IGNORECASE), window)
    for words, window in (
        (
            r"\bmonth(?:ly)?\b|per[- _]?month|billing (?:cycle|period)|included credits|premium requests?|this month",
            W.MONTH,
        ),
        (r"\bweek(?:ly)?\b|per[- _]?week|\b7[- ]?days?\b(?! \d)|seven[- _]days?\b", W.WEEK),
        (
            r"\bdaily\b|per[- _]?day|perday|\bday's\b|/ ?day\b|\b(?:RPD|TPD)\b|\b24[- ]?hours?\b(?! \d)|a day\b|for today|by[- _]?day\b|\bper 86400s?\b",
            W.DAY,
        ),
        (r"\b5[- ]?h(?:ours?|rs?)?\b(?! \d)|five[- _]hours?|session (?:usage |rate )?limits?", W.FIVE_HOURS),
        (r"per[- _]?min(?:ute)?\b|perminute|\b(?:RPM|TPM|ITPM|OTPM)\b|per[- _]?second|/ ?min\b", W.MINUTE),
    )
)
_ASIDE = re.compile(
    r"\(every [^)]*\)|(?:try again|retry|available|wait|resets?|reset)(?: again)? (?:in|after|for) [\w .,]{1,40}"
    r"|unlock \d+[^.]*|add \d+ credits[^.]*|\d+(?:\.\d+)? ?% (?:of|used)[^.;]*|https?://\S+",
    re.IGNORECASE,
)


def in_words(text: str) -> LimitWindow:
    """The longest window that the sentences name, times to wait and asides left out."""
    text = _ASIDE.sub(" ", text)
    return next((window for words, window in _WORDS if words.search(text)), W.UNKNOWN)


def in_quota_ids(ids: list[str]) -> LimitWindow:
    """The longest window of Google's quota names."""
    return (
        longest(
            *(
                next(
                    (
                        window
                        for words, window in _WORDS
                        if words.search(name) or window.name.lower() in name.lower().split("per")
                    ),
                    W.UNKNOWN,
                )
                for name in ids
            )
        )
        if ids
        else W.UNKNOWN
    )
