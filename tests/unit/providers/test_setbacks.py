"""Setbacks: what the oracle says of a failure, with words that people can read and rows can keep."""

from datetime import UTC, datetime, timedelta

import pytest

from watchbill.domain.outcomes import LimitWindow, Scope, SetbackKind
from watchbill.providers.oracle.signal import Signal
from watchbill.providers.setbacks import MESSAGE_CHARS, classify, setback

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
K = SetbackKind


def test_a_setback_is_the_oracles_verdict() -> None:
    body = {"error": {"code": "quota_exceeded", "message": "daily quota exceeded for gpt-6.1-sol, try again in 1h"}}

    ended = classify(Signal(status=429, body=body, received_at=NOW))

    assert (ended.kind, ended.scope, ended.limit) == (K.EXHAUSTED, Scope.MODEL, LimitWindow.DAY)
    assert ended.until == NOW + timedelta(hours=1)
    assert ended.message.startswith("daily quota exceeded")


def test_what_reads_like_an_answer_is_none_that_can_be_used() -> None:
    ended = classify(Signal(status=200, body={"stop_reason": "end_turn", "content": "x"}, received_at=NOW))

    assert (ended.kind, ended.scope) == (K.NETWORK, Scope.ACCOUNT)


@pytest.mark.parametrize(
    ("kind", "scope"),
    [(K.CONTEXT_TOO_LONG, Scope.REQUEST), (K.MODEL_GONE, Scope.MODEL), (K.AUTH_FAILED, Scope.ACCOUNT)],
)
def test_every_kind_has_its_usual_scope(kind: K, scope: Scope) -> None:
    assert setback(kind, "x").scope is scope


def test_a_message_is_one_line_of_bearable_length() -> None:
    assert setback(K.NETWORK, "a\n  b" + "c" * 9_999).message == ("a b" + "c" * 9_999)[:MESSAGE_CHARS]
    assert setback(K.NETWORK, " ").message == "network"
