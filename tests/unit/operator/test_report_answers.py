"""Days, weeks and what happened since somebody asked last; scenes, standing and advice, as answers."""

from datetime import date, timedelta

import pytest
from operator_makers import CLAUDE, GPT, LANDED, NOVEL, NOW, begin, end, happened, land, outlook, put, spend

from watchbill.domain.ids import Commit, TaskType
from watchbill.domain.money import usd
from watchbill.domain.runs import RunState
from watchbill.domain.tasks import TaskState
from watchbill.operator.faults import BadQuestion
from watchbill.operator.queries import advice, management, periods, scenes
from watchbill.operator.queries.look import look
from watchbill.scheduling.detection import Find
from watchbill.scheduling.progress import Count
from watchbill.scheduling.recurring import Recurring, Timing
from watchbill.state import events, heads, progress, reports
from watchbill.state.engine import Connection

DAY = timedelta(days=1)
TODAY = date(2026, 11, 24)
WRITER = Recurring(
    name="writer",
    repo=NOVEL,
    timing=Timing(every=timedelta(hours=3)),
    find=Find(globs=("scenes/*.txt",), smaller_words=200),
    type=TaskType("write"),
    title="Go on with {target}",
)


def words(path: str, number: int, placeholders: int = 0) -> Count:
    return Count(path=path, words=number, lines=1, bytes=number * 5, placeholders=placeholders)


def vain(conn: Connection, name: str) -> None:
    put(conn, name)
    run = begin(conn, name, GPT)
    spend(conn, run, "0.02")
    end(conn, run, RunState.REJECTED, TaskState.FAILED, "the gates refuse it")


