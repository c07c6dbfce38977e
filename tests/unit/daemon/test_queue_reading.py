"""Reading a queue file takes its time: what happens to its tasks meanwhile is not undone by what was read."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.worlds import FILES, START, World, task_of
from watchbill.daemon.service import Service
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Tree
from watchbill.state import tasks
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio

LATER = START + timedelta(days=1)


async def put_off(service: Service, until: datetime | None) -> None:
    known = await task_of(service, "one")
    await service.parts.database.submit(lambda conn: tasks.rewrite(conn, replace(known, not_before=until), START))


@pytest.mark.parametrize(("before", "meanwhile"), [(LATER, None), (None, LATER)], ids=["called back", "put off"])
async def test_a_task_whose_moment_changes_while_its_queue_is_read_keeps_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: datetime | None, meanwhile: datetime | None
) -> None:
    here = World(root=tmp_path, scripts={}).make()
    async with here.service() as service:
        await service.ticker.refresh(service.orders.standing)
        await put_off(service, before)
        here.queue.write_text(FILES["docs/AI_TASK_QUEUE.md"].replace("Do one thing", "Do another thing"))
        read_tree = Repository.read_tree

        async def slow(self: Repository, commit: Commit) -> Tree:
            await put_off(service, meanwhile)
            return await read_tree(self, commit)

        monkeypatch.setattr(Repository, "read_tree", slow)
        await service.ticker.refresh(service.orders.standing)

        after = await task_of(service, "one")
    assert (after.title, after.not_before) == ("Do another thing", meanwhile)


async def test_a_moment_that_the_queue_states_anew_counts(tmp_path: Path) -> None:
    here = World(root=tmp_path, scripts={}).make()
    async with here.service() as service:
        await service.ticker.refresh(service.orders.standing)
        await put_off(service, LATER)
        entry = FILES["docs/AI_TASK_QUEUE.md"].replace("[id:: one]", "[id:: one] [not before:: 2026-05-01]")
        here.queue.write_text(entry)
        await service.ticker.refresh(service.orders.standing)

        after = await task_of(service, "one")
    assert after.not_before == datetime(2026, 5, 1, tzinfo=START.tzinfo)
