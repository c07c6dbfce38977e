"""Breaking a hold on files, having the daemon leave, and asking for what was seen alone."""

import json
from datetime import timedelta

import pytest
from operator_makers import NOW, begin, outlook, put
from test_api import Api

from watchbill.domain.ids import TaskId
from watchbill.domain.money import usd
from watchbill.domain.windows import Caps, WindowKind
from watchbill.operator import deeds, purse
from watchbill.operator.faults import BadQuestion, NotFound
from watchbill.operator.web.site import add_pages
from watchbill.state import claims, pauses, tasks
from watchbill.state.engine import Connection

pytestmark = pytest.mark.anyio
WHY = {"why": "it hangs"}


def broken(conn: Connection, name: str, why: str = "it hangs") -> deeds.Broken:
    return deeds.break_lock(conn, TaskId(name), who="jo", why=why, now=NOW)


def test_an_unmerged_branch_that_lost_its_lock_keeps_no_file(conn: Connection) -> None:
    put(conn, "a", claims=("book/",))
    claims.keep(conn, begin(conn, "a").id, TaskId("a"))

    done = broken(conn, "a")

    assert (done.run, done.files, claims.live(conn)) == (None, ("book/",), [])
    assert pauses.active(conn, NOW) == []


def test_a_task_whose_runs_lock_is_broken_is_held_until_it_is_released(conn: Connection) -> None:
    put(conn, "a", claims=("book/",))
    run = begin(conn, "a")

    done = broken(conn, "a")

    (held,) = pauses.active(conn, NOW)
    assert (done.run, held.name, held.who, held.why) == (run.id, "a", "jo", "its lock was broken: it hangs")


def test_who_breaks_a_lock_says_why_and_which(conn: Connection) -> None:
    put(conn, "a")
    with pytest.raises(NotFound, match="a holds no files"):
        broken(conn, "a")
    with pytest.raises(BadQuestion, match="say why"):
        broken(conn, "a", " ")


async def test_a_lock_is_broken_by_either_of_two_ways_to_ask(conn: Connection) -> None:
    put(conn, "a")
    desk = Api(conn)

    posted = await desk.post("/locks/a/break", json={**WHY, "who": "jo"})
    deleted = await desk.ask("DELETE", "/api/v1/locks/a?why=it+hangs")

    assert posted.json() == deleted.json() == {"task": "a", "run": "run-1", "files": ["a.md"]}
    assert [said[:2] for said in desk.commands.asked] == [("break_lock", "a")] * 2
    assert (await desk.post("/locks/nobody/break", json=WHY)).status_code == 404


async def test_the_daemon_is_asked_to_leave_within_a_time(conn: Connection) -> None:
    desk = Api(conn)

    answer = await desk.post("/drain", json={"within_seconds": 30, **WHY})
    as_configured = await desk.post("/drain", json={})

    assert (answer.status_code, answer.json()) == (202, {"runs": ["run-1"], "within_seconds": 30})
    assert as_configured.json()["within_seconds"] == 600
    assert (await desk.post("/drain", json={"within_seconds": -1})).status_code == 400


async def test_what_is_asked_of_a_task_that_changed_since_it_was_seen_is_refused(conn: Connection) -> None:
    put(conn, "a")
    desk = Api(conn)
    seen = (await desk.get("/tasks/a")).headers["etag"]

    as_seen = await desk.post("/tasks/a/cancel", headers={"If-Match": seen})
    tasks.bump(conn, TaskId("a"), pin=None, now=NOW)
    changed = await desk.post("/tasks/a/cancel", headers={"If-Match": seen})
    any_state = await desk.post("/tasks/a/bump", headers={"If-Match": "*"}, json={})

    assert (as_seen.status_code, changed.status_code) == (200, 412)
    assert changed.json()["error"]["code"] == "refused.stale"
    assert any_state.status_code != 412
    assert (await desk.get("/tasks/a")).headers["etag"] != seen
    assert (await desk.post("/reviews/a/reject", headers={"If-Match": seen}, json={})).status_code == 412


async def test_budgets_have_the_name_of_a_list_too(conn: Connection) -> None:
    desk = Api(conn)

    assert (await desk.get("/budgets")).json() == (await desk.get("/budget")).json()
    assert json.loads((await desk.post("/budgets/raises", json={})).text)["error"]["code"] == "bad_question"


async def test_what_a_path_has_other_methods_for_is_said(conn: Connection) -> None:
    desk = Api(conn)
    add_pages(desk.app, desk.read, desk.commands, outlook)  # type: ignore[arg-type]

    wrong = await desk.ask("OPTIONS", "/api/v1/tasks")
    unasked = await desk.get("/refresh")

    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert (unasked.status_code, unasked.headers["allow"]) == (405, "POST")
    assert (await desk.get("/nowhere")).json()["error"]["code"] == "not_found"


async def test_a_patch_that_is_no_base64_is_refused(conn: Connection) -> None:
    answer = await Api(conn).post("/reviews/a/edit", json={"tree": "t", "patch": "ü"})

    assert (answer.status_code, "base64" in answer.text) == (409, True)


async def test_the_description_names_what_is_asked_apart_from_what_is_answered(conn: Connection) -> None:
    said = (await Api(conn).get("/openapi.json")).json()

    daily = said["paths"]["/api/v1/reports/daily"]["get"]["responses"]["200"]["content"]
    assert set(daily) == {"application/json", "text/plain", "text/html"}
    assert said["components"]["schemas"]["CaughtUp"]["properties"]["who"]["minLength"] == 1


@pytest.mark.parametrize(("kind", "name"), [("day", "claude"), ("month", "x"), ("provider", ""), ("type-month", "")])
def test_a_budget_of_everything_has_no_name_and_every_other_has_one(conn: Connection, kind: str, name: str) -> None:
    until = NOW + timedelta(hours=1)
    wish = purse.More(kind=WindowKind(kind), name=name, amount=usd(1), until=until, who="jo", why="a sprint")

    with pytest.raises(BadQuestion, match=f"the {kind} budget"):
        purse.do(conn, wish, Caps(day=usd(5), month=usd(50)), NOW)
