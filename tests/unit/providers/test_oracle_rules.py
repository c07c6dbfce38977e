"""The oracle's rules one by one: which evidence beats which, and what holds for every signal."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.outcomes import LimitWindow, Scope, SetbackKind
from watchbill.providers.oracle import host, judge, reading
from watchbill.providers.oracle.signal import BETWEEN_US, Signal
from watchbill.providers.oracle.verdict import SUCCESS, Verdict, word_of

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
K = SetbackKind
# docs/limits.md, row by row: same provider again, uses up an attempt
TABLE = {
    "Throttled": (True, False),
    "Exhausted": (False, False),
    "CreditExhausted": (False, False),
    "AuthFailed": (False, False),
    "Overloaded": (True, False),
    "Network": (True, False),
    "ModelGone": (False, False),
    "ContextTooLong": (False, True),
    "Refused": (False, True),
    "Truncated": (False, True),
    "BadRequest": (False, True),
    "Success": (False, True),
}


def verdict_on(zone: str = "UTC", **given: Any) -> Verdict:
    return judge.classify(reading.signal_of(given, now=NOW, zone=ZoneInfo(zone)))


def error(message: str = "", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


def test_a_typed_code_beats_the_status_and_the_status_beats_prose() -> None:
    code = verdict_on(status=401, body=error("prompt is too long", code="overloaded_error"))
    status = verdict_on(status=401, body=error("prompt is too long"))

    assert (code.kind, status.kind) == (K.OVERLOADED, K.AUTH_FAILED)


def test_a_code_is_read_in_every_spelling() -> None:
    spelled = ("usageLimitExceeded", "USAGE_LIMIT_EXCEEDED", "usage-limit-exceeded", "UsageLimitExceeded")

    assert {verdict_on(body=error(code=code)).kind for code in spelled} == {K.EXHAUSTED}


def test_a_daily_quota_beats_the_delay_of_a_minutes_one() -> None:
    day = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
    body = error("quota", status="RESOURCE_EXHAUSTED", details=[{"violations": [day]}, {"retryDelay": "34s"}])

    verdict = verdict_on(provider="gemini", status=429, body=body)

    assert (verdict.kind, verdict.window) == (K.EXHAUSTED, LimitWindow.DAY)
    assert verdict.resets_at == datetime(2026, 12, 1, 8, tzinfo=UTC)  # midnight on the Pacific


@pytest.mark.parametrize(
    ("headers", "message", "wait"),
    [
        ({"retry-after": "20"}, "", 20),
        ({"retry-after": "0"}, "", 0),
        ({"retry-after": "-5"}, "", 0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, "", 1.5),
        ({"retry-after": "Mon, 30 Nov 2026 12:10:00 GMT"}, "", 600),
        ({"retry-after": "soon"}, "", None),
        ({"retry-after": "1e400"}, "", None),
        ({"retry-after": "nan"}, "", None),
        ({}, "Please try again in 6m1.5s.", 361.5),
        ({}, "Please retry after 20 seconds.", 20),
        ({}, "Please try again in 20ms.", 0.02),
        ({}, "Please try again in 1 minute and 5 seconds", 65),
        ({"retry-after": "3", "x-ratelimit-reset-tokens": "1h", "x-ratelimit-remaining-tokens": "0"}, "", 3),
        ({"x-ratelimit-reset-requests": "12ms", "x-ratelimit-remaining-requests": "4", "x-ratelimit-reset-tokens": "1m30s", "x-ratelimit-remaining-tokens": "0"}, "", 90),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-30T12:00:40", "anthropic-ratelimit-tokens-remaining": "0"}, "", 40),
        ({"x-ratelimit-reset-tokens": "later", "x-ratelimit-remaining-tokens": "0"}, "", None),
        ({"x-ratelimit-reset-tokens": "5s", "x-ratelimit-remaining-tokens": "9"}, "", None),
        ({"x-ratelimit-reset": "1796040035000"}, "", 35),
        ({}, "slow down", None),
        ({}, "again on 2026-13-45 at 99:00 UTC", None),
    ],
)  # fmt: skip
def test_a_stated_wait_is_found_and_absolute(headers: dict[str, str], message: str, wait: float | None) -> None:
    verdict = verdict_on(status=429, headers=headers, body=error(message))

    assert verdict.resets_at == (None if wait is None else NOW + timedelta(seconds=wait))


def test_a_wait_of_more_than_fifteen_minutes_is_an_allowance_used_up() -> None:
    kinds = [verdict_on(status=429, headers={"retry-after": wait}).kind for wait in ("900", "901")]

    assert kinds == [K.THROTTLED, K.EXHAUSTED]


def unified(**windows: tuple[str, int]) -> dict[str, str]:
    prefix = "anthropic-ratelimit-unified"
    headers = {f"{prefix}-{name[1:]}-status": status for name, (status, _) in windows.items()}
    return {**headers, **{f"{prefix}-{name[1:]}-reset": str(at) for name, (_, at) in windows.items()}}


def test_of_several_closed_windows_the_latest_reset_counts_and_an_open_one_does_not() -> None:
    soon, late = int(NOW.timestamp()) + 3_600, int(NOW.timestamp()) + 90_000

    both = verdict_on(status=429, headers=unified(_5h=("rejected", soon), _7d=("rejected", late)))
    one = verdict_on(status=429, headers=unified(_5h=("rejected", soon), _7d=("allowed", late)))

    assert (both.window, both.resets_at) == (LimitWindow.WEEK, NOW + timedelta(hours=25))
    assert (one.window, one.resets_at) == (LimitWindow.FIVE_HOURS, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("said", "zone", "at", "expected"),
    [
        ("3pm (Europe/Berlin)", "UTC", NOW, "2026-11-30T14:00:00"),
        ("1pm (Europe/Berlin)", "UTC", NOW, "2026-12-01T12:00:00"),  # it is one o'clock there: the next one
        ("3pm", "Europe/Berlin", NOW, "2026-11-30T14:00:00"),
        ("3pm", "UTC", NOW, "2026-11-30T15:00:00"),
        ("15:30 UTC", "Asia/Tokyo", NOW, "2026-11-30T15:30:00"),
        ("12am", "UTC", NOW, "2026-12-01T00:00:00"),
        ("12pm", "UTC", NOW, "2026-12-01T12:00:00"),
        ("noon PST", "UTC", NOW, "2026-11-30T20:00:00"),
        ("2:30am (America/New_York)", "UTC", datetime(2027, 3, 14, 5, tzinfo=UTC), "2027-03-14T07:30:00"),  # it does not exist
        ("1:30am (America/New_York)", "UTC", datetime(2026, 11, 1, 4, tzinfo=UTC), "2026-11-01T05:30:00"),  # the first of two
        ("Dec 3 at 9am (Europe/Berlin)", "UTC", NOW, "2026-12-03T08:00:00"),
        ("Dec 3, 2027, 9:00 AM", "UTC", NOW, "2027-12-03T09:00:00"),
        ("3 December 2026 09:00", "UTC", NOW, "2026-12-03T09:00:00"),
        ("Jan 2, 8am", "UTC", NOW, "2027-01-02T08:00:00"),
        ("Nov 29 at 8am", "UTC", NOW, "2026-11-29T08:00:00"),  # past resets stay as stated
        ("Monday 9am", "UTC", NOW, "2026-12-07T09:00:00"),
        ("Tue 9:00 AM", "UTC", NOW, "2026-12-01T09:00:00"),
        ("tomorrow at 7:00", "UTC", NOW, "2026-12-01T07:00:00"),
        ("2026-12-01 00:00 UTC", "Asia/Tokyo", NOW, "2026-12-01T00:00:00"),
        ("2026-12-01T00:00:00+02:00", "UTC", NOW, "2026-11-30T22:00:00"),
        ("2026-12-01", "Asia/Tokyo", NOW, "2026-11-30T15:00:00"),
        ("1796050800", "UTC", NOW, "2026-11-30T15:00:00"),
        ("in 2 days 3 hours 4 minutes", "UTC", NOW, "2026-12-02T15:04:00"),
        ("in a day", "UTC", NOW, "2026-12-01T12:00:00"),
        ("in 99999999999 days", "UTC", NOW, None),
        ("25:00", "UTC", NOW, None),
        ("whenever it likes", "UTC", NOW, None),
    ],
)  # fmt: skip
def test_a_time_in_words_is_the_next_such_moment_of_its_zone(
    said: str, zone: str, at: datetime, expected: str | None
) -> None:
    text = f"You've hit your usage limit · resets {said}"

    verdict = verdict_on(zone, channel="cli", text=text, received_at=at.isoformat())

    assert verdict.kind is K.EXHAUSTED
    assert verdict.resets_at == (None if expected is None else datetime.fromisoformat(f"{expected}+00:00"))


def test_a_limit_that_names_the_model_is_the_models() -> None:
    named = verdict_on(status=429, body=error("Rate limit reached for gpt-6.1-sol in organization org-1"))
    asked = verdict_on(status=429, body=error("busy: sonnet"), context={"model": "sonnet"})
    unnamed = verdict_on(status=429, body=error("Rate limit reached in organization org-1"))

    assert (named.scope, named.model, named.account) == (Scope.MODEL, "gpt-6.1-sol", "org-1")
    assert (asked.scope, asked.model) == (Scope.MODEL, "sonnet")
    assert unnamed.scope is Scope.ACCOUNT


def test_the_end_of_the_turn_decides_and_not_an_error_inside_it() -> None:
    failed = {"type": "error", "error": {"type": "rate_limit_error", "message": "Rate limited"}}
    done = {"type": "result", "subtype": "success", "is_error": False, "result": "Done."}

    assert verdict_on(body=[failed, done]).kind is None
    assert verdict_on(body=done, context={"events": [failed]}).kind is None
    assert verdict_on(body=[done, {"type": "turn.started"}, failed]).kind is K.THROTTLED


def test_a_finished_answer_that_is_nothing_but_an_error_sentence_is_the_error() -> None:
    said = "You've hit your weekly limit · resets Dec 3 at 4pm (Europe/Berlin)"
    told = f'I looked it up: the program prints "{said}".'

    assert verdict_on(body={"stop_reason": "end_turn", "content": said}).kind is K.EXHAUSTED
    assert verdict_on(body={"stop_reason": "end_turn", "content": told}).kind is None


def test_a_failure_of_the_transport_is_the_networks_whatever_it_says() -> None:
    verdict = judge.classify(Signal(channel=BETWEEN_US, body="KeyError: rate limit", received_at=NOW))

    assert verdict.kind is K.NETWORK


def test_every_class_is_retried_and_counted_as_the_table_says() -> None:
    kinds = [None, *(kind for kind in K if word_of(kind) in TABLE)]
    verdicts = [
        Verdict(kind=kind, scope=Scope.ACCOUNT, window=LimitWindow.NONE, resets_at=None, rule="") for kind in kinds
    ]

    assert {each.word: (each.retry_same_provider, each.counts_as_attempt) for each in verdicts} == TABLE


TEXT = st.text("aZ 059{}[]\"':,.%-\n\u00b7\u2019\udc80", max_size=20)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)
WORDS = st.sampled_from(
    [
        "error", "type", "message", "code", "status", "result", "is_error", "stop_reason", "choices", "candidates", "delta",
        "response", "params", "method", "update", "resets_at", "retry_after", "rate_limits", "used_percent", "window_minutes",
        "headers", "details", "codexErrorInfo", "rateLimitType", "quotaId", "done", "content", "turn", "jsonrpc", "usage",
    ]
)  # fmt: skip
VALUES = ANY | st.sampled_from(
    [
        "error", "result", "assistant", "message_delta", "rate_limit_event", "response.failed", "turn/completed", "failed",
        "insufficient_quota", "rejected", "seven_day", 429, 1e300, -1, "429", "try again in 3pm", "{'a': 1", '{"error": 1}',
        "resets Feb 30 at 99:99", "in 9999999999 days", "2026-99-99T00:00:00Z", "99999999999999", "inf", "1:2:3", "Mon, 99 Foo",
    ]
)  # fmt: skip
SHAPED = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)


@given(
    given=st.fixed_dictionaries(
        {},
        optional={
            "provider": ANY | st.sampled_from(["gemini", "copilot", "anthropic"]),
            "channel": ANY | st.sampled_from(["cli", "http", "acp", "exception"]),
            "status": ANY | st.integers(100, 599),
            "headers": ANY | st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "x-codex-primary-used-percent", "x-codex-primary-window-minutes", "anthropic-ratelimit-unified-5h-reset", "x-quota-snapshot-chat"]), VALUES),
            "body": SHAPED,
            "text": ANY,
            "context": ANY | st.dictionaries(st.sampled_from(["timezone", "model", "stop_reason", "exit_code", "exception_type", "events"]), SHAPED),
        },
    )
)  # fmt: skip
def test_no_signal_is_too_strange_and_every_verdict_keeps_the_contract(given: dict[str, Any]) -> None:
    verdict = verdict_on(**given)
    shown = reading.shown(verdict)

    assert (shown["retry_same_provider"], shown["counts_as_attempt"]) == TABLE[str(shown["class"])]
    assert verdict.resets_at is None or verdict.resets_at.utcoffset() == timedelta(0)
    assert verdict.rule
    if verdict.kind is K.THROTTLED:
        assert verdict.window is LimitWindow.MINUTE
    elif verdict.kind not in (K.EXHAUSTED, K.CREDIT_EXHAUSTED):
        assert verdict.window is LimitWindow.NONE
    assert (verdict.kind is None) == (shown["class"] == SUCCESS)


@given(line=TEXT | st.binary(max_size=40).map(repr))
def test_a_line_is_a_signal_or_says_what_is_wrong_with_it(line: str) -> None:
    with suppress(reading.Unreadable):
        assert judge.classify(reading.read(line, now=NOW, zone=UTC)).rule


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "no JSON"),
        ("[]", "list, not an object"),
        ('{"received_at": "soon"}', "no moment: 'soon'"),
        ('{"received_at": "0001-01-01T00:00:00Z"}', "no moment"),
    ],
)
def test_a_line_that_is_no_signal_says_how_it_should_be(line: str, why: str) -> None:
    with pytest.raises(reading.Unreadable, match=why):
        reading.read(line, now=NOW, zone=UTC)


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "20"},
        {"retry-after": ["20", "30"]},
        [["RETRY-AFTER", 20]],
        [{"name": "Retry-After", "value": "20"}],
        ["Retry-After: 20"],
    ],
)
def test_headers_are_read_in_every_form(headers: object) -> None:
    assert verdict_on(status="429", headers=headers).resets_at == NOW + timedelta(seconds=20)


def test_body_and_text_are_read_together() -> None:
    verdict = verdict_on(
        channel="cli", body={"type": "turn.started"}, text='{"type":"turn.failed","error":"overloaded"}'
    )

    assert verdict.kind is K.OVERLOADED


def test_an_error_that_no_rule_knows_is_the_requests_and_in_a_stream_the_vendors_or_the_networks() -> None:
    unknown = {"type": "error", "error": {"type": "mystery", "message": "no"}}

    assert verdict_on(body=unknown).kind is K.BAD_REQUEST
    assert verdict_on(channel="stream", body=unknown).kind is K.OVERLOADED
    assert verdict_on(channel="stream", body="ended", context={"exception": "ModelAPIError"}).kind is K.NETWORK


def test_a_page_of_a_gate_on_the_way_is_the_networks_and_a_vendors_own_page_is_its_trouble() -> None:
    page = "<!DOCTYPE html><html><body>no</body></html>"

    assert [verdict_on(status=status, body=page).kind for status in (200, 403, 502)] == [
        K.NETWORK,
        K.NETWORK,
        K.OVERLOADED,
    ]


def test_the_hosts_zone_is_tz_else_the_systems_else_utc(tmp_path: Path) -> None:
    garbled = tmp_path / "localtime"
    garbled.write_bytes(b"no zone")

    assert host.host_zone({"TZ": ":Europe/Berlin"}) == ZoneInfo("Europe/Berlin")
    assert host.host_zone({"TZ": "Nowhere/City"}, garbled) is UTC
    assert host.host_zone({}, tmp_path / "none") is UTC
    assert host.host_zone({}).utcoffset(NOW) is not None
