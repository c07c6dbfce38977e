"""How values are written: spans, dollars, hours, zones, names and addresses."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchbill.config import forms


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("15s", timedelta(seconds=15)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("0.5s", timedelta(milliseconds=500)),
        ("7d", timedelta(days=7)),
    ],
)
def test_a_span_is_read_from_its_short_form(text: str, span: timedelta) -> None:
    assert forms.parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["", "15", "15 s", "m15", "-3m", "1y", 15, None, True, "0s", "367d", "15s ", "1e3s", "9" * 400 + "d"]
)
def test_anything_else_is_no_span(text: object) -> None:
    with pytest.raises(ValueError, match="must be"):
        forms.parse_span(text)


@given(st.integers(min_value=1, max_value=366 * 86_400 * 1000))
def test_a_shown_span_reads_back(milliseconds: int) -> None:
    span = timedelta(milliseconds=milliseconds)

    assert forms.parse_span(forms.show_span(span)) == span


def test_nothing_is_shown_as_no_seconds() -> None:
    assert forms.show_span(timedelta(0)) == "0s"


@pytest.mark.parametrize(("amount", "dollars"), [(5, "5"), (0.1, "0.1"), ("4.20", "4.20"), (Decimal("0.07"), "0.07")])
def test_dollars_stay_exact(amount: object, dollars: str) -> None:
    assert forms.parse_dollars(amount) == Decimal(dollars)


@pytest.mark.parametrize("amount", [True, "five", [1], None, -1, "nan", "inf", float("inf")])
def test_anything_else_is_no_amount(amount: object) -> None:
    with pytest.raises(ValueError, match="must be an amount of dollars"):
        forms.parse_dollars(amount)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "/etc/passwd", "../x", 3])
def test_an_unknown_zone_is_refused(zone: object) -> None:
    with pytest.raises(ValueError, match="must be a time zone"):
        forms.parse_zone(zone)


@pytest.mark.parametrize("name", ["", "a b", ".x", "-x", "a/b", "x" * 65, "ä"])
def test_a_name_is_safe_in_branches_and_paths(name: str) -> None:
    with pytest.raises(ValueError, match="must be at most 64"):
        forms.check_name(name)


@pytest.mark.parametrize(
    "address", ["ftp://x", "x", "http://", "http://a b", "https://user:pw@host/v1", "http://h/?key=1"]
)
def test_an_address_is_http_and_carries_no_secret(address: str) -> None:
    with pytest.raises(ValueError, match="must be an address"):
        forms.check_address(address)


def test_a_local_address_is_fine() -> None:
    assert forms.check_address("http://127.0.0.1:8080/v1") == "http://127.0.0.1:8080/v1"
