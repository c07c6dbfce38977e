from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.outcomes import Scope, Setback, SetbackKind
from watchbill.providers.setbacks import MESSAGE_CHARS, Signal, classify, resets_at, setback

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
K = SetbackKind


def judged(signal: Signal, model: str = "gpt-6.1-sol") -> Setback:
    return classify(signal, model=model, now=NOW)


@pytest.mark.parametrize(
    ("status", "codes", "message", "expected"),
    [
        (429, ("rate_limit_error", "error"), "Number of requests has exceeded", K.THROTTLED),
        (429, ("enforced_spend_limit_reached", "rate_limit_error"), "spend", K.CREDIT_EXHAUSTED),
        (402, ("linked_organization_spend_limit_reached",), "", K.CREDIT_EXHAUSTED),
        (402, (), "Payment Required", K.CREDIT_EXHAUSTED),
        (429, ("insufficient_quota", "insufficient_quota"), "You exceeded your current quota", K.CREDIT_EXHAUSTED),
        (400, ("invalid_request_error",), "Your credit balance is too low to access the API", K.CREDIT_EXHAUSTED),
        (400, ("invalid_request_error",), "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", K.CREDIT_EXHAUSTED),
        (400, ("invalid_request_error",), "prompt is too long: 210000 tokens > 200000 maximum", K.CONTEXT_TOO_LONG),
        (400, ("context_length_exceeded",), "This model's maximum context length is", K.CONTEXT_TOO_LONG),
        (413, ("request_too_large",), "Request exceeds the maximum size", K.CONTEXT_TOO_LONG),
        (400, ("exceed_context_size_error",), "the request exceeds the available context size", K.CONTEXT_TOO_LONG),
        (401, ("authentication_error",), "invalid x-api-key", K.AUTH_FAILED),
        (401, ("invalid_api_key",), "Incorrect API key provided", K.AUTH_FAILED),
        (403, ("permission_error",), "Your API key does not have permission", K.AUTH_FAILED),
        (400, ("invalid_request_error",), "This organization has been disabled.", K.AUTH_FAILED),
        (404, ("not_found_error",), "model: claude-1", K.MODEL_GONE),
        (404, ("model_not_found",), "The model `x` does not exist or you do not have access to it", K.MODEL_GONE),
        (403, (), "Project does not have access to model `gpt-6.1-sol` or the model does not exist", K.MODEL_GONE),
        (529, ("overloaded_error",), "Overloaded", K.OVERLOADED),
        (500, ("api_error",), "Internal server error", K.OVERLOADED),
        (503, (), "upstream connect error", K.OVERLOADED),
        (502, (), "<html>Bad Gateway</html>", K.OVERLOADED),
        (503, ("unavailable_error",), "Loading model", K.OVERLOADED),
        (400, ("content_filter",), "The response was filtered", K.REFUSED),
        (400, ("invalid_prompt",), "flagged as potentially violating our usage policy", K.REFUSED),
        (408, (), "Request Timeout", K.NETWORK),
        (400, ("invalid_request_error",), "messages.1: wrong", K.BAD_REQUEST),
        (422, (), "temperature: must be at most 1", K.BAD_REQUEST),
        (None, (), "the answer broke off", K.NETWORK),
        (None, ("overloaded_error",), "Overloaded", K.OVERLOADED),
    ],
)  # fmt: skip
def test_every_signal_has_its_class(status: int | None, codes: tuple[str, ...], message: str, expected: K) -> None:
    assert judged(Signal(status=status, codes=codes, message=message)).kind is expected


def test_a_typed_code_beats_the_status_and_the_status_beats_prose() -> None:
    code = Signal(status=401, codes=("overloaded_error",), message="prompt is too long")
    status = Signal(status=401, message="prompt is too long")

    assert judged(code).kind is K.OVERLOADED
    assert judged(status).kind is K.AUTH_FAILED


def test_a_failure_of_the_transport_is_the_networks() -> None:
    assert judged(Signal(message="reset by peer", transport=True)).kind is K.NETWORK


