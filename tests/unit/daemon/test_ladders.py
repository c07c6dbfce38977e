"""Ladders through the daemon: the cheapest step first, the next one from a clean worktree with the findings told."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.domain.effort import Effort
from watchbill.domain.ids import ProviderName, TaskId
from watchbill.domain.outcomes import StintDone
from watchbill.domain.ports import StintRequest, TurnRequest, Workbench
from watchbill.domain.tasks import TaskState
from watchbill.operator.queries import ladders
from watchbill.operator.reports.run import run_report
from watchbill.providers.scripted import Scene, Script, ScriptedProvider, Step, finish, say, use
from watchbill.state import runs, tasks
from watchbill.state import steps as step_rows

pytestmark = pytest.mark.anyio

QUEUE = "# Queue\n\n- [ ] Fix the tool #fix [id:: one]\n  - **Files:** `src/tool.py`\n"
LADDER = """
[[ladder]]
types = ["fix"]
trust_checks = true
steps = [
    { provider = "cheap", model = "scripted-cheap" },
    { provider = "dear", model = "scripted-dear", effort = "high" },
]
"""
BAD = steps(say("", use("write_file", path="src/tool.py", content="def one(:\n")), finish("done"))
GOOD = steps(say("", use("write_file", path="src/tool.py", content="def one():\n    return 2\n")), finish("done"))


def world(tmp_path: Path, cheap: Script, dear: Script = GOOD, **more: object) -> World:
    files = {**FILES, "docs/AI_TASK_QUEUE.md": QUEUE}
    scripts = {"dear": dear, "cheap": cheap}  # dear suits better: without a ladder it would be taken
    return World(root=tmp_path, scripts=scripts, files=files, budget=LADDER, **more).make()  # type: ignore[arg-type]


async def test_run_begins_at_the_cheapest_step(tmp_path: Path) -> None:
    here = world(tmp_path, GOOD)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "landed")]
        (total,) = await service.parts.database.submit(step_rows.totals)
    assert (total.step, total.runs, total.passed, total.undone) == ("cheap/scripted-cheap", 1, 1, 0)
    assert not here.said("ladder.escalated")


async def test_result_that_fails_its_gates_escalates_from_a_clean_worktree_with_its_findings(tmp_path: Path) -> None:
    told: list[str] = []

    def dear(scene: Scene) -> Step:
        told.append(scene.brief)
        return GOOD(scene)

    here = world(tmp_path, BAD, dear)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "rejected"), ("dear", "landed")]
        report = await service.parts.database.submit(
            lambda conn: run_report(conn, runs.of_task(conn, TaskId("one"))[1].id)
        )
    (escalated,) = here.said("ladder.escalated")
    assert (escalated["from_step"], escalated["to_step"]) == ("cheap/scripted-cheap", "dear/scripted-dear (high)")
    assert "def one():" in told[0]  # the file as it was, not as the cheap step left it
    assert "def one(:" not in told[0].partition("src/tool.py:1")[0]
    assert "Nothing of that was kept" in told[0]
    assert "src/tool.py:1" in told[0]  # what the gates said of it
    assert report["step"] == "dear/scripted-dear (high)"


async def test_step_that_only_fails_begins_the_next_one_afresh_too(tmp_path: Path) -> None:
    seen: list[int] = []

    def dear(scene: Scene) -> Step:
        seen.append(scene.turn)
        return GOOD(scene)

    here = world(tmp_path, steps(say("I think.")), dear)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "failed"), ("dear", "landed")]
    assert seen[0] == 0


async def test_only_the_last_step_mends_what_the_checks_refuse(tmp_path: Path) -> None:
    here = world(tmp_path, BAD, BAD, repo="max_repairs = 1", daemon="max_parallel = 1")
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        of_cheap = len(here.said("run.gated"))
        await service.ticker.tick()
        await service.dispatcher.idle()
    assert (of_cheap, len(here.said("run.gated")) - of_cheap) == (1, 2)


async def test_step_that_changes_nothing_escalates(tmp_path: Path) -> None:
    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("cheap", "failed"), ("dear", "landed")]


async def test_effort_of_the_step_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Effort | None]] = []
    turn = ScriptedProvider.turn

    async def spied(self: ScriptedProvider, request: TurnRequest) -> object:
        asked.append((self.name, request.effort))
        return await turn(self, request)

    monkeypatch.setattr(ScriptedProvider, "turn", spied)
    here = world(tmp_path, BAD, repo="max_repairs = 0")
    async with here.service() as service:
        await settle(service)
    assert set(asked) == {("cheap", None), ("dear", Effort.HIGH)}


async def test_effort_of_the_step_reaches_an_agent_too(tmp_path: Path) -> None:
    asked: list[Effort | None] = []

    class Agent:
        name = ProviderName("dear")

        async def stint(self, request: StintRequest, _bench: Workbench) -> StintDone:
            asked.append(request.effort)
            return StintDone(summary="done")

        async def aclose(self) -> None: ...

        probe = aclose

    here = world(tmp_path, steps(finish("done")))
    async with here.service() as service:
        service.providers[ProviderName("dear")] = Agent()  # type: ignore[index]
        await settle(service)
    assert asked == [Effort.HIGH]


async def test_landed_result_that_is_asked_for_again_is_a_false_accept_and_goes_one_step_up(tmp_path: Path) -> None:
    here = world(tmp_path, GOOD)
    async with here.service() as service:
        await settle(service)
        now = here.start
        await service.parts.database.submit(lambda conn: tasks.reopen(conn, TaskId("one"), now=now))
        (total,) = await service.parts.database.submit(ladders.totals)
        await settle(service)
        last = (await ends_of(service, "one"))[-1]
    assert (total["undone"], total["false_accept_rate"]) == (1, 1.0)
    assert last[0] == "dear"


async def test_result_that_a_person_rejects_in_review_is_a_false_accept(tmp_path: Path) -> None:
    here = world(tmp_path, GOOD, repo='autonomy = "low"')
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        await service.control.cancel(TaskId("one"), "no good")
        (total,) = await service.parts.database.submit(step_rows.totals)
    assert (total.passed, total.undone) == (1, 1)
