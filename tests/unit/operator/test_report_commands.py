"""watchbill report and recommend, over the store itself; and their part of the API."""

import json
from pathlib import Path

import pytest
from operator_makers import NOW, earlier_today, land, outlook, put, state_in, watchbill
from test_api import Api

from tests.stores import migrated
from watchbill.operator.faults import Exit
from watchbill.operator.reports.shelf import RUNS, Shelf
from watchbill.state import database, events
from watchbill.state.engine import Connection
from watchbill.state.folder import StateFolder

CONFIG = """
[daemon]
state_dir = "state"

[[repo]]
name = "novel"
path = "."

[provider.claude]
kind = "scripted"
models = [{ id = "claude-1" }]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    made = state_in(tmp_path, monkeypatch, CONFIG)
    with database.direct(migrated(made.db)) as conn:
        put(conn, "a")
        land(conn, "a", at=earlier_today())
    return made


def test_since_last_tells_each_thing_once(folder: StateFolder) -> None:
    kept = json.loads(watchbill("report", "since-last", "--keep-unread", "--json").stdout)
    first = json.loads(watchbill("report", "--json").stdout)
    second = json.loads(watchbill("report", "--json").stdout)

    assert [len(told["landed"]) for told in (kept, first, second)] == [1, 1, 0]
    assert second["since"] == first["until"]
    assert folder.db.exists()


@pytest.mark.usefixtures("folder")
def test_a_day_is_written_in_each_form() -> None:
    assert "Write a" in watchbill("report", "daily").stdout
    assert watchbill("report", "weekly", "--format", "html").stdout.startswith("<!doctype html>")
    assert json.loads(watchbill("report", "daily", "--format", "json").stdout)["kind"] == "daily"


@pytest.mark.usefixtures("folder")
def test_a_day_that_is_none_is_refused_with_the_mend() -> None:
    assert "write it as 2026-11-24" in watchbill("report", "daily", "--day", "soon", code=Exit.USAGE).stderr
    assert "--day is of daily and weekly" in watchbill("report", "--day", "2026-11-24", code=Exit.USAGE).stderr


def test_written_reports_are_listed(folder: StateFolder) -> None:
    Shelf(folder.logs).put(RUNS, "run-1", {"json": "{}", "md": "# run-1"}, NOW)

    assert "run-1" in watchbill("report", "list").stdout
    assert "1 in" not in watchbill("-q", "report", "list").stdout
    (one,) = json.loads(watchbill("report", "list", "--json").stdout)["reports"]
    assert (one["name"], one["formats"]) == ("run-1", ["json", "md"])


def test_recommend_is_silent_without_cause_and_else_says_what_to_run(folder: StateFolder) -> None:
    assert watchbill("recommend").stdout == ""
    with database.direct(folder.db) as conn:
        events.append(conn, "queue.read", {"repo": "novel", "path": "q.md", "tasks": 1, "unreadable": 2}, NOW)

    assert "→ watchbill task import --check" in watchbill("recommend").stdout
    assert json.loads(watchbill("recommend", "--json").stdout)["recommendations"][0]["rule"] == "queue_unreadable"


# --- the API


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/reports/daily", "/reports/weekly", "/reports/since-last?who=ada"])
async def test_a_period_is_answered_in_each_form(conn: Connection, path: str) -> None:
    put(conn, "a")
    land(conn, "a")
    api, joint = Api(conn), "&" if "?" in path else "?"

    kinds = [(await api.get(f"{path}{joint}format={form}")).headers["content-type"] for form in ("json", "md", "html")]

    assert [kind.split(";")[0] for kind in kinds] == ["application/json", "text/plain", "text/html"]


@pytest.mark.anyio
async def test_telling_is_a_deed_of_its_own_and_never_of_what_lies_ahead(conn: Connection) -> None:
    api = Api(conn)

    said = await api.post("/reports/since-last", json={"who": "ada", "until": "2099-01-01T00:00:00Z"})

    assert said.json() == {"who": "ada", "until": "2026-11-24T12:30:00Z"}
    assert api.commands.asked == [("caught_up", "ada", "12:30")]
    assert (await api.post("/reports/since-last", json={"who": "", "until": "soon"})).status_code == 400


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/reports/figures", "/recommendations", "/reports"])
async def test_the_rest_of_it_answers(conn: Connection, path: str) -> None:
    assert (await Api(conn).get(path)).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["/reports/run-9", "/reports/..%2Fwatchbill", "/reports/daily?day=soon", "/reports/daily?format=pdf"]
)
async def test_what_is_not_there_is_an_error_with_words(conn: Connection, path: str) -> None:
    answer = await Api(conn).get(path)

    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"]


@pytest.mark.anyio
async def test_a_written_report_is_read_by_its_name(conn: Connection, tmp_path: Path) -> None:
    Shelf(tmp_path).put(RUNS, "run-1", {"json": '{"a": 1}', "md": "# run-1", "html": "<p>"}, NOW)
    api = Api(conn)
    api.replace(api.commands, outlook=lambda: outlook(reports=tmp_path))

    assert (await api.get("/reports/run-1")).json() == {"a": 1}
    assert (await api.get("/reports/run-1?format=md")).text == "# run-1"
    assert (await api.get("/reports")).json()["reports"][0]["bytes"] == 18
