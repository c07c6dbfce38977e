"""What an agent's errand tells its provider of the worktree."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import World, ends_of, settle
from watchbill.domain.ids import ProviderName
from watchbill.domain.outcomes import StintDone
from watchbill.domain.ports import ProbeResult, StintRequest, Workbench

pytestmark = pytest.mark.anyio


class Observed:
    """An agent that changes its files now and then, and is looked at meanwhile."""

    name = ProviderName("claude")

    def __init__(self) -> None:
        self.trees: list[str] = []

    async def stint(self, request: StintRequest, bench: Workbench) -> StintDone:
        root = request.worktree
        self.trees += [await request.tree(), await request.tree()]
        (root / "notes.md").write_text("# Notes\n")
        self.trees += [await request.tree(), await request.tree()]
        (root / "inner" / ".git").mkdir(parents=True)
        (root / "inner" / ".git" / "HEAD").write_text("x")
        self.trees.append(await request.tree())
        (root / "inner" / ".git" / "HEAD").unlink()
        return StintDone(summary="done", is_work=True)

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="")

    async def aclose(self) -> None: ...


async def test_its_files_have_a_name_that_changes_with_them_and_none_while_they_cannot_be_read(tmp_path: Path) -> None:
    here, agent = World(root=tmp_path, scripts={"claude": steps()}).make(), Observed()
    async with here.service() as service:
        service.providers[ProviderName("claude")] = agent  # type: ignore[index]
        await settle(service)
        ends = await ends_of(service, "one")

    before, again, after, still, unreadable = agent.trees
    assert before == again != after == still
    assert unreadable == ""
    assert ends == [("claude", "landed")]
