"""What grew is told from what is only there: halves of the time, and what each run added."""

from datetime import UTC, datetime

from benchmarks import gauges, soak
from benchmarks.pieces import MODELS, entry, play
from tests.vendors import Heard, Use


def looks(*of: float) -> list[gauges.Gauges]:
    return [
        {"rss MB": value, "runs ended": 10.0 * place, "ticks": 2.0 * place, "tick seconds": 1.0 * place}
        for place, value in enumerate(of)
    ]


def test_the_first_quarter_warms_up_and_the_last_is_held_against_the_second() -> None:
    assert gauges.halves(looks(1, 2, 5, 5, 5, 5, 7, 9))["rss MB"] == (5, 8)


def test_what_a_run_adds_is_counted_after_the_first_quarter() -> None:
    assert gauges.of_run(looks(0, 50, 60, 70), "rss MB") == 1
    assert gauges.of_run(looks(1)[:1] * 2, "rss MB") == 0


def test_a_tick_is_the_mean_of_those_since_the_look_before() -> None:
    assert [look["tick ms"] for look in gauges.with_rates(looks(1, 1, 1))] == [500, 500]


def test_the_next_full_hour_begins_a_day_in_the_zone_of_the_soak() -> None:
    found = [soak.midnight_soon(datetime(2026, 11, 30, hour, 10, tzinfo=UTC)) for hour in (23, 19, 3, 11, 10)]

    assert found == ["Etc/GMT-0", "Etc/GMT-4", "Etc/GMT+4", "Etc/GMT-12", "Etc/GMT+11"]


def test_a_piece_that_asks_is_written_once_it_was_answered() -> None:
    brief, answer = Heard(role="user", text=entry(7)), Heard(role="tool", text="Answer to Q-1 (Which): The red one")
    asked, wrote = (Heard(role="assistant", text="", tools=(tool,)) for tool in ("ask", "write_file"))

    steps = [play(MODELS[0], said) for said in ([brief], [brief, asked, answer], [brief, asked, answer, wrote])]

    assert [step[0].tool for step in steps if isinstance(step, list) and isinstance(step[0], Use)] == [
        "ask",
        "write_file",
        "finish",
    ]
