"""What the control API says of locks, attention, configuration, readiness, pages of tasks, and many tasks at once."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from operator_makers import (
    CLAUDE,
    CONFIG,
    NOW,
    ScriptedCommands,
    begin,
    bill,
    happened,
    land,
    outlook,
    provider,
    put,
    task,
)

from tests.unit.operator.test_api import Api
from watchbill.config.lines import lines_of
from watchbill.config.load import Loaded, parse
from watchbill.config.places import places_at
from watchbill.config.problems import BadConfig, Source
from watchbill.domain.errors import IllegalMove
from watchbill.domain.tasks import TaskState
from watchbill.operator import outside
from watchbill.operator.openapi import schema
from watchbill.operator.outlook import ConfigFacts, WebFacts
from watchbill.operator.queries import configured, locks, status, symphony, tasks
from watchbill.state import tasks as task_rows
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


def found(conn: Connection, name: str, **fields: Any) -> dict[str, Any]:
    stored = task_rows.get(conn, task(name).id)
    assert stored is not None
    return symphony.issue(conn, stored, tasks.one(conn, outlook(**fields), stored.id)["runs"], outlook(**fields))


def test_a_lock_says_who_holds_what_since_when_and_who_waits(conn: Connection) -> None:
    put(conn, "a", claims=("docs/**",))
    put(conn, "b", claims=("docs/b.md",))
    put(conn, "c", claims=("other.md",))
    begin(conn, "a", at=NOW - timedelta(minutes=5))

    answer = locks.listing(conn, outlook())

    (only,) = answer["locks"]
    assert (only["kind"], only["task"], only["run"], only["provider"]) == ("run", "a", "run-1", CLAUDE)
    assert (only["files"], only["seconds"], only["waiting"]) == (["docs/**"], 300, ["b"])


def test_what_a_person_edits_is_a_lock_too(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    from watchbill.operator.queries import look
    from watchbill.scheduling.bill import WatchBill
    from watchbill.scheduling.snapshot import Edited, Snapshot

    put(conn, "b", claims=("docs/b.md",))
    real = look.snapshot.load

    def edited(conn_: Connection, bill_: WatchBill, now_: datetime) -> Snapshot:
        from dataclasses import replace

        mine = Edited(repo=task("b").repo, path="docs/b.md", until=NOW + timedelta(minutes=9))
        return replace(real(conn_, bill_, now_), edited=(mine,))

    monkeypatch.setattr(look.snapshot, "load", edited)

    (only,) = locks.listing(conn, outlook())["locks"]
    assert (only["kind"], only["files"], only["until"], only["waiting"]) == (
        "person",
        ["docs/b.md"],
        "2026-11-24T12:39:00Z",
        ["b"],
    )


def test_a_task_is_told_in_symphonys_words_too(conn: Connection) -> None:
    put(conn, "a", "b")
    run = begin(conn, "a")
    happened(conn, "run.stage", run=run.id, task="a", why="at work")
    land(conn, "b")

    live, done = found(conn, "a", worktrees="/state/worktrees"), found(conn, "b")

    assert (live["issue_id"], live["issue_identifier"], live["status"]) == ("a", "a", "running")
    assert live["workspace"] == {"path": f"/state/worktrees/novel/{run.id}"}
    assert (live["running"]["session_id"], live["running"]["turn_count"]) == (run.session, 0)
    assert (live["running"]["last_event"], live["running"]["last_message"]) == ("run.stage", "at work")
    assert live["recent_events"][0] == {"at": "2026-11-24T12:30:00Z", "event": "run.stage", "message": "at work"}
    assert (done["running"], done["retry"], done["attempts"]["restart_count"]) == (None, None, 0)


def test_a_task_that_is_put_off_says_when_it_is_tried_again_and_what_failed(conn: Connection) -> None:
    put(conn, "a", not_before=NOW + timedelta(hours=1), attempts=2, note="it broke")

    assert found(conn, "a")["retry"] == {
        "issue_id": "a",
        "issue_identifier": "a",
        "attempt": 3,
        "due_at": "2026-11-24T13:30:00Z",
        "error": "it broke",
    }


def test_the_state_has_symphonys_keys_beside_ours(conn: Connection) -> None:
    put(conn, "a", "b")
    land(conn, "a")
    begin(conn, "b")

    answer = status.status(conn, outlook())

    assert answer["counts"]["running"] == 1
    assert answer["counts"]["retrying"] == 0
    assert answer["running"][0]["tokens"] == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    totals = answer["codex_totals"]
    assert (totals["input_tokens"], totals["output_tokens"], totals["seconds_running"]) == (1200, 300, 300)
    assert answer["rate_limits"] is None
    assert symphony.rate_limits([{"name": "x", "state": "held", "note": "n", "until": None}]) == {
        "x": {"state": "held", "note": "n", "until": None}
    }


def test_a_page_that_cannot_be_served_is_a_problem(conn: Connection) -> None:
    seen = outlook(web=WebFacts(fault="the port is taken"))

    assert "the web page is not served: the port is taken" in status.status(conn, seen)["problems"]


async def test_tasks_come_in_pages(conn: Connection) -> None:
    put(conn, *"abcde")
    first = (await Api(conn).get("/tasks?limit=2")).json()
    second = (await Api(conn).get(f"/tasks?limit=2&cursor={first['next']}")).json()
    last = (await Api(conn).get(f"/tasks?limit=2&cursor={second['next']}")).json()

    assert [[each["id"] for each in page["tasks"]] for page in (first, second, last)] == [["a", "b"], ["c", "d"], ["e"]]
    assert (first["count"], last["next"]) == (5, None)
    assert (await Api(conn).get("/tasks?cursor=z")).status_code == 409


async def test_a_run_tells_its_prompt_and_its_events(conn: Connection) -> None:
    put(conn, "a")
    run = land(conn, "a")
    happened(conn, "run.ended", run=run.id)

    assert (await Api(conn).get("/runs/run-1/prompt")).text == "You write a."
    told = (await Api(conn).get("/runs/run-1/events")).json()
    assert [event["name"] for event in told["events"]] == ["run.ended"]
    assert (await Api(conn).get("/runs/x/events")).status_code == 404


async def test_cancelling_a_run_cancels_its_task(conn: Connection) -> None:
    put(conn, "a", "b")
    begin(conn, "a")
    land(conn, "b")
    desk = Api(conn)

    assert (await desk.post("/runs/run-1/cancel", json={"why": "no"})).status_code == 200
    assert desk.commands.asked == [("cancel", "a", "no")]
    assert (await desk.post("/runs/run-2/cancel")).status_code == 409


@pytest.mark.parametrize("path", ["/locks", "/attention", "/repos", "/audit", "/config"])
async def test_every_new_read_answers_with_its_moment(conn: Connection, path: str) -> None:
    put(conn, "p", state=TaskState.PROPOSED)

    answer = await Api(conn).get(path)

    assert (answer.status_code, answer.json()["generated_at"]) == (200, "2026-11-24T12:30:00Z")


async def test_attention_is_the_needs_you_list(conn: Connection) -> None:
    put(conn, "p", state=TaskState.PROPOSED)

    answer = (await Api(conn).get("/attention")).json()

    assert (answer["count"], answer["items"][0]["command"]) == (1, "watchbill task accept p")


class Steered(ScriptedCommands):
    """Remembers what bulk asks, and refuses one task."""

    async def pause(self, pause: Any, *, at_once: bool) -> Any:
        self._note("pause", pause.name, pause.why)

    async def release(self, task_id: Any) -> Any:
        if task_id == "b":
            raise IllegalMove("cannot release b")
        self._note("release", task_id)

    async def bump(self, task_id: Any, provider_name: Any) -> Any:
        self._note("bump", task_id)


async def bulk(conn: Connection, action: str, **more: Any) -> tuple[Any, Steered]:
    desk = Api(conn)
    commands = Steered()
    desk.replace(commands)
    answer = await desk.post("/tasks:bulk", json={"filter": {"text": "Write"}, "action": action, **more})
    return answer, commands


async def test_many_tasks_are_moved_at_once_and_each_by_itself(conn: Connection) -> None:
    put(conn, "a", "b", "c")

    answer, commands = await bulk(conn, "release")

    assert commands.asked == [("release", "a"), ("release", "c")]
    assert (answer.json()["count"], answer.json()["done"]) == (3, 2)
    assert [each["error"] for each in answer.json()["tasks"]] == ["", "cannot release b", ""]


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        ("hold", ("pause", "a", "")),
        ("cancel", ("cancel", "a", "asked for by hand")),
        ("retry", ("retry", "a")),
        ("bump", ("bump", "a")),
        ("accept", ("accept", "a")),
    ],
)
async def test_every_action_of_bulk(conn: Connection, action: str, asked: tuple[str, ...]) -> None:
    put(conn, "a")

    _, commands = await bulk(conn, action, filter={"ids": ["a"], "state": ["queued"]})

    assert commands.asked == [asked]


async def test_what_is_said_of_another_action_is_refused(conn: Connection) -> None:
    put(conn, "a")

    for action, more, why in (
        ("cancel", {"now": True}, "are of a hold"),
        ("hold", {"provider": "claude"}, "is of a bump"),
        ("bump", {"provider": "clade"}, "there are claude"),
    ):
        answer, commands = await bulk(conn, action, **more)
        assert (answer.status_code, why in answer.text, commands.asked) == (409, True, [])


async def test_a_dry_run_shows_and_does_nothing(conn: Connection) -> None:
    put(conn, "a")

    answer, commands = await bulk(conn, "cancel", dry_run=True)

    assert (answer.json()["count"], answer.json()["done"], commands.asked) == (1, 0, [])


async def test_bulk_wants_to_know_which(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    from watchbill.operator import bulk as module

    put(conn, "a", "b")
    empty, _ = await bulk(conn, "hold", filter={})
    monkeypatch.setattr(module, "_MOST", 1)
    many, _ = await bulk(conn, "hold")

    assert (empty.status_code, "filter is empty" in empty.text) == (409, True)
    assert (many.status_code, "2 tasks fit" in many.text) == (409, True)


async def ready(conn: Connection, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> Any:
    desk = Api(conn)
    desk.replace(desk.commands, outlook=lambda: outlook(**fields))
    return await desk.ask("GET", "/readyz")


async def test_it_is_ready_with_a_store_a_good_configuration_and_a_provider(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = ConfigFacts(loaded_at=NOW, problems=("watchbill.toml:1: x: is wrong.",))
    nobody = bill(providers=(provider(CLAUDE, configured=False),))

    assert (await ready(conn, monkeypatch)).json()["ready"] is True
    rejected = await ready(conn, monkeypatch, configuration=bad)
    alone = await ready(conn, monkeypatch, bill=nobody)
    assert (rejected.status_code, rejected.json()["error"]["code"]) == (503, "not_ready")
    assert "was rejected" in rejected.text
    assert (alone.status_code, "no provider" in alone.text) == (503, True)


async def test_a_store_that_does_not_answer_is_told(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_READY_WITHIN", 0.01)
    desk = Api(conn)

    def never(work: object) -> Any:
        return asyncio.Event().wait()

    desk.replace(desk.commands, read=never)

    answer = await desk.ask("GET", "/readyz")
    assert (answer.status_code, "database does not answer" in answer.text) == (503, True)


async def test_a_fault_of_ours_has_an_envelope_and_is_told(conn: Connection) -> None:
    desk = Api(conn, fault=ZeroDivisionError("x"))
    put(conn, "a")

    answer = await desk.post("/tasks/a/retry")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "failed")
    assert ("daemon.fault", {"error": "ZeroDivisionError('x')", "where": "POST /api/v1/tasks/a/retry"}) in (
        desk.commands.heard
    )


async def test_a_wrong_method_says_which_are_right(conn: Connection) -> None:
    answer = await Api(conn).post("/state")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


async def test_refreshing_is_answered_in_symphonys_words(conn: Connection) -> None:
    answer = await Api(conn).post("/refresh")

    assert answer.status_code == 202
    assert {"queued": True, "coalesced": False, "operations": ["poll", "reconcile"]}.items() <= answer.json().items()


def loaded(text: str) -> Loaded:
    path = Path("/etc/watchbill.toml")
    return Loaded(settings=parse(text), path=path, source=Source(name="watchbill.toml", lines=lines_of(text)))


def test_the_configuration_says_where_each_value_comes_from_and_what_would_change() -> None:
    force = loaded(CONFIG)
    file = loaded(f'[daemon]\nstate_dir = "elsewhere"\nmax_parallel = 9\n{CONFIG}')
    places = places_at(force.path, None, {"WATCHBILL_STATE_DIR": "/state"})

    answer = configured.configuration(outlook(), force, file, places)

    value_by_key = {each["key"]: each for each in answer["values"]}
    assert value_by_key["repo[1].name"] == {
        "key": "repo[1].name",
        "value": "novel",
        "source": "watchbill.toml:2",
        "line": 2,
    }
    assert value_by_key["daemon.max_parallel"]["source"] == "default"
    assert {"key": "daemon.max_parallel", "in_force": 3, "in_file": 9, "needs_restart": False} in answer["pending"]
    assert {each["key"] for each in answer["pending"] if each["needs_restart"]} == {"daemon.state_dir"}


def test_keys_and_what_programs_are_given_are_not_shown() -> None:
    text = CONFIG + (
        '[provider.own]\nkind = "acp"\nagent = { command = ["x"], speaks = "anthropic", env = { TOKEN = "s3cret" } }\n'
        'api_key = "env:MY_KEY"\nmodels = [{ id = "m", price = { input = 1, output = 1 } }]\n'
    )
    force = loaded(text)
    places = places_at(force.path, None, {"WATCHBILL_STATE_DIR": "/state"})

    answer = json.dumps(configured.configuration(outlook(), force, force, places))

    assert "s3cret" not in answer
    assert "env:MY_KEY" in answer


def test_a_bad_file_is_told_with_its_problems() -> None:
    force = loaded(CONFIG)
    with pytest.raises(BadConfig) as bad:
        parse("[daemon]\nzone = 3\n")
    places = places_at(force.path, None, {"WATCHBILL_STATE_DIR": "/state"})

    answer = configured.configuration(outlook(), force, bad.value, places)

    assert (answer["pending"], len(answer["problems"]) > 0) == ([], True)


def test_a_shape_becomes_a_schema() -> None:
    assert schema({"a": ["int"], "b": "Task?", "c": {"*": "num?"}, "d": "any"}) == {
        "type": "object",
        "properties": {
            "a": {"type": "array", "items": {"type": "integer"}},
            "b": {"anyOf": [{"$ref": "#/components/schemas/Task"}, {"type": "null"}]},
            "c": {"type": "object", "additionalProperties": {"type": ["number", "null"]}},
            "d": {},
        },
        "required": ["a", "b", "c", "d"],
    }


async def test_nobody_can_watch_where_nothing_happens(conn: Connection) -> None:
    for path in ("/events/stream", "/events"):
        answer = await Api(conn).ask("GET", f"/api/v1{path}", headers={"accept": "text/event-stream"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "refused.busy")


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 30])
async def test_a_place_that_is_no_number_is_refused(conn: Connection, seen: str) -> None:
    from watchbill.operator.viewers import Viewers

    desk = Api(conn)
    desk.replace(desk.commands, viewers=Viewers(desk.read, asyncio.Event))
    answer = await desk.ask("GET", "/api/v1/events/stream", headers={"last-event-id": seen})

    assert (answer.status_code, "Last-Event-ID" in answer.text) == (409, True)
