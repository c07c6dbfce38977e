"""A world that goes wrong under the daemon: it says so, loses nothing, and goes on when the world is right again."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.domain.tasks import TaskState
from watchbill.providers.scripted import Script, finish, say, table, use
from watchbill.state import accounts, holds

pytestmark = pytest.mark.anyio

TWO = {
    **FILES,
    "docs/AI_TASK_QUEUE.md": "# Queue\n\n- [ ] Do one thing #write [id:: one] [files:: notes.md]\n"
    "- [ ] Do another #write [id:: two] [after:: one] [files:: more.md]\n",
}
WRITTEN = {
    "one": (say("", use("write_file", path="notes.md", content="One.\n")), finish("written")),
    "two": (say("", use("write_file", path="more.md", content="Two.\n")), finish("written")),
}


def make(folder: Path, script: Script | None = None, **other: object) -> World:
    return World(root=folder, scripts={"claude": script or table(WRITTEN)}, files=TWO, **other).make()


# ── the disk ──


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """A file system of its own there; the test is skipped where nobody may mount one."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"only root may mount a file system here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


async def test_a_full_disk_of_the_state_is_told_and_the_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    world = make(tmp_path)
    with small_disk(tmp_path / "state", "8m"):
        async with world.service() as service:
            await service.ticker.tick()
            await service.dispatcher.idle()
            before = await task_of(service, "one")
            filler = fill(tmp_path / "state")
            for _ in range(3):
                with_fault = asyncio.create_task(service.ticker.run())
                await world.hears("daemon.fault")
                await asyncio.sleep(0.3)
                with_fault.cancel()
                await asyncio.wait({with_fault})
            told = [str(fault["error"]) for fault in world.said("daemon.fault")]
            filler.unlink()
            await settle(service)

            assert before.state is TaskState.LANDED
            assert any("full" in error or "No space left" in error for error in told), told
            assert (await task_of(service, "two")).state is TaskState.LANDED
            assert (await task_of(service, "two")).attempts <= 1
            calls = await service.parts.database.submit(accounts.calls)
            assert {call.state for call in calls} <= {"settled", "released", "unknown"}
        assert world.show("notes.md") == "One.\n"
        assert world.show("more.md") == "Two.\n"


async def test_a_full_disk_of_the_owners_loses_no_marker(tmp_path: Path) -> None:
    with small_disk(tmp_path / "repo", "4m"):
        world = make(tmp_path)
        async with world.service() as service:
            filler = fill(world.path)
            await settle(service, rounds=2)
            during = world.queue.read_text()
            put_off = world.said("queue.write_put_off") + world.said("landing.put_off") + world.said("daemon.fault")
            filler.unlink()
            await settle(service)

            assert during == TWO["docs/AI_TASK_QUEUE.md"]
            assert put_off
            assert world.queue.read_text().count("[x]") == 2
            assert world.show("more.md") == "Two.\n"


# ── the clock ──


@pytest.mark.parametrize("start", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 4, 11, 23, 47, tzinfo=UTC)])
async def test_a_clock_that_nobody_set_keeps_nobody_from_working(tmp_path: Path, start: datetime) -> None:
    world = make(tmp_path, start=start)

    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "two")).state is TaskState.LANDED
        assert world.show("more.md") == "Two.\n"
    assert not world.said("daemon.fault")


async def test_a_clock_that_goes_back_decades_between_two_lives_loses_nothing(tmp_path: Path) -> None:
    world = make(tmp_path, table({"one": (*WRITTEN["one"][:1], finish("later", done=False), *WRITTEN["one"][1:])}))
    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
    world.start = datetime(1970, 1, 1, tzinfo=UTC)
    async with world.service() as service:
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED


# ── the repository ──