def test_a_day_tells_what_was_done_what_it_cost_what_needs_you_and_whether_all_is_well(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")
    vain(conn, "b")

    told = periods.daily(conn, outlook(now=NOW + timedelta(hours=1)))

    (done,) = told["landed"]
    assert (done["task"], done["run"], done["commit"], done["cost_usd"]) == ("a", run.id, LANDED, 0.08)
    assert [each["reason"] for each in told["came_to_nothing"]] == ["the gates refuse it"]
    assert told["work"]["spent_micro_usd"] == told["month_micro_usd"] == usd("0.10")
    assert [each["kind"] for each in told["needs_you"]] == ["failed"]
    assert told["health"]["health"] == "healthy"
    assert (told["name"], told["is_over"], told["counts"]) == ("day-2026-11-24", False, {"failed": 1, "landed": 1})


def test_costs_are_told_by_every_dimension_and_sum_up_alike(conn: Connection) -> None:
    put(conn, "a")
    land(conn, "a")
    vain(conn, "b")

    costs = periods.daily(conn, outlook(now=NOW + timedelta(hours=1)))["costs"]

    assert set(costs) == {"provider", "type", "model", "repo", "task", "run"}
    assert {sum(row["cost_micro_usd"] for row in rows) for rows in costs.values()} == {usd("0.10")}


def test_a_day_is_held_against_the_same_time_of_the_day_before(conn: Connection) -> None:
    put(conn, "a", "b", "c")
    land(conn, "a", at=NOW - DAY - timedelta(hours=1))
    land(conn, "b", at=NOW - timedelta(hours=1))
    land(conn, "c", at=NOW - DAY + timedelta(hours=3))  # later in the day than it is now

    told = periods.daily(conn, outlook())

    assert (told["work"]["landed"], told["before"]["landed"]) == (1, 1)


def test_the_trend_goes_day_by_day_from_the_first_run_on(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a", at=NOW - 2 * DAY)
    land(conn, "b", at=NOW - timedelta(hours=1))

    trend = periods.weekly(conn, outlook())["trend"]

    assert [(each["day"], each["landed"]) for each in trend] == [
        ("2026-11-22", 1),
        ("2026-11-23", 0),
        ("2026-11-24", 1),
    ]


def test_a_week_is_the_one_in_which_the_day_lies(conn: Connection) -> None:
    told = periods.weekly(conn, outlook(), "2026-11-18")

    assert (told["name"], told["since"], told["until"]) == (
        "week-2026-W47",
        "2026-11-16T00:00:00Z",
        "2026-11-23T00:00:00Z",
    )
    assert (told["is_over"], told["trend"]) == (True, [])


def test_since_last_goes_on_where_this_person_was_told(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a", at=NOW - timedelta(hours=6))
    land(conn, "b", at=NOW - timedelta(hours=2))
    reports.tell(conn, "ada", NOW - timedelta(hours=3))

    assert [each["task"] for each in periods.since_last(conn, outlook(), "ada")["landed"]] == ["b"]
    assert [each["task"] for each in periods.since_last(conn, outlook(), "bob")["landed"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("day", "words"), [("soon", "is no day"), ("0001-01-01", "nothing is known"), ("2026-11-25", "has not begun")]
)
def test_a_day_that_nobody_can_tell_of_is_refused(conn: Connection, day: str, words: str) -> None:
    with pytest.raises(BadQuestion, match=words):
        periods.daily(conn, outlook(), day)


def test_figures_say_when_the_first_week_ends(conn: Connection) -> None:
    assert periods.figures_of(conn, outlook())["baseline_on"] is None
    put(conn, "a")
    land(conn, "a")

    told = periods.figures_of(conn, outlook(now=NOW + timedelta(hours=1)))

    assert (told["baseline"], told["baseline_on"]) == (None, "2026-12-01T12:30:00Z")
    assert [each["name"] for each in told["figures"]] == [
        "wasted_runs",
        "calls_saved",
        "setup_saved",
        "cost_saved",
        "faster",
    ]
    assert all(each["method"] for each in told["figures"])


def test_what_was_taken_back_is_told(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")
    conn.execute(
        "INSERT INTO undoings (run, task, repo, commit_id, target_ref, delivery, who, why, findings, retry, state, revert_id, old, "
        "wanted_ms, ended_ms) SELECT :run, 'a', 'novel', :commit, 'refs/heads/main', 'integration', 'ada', 'it bores', '[]', 0, "
        "'done', :commit, :commit, ended_ms, ended_ms FROM runs WHERE id = :run",
        {"run": run.id, "commit": LANDED},
    )

    (back,) = periods.daily(conn, outlook(now=NOW + timedelta(hours=1)))["taken_back"]

    assert (back["who"], back["why"], back["state"]) == ("ada", "it bores", "done")


# --- scenes


def test_a_scene_is_told_with_its_target_its_tasks_and_its_gain(conn: Connection) -> None:
    put(conn, "a", "b", claims=("scenes/a.txt",), extra={"group": "Singing Dunes"})
    land(conn, "a")
    progress.put(conn, NOVEL, TODAY - DAY, [words("scenes/a.txt", 60), words("scenes/gone.txt", 9)])
    progress.put(conn, NOVEL, TODAY, [words("scenes/a.txt", 100), words("scenes/new.txt", 5, placeholders=2)])

    told = scenes.scenes(conn, outlook(recurring=(WRITER,)), TODAY, TODAY)

    first, new = told["texts"]
    assert (first["words"], first["gained"], first["target_words"], first["tasks_done"], first["tasks"]) == (
        100,
        40,
        200,
        1,
        2,
    )
    (group,) = told["groups"]
    assert (group["group"], group["tasks_done"], group["tasks"], group["words"], group["target_words"]) == (
        "Singing Dunes",
        1,
        2,
        100,
        200,
    )
    assert (first["complete"], first["target_said_by"]) == (0.5, "recurring writer")
    assert (new["gained"], new["placeholders"]) == (None, 2)
    assert (told["words"], told["gained"], told["placeholders"]) == (105, 40, 2)
    assert told["by_day"] == [{"day": "2026-11-23", "words": 69}, {"day": "2026-11-24", "words": 105}]


def test_nothing_that_was_never_counted_is_told(conn: Connection) -> None:
    assert scenes.scenes(conn, outlook(), TODAY, TODAY) == {
        "texts": [],
        "groups": [],
        "words": 0,
        "gained": None,
        "placeholders": 0,
        "by_day": [],
    }


# --- standing


def test_the_status_has_the_keys_that_old_dashboards_read(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    progress.put(conn, NOVEL, TODAY, [words("scenes/a.txt", 50)])
    heads.record(conn, NOVEL, Commit("c" * 40), [], NOW)

    told = management.standing(conn, outlook(recurring=(WRITER,), parted_repos={NOVEL: ("a.md",)}))

    assert told["task_queue"] == {
        "total_pending": 1,
        "in_progress": 0,
        "needs_review": 0,
        "completed": 1,
        "failed": 0,
        "total": 2,
    }
    assert told["workers"]["claude"]["exists"] is True
    assert told["scene_completion"]["scenes/a.txt"]["estimated_complete"] == 25
    assert told["merge_conflicts"] == [
        {"branch": "watchbill/main", "repo": "novel", "against": "main", "has_conflicts": True, "paths": ["a.md"]}
    ]
    assert told["health_score"] == told["health"]["score"]


# --- advice


def rules(conn: Connection, **fields: object) -> list[str]:
    return [each["rule"] for each in advice.recommend(conn, outlook(**fields))["recommendations"]]


def test_an_installation_that_is_well_gets_no_advice(conn: Connection) -> None:
    put(conn, "a")
    land(conn, "a")

    assert rules(conn) == []


def test_what_landed_since_the_target_moved_is_to_be_promoted(conn: Connection) -> None:
    heads.record(conn, NOVEL, Commit("c" * 40), [], NOW - DAY)
    for name in "abcde":
        put(conn, name)
        land(conn, name, at=NOW - timedelta(hours=3))

    assert rules(conn) == ["promote"]


def test_caps_flakes_lines_caches_and_gaps_are_read_off_what_happened(conn: Connection) -> None:
    for back in range(3):
        events.append(
            conn, "budget.paused", {"window": f"provider:claude:2026-11-2{back}", "until": None}, NOW - back * DAY
        )
        events.append(conn, "gate.flaky", {"repo": "novel", "commit": "c", "gates": ["pytest"]}, NOW)
    events.append(conn, "budget.paused", {"window": "runs:day:2026-11-24", "until": None}, NOW)
    happened(conn, "queue.read", repo="novel", path="q.md", tasks=1, unreadable=2)
    progress.put(conn, NOVEL, TODAY, [words("scenes/a.txt", 50, placeholders=11)])

    found = advice.evidence(conn, look(conn, outlook(missing_by_provider={GPT: "it has no key"}, disk_used=0.95)))

    (cap,) = found.caps
    assert (cap.of, cap.key, cap.days) == ("--provider claude", "budget.per_provider_usd", 3)
    assert [(flake.gate, flake.times) for flake in found.flakes] == [("pytest", 3)]
    assert [unread.lines for unread in found.unread] == [2]
    assert [(gap.placeholders, gap.tasks) for gap in found.unwritten] == [(11, 0)]
    assert found.unconfigured == ((GPT, "it has no key"),)


def test_a_reviewers_pile_is_told_by_its_age(conn: Connection) -> None:
    put(conn, "a")
    end(conn, begin(conn, "a", at=NOW - timedelta(hours=30)), RunState.REVIEW, TaskState.REVIEW, "low autonomy")

    assert rules(conn) == ["reviews_waiting"]


def test_idle_hours_are_own_hours_without_a_run_since_there_is_anything_to_tell(conn: Connection) -> None:
    events.append(conn, "daemon.started", {}, NOW - timedelta(hours=10))
    put(conn, "a")
    land(conn, "a", at=NOW - timedelta(hours=4, minutes=30))  # 08:00, an hour of claude's

    found = {hours.provider: hours for hours in advice.evidence(conn, look(conn, outlook())).hours}

    assert (found[CLAUDE].own, found[CLAUDE].idle) == (4, 3)
    assert (found[GPT].own, found[GPT].idle) == (5, 5)
