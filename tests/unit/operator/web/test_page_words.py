"""Numbers, money, moments and odd characters as people read them: the examples beside the functions, and what they leave out."""

import doctest
from datetime import UTC, datetime
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from watchbill.operator import visible, words
from watchbill.operator.web import deeds, events, overview

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize("module", [deeds, events, overview, visible, words])
def test_examples_beside_the_functions_are_true(module: ModuleType) -> None:
    found = doctest.testmod(module)

    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize(
    ("stamp", "says"),
    [
        ("2026-11-24T23:30:00Z", "Wed 25 Nov 00:30"),
        ("2026-10-01T08:00:00Z", "1 Oct 10:00"),
        ("2025-11-24T11:48:00Z", "2025-11-24 12:48"),
        (None, "—"),
    ],
)
def test_moment_is_told_in_the_zone_and_with_its_day_where_that_is_another(stamp: str | None, says: str) -> None:
    assert words.clock(stamp, NOON, ZoneInfo("Europe/Berlin")) == says


@pytest.mark.parametrize(
    ("stamp", "says"),
    [
        ("2026-11-24T12:00:00Z", "now"),
        ("2026-11-24T11:59:42Z", "18 s ago"),
        ("2026-11-21T12:00:00Z", "3 d ago"),
        ("2026-11-24T12:00:30Z", "in 30 s"),
    ],
)
def test_age_is_told_in_its_largest_unit(stamp: str, says: str) -> None:
    assert words.ago(stamp, NOON) == says


def test_negative_amounts_and_cents_keep_their_sign_and_places() -> None:
    assert (words.usd(-1_500_000), words.usd(0), words.usd(9_999), words.usd(1_234_000_000)) == (
        "-$1.50",
        "$0.00",
        "$0.009999",
        "$1,234.00",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a\r\nb", "a␍\nb"),
        ("\x7f\x9b", "␡«U+009B»"),
        ("\ufeff\u2066", "«U+FEFF»«U+2066»"),
        ("👩\u200d🚀 \u0645\u06cc\u200c\u062e", "👩\u200d🚀 \u0645\u06cc\u200c\u062e"),
        ("\ud800", "«U+D800»"),
        ("\U000e0041", "«U+E0041»"),
    ],
)
def test_characters_that_hide_or_reorder_are_shown_by_name_and_scripts_keep_their_joiners(text: str, says: str) -> None:
    assert visible.visible(text) == says
    assert visible.is_plain(text) is (text == says)
