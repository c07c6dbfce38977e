"""The tempo: fast with work pending, slow without, slower off peak."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from planning import HOUR, NOON, bill, terms

from watchbill.scheduling.tempo import next_tick

PEAK = NOON - 2 * HOUR  # 10:00
ROTA = bill(terms("claude"))


@pytest.mark.parametrize(
    ("now", "pending", "idle_ticks", "seconds"),
    [
        (PEAK, True, 0, 15),
        (PEAK, True, 9, 15),
        (PEAK, False, 0, 15),
        (PEAK, False, 2, 60),
        (PEAK, False, 1_000, 900),
        (NOON, True, 0, 30),
        (NOON, False, 2, 120),
        (NOON, False, 6, 900),
    ],
)
def test_the_interval_follows_work_idleness_and_the_hour(now, pending, idle_ticks, seconds):
    assert next_tick(ROTA, now, pending=pending, idle_ticks=idle_ticks) == timedelta(seconds=seconds)


def test_peak_hours_are_hours_of_the_bills_zone():
    berlin = bill(terms("claude"), zone=ZoneInfo("Europe/Berlin"))

    assert next_tick(berlin, PEAK + HOUR, pending=True) == timedelta(seconds=30)
