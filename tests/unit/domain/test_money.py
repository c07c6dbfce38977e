"""Money: exact micro-dollars, never booked too low, and nothing that cannot be booked."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.domain.money import MOST, MicroUsd, show, usd


@pytest.mark.parametrize(
    ("amount", "micros"),
    [
        ("5.00", 5_000_000),
        (0.08, 80_000),
        ("0.0000001", 1),
        ("-0.0000019", -1),
        ("0", 0),
        (Decimal("1.5"), 1_500_000),
        ("0.00000100000000000000000000000000001", 2),
        ("1e-999999999", 1),
        ("9223372036854", 9_223_372_036_854_000_000),
    ],
)
def test_dollars_are_rounded_up_to_the_next_micro_dollar(amount: str | float | Decimal, micros: int) -> None:
    assert usd(amount) == micros


@pytest.mark.parametrize(
    "amount",
    ["", "five", "5,00", "$5", "nan", "sNaN", "inf", "-Infinity", float("nan"), "1e999999999", "1e13", "-1e13"],
)
def test_what_cannot_be_booked_is_refused(amount: str | float) -> None:
    with pytest.raises(ValueError, match="is not an amount of dollars"):
        usd(amount)


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, allow_infinity=False))
def test_an_amount_is_booked_at_its_exact_ceiling(amount: Decimal) -> None:
    assert usd(amount) == ceil(Fraction(amount) * 1_000_000)


@pytest.mark.parametrize(
    ("micros", "shown"),
    [
        (2_410_000, "$2.41"),
        (83, "$0.000083"),
        (-1_500_000, "-$1.50"),
        (0, "$0.00"),
        (-1, "-$0.000001"),
        (5_000_000, "$5.00"),
        (1_234_500, "$1.2345"),
    ],
)
def test_money_is_shown_in_cents_where_that_is_exact(micros: int, shown: str) -> None:
    assert show(MicroUsd(micros)) == shown


@given(st.integers(min_value=-MOST // 2, max_value=MOST // 2))
def test_what_is_shown_reads_back_as_the_same_money(micros: int) -> None:
    assert usd(show(MicroUsd(micros)).replace("$", "")) == micros
