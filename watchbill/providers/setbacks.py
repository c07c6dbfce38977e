"""Setbacks: what a vendor's failure means for us. Tables, read from the most exact evidence to the least:
a typed code beats the status, the status beats prose."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from watchbill.domain import sound
from watchbill.domain.outcomes import Scope, Setback, SetbackKind

PACED = timedelta(minutes=15)  # a longer wait than this is an allowance used up, not pacing
MESSAGE_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Everything a vendor's failure says, whichever library carried it."""

    status: int | None = None
    codes: tuple[str, ...] = ()  # every machine-readable word in the body, most exact first
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    transport: bool = False  # the failure was between us and the vendor


K = SetbackKind
_KIND_BY_CODE: Mapping[str, SetbackKind] = {
    # money first: some of these come with a 429 or a 400 that would say something milder
    "insufficient_quota": K.CREDIT_EXHAUSTED,
    "billing_error": K.CREDIT_EXHAUSTED,
    "billing_hard_limit_reached": K.CREDIT_EXHAUSTED,
    "billing_not_active": K.CREDIT_EXHAUSTED,
    "credit_balance_exhausted": K.CREDIT_EXHAUSTED,
    "organization_spend_limit_exceeded": K.CREDIT_EXHAUSTED,
    "project_spend_limit_exceeded": K.CREDIT_EXHAUSTED,
    "organization_usage_limit_exceeded": K.CREDIT_EXHAUSTED,
    "enforced_spend_limit_reached": K.CREDIT_EXHAUSTED,
    "contract_spend_limit_reached": K.CREDIT_EXHAUSTED,
    "linked_organization_spend_limit_reached": K.CREDIT_EXHAUSTED,
    "exceeded_current_quota_error": K.CREDIT_EXHAUSTED,
    "context_length_exceeded": K.CONTEXT_TOO_LONG,
    "request_too_large": K.CONTEXT_TOO_LONG,
    "string_above_max_length": K.CONTEXT_TOO_LONG,
    "exceed_context_size_error": K.CONTEXT_TOO_LONG,
    "model_not_found": K.MODEL_GONE,
    "model_not_available": K.MODEL_GONE,
    "not_found_error": K.MODEL_GONE,
    "invalid_api_key": K.AUTH_FAILED,
    "authentication_error": K.AUTH_FAILED,
    "account_deactivated": K.AUTH_FAILED,
    "content_filter": K.REFUSED,
    "content_policy_violation": K.REFUSED,
    "invalid_prompt": K.REFUSED,
    "overloaded_error": K.OVERLOADED,
    "server_is_overloaded": K.OVERLOADED,
    "slow_down": K.OVERLOADED,
    "api_error": K.OVERLOADED,
    "timeout_error": K.OVERLOADED,
    "server_error": K.OVERLOADED,
    "service_unavailable": K.OVERLOADED,
    "rate_limit_error": K.THROTTLED,
    "rate_limit_exceeded": K.THROTTLED,
    "too_many_requests": K.THROTTLED,
}
_KIND_BY_STATUS: Mapping[int, SetbackKind] = {
    401: K.AUTH_FAILED,
    402: K.CREDIT_EXHAUSTED,
    403: K.AUTH_FAILED,
    404: K.MODEL_GONE,
    408: K.NETWORK,
    413: K.CONTEXT_TOO_LONG,
    429: K.THROTTLED,
    529: K.OVERLOADED,
}
# statuses that say too little: the words decide
_VAGUE = frozenset({400, 403, 404, 422, None})
_KIND_BY_WORDS: tuple[tuple[re.Pattern[str], SetbackKind], ...] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (
            r"credit balance is too low|usage limits?.{0,40}regain access|spend(ing)? limit|out of credits",
            K.CREDIT_EXHAUSTED,
        ),
        (
            r"prompt is too long|maximum context length|context (window|length)|reduce the length of the messages",
            K.CONTEXT_TOO_LONG,
        ),
        (r"exceeds? the (available )?context size|input is too long|too many tokens", K.CONTEXT_TOO_LONG),
        (r"content (filter|policy|management policy)|flagged|usage policy", K.REFUSED),
        (r"(organization|account|api key|key) (has been |is )?(disabled|deactivated|expired|revoked)", K.AUTH_FAILED),
        (r"model.{0,80}(does not exist|not found|deprecated|retired|do(es)? not have access)", K.MODEL_GONE),
        (r"overloaded|over capacity|loading model", K.OVERLOADED),
    )
)
_A_DAY = re.compile(r"\b(per|a|/) ?day\b|\bdaily\b|\((RPD|TPD)\)", re.IGNORECASE)
_SCOPE_BY_KIND: Mapping[SetbackKind, Scope] = {
    K.MODEL_GONE: Scope.MODEL,
    K.UNPRICED: Scope.MODEL,
    K.MODEL_STOPPED: Scope.MODEL,
    K.CONTEXT_TOO_LONG: Scope.REQUEST,
    K.REFUSED: Scope.REQUEST,
    K.TRUNCATED: Scope.REQUEST,
    K.UNUSABLE: Scope.REQUEST,
    K.BAD_REQUEST: Scope.REQUEST,
    K.OVER_BUDGET: Scope.REQUEST,
}
_LIMITED = frozenset({K.THROTTLED, K.EXHAUSTED, K.OVERLOADED})


