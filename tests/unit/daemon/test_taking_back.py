"""What landed and breaks a later check is found, reverted with the evidence, and its task told; nobody else's work is."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, World, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.ids import RepoName, RunId, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import Undoing
from watchbill.providers.scripted import Say, Scene, finish, say, use
from watchbill.state import sessions, undoings

pytestmark = pytest.mark.anyio

REPO = RepoName("repo")
# Red where a file of words and a file of rules do not agree: what a person writes later may turn what landed red.
CHECK = """
sandbox = "none"
[[repo.commands]]
name = "rules"
argv = ["sh", "-c", "for w in $(cat rules.txt 2>/dev/null); do ! grep -rqw $w words || { echo found $w; exit 1; }; done"]
"""


def queue(*names: str, more: str = "") -> Mapping[str, str]:
    entries = "\n".join(f"- [ ] Write {name} [id:: {name}] [files:: words/{name}.txt]{more}" for name in names)
    return {**FILES, "words/seed.txt": "seed\n", "docs/AI_TASK_QUEUE.md": f"# Queue\n\n## PRIORITY 1\n\n{entries}\n"}


def writes(scene: Scene) -> Say:
    """Each task's word in its own file; anew, once it was told that it was reverted, another word."""
    task = scene.purpose.task
    word = f"better{task}" if "reverted" in scene.brief else task
    step = steps(say("", use("write_file", path=f"words/{task}.txt", content=f"{word}\n")), finish("written"))(scene)
    assert isinstance(step, Say)
    return step


def world(tmp_path: Path, *names: str, repo: str = CHECK) -> World:
    return World(root=tmp_path, scripts={"claude": writes}, files=queue(*names), repo=repo).make()


async def landed(service: Service) -> None:
    """Everything is done and the line was looked at."""
    await settle(service)
    await service.ticker.validate_heads()


def forbid(here: World, word: str) -> None:
    (here.path / "rules.txt").write_text(f"{word}\n")
    here.commit(f"Forbid {word}")


async def undone(service: Service) -> list[Undoing]:
    found = await service.parts.database.submit(lambda conn: undoings.of_run(conn, RunId("run-1")))
    return [*found, *await service.parts.database.submit(lambda conn: undoings.of_run(conn, RunId("run-2")))]


async def test_landed_change_that_breaks_a_later_check_is_found_reverted_and_its_task_told(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta", "gamma")
    async with here.service() as service:
        await landed(service)
        forbid(here, "beta")
        await service.ticker.refresh(service.orders.standing)
        await service.ticker.validate_heads()
        again = await task_of(service, "beta")
        told = await service.parts.database.submit(lambda conn: sessions.get(conn, TaskId("beta")))
        await landed(service)

        assert again.state is TaskState.QUEUED
        assert again.attempts == 1
        assert told is not None
        assert "reverted" in told.handoff.why
        assert "found beta" in told.handoff.findings[0]
        assert (await task_of(service, "beta")).state is TaskState.LANDED
        assert {(await task_of(service, name)).state for name in ("alpha", "gamma")} == {TaskState.LANDED}
    assert here.show("words/beta.txt") == "betterbeta\n"
    assert here.show("words/gamma.txt") == "gamma\n"
    message = here.git("log", "--format=%B", "--grep=^Revert", "watchbill/main")
    assert message.startswith('Revert "Write beta"')
    assert "found beta" in message
    assert "Task-Id: beta\nReverts: " in message
    assert [facts["task"] for facts in here.said("task.reverted")] == ["beta"]