@pytest.mark.parametrize(
    ("headers", "message", "expected"),
    [
        ({"retry-after": "20"}, "", NOW + timedelta(seconds=20)),
        ({"retry-after": "0"}, "", NOW),
        ({"retry-after": "-5"}, "", NOW),
        ({"retry-after-ms": "1500", "retry-after": "9"}, "", NOW + timedelta(milliseconds=1500)),
        ({"retry-after": "Tue, 24 Nov 2026 12:10:00 GMT"}, "", NOW + timedelta(minutes=10)),
        ({"retry-after": "Tue, 24 Nov 2026 12:10:00"}, "", NOW + timedelta(minutes=10)),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "1e400"}, "", None),
        ({}, "Please try again in 6m1.5s.", NOW + timedelta(minutes=6, seconds=1.5)),
        ({}, "Please retry after 20 seconds.", NOW + timedelta(seconds=20)),
        ({}, "Please try again in 20ms.", NOW + timedelta(milliseconds=20)),
        ({"retry-after": "3", "x-ratelimit-reset-tokens": "1h", "x-ratelimit-remaining-tokens": "0"}, "", NOW + timedelta(seconds=3)),
        ({"x-ratelimit-reset-requests": "12ms", "x-ratelimit-remaining-requests": "4", "x-ratelimit-reset-tokens": "1m30s", "x-ratelimit-remaining-tokens": "0"}, "", NOW + timedelta(seconds=90)),
        ({"anthropic-ratelimit-input-tokens-reset": "2026-11-24T12:00:40Z", "anthropic-ratelimit-input-tokens-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-11-24T12:00:59Z", "anthropic-ratelimit-requests-remaining": "3"}, "", NOW + timedelta(seconds=40)),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-24T12:00:40", "anthropic-ratelimit-tokens-remaining": "0"}, "", NOW + timedelta(seconds=40)),
        ({"x-ratelimit-reset-tokens": "later", "x-ratelimit-remaining-tokens": "0"}, "", None),
        ({"x-ratelimit-reset-tokens": "5s"}, "", None),
        ({}, "slow down", None),
        ({}, "try again in 1.2.3s", None),
        ({}, "again on 2026-13-45 at 99:00 UTC", None),
    ],
)  # fmt: skip
def test_a_stated_reset_is_found_and_absolute(headers: dict[str, str], message: str, expected: datetime | None) -> None:
    assert resets_at(Signal(status=429, message=message, headers=headers), NOW) == expected


def test_a_date_in_words_is_the_reset_of_a_spend_limit() -> None:
    words = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."

    ended = judged(Signal(status=400, codes=("invalid_request_error",), message=words))

    assert (ended.kind, ended.until) == (K.CREDIT_EXHAUSTED, datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("headers", "message"),
    [({"retry-after": "3600"}, ""), ({}, "Rate limit reached on requests per day (RPD): Limit 200")],
)
def test_a_long_wait_is_an_allowance_used_up(headers: dict[str, str], message: str) -> None:
    assert (
        judged(Signal(status=429, codes=("rate_limit_exceeded",), message=message, headers=headers)).kind is K.EXHAUSTED
    )


def test_a_limit_that_names_the_model_holds_the_model_only() -> None:
    named = Signal(status=429, message="Rate limit reached for gpt-6.1-sol in organization org-1 on tokens per min")
    other = Signal(status=429, message="Rate limit reached for gpt-6.1-sol-mini in organization org-1")

    assert judged(named).scope is Scope.MODEL
    assert judged(other).scope is Scope.ACCOUNT
    assert not judged(named).holds_account


@pytest.mark.parametrize(
    ("kind", "scope"),
    [(K.CONTEXT_TOO_LONG, Scope.REQUEST), (K.MODEL_GONE, Scope.MODEL), (K.AUTH_FAILED, Scope.ACCOUNT)],
)
def test_every_kind_has_its_usual_scope(kind: K, scope: Scope) -> None:
    assert setback(kind, "x").scope is scope


def test_a_message_is_one_line_of_bearable_length() -> None:
    assert setback(K.NETWORK, "a\n  b" + "c" * 9_999).message == ("a b" + "c" * 9_999)[:MESSAGE_CHARS]
    assert setback(K.NETWORK, " ").message == "network"


@given(
    status=st.none() | st.integers(100, 599),
    codes=st.lists(st.text(max_size=20), max_size=3),
    message=st.text(max_size=200),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"]),
        st.text(max_size=30) | st.floats().map(str),
    ),
)
def test_no_signal_is_too_strange(status: int | None, codes: list[str], message: str, headers: dict[str, str]) -> None:
    ended = judged(Signal(status=status, codes=tuple(codes), message=message, headers=headers))

    assert ended.message
    assert ended.until is None or ended.until.tzinfo is not None
