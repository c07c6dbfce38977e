"""Moments inside sentences are told in one zone with those beside them, and what is no sentence of ours stays."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from operator_makers import outlook, put, state_in, watchbill

from watchbill.domain.pauses import Scope
from watchbill.operator import zoned
from watchbill.operator.queries import periods
from watchbill.operator.reports import markdown, period
from watchbill.state import database, pauses

NOW = datetime(2026, 11, 24, 23, 50, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CONFIG = '[daemon]\nstate_dir = "state"\n[[repo]]\nname = "novel"\npath = "."\n[provider.local]\nkind = "local"\n'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("until 2026-07-01 10:00 UTC", "until 2026-07-01 12:00 CEST"),
        ("from 00:10 UTC", "from 01:10 CET"),  # the next day is nearer
        ("at 13:02:07 UTC", "at 14:02:07 CET"),
        ("at 99:99 UTC, or 0000-00-00 00:00 UTC", "at 99:99 UTC, or 0000-00-00 00:00 UTC"),
        ("9999-12-31 23:59 UTC", "9999-12-31 23:59 UTC"),
        ("no moment", "no moment"),
    ],
)
def test_a_sentence_names_its_moments_in_the_zone(said: str, told: str) -> None:
    assert zoned.sentence(said, BERLIN, NOW) == told


def test_a_time_of_day_is_the_one_that_is_nearest() -> None:
    early = datetime(2026, 3, 29, 0, 10, tzinfo=UTC)  # the clocks go forward within the hour

    assert zoned.sentence("since 23:30 UTC", BERLIN, early) == "since 00:30 CET"
    assert zoned.sentence("until 02:30 UTC", BERLIN, early) == "until 04:30 CEST"


def test_what_others_wrote_at_length_and_fields_that_are_moments_stay() -> None:
    same = {"diff": "at 13:00 UTC", "until": "2026-11-24T13:00:00Z", "count": 3}

    assert zoned.answer(same, BERLIN, NOW) == same
    told = zoned.answer({"checks": [{"words": "at 13:00 UTC"}], "problems": ["by 13:00 UTC"]}, BERLIN, NOW)
    assert told == {"checks": [{"words": "at 14:00 CET"}], "problems": ["by 14:00 CET"]}


def test_people_hear_the_zone_of_their_machine_and_programs_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = state_in(tmp_path, monkeypatch, CONFIG)
    now = datetime.now(UTC)
    with database.direct(folder.db) as conn:
        put(conn, "a")
        pauses.put(conn, Scope.ALL, "", until=now + timedelta(days=2), why="away", who="jo", now=now)
    monkeypatch.setattr(zoned, "answer", lambda value, _zone, at: _answer(value, BERLIN, at))

    assert " UTC" in json.loads(watchbill("why", "a", "--json").output)["summary"]
    assert " UTC" not in watchbill("why", "a").output


_answer = zoned.answer


def test_a_report_is_in_its_zone_throughout(tmp_path: Path) -> None:
    with database.direct(tmp_path / "watchbill.db") as conn:
        answer = periods.daily(conn, outlook())
    answer = {
        **answer,
        "zone": "Europe/Berlin",
        "recommendations": [{"rule": "x", "evidence": "at 13:00 UTC", "run": "y"}],
    }

    assert "at 14:00 CET" in markdown.write(period.document(answer))
