"""A run whose work was dropped: people still see what it had changed and what was said in it."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, World, settle
from watchbill.domain.ids import TaskId
from watchbill.domain.runs import RunState
from watchbill.operator.queries import sessions
from watchbill.providers.scripted import finish, say, use
from watchbill.state import leftovers, retention, runs

pytestmark = pytest.mark.anyio

CONFLICT = "# Hi\n<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"
BROKEN = steps(say("I write it.", use("write_file", path="notes.md", content=CONFLICT)), finish("done"))


async def test_a_rejected_run_shows_its_change_and_what_was_said(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={"claude": BROKEN}).make()
    async with here.service() as service:
        await settle(service)
        submit = service.parts.database.submit
        first, *_ = await submit(lambda conn: runs.of_task(conn, TaskId("one")))

        said = await submit(lambda conn: sessions.said_in(conn, first))
        diff = await service.control.run_diff(first.id)

        assert first.state is RunState.REJECTED
        assert "+<<<<<<< a" in diff
        assert "I write it." in [step.get("text") for step in said]

        later = service.parts.clock.now() + timedelta(days=1)
        await submit(lambda conn: retention.fade(conn, metrics=later, artefacts=later))
        assert await submit(lambda conn: leftovers.of_run(conn, first.id)) is None
        assert await submit(lambda conn: sessions.said_in(conn, first)) == []
        assert "+<<<<<<< a" in await service.control.run_diff(first.id)  # git has it still


async def test_a_run_whose_work_a_person_rejected_shows_it_still(tmp_path: Path) -> None:
    works = steps(say("", use("write_file", path="notes.md", content="# Dull\n")), finish("done"))
    queue = "- [ ] Write it [id:: one] [files:: notes.md] [autonomy:: LOW]\n"
    files = {**FILES, "docs/AI_TASK_QUEUE.md": queue}
    here = World(root=tmp_path, scripts={"claude": works}, files=files).make()
    async with here.service() as service:
        await settle(service)
        (run,) = await service.parts.database.submit(lambda conn: runs.of_task(conn, TaskId("one")))
        await service.control.reject(TaskId("one"), who="jo", why="livelier")

        said = await service.parts.database.submit(lambda conn: sessions.said_in(conn, run))

        assert "+# Dull" in await service.control.run_diff(run.id)
        assert any(step["kind"] == "reply" for step in said)
