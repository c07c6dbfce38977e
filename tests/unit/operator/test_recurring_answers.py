"""Recurring entries and repositories as answers: when they come, what they found, and whose turn it was."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from operator_makers import BASE, NOVEL, NOW, asked, begin, bill, outlook, put, task

from watchbill.domain.ids import ProviderName, RepoName, TaskId, TaskType
from watchbill.domain.tasks import ORIGIN, Source
from watchbill.operator.cli import root as cli
from watchbill.operator.queries import forecasts, recurring, status, tasks
from watchbill.scheduling.bill import RepoTerms
from watchbill.scheduling.detection import Find
from watchbill.scheduling.recurring import Recurring, Timing
from watchbill.state import recurring as rows
from watchbill.state.engine import Connection
from watchbill.state.recurring import Recurrence

HOUR = timedelta(hours=1)
WRITER = Recurring(
    name="writer",
    repo=NOVEL,
    timing=Timing(every=3 * HOUR),
    find=Find(globs=("scenes/*",)),
    type=TaskType("write"),
    title="Write {target}",
    provider=ProviderName("claude"),
    fallback=(ProviderName("gpt"),),
)
WEEKLY = Recurring(
    name="weekly",
    repo=NOVEL,
    timing=Timing(cron="0 6 * * 1", offset=HOUR / 2),
    find=Find(),
    type=TaskType("docs"),
    title="Weekly",
)
SEEN = NOW.replace(minute=0)  # the writer's last occurrence
AROUND = outlook(recurring=(WEEKLY, WRITER))


def looked(conn: Connection, **fields: object) -> None:
    rows.looked(conn, Recurrence(entry="writer", seen=SEEN, looked_at=SEEN, commit=BASE, **fields))  # type: ignore[arg-type]


def entry(conn: Connection) -> dict[str, object]:
    found = recurring.named(conn, AROUND, "writer")
    assert found is not None
    return found


def test_the_soonest_entry_comes_first(conn: Connection) -> None:
    answer = recurring.listing(conn, AROUND)

    assert [(each["entry"], each["when"], each["next_at"]) for each in answer["entries"]] == [
        ("writer", "every 3h", "2026-11-24T15:00:00Z"),
        ("weekly", "cron 0 6 * * 1, 30m later", "2026-11-30T06:30:00Z"),
    ]
    assert answer["entries"][0]["fallback"] == ["gpt"]


def test_an_entry_tells_what_its_last_look_came_to(conn: Connection) -> None:
    assert entry(conn)["words"] == "has not looked yet"

    looked(conn)
    assert entry(conn)["words"] == "found nothing to do"

    looked(conn, fault="make ended with 2")
    assert entry(conn)["words"] == "failed: make ended with 2"

    rows.make(conn, "writer", "a.txt", task("writer-a"), occurrence=SEEN, now=NOW)
    looked(conn, found=("a.txt", "*"), made=(TaskId("writer-a"),), fault="1 of the targets are no paths")
    assert entry(conn)["words"] == "found 2, made 1 tasks of it, 1 are open; 1 of the targets are no paths"


def test_an_occurrence_that_was_missed_comes_now(conn: Connection) -> None:
    rows.pass_by(conn, "writer", SEEN - 3 * HOUR)

    assert entry(conn)["next_at"] == "2026-11-24T12:30:00Z"


def test_the_plan_tells_when_work_will_be_looked_for(conn: Connection) -> None:
    answer = asked(forecasts.plan, conn, AROUND, 7 * HOUR)

    assert answer["occurrences"] == [
        {"at": "2026-11-24T15:00:00Z", "entry": "writer", "repo": "novel"},
        {"at": "2026-11-24T18:00:00Z", "entry": "writer", "repo": "novel"},
    ]


def test_why_of_a_task_names_the_entry_that_made_it(conn: Connection) -> None:
    rows.make(conn, "writer", "a.txt", task("writer-a"), occurrence=SEEN, now=NOW)
    put(conn, "b")

    answer = asked(forecasts.why, conn, AROUND, TaskId("writer-a"))
    assert answer["recurring"]["next_at"] == "2026-11-24T15:00:00Z"
    assert asked(forecasts.why, conn, AROUND, TaskId("b"))["recurring"] is None


def test_why_of_an_entry_tells_of_the_entry(conn: Connection) -> None:
    rows.make(conn, "writer", "a.txt", task("writer-a"), occurrence=SEEN, now=NOW)

    answer = asked(forecasts.why, conn, AROUND, TaskId("writer"))

    assert (answer["task"], answer["recurring"]["entry"], answer["summary"]) == (None, "writer", "has not looked yet")


def test_a_look_that_failed_is_a_problem(conn: Connection) -> None:
    looked(conn, fault="make ended with 2")

    answer = status.status(conn, AROUND)

    assert "recurring writer: make ended with 2" in answer["problems"]
    assert [each["entry"] for each in answer["recurring"]] == ["writer", "weekly"]


def test_every_task_tells_where_it_comes_from(conn: Connection) -> None:
    put(conn, "a", source=Source(path="docs/queue.md", line=7))
    put(conn, "b", extra={ORIGIN: "recurring writer"})
    put(conn, "c")

    answer = tasks.listing(conn, outlook(), tasks.Filter())

    assert {each["id"]: each["origin"] for each in answer["tasks"]} == {
        "a": "docs/queue.md:7",
        "b": "recurring writer",
        "c": "",
    }


def test_each_repository_tells_its_share_and_what_it_got(conn: Connection) -> None:
    tool = RepoName("tool")
    two = bill(repos=(RepoTerms(name=NOVEL, share=2), RepoTerms(name=tool)))
    put(conn, "x", "y")
    begin(conn, "x")
    put(conn, "z", repo=tool)

    answer = status.status(conn, outlook(bill=two, broken_repos={tool: "it is gone"}))

    assert [(one["name"], one["share"], one["open"], one["runs_24h"], one["fault"]) for one in answer["repos"]] == [
        ("novel", 2, 2, 1, ""),
        ("tool", 1.0, 1, 0, "it is gone"),
    ]


# --- the command line

CONFIG = """
[[repo]]
name = "novel"
path = "."
share = 2
queue = ["tasks.md"]
{more}
[provider.local]
kind = "local"
"""
RECURS = '[[recurring]]\nname = "hourly"\nrepo = "novel"\nevery = "1h"\n'
OTHER = '[[repo]]\nname = "tool"\npath = "tool"\n'


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The command line beside a configuration with what is asked for."""

    def run(more: str, *words: str) -> str:
        for home in (tmp_path, tmp_path / "tool"):
            (home / ".git").mkdir(parents=True, exist_ok=True)
        (tmp_path / "watchbill.toml").write_text(CONFIG.format(more=more))
        (tmp_path / "tasks.md").write_text("- [ ] Check it #validate [id:: check]\n")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("WATCHBILL_STATE_DIR", str(tmp_path / "state"))
        result = CliRunner().invoke(cli.group, list(words), prog_name="watchbill")
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_command_lists_what_recurs(say) -> None:  # type: ignore[no-untyped-def]
    assert "Nothing recurs" in say("", "recurring")
    assert "hourly" in say(RECURS, "recurring")
    assert json.loads(say(RECURS, "recurring", "--json"))["entries"][0]["when"] == "every 1h"


def test_the_plan_shows_the_coming_looks_and_how_many_more(say) -> None:  # type: ignore[no-untyped-def]
    said = say(RECURS, "plan", "--hours", "24")

    assert "Recurring work is looked for:" in said
    assert "… and 12 more times" in said
    assert "Recurring" not in say("", "plan")
    assert "more times" not in say(RECURS, "plan", "--hours", "2")


def test_why_shows_an_entry(say) -> None:  # type: ignore[no-untyped-def]
    said = say(RECURS, "why", "hourly")

    assert "hourly  recurs every 1h in novel, as simple" in said
    assert "it has not looked yet" in said


def test_status_shows_the_next_look_and_the_shares(say) -> None:  # type: ignore[no-untyped-def]
    said = say(OTHER + RECURS, "status")

    assert "hourly" in said
    assert "repos    novel 0 (2) · tool 0 (1)   runs in 24h (share)" in said
    assert "repos " not in say(RECURS, "status")


def test_the_list_shows_where_a_task_comes_from(say) -> None:  # type: ignore[no-untyped-def]
    assert "tasks.md:1" in say("", "task", "list")
