"""The control API: paths, parameters, errors."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
import pytest
from operator_makers import NOW, ScriptedCommands, happened, land, outlook, put

from watchbill.domain.errors import ConfigError, GitError, IllegalMove, OverBudget
from watchbill.operator.api import create_app
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio
T = TypeVar("T")


class Api:
    def __init__(self, conn: Connection, fault: Exception | None = None) -> None:
        self.commands = ScriptedCommands(fault=fault)

        def read(work: Callable[[Connection], T]) -> Awaitable[T]:
            async def done() -> T:
                return work(conn)

            return done()

        self.read: Any = read
        self.replace(self.commands)

    def replace(self, commands: Any, *, read: Any = None, outlook: Any = outlook, viewers: Any = None) -> None:
        """Others behind the same door."""
        self.app = create_app(read or self.read, commands, outlook, viewers)
        self._transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)

    async def ask(self, method: str, path: str, **said: object) -> httpx2.Response:
        async with httpx2.AsyncClient(transport=self._transport, base_url="http://watchbill") as client:
            return await client.request(method, path, **said)  # type: ignore[arg-type]

    async def get(self, path: str) -> httpx2.Response:
        return await self.ask("GET", f"/api/v1{path}")

    async def post(self, path: str, **said: object) -> httpx2.Response:
        return await self.ask("POST", f"/api/v1{path}", **said)


@pytest.mark.parametrize(
    "path",
    [
        "/state",
        "/tasks",
        "/tasks?state=landed&state=queued&repo=novel&type=write&text=a",
        "/tasks?filter=state:all+type:write",
        "/tasks/a",
        "/tasks/a/why",
        "/runs",
        "/runs?task=a&provider=claude&state=landed&limit=5",
        "/runs/run-1?prompt=true",
        "/costs",
        "/costs?by=task&since=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z",
        "/events?after=0&kind=run.*&limit=10",
        "/plan?hours=3",
        "/schedule",
        "/questions",
        "/questions?state=open",
    ],
)
async def test_every_read_answers_with_its_moment(conn: Connection, path: str) -> None:
    put(conn, "a")
    land(conn, "a")

    response = await Api(conn).get(path)

    assert response.status_code == 200
    assert response.json()["generated_at"] == "2026-11-24T12:30:00Z"


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/tasks?state=lost", "state.0: "),
        ("/plan?hours=0", "hours: "),
        ("/plan?hours=10000", "hours: "),
        ("/runs?limit=0", "limit: "),
        ("/costs?since=soon", "'soon' is no moment"),
        ("/events?after=-1", "after: "),
    ],
)
async def test_a_wrong_parameter_is_named(conn: Connection, path: str, wrong: str) -> None:
    response = await Api(conn).get(path)

    assert response.status_code == 400
    assert response.json()["error"]["code"].startswith("bad_question")
    assert wrong in response.json()["error"]["message"]


async def test_a_body_of_another_form_is_refused(conn: Connection) -> None:
    put(conn, "a")

    response = await Api(conn).post("/tasks/a/cancel", json=[1])

    assert (response.status_code, response.json()["error"]["message"].partition(":")[0]) == (400, "body")


@pytest.mark.parametrize("path", ["/tasks/x", "/runs/x", "/tasks/x/why", "/moon"])
async def test_what_is_not_there_is_404(conn: Connection, path: str) -> None:
    response = await Api(conn).get(path)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/tasks?stat=landed", "stat: is no parameter here; did you mean state?"),
        ("/tasks?state=landed&zz=1&zz=2", "zz: is no parameter here; there are cursor, filter, limit"),
        ("/state?a=1", "a: is no parameter here; there are none"),
        ("/logs?leve=warning", "leve: is no parameter here; did you mean level?"),
    ],
)
async def test_an_unknown_parameter_is_refused_with_its_neighbour(conn: Connection, path: str, said: str) -> None:
    response = await Api(conn).get(path)

    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_question")
    assert response.json()["error"]["message"].startswith(said)


async def test_a_wrong_method_is_a_bad_question(conn: Connection) -> None:
    response = await Api(conn).post("/state")

    assert (response.status_code, response.json()["error"]["code"]) == (405, "bad_question")


@pytest.mark.parametrize(
    ("path", "body", "asked"),
    [
        ("/tasks/a/cancel", {"why": "no"}, ("cancel", "a", "no")),
        ("/tasks/a/cancel", None, ("cancel", "a", "asked for by hand")),
        ("/tasks/a/retry", None, ("retry", "a")),
        ("/tasks/a/accept", None, ("accept", "a")),
    ],
)
async def test_a_write_is_carried_out_by_the_commands(
    conn: Connection, path: str, body: object, asked: tuple[str, ...]
) -> None:
    put(conn, "a")
    api = Api(conn)

    response = await api.post(path, json=body)

    assert (response.status_code, response.json()["id"], api.commands.asked) == (200, "a", [asked])


async def test_a_write_takes_the_beginning_of_an_id(conn: Connection) -> None:
    put(conn, "scene-1")
    api = Api(conn)

    await api.post("/tasks/sce/retry")

    assert api.commands.asked == [("retry", "scene-1")]


async def test_a_refresh_is_accepted(conn: Connection) -> None:
    api = Api(conn)

    assert (await api.post("/refresh")).status_code == 202
    assert api.commands.asked == [("refresh",)]


@pytest.mark.parametrize(("query", "asked"), [("", "soon"), ("?wait=true", "wait")])
async def test_a_reload_tells_how_the_configuration_stands(conn: Connection, query: str, asked: str) -> None:
    api = Api(conn)

    answer = (await api.post(f"/config/reload{query}")).json()

    assert api.commands.asked == [("reload", asked)]
    assert (answer["changed"], answer["needs_restart"], answer["problems"]) == (
        ["daemon.zone"],
        ["daemon.state_dir"],
        [],
    )


async def test_a_rejected_configuration_is_an_error_with_its_problems(conn: Connection) -> None:
    api = Api(conn)
    api.commands.fault = ConfigError("watchbill.toml:4: daemon.zone: is no time zone")

    answer = await api.post("/config/reload?wait=true")

    assert answer.json()["error"]["code"] == "config.invalid"
    assert "watchbill.toml:4" in answer.json()["error"]["message"]


async def test_a_promotion_tells_where_the_target_is(conn: Connection) -> None:
    answer = (await Api(conn).post("/repos/novel/promote")).json()

    assert (answer["repo"], answer["target"], answer["commit"]) == ("novel", "main", "b" * 40)


async def test_a_sync_tells_what_came(conn: Connection) -> None:
    answer = (await Api(conn).post("/repos/novel/sync")).json()

    assert (answer["was"], answer["now"], answer["count"]) == (None, "b" * 40, 3)
    assert answer["commits"] == [{"commit": "b" * 40, "subject": "A scene"}]


async def test_a_diff_is_text(conn: Connection) -> None:
    response = await Api(conn).get("/runs/run-1/diff")

    assert response.headers["content-type"].startswith("text/plain")
    assert response.text.startswith("--- a")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (IllegalMove("it is running"), 409, "refused.state"),
        (GitError("does not merge"), 409, "git.failed"),
        (OverBudget("day", left=0, wanted=1), 409, "refused.budget"),
    ],
)
async def test_a_fault_has_its_status_and_code(conn: Connection, fault: Exception, status: int, code: str) -> None:
    put(conn, "a")

    response = await Api(conn, fault).post("/tasks/a/retry")

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"] == str(fault)


async def test_the_process_is_well_when_it_answers(conn: Connection) -> None:
    response = await Api(conn).ask("GET", "/healthz")

    assert response.json()["ok"] is True


async def test_a_prometheus_server_can_scrape_it(conn: Connection) -> None:
    response = await Api(conn).ask("GET", "/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert "watchbill_config_stale 0.0" in response.text


async def test_the_api_describes_itself(conn: Connection) -> None:
    described = (await Api(conn).get("/openapi.json")).json()

    assert "/api/v1/tasks/{task}/why" in described["paths"]


async def test_events_are_read_on_from_the_last(conn: Connection) -> None:
    happened(conn, "run.started")
    api = Api(conn)
    first = (await api.get("/events")).json()
    happened(conn, "run.ended")

    second = (await api.get(f"/events?after={first['next_after']}")).json()

    assert [event["name"] for event in second["events"]] == ["run.ended"]
    assert NOW.year == 2026
