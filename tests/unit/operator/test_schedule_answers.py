"""The schedule as an answer: the strip, the week, overrides, and what would be if."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from operator_makers import (
    CLAUDE,
    GPT,
    LOCAL,
    NOW,
    ScriptedCommands,
    begin,
    bill,
    end,
    land,
    outlook,
    provider,
    put,
    state_in,
    watchbill,
)

from watchbill.domain.breakers import Sign
from watchbill.domain.ids import ProviderName
from watchbill.domain.money import MicroUsd
from watchbill.domain.pauses import Scope
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.domain.windows import WindowKind
from watchbill.operator import inside, plain, rota
from watchbill.operator.cli import schedule
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.queries import curves, strip, supposing, week
from watchbill.operator.queries.look import snapshot_of
from watchbill.operator.queries.supposing import Supposing
from watchbill.scheduling.bill import SlotPolicy
from watchbill.scheduling.simulate import simulate
from watchbill.state import breakers, database, events, overrides, pauses
from watchbill.state.engine import Connection

HALF_DAY = timedelta(hours=12)
HOUR = timedelta(hours=1)


def stands(conn: Connection, **fields: Any) -> rota.Done:
    said = {"provider": GPT, "hours": frozenset({14, 15}), "until": None, "who": "ann", "why": "away", **fields}
    return rota.do(conn, rota.Stand(**said), outlook().bill, NOW)


def watch(conn: Connection, **fields: Any) -> Mapping[str, Any]:
    there = outlook(**fields)
    forecast = simulate(snapshot_of(conn, there), there.bill, NOW, hours=13)
    return strip.strip(conn, there, HALF_DAY, HALF_DAY, forecast)


def row(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(each for each in answer["rows"] if each["provider"] == name)


def test_an_override_without_an_end_has_each_hour_come_once(conn):
    done = stands(conn)

    assert (done.event, done.facts["hours"], done.facts["until"]) == (
        "schedule.overridden",
        "14-15",
        NOW + timedelta(days=1),
    )


@pytest.mark.parametrize(
    ("fields", "policy", "words"),
    [
        ({"why": " "}, SlotPolicy.PREFER, "say why"),
        ({"until": NOW}, SlotPolicy.PREFER, "is over"),
        ({"until": NOW + timedelta(days=8)}, SlotPolicy.PREFER, "within a week"),
        ({"provider": LOCAL}, SlotPolicy.PREFER, "stands every watch"),
        ({"hours": frozenset()}, SlotPolicy.PREFER, "no hours"),
        ({}, SlotPolicy.OFF, "hours do not matter"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_mend(conn, fields, policy, words):
    said = {"provider": GPT, "hours": frozenset({14}), "until": None, "who": "ann", "why": "away", **fields}

    with pytest.raises(BadQuestion, match=words):
        rota.do(conn, rota.Stand(**said), bill(policy=policy), NOW)


def test_a_name_that_nobody_has_is_told(conn):
    with pytest.raises(NotFound, match="no provider is called 'gtp'"):
        stands(conn, provider=ProviderName("gtp"))
    with pytest.raises(NotFound, match="no override is in force"):
        rota.do(conn, rota.AsWritten(number=None, who="", why="enough"), bill(), NOW)
    with pytest.raises(NotFound, match="override 7 is not in force"):
        rota.do(conn, rota.AsWritten(number=7, who="", why="enough"), bill(), NOW)


def test_the_strip_has_what_was_done_and_what_is_planned(conn):
    put(conn, "a", "b", "c", "d")
    land(conn, "a", at=NOW - 3 * HOUR)
    end(conn, begin(conn, "b", at=NOW - 2 * HOUR), RunState.REJECTED, TaskState.QUEUED)
    begin(conn, "c", provider=GPT, at=NOW - timedelta(minutes=9))

    answer = watch(conn)

    assert (answer["begin"], answer["end"]) == ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    done = {(each["task"], each["doing"]) for name in (CLAUDE, GPT) for each in row(answer, name)["stints"]}
    assert {("a", "good"), ("b", "bad"), ("c", "live")} <= done
    assert ("d", "planned") in done
    assert row(answer, LOCAL)["watches"] == []
    assert {"from": "2026-11-24T02:00:00Z", "to": "2026-11-24T03:00:00Z", "why": "its hours"} in row(answer, CLAUDE)[
        "watches"
    ]


def test_the_strip_follows_what_people_changed(conn):
    stands(conn, hours=frozenset(range(24)))

    answer = watch(conn)

    coming = [span for span in row(answer, CLAUDE)["watches"] if span["from"] > "2026-11-24T12:30"]
    assert coming == []
    assert answer["overrides"][0]["why"] == "away"


def test_hours_that_were_given_away_are_drawn_where_they_were_after_their_end(conn):
    every = frozenset(range(24))
    before = NOW - 5 * HOUR
    overrides.put(conn, GPT, every, until=NOW - 2 * HOUR, who="jo", why="away", now=before)

    answer = watch(conn)

    since, until = plain.stamp(before), plain.stamp(NOW - 2 * HOUR)
    assert any(each["from"] <= since and each["to"] >= until for each in row(answer, "gpt")["watches"])
    assert not [each for each in row(answer, "claude")["watches"] if each["from"] < until and each["to"] > since]
    assert answer["overrides"] == []


def test_the_strip_has_when_somebody_was_kept_from_work(conn):
    for hours, name, facts in (
        (40, "provider.held", {"provider": CLAUDE, "model": "", "kind": "exhausted", "until": None}),
        (39, "provider.released", {"provider": CLAUDE}),
        (8, "provider.breaker_opened", {"provider": CLAUDE, "model": "claude-1", "until": None, "why": "one model"}),
        (7, "provider.breaker_opened", {"provider": CLAUDE, "model": "", "until": None, "why": "thrice"}),
        (6, "provider.breaker_closed", {"provider": CLAUDE, "model": ""}),
        (5, "pause.set", {"scope": "provider", "of": CLAUDE, "until": None, "who": "ann", "why": "trip"}),
        (4, "pause.lifted", {"scope": "provider", "of": CLAUDE}),
        (3, "provider.held", {"provider": CLAUDE, "model": "", "kind": "throttled", "until": None}),
        (2, "provider.reset", {"provider": CLAUDE, "models": [], "holds": [], "who": "ann", "why": "well"}),
        (1, "pause.set", {"scope": "repo", "of": "novel", "until": None, "who": "ann", "why": "not a provider"}),
    ):
        events.append(conn, name, facts, NOW - hours * HOUR)

    outs = row(watch(conn), CLAUDE)["outs"]

    assert [(each["kind"], each["why"]) for each in outs] == [
        ("breaker", "breaker: thrice"),
        ("pause", "pause: trip"),
        ("hold", "hold: throttled"),
    ]
    assert (outs[0]["from"], outs[0]["to"]) == ("2026-11-24T05:30:00Z", "2026-11-24T06:30:00Z")


def test_the_strip_goes_on_with_what_keeps_somebody_from_work_now(conn):
    for _ in range(3):
        breakers.note(conn, CLAUDE, Sign.FAILED, NOW, why="502")
    pauses.put(conn, Scope.PROVIDER, GPT, until=NOW + HOUR, why="away", now=NOW, who="ann")

    answer = watch(conn)

    assert [each["kind"] for each in row(answer, CLAUDE)["outs"]] == ["breaker"]
    assert row(answer, GPT)["outs"][0]["to"] == "2026-11-24T13:30:00Z"


def test_the_strip_has_when_no_daemon_ran(conn):
    events.append(conn, "daemon.stopped", {}, NOW - 20 * HOUR)
    events.append(conn, "daemon.started", {}, NOW - 10 * HOUR)
    events.append(conn, "daemon.stopped", {}, NOW - 2 * HOUR)

    gone = watch(conn, daemon=None)["silent"]

    assert [(each["from"][11:16], each["to"][11:16]) for each in gone] == [("00:00", "02:30"), ("10:30", "12:30")]


def test_before_the_first_start_nothing_is_known(conn):
    assert watch(conn)["silent"][0]["why"] == "before the first start"


def test_the_week_is_the_mean_of_the_weeks_known(conn):
    put(conn, "a", "b")
    for name, weeks in (("a", 2), ("b", 1)):
        land(conn, name, at=NOW - timedelta(weeks=weeks) - timedelta(minutes=2))
    stands(conn, hours=frozenset({14}))

    answer = week.week(conn, outlook(), 4)

    claude, gpt, local = answer["providers"]
    assert answer["weeks"] == pytest.approx(2, abs=0.01)
    assert claude["busy"] == [{"day": 1, "hour": 12, "minutes": pytest.approx(5, abs=0.1)}]
    assert [(each["day"], each["hour"]) for each in claude["changed"]] == [(1, 14)]
    assert [(each["day"], each["hour"]) for each in gpt["changed"]] == [(1, 14)]
    assert (local["hours"], local["busy"], answer["now"]) == ([], [], [1, 12])


def test_a_run_over_the_hour_counts_in_both_and_two_at_once_count_once(conn):
    put(conn, "a", "b")
    for name in ("a", "b"):
        end(conn, begin(conn, name, at=NOW - timedelta(minutes=33)), RunState.REJECTED, TaskState.QUEUED)

    (busy,) = [each["busy"] for each in week.week(conn, outlook(), 1)["providers"] if each["provider"] == CLAUDE]

    assert [(each["hour"], each["minutes"]) for each in busy] == [(11, 3.0), (12, 2.0)]


def test_supposing_somebody_out_moves_the_work_and_writes_nothing(conn):
    put(conn, "a", "b")
    before = conn.total_changes

    answer = supposing.what_if(snapshot_of(conn, outlook()), outlook(), HALF_DAY, Supposing(out=frozenset({CLAUDE})))

    assert conn.total_changes == before
    assert answer["supposing"] == ["claude is out"]
    assert {each["provider"] for each in answer["starts"]} == {"gpt"}
    assert {each["task"] for each in answer["changes"]} == {"a", "b"}
    assert (answer["as_is"]["tasks"], answer["would_be"]["tasks"]) == (2, 2)


def test_supposing_no_money_starts_nothing(conn):
    put(conn, "a")

    answer = supposing.what_if(
        snapshot_of(conn, outlook()), outlook(), HOUR, Supposing(day=MicroUsd(0), month=MicroUsd(0))
    )

    assert answer["would_be"] == {"starts": 0, "tasks": 0, "not_scheduled": 1, "cost_micro_usd": 0, "cost_usd": 0.0}
    assert answer["changes"][0]["after"] is None
    assert answer["not_scheduled"][0]["reason"] == "budget_day"
    assert answer["supposing"] == ["the day has $0.00", "the month has $0.00"]


def test_supposing_other_hours_policy_and_places(conn):
    put(conn, "a")
    wanted = Supposing(hours={CLAUDE: frozenset({15})}, policy=SlotPolicy.STRICT, parallel=1)

    there = outlook(bill=bill(providers=(provider(CLAUDE, range(24)), provider(GPT, range(14)))))
    answer = supposing.what_if(snapshot_of(conn, there), there, HALF_DAY, wanted)

    assert answer["supposing"] == ["claude has the hours 15", "slot_policy is strict", "1 runs go on at once"]
    assert answer["starts"][0]["provider"] == "gpt"


def test_supposing_nothing_changes_nothing(conn):
    put(conn, "a")

    assert supposing.what_if(snapshot_of(conn, outlook()), outlook(), HALF_DAY, Supposing())["changes"] == []


def test_supposing_somebody_whom_nobody_knows_is_refused(conn):
    with pytest.raises(BadQuestion, match="no provider is called 'x'"):
        supposing.what_if(snapshot_of(conn, outlook()), outlook(), HOUR, Supposing(out=frozenset({ProviderName("x")})))
    with pytest.raises(BadQuestion, match="at least one run"):
        supposing.what_if(snapshot_of(conn, outlook()), outlook(), HOUR, Supposing(parallel=0))


def test_the_burn_has_the_sums_the_cap_and_the_way_ahead(conn):
    put(conn, *(f"t{day}" for day in range(5)), "now")
    for day in range(5):
        land(conn, f"t{day}", "1.00", at=NOW - timedelta(days=day))

    day = curves.burn(conn, outlook(), WindowKind.DAY)
    month = curves.burn(conn, outlook(), WindowKind.MONTH)

    assert [each["sum_usd"] for each in day["spent"]] == [1.0]
    assert (day["begin"], day["turns_at"]) == ("2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
    assert (day["cap_usd"], day["total_usd"]) == (5.0, 1.0)
    assert [each["sum_usd"] for each in month["spent"]] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert month["ahead"][0]["at"] == "2026-11-24T12:30:00Z"
    assert month["ahead"][-1]["at"] == "2026-12-01T00:00:00Z"
    assert all(each["low_usd"] <= each["likely_usd"] <= each["high_usd"] for each in month["ahead"])


def test_without_history_no_way_ahead_is_drawn(conn):
    assert curves.burn(conn, outlook(), WindowKind.DAY)["ahead"] == []


def test_costs_by_provider_and_type_and_by_day(conn):
    put(conn, "a", "b")
    land(conn, "a", "0.10", at=NOW - timedelta(days=1))
    land(conn, "b", "0.30", at=NOW - HOUR)

    cells = curves.matrix(conn, outlook(), NOW - timedelta(days=7))["cells"]
    days = curves.days(conn, outlook(), 3)

    assert cells == [{"provider": "claude", "type": "write", "cost_micro_usd": 400_000, "cost_usd": 0.4}]
    assert [(each["landed"], each["cost_usd"], each["per_landed_usd"]) for each in days["days"]] == [
        (0, 0.0, None),
        (1, 0.1, 0.1),
        (1, 0.3, 0.3),
    ]
    assert (days["landed"], days["per_landed_usd"]) == (2, 0.2)


def test_scores_go_on_from_the_one_that_held(conn):
    for hours, score in ((30, 50), (26, 100), (2, 60)):
        events.append(conn, "provider.scored", {"provider": CLAUDE, "score": score, "before": None}, NOW - hours * HOUR)

    found = curves.scores(conn, outlook(), timedelta(hours=24))["scores"]

    assert [(each["at"][:16], each["score"]) for each in found["claude"]] == [
        ("2026-11-23T12:30", 100),
        ("2026-11-24T10:30", 60),
    ]


def ask(conn: Connection, path: str, said: Mapping[str, Any] | None = None, method: str = "GET") -> Any:
    return inside.ask(conn, ScriptedCommands(), outlook, method=method, path=f"/api/v1{path}", said=said)


@pytest.mark.parametrize(
    "said",
    [{"day_usd": "much"}, {"day_usd": "-1"}, {"at": ["claude"]}, {"at": ["claude=25"]}, {"out": ["nobody"]}],
)
def test_a_question_that_makes_no_sense_is_refused(conn, said):
    assert ask(conn, "/schedule/what-if", said).status == 409


def test_the_api_has_the_strip_the_week_and_what_would_be(conn):
    for path in ("/schedule", "/schedule/strip", "/schedule/week", "/schedule/what-if"):
        assert ask(conn, path, {}).status == 200
    assert ask(conn, "/schedule/what-if", {"out": ["claude"], "at": ["gpt=0-5"], "month_usd": "3"}).status == 200


CONFIG = """
[daemon]
state_dir = "state"
[[repo]]
name = "novel"
path = "."
[provider.claude]
kind = "scripted"
hours = "0-11"
[provider.gpt]
kind = "scripted"
hours = "12-23"
"""


@pytest.mark.usefixtures("berlin")
def test_a_strip_says_where_hours_are_written_in_another_zone_than_it_is_read_in():
    assert schedule._written("Asia/Tokyo", NOW) == ", written in Asia/Tokyo"
    assert schedule._written("Europe/Paris", NOW) == ""


def test_an_override_from_its_command_to_its_end(tmp_path, monkeypatch):
    folder = state_in(tmp_path, monkeypatch, CONFIG)
    with database.direct(folder.db):
        pass

    assert (
        "gpt stands * until"
        in watchbill("schedule", "override", "*", "gpt", "--for", "2h", "-m", "claude is away").stdout
    )
    shown = watchbill("schedule", "show").stdout
    assert "by hand (1): gpt stands *" in shown
    assert "│" in shown
    assert '"why": "claude is away"' in watchbill("schedule", "show", "--json").stdout
    assert "by hand until" in watchbill("status").stdout
    assert "1 override is over" in watchbill("schedule", "clear", "-m", "back").stdout
    assert "by hand" not in watchbill("schedule", "show").stdout
    with database.direct(folder.db) as conn:
        assert [each.name for each in events.since(conn, 0, "schedule.*")] == [
            "schedule.overridden",
            "schedule.cleared",
        ]
        assert overrides.in_force(conn, NOW - timedelta(days=3650)) != []


def test_json_of_both_commands(tmp_path, monkeypatch):
    folder = state_in(tmp_path, monkeypatch, CONFIG)
    with database.direct(folder.db):
        pass

    assert '"number": 1' in watchbill("schedule", "override", "1-3", "gpt", "-m", "x", "--json").stdout
    assert '"numbers"' in watchbill("schedule", "clear", "1", "-m", "x", "--json").stdout
    assert "25 is no hour" in watchbill("schedule", "override", "25", "gpt", "-m", "x", code=2).output


def test_the_terminals_strip_says_each_half_hour():
    def span(begin: float, end: float, **fields: str) -> dict[str, str]:
        day = NOW.replace(hour=0, minute=0)
        return {"from": (day + begin * HOUR).isoformat(), "to": (day + end * HOUR).isoformat(), "why": "why", **fields}

    day = NOW.replace(hour=0, minute=0)
    answer = {
        "begin": day.isoformat(),
        "end": (day + 6 * HOUR).isoformat(),
        "generated_at": (day + 3 * HOUR).isoformat(),
        "zone": "UTC",
        "policy": "prefer",
        "overrides": [],
        "silent": [span(2, 2.5)],
        "rows": [
            {
                "provider": "claude",
                "watches": [span(0, 1)],
                "stints": [span(1, 1.5, doing="good"), span(2.5, 2.75, doing="bad"), span(4, 4.5, doing="planned")],
                "outs": [span(5, 6)],
            }
        ],
    }

    lines = list(schedule.render(answer))

    assert lines[1] == "claude  --█· ▄│··░·xx"
    assert "claude is kept from work until" in lines[-1]
