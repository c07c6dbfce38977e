"""Outcomes: the classes of the limits table and what each means for waiting, retrying and attempts."""

import pytest

from watchbill.domain.outcomes import (
    COUNTS_AS_ATTEMPT,
    HOLDS_ACCOUNT,
    RETRY_SAME_PROVIDER,
    Scope,
    Setback,
    SetbackKind,
)

# docs/limits.md, row by row: retry on the same provider, counts as an attempt
TABLE = {
    SetbackKind.THROTTLED: (True, False),
    SetbackKind.EXHAUSTED: (False, False),
    SetbackKind.CREDIT_EXHAUSTED: (False, False),
    SetbackKind.AUTH_FAILED: (False, False),
    SetbackKind.OVERLOADED: (True, False),
    SetbackKind.NETWORK: (True, False),
    SetbackKind.MODEL_GONE: (False, False),
    SetbackKind.CONTEXT_TOO_LONG: (False, True),
    SetbackKind.REFUSED: (False, True),
    SetbackKind.TRUNCATED: (False, True),
    SetbackKind.UNUSABLE: (False, True),
    SetbackKind.BAD_REQUEST: (False, True),
    SetbackKind.OVER_BUDGET: (False, False),
    SetbackKind.UNPRICED: (False, False),
    SetbackKind.MODEL_STOPPED: (False, False),
}


def setback(kind: SetbackKind, scope: Scope = Scope.ACCOUNT) -> Setback:
    return Setback(kind=kind, message="said so", scope=scope)


def test_table_has_every_kind() -> None:
    assert set(TABLE) == set(SetbackKind)


@pytest.mark.parametrize("kind", TABLE)
def test_kind_is_retried_and_counted_as_the_table_says(kind: SetbackKind) -> None:
    assert (kind in RETRY_SAME_PROVIDER, setback(kind).counts_as_attempt) == TABLE[kind]


def test_nothing_that_is_worth_a_retry_uses_up_an_attempt() -> None:
    assert not RETRY_SAME_PROVIDER & COUNTS_AS_ATTEMPT


@pytest.mark.parametrize("kind", sorted(HOLDS_ACCOUNT))
def test_account_is_held_only_by_what_concerns_the_account(kind: SetbackKind) -> None:
    assert setback(kind).holds_account
    assert not setback(kind, Scope.MODEL).holds_account
    assert not setback(kind, Scope.REQUEST).holds_account


def test_refusal_never_holds_the_account() -> None:
    assert not setback(SetbackKind.REFUSED).holds_account