async def test_a_repository_that_vanishes_stops_only_itself_until_it_is_back(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await service.ticker.write_back()
        world.path.rename(tmp_path / "elsewhere")
        for _ in range(2):
            await service.ticker.tick()
        gone = await task_of(service, "two")
        told = len(world.said("daemon.fault"))
        (tmp_path / "elsewhere").rename(world.path)
        await settle(service)

        assert gone.state is TaskState.QUEUED
        assert told == 1
        assert (await task_of(service, "two")).state is TaskState.LANDED
        assert [end for _, end in await ends_of(service, "two")] == ["landed"]


async def test_a_repository_that_vanishes_while_a_run_works_loses_nothing_of_it(tmp_path: Path) -> None:
    moved = asyncio.Event()
    here = tmp_path / "repo"

    def script(scene: object) -> object:
        step = table(WRITTEN)(scene)  # type: ignore[arg-type]
        if here.exists() and not moved.is_set() and getattr(scene, "turn", 0) == 1:
            here.rename(tmp_path / "elsewhere")
            moved.set()
        return step

    world = make(tmp_path, script)  # type: ignore[arg-type]
    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await service.ticker.tick()
        (tmp_path / "elsewhere").rename(here)
        await settle(service)

        assert moved.is_set()
        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert world.show("notes.md") == "One.\n"


async def test_a_repository_in_which_git_is_gone_is_told_in_words(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        shutil.rmtree(world.path / ".git")
        await service.ticker.tick()

        assert "repo" in service.ticker.broken
        assert (await task_or_none(service)) is None
    assert world.said("daemon.fault")


async def task_or_none(service: object) -> object:
    from watchbill.domain.ids import TaskId
    from watchbill.state import tasks

    return await service.parts.database.submit(lambda conn: tasks.get(conn, TaskId("one")))  # type: ignore[attr-defined]


async def test_a_target_that_is_rewritten_under_the_daemon_loses_nothing_of_either(tmp_path: Path) -> None:
    world = make(tmp_path)
    (world.path / "more.txt").write_text("By hand.\n")
    world.commit("By hand")

    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        await service.ticker.write_back()
        (world.path / "README.md").write_text("# Rewritten\n")
        world.git("commit", "--quiet", "--all", "--amend", "-m", "Another hand")
        await settle(service)
        await service.ticker.validate_heads()
        await service.ticker.write_back()

        assert (await task_of(service, "two")).state is TaskState.LANDED
    assert world.show("notes.md") == "One.\n"
    assert world.show("more.md") == "Two.\n"
    assert "Rewritten" in world.show("README.md")
    assert "By hand" not in world.git("log", "--format=%s", "watchbill/main")  # its owner took that off


async def test_branches_that_no_longer_merge_stop_no_work(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        (world.path / "notes.md").write_text("Mine.\n")
        world.commit("By hand")
        for _ in range(3):
            await settle(service)
        calls = len(await service.parts.database.submit(accounts.calls))
        state = (await task_of(service, "two")).state

    assert state is TaskState.LANDED
    assert calls == 4
    assert (world.show("notes.md"), world.show("more.md")) == ("One.\n", "Two.\n")
    assert world.git("show", "main:notes.md") == "Mine.\n"


async def test_a_target_that_is_gone_is_told_and_found_again(tmp_path: Path) -> None:
    world = make(tmp_path)

    async with world.service() as service:
        world.git("branch", "-m", "main", "trunk")
        await service.ticker.tick()
        told = service.ticker.broken.get("repo", "")
        world.git("branch", "-m", "trunk", "main")
        await settle(service)

        assert "'main'" in told
        assert (await task_of(service, "two")).state is TaskState.LANDED


async def test_names_that_are_no_text_are_no_trouble(tmp_path: Path) -> None:
    script = table({"one": (say("", use("list_files"), use("search", pattern="."), use("check")), *WRITTEN["one"])})
    world = make(tmp_path, script)
    await asyncio.to_thread((world.path / "stra\udcdfe.md").write_bytes, b"not UTF-8: \xff\xfe\n")
    world.commit("A strange name")

    async with world.service() as service:
        await settle(service, rounds=2)

        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert not world.said("daemon.fault")


# ── the network ──

FAR = """
[provider.far]
kind = "{kind}"
api_key = "env:FAR_KEY"
base_url = "{url}"
models = [{{ id = "m", price = {{ input = 3, output = 15 }} }}]
strengths = {{ "*" = 1.0 }}
"""


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody else can have meanwhile, and where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield int(one.getsockname()[1])


@pytest.mark.vendors
@pytest.mark.parametrize("kind", ["anthropic", "openai", "openai-chat"])
async def test_a_vendor_that_cannot_be_reached_costs_nothing_and_no_attempt(tmp_path: Path, kind: str) -> None:
    (tmp_path / "key").write_text("sk-nothing")
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}" + ("" if kind == "anthropic" else "/v1")
        far = FAR.format(kind=kind, url=url).replace("env:FAR_KEY", f"file:{tmp_path / 'key'}")
        world = World(root=tmp_path, scripts={}, files=TWO, repo=far).make()

        async with world.service() as service:
            await service.ticker.tick()
            await service.dispatcher.idle()
            task = await task_of(service, "one")
            calls = await service.parts.database.submit(accounts.calls)
            held = await service.parts.database.submit(holds.all)

            assert (task.state, task.attempts) == (TaskState.QUEUED, 0)
            assert {call.state for call in calls} == {"released"}
            assert [(hold.provider, hold.kind) for hold in held] == [("far", "network")]
            assert world.said("provider.setback")[0]["kind"] == "network"
