"""Several repositories under one schedule and one budget: turns by share, and a broken one stops only itself."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, World, settle, task_of
from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Scene, Step, finish, say, use
from watchbill.state import passes, tasks

pytestmark = pytest.mark.anyio

SECOND = 'share = 2\n\n[[repo]]\nname = "second"\npath = "second"\n'


def do(scene: Scene) -> Step:
    """Write the task's own file."""
    write = say("", use("write_file", path=f"{scene.purpose.task}.md", content=f"# {scene.purpose.task}\n"))
    return steps(write, finish("done"))(scene)


def queue(*names: str) -> str:
    return "# Queue\n\n" + "\n".join(f"- [ ] Do {name} [id:: {name}] [files:: {name}.md]" for name in names) + "\n"


def two(tmp_path: Path, first: str, second: str, *, repo: str = SECOND, **more: str) -> World:
    """A world of two repositories; `repo` and `second` are their names."""
    other = World(root=tmp_path / "other", scripts={}, files={**FILES, "docs/AI_TASK_QUEUE.md": second}).make()
    shutil.move(other.path, tmp_path / "second")
    files = {**FILES, "docs/AI_TASK_QUEUE.md": first}
    return World(root=tmp_path, scripts={"claude": do}, files=files, repo=repo, **more).make()  # type: ignore[arg-type]


def started(here: World) -> list[str]:
    return [str(facts["task"]) for facts in here.said("run.started")]


async def test_repositories_take_turns_by_their_shares(tmp_path: Path) -> None:
    here = two(
        tmp_path,
        queue(*(f"a{n}" for n in range(6))),
        queue(*(f"b{n}" for n in range(6))),
        daemon="max_parallel = 1",
    )
    async with here.service() as service:
        await settle(service, rounds=10)
        places = await service.parts.database.submit(passes.all_passes)

    assert Counter(name[0] for name in started(here)[:9]) == {"a": 6, "b": 3}
    assert set(places) == {"repo", "second"}


async def test_whose_turn_it_is_survives_a_restart(tmp_path: Path) -> None:
    here = two(tmp_path, queue("a1", "a2", "a3"), queue("b1", "b2", "b3"), daemon="max_parallel = 1")
    for _ in range(6):
        async with here.built() as service:
            await service.once()

    assert Counter(name[0] for name in started(here)[:3]) == {"a": 2, "b": 1}


async def test_ids_that_both_queues_use_are_told_apart(tmp_path: Path) -> None:
    here = two(tmp_path, queue("same"), queue("same"))
    async with here.service() as service:
        await settle(service)
        seen = await service.parts.database.submit(tasks.all_tasks)

    assert sorted((task.id.startswith("same"), task.repo) for task in seen) == [(False, "second"), (True, "repo")]
    assert [facts["why"] for facts in here.said("queue.unreadable")] != []
    assert here.show("same.md") == "# same\n"


async def test_a_repository_that_is_gone_stops_only_itself(tmp_path: Path) -> None:
    here = two(tmp_path, queue("a"), queue("b"))
    async with here.service() as service:
        (tmp_path / "second").rename(tmp_path / "gone")
        await settle(service)
        assert (await task_of(service, "a")).state is TaskState.LANDED
        assert "second" in service.ticker.broken
        (tmp_path / "gone").rename(tmp_path / "second")
        await settle(service)
        assert (await task_of(service, "b")).state is TaskState.LANDED
        assert service.ticker.broken == {}


async def test_a_repository_that_was_gone_at_the_start_is_taken_up_when_it_is_there(tmp_path: Path) -> None:
    here = two(tmp_path, queue("a"), queue("b"))
    (tmp_path / "second").rename(tmp_path / "gone")
    async with here.service() as service:
        await settle(service)
        assert started(here) == ["a"]
        (tmp_path / "gone").rename(tmp_path / "second")
        await settle(service)
        assert (await task_of(service, "b")).state is TaskState.LANDED


async def test_what_nobody_thought_of_in_one_repository_stops_only_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = two(tmp_path, queue("a"), queue("b"))
    async with here.service() as service:
        broken = service.repos[RepoName("repo")]
        real = service.ticker._queues.read

        async def read(repo: object, *args: object, **more: object) -> None:
            if repo is broken:
                raise ZeroDivisionError
            await real(repo, *args, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(service.ticker._queues, "read", read)
        await settle(service)
        assert (await task_of(service, "b")).state is TaskState.LANDED

    assert [facts["error"] for facts in here.said("daemon.fault")] == ["ZeroDivisionError()"]


async def test_a_head_that_cannot_be_checked_does_not_end_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = two(tmp_path, queue("a"), queue("b"))
    here.rate = 3600
    stop = asyncio.Event()
    async with here.built() as service:
        real = service.ticker._heads.look

        async def look(repo: object) -> object:
            if repo is service.repos[RepoName("repo")]:
                raise OSError(28, "No space left on device")
            return await real(repo)  # type: ignore[arg-type]

        monkeypatch.setattr(service.ticker._heads, "look", look)
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("head.validated", repo="second")
        await here.hears("daemon.fault", where="repo")
        stop.set()
        await serving


async def test_one_budget_is_for_both_and_a_repositorys_own_cap_for_it_alone(tmp_path: Path) -> None:
    here = two(tmp_path, queue("a"), queue("b"), budget="per_repo_usd = { repo = 0.0 }")
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "a")).state is TaskState.QUEUED
        assert (await task_of(service, "b")).state is TaskState.LANDED

    assert [facts["reason"] for facts in here.said("task.waiting") if facts["task"] == "a"][-1] == "budget_repo"
