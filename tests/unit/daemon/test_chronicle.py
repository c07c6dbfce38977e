"""Reports that come by the clock: written once, after an absence too, where the owner wants them; and the nightly sweep."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clocks import JumpClock
from tests.unit.daemon.test_dialogue import WRITE, steps
from tests.worlds import World, settle
from watchbill.daemon.service import Service
from watchbill.domain.ids import RepoName, TaskId
from watchbill.providers.scripted import finish
from watchbill.state import briefs, events, measures, runs
from watchbill.workspace import refs

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # a Monday
FILES = {
    "README.md": "# A repository\n",
    "scenes/one.txt": "PLACEHOLDER\nThree words here\n",
    "docs/AI_TASK_QUEUE.md": "# Queue\n\n## PRIORITY 1\n\n- [ ] Do one thing #write [id:: one]\n  - **Files:** `notes.md`\n",
}


def world(root: Path, **fields: str) -> World:
    clock = JumpClock(start=START, rate=1)
    return World(
        root=root,
        scripts={"claude": steps(WRITE, finish("done"))},
        files=FILES,
        clock=clock,
        repo=fields.get("repo", ""),
        daemon=fields.get("daemon", ""),
    ).make()


@asynccontextmanager
async def worked(here: World) -> AsyncIterator[Service]:
    """A daemon whose one task has landed."""
    async with here.service() as service:
        await settle(service)
        await service.recorder.flush()
        await service.reporter.write()
        yield service


def pass_time(here: World, span: timedelta) -> None:
    assert isinstance(here.clock, JumpClock)
    here.clock.set_by(span)


def names(here: World, folder: str) -> set[str]:
    return {path.name for path in (here.root / "state/logs" / folder).glob("*.*")} - {".gitignore"}


async def test_status_progress_day_and_week_are_written_once_when_they_are_due(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with worked(here) as service:
        pass_time(here, timedelta(hours=2))
        assert await service.chronicle.look()
        assert names(here, "agent-management") == {"status-2026-03-02.json", "status-2026-03-02.md"}

        pass_time(here, 12 * timedelta(hours=1))
        assert await service.chronicle.look()
        assert "status-2026-03-02-2.json" in names(here, "agent-management")

        pass_time(here, DAY)
        assert await service.chronicle.look()
        before = len(here.said("report.written"))
        assert await service.chronicle.look()

    assert {"day-2026-03-02.json", "day-2026-03-02.md", "day-2026-03-02.html"} <= names(here, "multi-ai")
    assert names(here, "scene-progress") == {"progress-2026-03-02.json", "progress-2026-03-02.md"}
    assert len(here.said("report.written")) == before
    told = json.loads((tmp_path / "state/logs/scene-progress/progress-2026-03-02.json").read_text())
    assert {text["path"]: (text["words"], text["placeholders"]) for text in told["texts"]}["scenes/one.txt"] == (4, 1)
    day = json.loads((tmp_path / "state/logs/multi-ai/day-2026-03-02.json").read_text())
    assert [each["task"] for each in day["landed"]] == ["one"]


async def test_what_was_missed_while_nobody_was_there_is_written_at_the_next_start(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with worked(here):
        pass
    (tmp_path / "state/logs/multi-ai/run-1.json").unlink()
    pass_time(here, DAY)
    async with here.service() as service:
        assert await service.chronicle.look()

    assert {"run-1.json", "day-2026-03-02.json"} <= names(here, "multi-ai")


async def test_a_full_disk_is_said_once_and_tried_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with worked(here) as service:
        place = tmp_path / "state/logs/agent-management"
        place.write_text("in the way")
        pass_time(here, timedelta(hours=2))
        assert not await service.chronicle.look()
        assert not await service.chronicle.look()
        place.unlink()
        assert await service.chronicle.look()

    (said,) = here.said("report.failed")
    assert str(said["path"]).endswith("agent-management/status-2026-03-02")
    assert "status-2026-03-02.json" in names(here, "agent-management")


async def test_reports_in_the_owners_repository_are_hidden_from_its_git(tmp_path: Path) -> None:
    here = world(tmp_path)
    config = '\n[reports]\ndir = "repo/logs"\n'
    here.daemon = f'mode = "full"{config}'
    async with worked(here) as service:
        pass_time(here, timedelta(hours=2))
        assert await service.chronicle.look()

    assert (here.path / "logs/multi-ai/run-1.md").exists()
    assert (here.path / "logs/agent-management/status-2026-03-02.json").exists()
    assert "logs" not in here.git("status", "--porcelain", "--untracked-files=all")


async def test_the_first_week_is_counted_when_it_is_over(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with worked(here) as service:
        assert await service.chronicle.look()
        assert not here.said("report.baseline")
        pass_time(here, 8 * DAY)
        assert await service.chronicle.look()
        first = await service.parts.database.submit(measures.first_week)

    assert first is not None
    assert first.landed == 1
    assert len(here.said("report.baseline")) == 1
    assert "week-2026-W10.html" in names(here, "multi-ai")


async def test_the_sweep_takes_prompts_patches_and_reports_by_their_age(tmp_path: Path) -> None:
    keeping = 'mode = "full"\n[retention]\nmetrics = "6d"\nartefacts = "2d"\n'
    here = world(tmp_path, repo='delivery = "patch"', daemon=keeping)
    async with worked(here) as service:
        patch = tmp_path / "state/patches/repo/one.patch"
        left = tmp_path / "state/worktrees/repo/run-1"
        left.mkdir(parents=True)
        assert patch.exists()
        pass_time(here, 3 * DAY)
        assert await service.chronicle.look()
        assert not patch.exists()
        assert not left.exists()
        run = (await service.parts.database.submit(lambda conn: runs.of_task(conn, TaskId("one"))))[0]
        assert await service.parts.database.submit(lambda conn: briefs.of_run(conn, run.id)) is None
        assert (tmp_path / "state/logs/multi-ai/run-1.json").exists()

        await service.recorder.flush()
        pass_time(here, 5 * DAY)
        assert await service.chronicle.look()
        kept = await service.parts.database.submit(lambda conn: events.since(conn, 0))

    swept = here.said("retention.swept")[0]
    assert (swept["patches"], swept["worktrees"], swept["prompts"], swept["transcripts"]) == (1, 1, 1, 1)
    assert not (tmp_path / "state/logs/multi-ai/run-1.json").exists()
    assert "run.started" not in {event.name for event in kept}


async def test_the_sweep_drops_the_refs_of_work_that_is_over_and_packs_the_clone_without_losing_a_commit(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, daemon='mode = "full"\n[retention]\nartefacts = "2d"\n')
    async with worked(here) as service:
        vcs, bare = service.repos[RepoName("repo")].vcs, tmp_path / "state/repos/repo.git"
        checkpoints = refs.read_all(bare, "refs/watchbill/checkpoints/one/")
        await vcs.move_ref("refs/watchbill/checkpoints/open/x", await vcs.resolve(vcs.target_ref), None)
        assert await service.chronicle.look()
        assert refs.read_all(bare, "refs/watchbill/checkpoints/one/") == checkpoints  # it is over since today
        pass_time(here, 3 * DAY)
        assert await service.chronicle.look()
        left = refs.read_all(bare, "refs/watchbill/")

    assert len(checkpoints) == here.said("retention.swept")[-1]["refs"] > 0
    assert [ref for ref in left if "/checkpoints/" in ref] == ["refs/watchbill/checkpoints/open/x"]
    assert list(bare.glob("objects/??/*")) == []
    for commit in checkpoints.values():
        here.git(f"--git-dir={bare}", "rev-list", "--objects", commit)


async def test_a_clone_that_cannot_be_tidied_keeps_the_rest_from_nothing(tmp_path: Path) -> None:
    here = world(tmp_path, daemon='mode = "full"\n')
    async with worked(here) as service:
        (tmp_path / "state/repos/repo.git/HEAD").unlink()
        pass_time(here, DAY)
        assert await service.chronicle.look()

    assert "tidying the clone of repo" in {fault["where"] for fault in here.said("daemon.fault")}
    assert here.said("retention.swept")[-1]["refs"] == 0


async def test_a_repository_that_cannot_be_counted_keeps_no_report_back(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with worked(here) as service:
        await service.repos["repo"].vcs.move_ref("refs/remotes/owner/main", None, None)  # type: ignore[index]
        for ref in ("refs/remotes/owner/main", "refs/heads/watchbill/main"):
            vcs = service.repos["repo"].vcs  # type: ignore[index]
            await vcs.move_ref(ref, None, await vcs.resolve(ref))
        pass_time(here, timedelta(hours=2))
        assert await service.chronicle.look()

    assert "counting the words of repo" in {fault["where"] for fault in here.said("daemon.fault")}
    assert "status-2026-03-02.json" in names(here, "agent-management")


async def test_it_wakes_by_its_timer_and_a_look_that_breaks_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await service.recorder.flush()
        pass_time(here, timedelta(hours=2))
        running = asyncio.create_task(service.chronicle.run())
        await here.hears("retention.swept")
        while "reports" not in service.timers.names():
            await asyncio.sleep(0.02)

        async def broken() -> bool:
            raise RuntimeError("no such luck")

        monkeypatch.setattr(service.chronicle, "look", broken)
        service.chronicle.wake()
        await here.hears("daemon.fault", where="reports")
        running.cancel()
        await asyncio.wait({running})

    assert "status-2026-03-02.json" in names(here, "agent-management")


async def test_once_reports_too(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.built() as service:
        await service.once()
        pass_time(here, timedelta(hours=2))
        await service.once()

    assert "status-2026-03-02.json" in names(here, "agent-management")
