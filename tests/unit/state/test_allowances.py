"""Allowances: nothing new begins where a window is all but used up, until it is well below that or its reset."""

from datetime import datetime, timedelta

import pytest
from store_makers import CLAUDE, NOW

from watchbill.domain.outcomes import LimitWindow, WindowUse
from watchbill.state import allowances
from watchbill.state.engine import Connection

RESET = NOW + timedelta(hours=3)


def note(conn: Connection, *shares: float, resets_at: datetime | None = RESET, now: datetime = NOW) -> list[float]:
    """The shares that are held for, after those were told one after the other."""
    for used in shares:
        use = WindowUse(window=LimitWindow.FIVE_HOURS, used=used, resets_at=resets_at)
        allowances.note(conn, CLAUDE, [use], now)
    return [found.used for found in allowances.nearly_used_up(conn)]


@pytest.mark.parametrize(
    ("shares", "held"),
    [
        ((0.89,), []),
        ((0.90,), [0.90]),
        ((1.02,), [1.02]),
        ((0.92, 0.85), [0.85]),
        ((0.92, 0.849), []),
        ((0.92, 0.80, 0.89), []),
        ((-1.0,), []),
    ],
)
def test_a_window_is_held_from_nine_tenths_and_let_go_below_85_percent(conn: Connection, shares, held):
    assert note(conn, *shares) == held


def test_it_is_let_go_a_grace_after_its_reset_and_said_once(conn: Connection):
    note(conn, 0.95)
    grace = timedelta(seconds=5)

    assert allowances.turn_due(conn, RESET, grace) == []
    assert allowances.turn_due(conn, RESET + grace, grace) == [CLAUDE]
    assert allowances.turn_due(conn, RESET + grace, grace) == []
    assert list(allowances.nearly_used_up(conn)) == []


def test_what_states_no_reset_or_one_that_is_over_is_not_held_for(conn: Connection):
    assert note(conn, 0.99, resets_at=None) == []
    assert note(conn, 0.99, resets_at=NOW) == []


def test_each_window_is_held_by_itself_and_says_why(conn: Connection):
    note(conn, 0.95)
    week = WindowUse(window=LimitWindow.WEEK, used=0.5, resets_at=RESET, model="opus")
    allowances.note(conn, CLAUDE, [week], NOW)

    (held,) = allowances.nearly_used_up(conn)

    assert (held.window, held.model, held.resets_at) == (LimitWindow.FIVE_HOURS, "", RESET)
    assert held.why == "95% of its 5h allowance is used"


def test_what_a_person_forgets_is_held_no_more(conn: Connection):
    note(conn, 0.95)

    allowances.forget(conn, CLAUDE)

    assert list(allowances.nearly_used_up(conn)) == []