def classify(signal: Signal, *, model: str, now: datetime) -> Setback:
    """The setback that a vendor's failure is. `now` makes relative waits absolute."""
    kind = _kind(signal)
    until = resets_at(signal, now) if kind in _LIMITED | {K.CREDIT_EXHAUSTED} else None
    if kind is K.THROTTLED and (_A_DAY.search(signal.message) or (until is not None and until - now > PACED)):
        kind = K.EXHAUSTED
    return setback(kind, signal.message, scope=_scope(kind, signal, model), until=until)


def setback(kind: SetbackKind, message: str, *, scope: Scope | None = None, until: datetime | None = None) -> Setback:
    """A setback with the scope that its kind has when nothing narrower is said."""
    storable = message.encode("utf-8", "replace").decode()  # half a character would stop the row that keeps it
    shown = " ".join(storable.split())[:MESSAGE_CHARS] or kind.value
    return Setback(
        kind=kind, message=sound.text(shown), scope=scope or _SCOPE_BY_KIND.get(kind, Scope.ACCOUNT), until=until
    )


def _kind(signal: Signal) -> SetbackKind:
    for code in signal.codes:
        if code in _KIND_BY_CODE:
            return _KIND_BY_CODE[code]
    if signal.transport:
        return K.NETWORK
    if signal.status in _VAGUE:
        for words, kind in _KIND_BY_WORDS:
            if words.search(signal.message):
                return kind
    return _by_status(signal.status)


def _by_status(status: int | None) -> SetbackKind:
    if status is None:
        return K.NETWORK  # an answer that no rule of the vendor's explains: garbled on its way
    if status in _KIND_BY_STATUS:
        return _KIND_BY_STATUS[status]
    return K.OVERLOADED if status >= 500 else K.BAD_REQUEST  # noqa: PLR2004 -- HTTP's own border


def _scope(kind: SetbackKind, signal: Signal, model: str) -> Scope | None:
    """A limit that names the model holds the model only."""
    named = bool(model) and re.search(rf"(?<![\w.-]){re.escape(model)}(?![\w-])", signal.message) is not None
    return Scope.MODEL if kind in _LIMITED and named else None


def resets_at(signal: Signal, now: datetime) -> datetime | None:
    """The earliest time stated for trying again. What says when to retry beats what says when a bucket is full."""
    for stated in (_retry_after, _in_words, _bucket_resets):
        moment = stated(signal, now)
        if moment is not None:
            return moment
    return None


def _retry_after(signal: Signal, now: datetime) -> datetime | None:
    milliseconds, text = signal.headers.get("retry-after-ms"), signal.headers.get("retry-after")
    try:
        if milliseconds is not None:
            return _later(now, float(milliseconds) / 1000)
        return None if text is None else _later(now, float(text))
    except ValueError:
        return _http_date(text)


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_IN_A_WHILE = re.compile(
    r"(?:try|retry)(?: again)? (?:in|after) ((?:\d+(?:\.\d+)? ?(?:ms|milliseconds?|[dhms]|seconds?|minutes?|hours?) ?)+)",
    re.IGNORECASE,
)
_ON_A_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?: at |T| )(\d\d:\d\d)(?::\d\d)?(?:\.\d+)? ?(?:UTC|Z|\+00:00)")


def _in_words(signal: Signal, now: datetime) -> datetime | None:
    if match := _ON_A_DATE.search(signal.message):
        return _moment(f"{match[1]}T{match[2]}:00+00:00", now)
    if match := _IN_A_WHILE.search(signal.message):
        return _later(now, _seconds(match[1]))
    return None


def _bucket_resets(signal: Signal, now: datetime) -> datetime | None:
    """The latest reset of the buckets that are empty; of all named when none is said to be."""
    resets = list(_buckets(signal.headers))
    empty = [reset for reset, remaining in resets if remaining == "0"]
    moments = [_moment(reset, now) for reset in empty]
    return max((moment for moment in moments if moment is not None), default=None)


_ANTHROPIC_RESET = re.compile(r"anthropic-(?:priority-)?ratelimit-(.+)-reset")
_OPENAI_RESET = re.compile(r"x-ratelimit-reset-(.+)")


def _buckets(headers: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    for name, value in headers.items():
        if _ANTHROPIC_RESET.fullmatch(name):
            yield value, headers.get(f"{name.removesuffix('-reset')}-remaining")
        elif match := _OPENAI_RESET.fullmatch(name):
            yield value, headers.get(f"x-ratelimit-remaining-{match[1]}")


def _moment(text: str, now: datetime) -> datetime | None:
    """A reset as an RFC 3339 moment (Anthropic) or as a span such as 6m0s (OpenAI)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        seconds = _seconds(text)
        return _later(now, seconds) if seconds else None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_PIECE = re.compile(r"(\d+(?:\.\d+)?) ?(ms|milli|d|h|m|s)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "milli": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _seconds(text: str) -> float:
    return sum(float(amount) * _SECONDS[unit.lower()] for amount, unit in _PIECE.findall(text))


def _later(now: datetime, seconds: float) -> datetime | None:
    try:
        return now + timedelta(seconds=max(seconds, 0))
    except (OverflowError, ValueError):
        return None
