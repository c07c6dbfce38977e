"""Recurring work in the daemon: looked for at its time on the newest state, and never a task without a finding."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, START, World, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.errors import GitError
from watchbill.domain.ids import RepoName
from watchbill.domain.outcomes import SetbackKind
from watchbill.domain.tasks import Task, TaskState, origin_of
from watchbill.providers.scripted import Fail, Scene, Step, finish, say, use
from watchbill.state import recurring, tasks
from watchbill.state.recurring import Recurrence

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
EMPTY = {**FILES, "docs/AI_TASK_QUEUE.md": "# Queue\n"}
SCENES = {**EMPTY, "scenes/a.txt": "TODO\n", "scenes/b.txt": "All is said.\n"}
WRITER = """
[[recurring]]
name = "writer"
every = "3h"
type = "write"
title = "Go on with {{target}}"
find = {{ glob = "scenes/*.txt", contains = "TODO" }}
"""


def mend(scene: Scene) -> Step:
    """Replace the TODO in the task's file."""
    path = "scenes/a.txt" if scene.purpose.task.startswith("writer-a") else "scenes/b.txt"
    return steps(say("", use("write_file", path=path, content="All is said.\n")), finish("done"))(scene)


def world(
    tmp_path: Path, entries: str = WRITER, *, files: Mapping[str, str] = SCENES, script: object = mend, **more: str
) -> World:
    repo = more.pop("repo", "") + entries.replace("{{", "{").replace("}}", "}")
    return World(root=tmp_path, scripts={"claude": script}, files=files, repo=repo, rate=1, **more).make()  # type: ignore[dict-item,arg-type]


async def look(service: Service, later: timedelta = timedelta(0)) -> None:
    """What a tick and its look do, so much later."""
    service.parts.clock._start += later  # type: ignore[attr-defined]
    await service.ticker.refresh(service.orders.standing)
    await service.recurrences.look()


async def known(service: Service) -> list[Task]:
    return await service.parts.database.submit(tasks.all_tasks)


async def last(service: Service, entry: str = "writer") -> Recurrence:
    found = await service.parts.database.submit(recurring.all_recurrences)
    return found[entry]


async def test_a_new_entry_waits_for_its_next_occurrence(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        assert await known(service) == []
        assert (await last(service)).seen == START
        assert "recurring" in service.timers.names()


async def test_what_is_found_becomes_a_task_that_lands_and_is_not_found_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        (task,) = await known(service)
        await settle(service)
        assert (await task_of(service, task.id)).state is TaskState.LANDED
        await look(service, 3 * HOUR)
        assert len(await known(service)) == 1

    assert (task.title, task.claims, origin_of(task)) == (
        "Go on with scenes/a.txt",
        ("scenes/a.txt",),
        "recurring writer",
    )
    assert here.show("scenes/a.txt") == "All is said.\n"
    assert [facts["found"] for facts in here.said("recurring.found")] == [1]
    assert len(here.said("recurring.idle")) == 1


async def test_without_a_finding_there_is_no_task_no_run_and_no_call(tmp_path: Path) -> None:
    here = world(tmp_path, files={**EMPTY, "scenes/a.txt": "All is said.\n"})
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        await settle(service)
        assert await known(service) == []
        found = await last(service)

    assert (found.seen, found.found, found.made, found.fault) == (START + 3 * HOUR, (), (), "")
    assert [facts["entry"] for facts in here.said("recurring.idle")] == ["writer"]
    assert here.said("run.started") == []


async def test_never_twice_while_an_earlier_task_for_the_target_is_open_or_failed(tmp_path: Path) -> None:
    here = world(tmp_path, script=lambda _: Fail(kind=SetbackKind.BAD_REQUEST))
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        await look(service, 3 * HOUR)
        assert [task.state for task in await known(service)] == [TaskState.QUEUED]
        await settle(service)
        assert [task.state for task in await known(service)] == [TaskState.FAILED]
        await look(service, 3 * HOUR)
        assert len(await known(service)) == 1

    assert [facts["made"] for facts in here.said("recurring.found")] == [1, 0, 0]


async def test_missed_occurrences_are_made_up_for_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
    async with here.service() as service:
        await look(service, 25 * HOUR)
        assert len(await known(service)) == 1
        assert (await last(service)).seen == START + 24 * HOUR


async def test_a_clock_that_goes_back_makes_nothing_twice(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        (task,) = await known(service)
        await service.parts.database.submit(
            lambda conn: tasks.move(conn, task.id, TaskState.CANCELLED, now=service.parts.clock.now())
        )
        await look(service, -HOUR)
        await look(service, HOUR)
        assert [one.id for one in await known(service)] == [task.id]


async def test_more_than_the_limit_is_found_again_at_the_next_occurrence(tmp_path: Path) -> None:
    files = {**EMPTY, "scenes/a.txt": "TODO\n", "scenes/b.txt": "TODO\n"}
    here = world(tmp_path, WRITER.replace("find", "limit = 1\nfind"), files=files)
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert [task.title for task in await known(service)] == ["Go on with scenes/a.txt"]
        await settle(service)
        await look(service, 3 * HOUR)
        assert len(await known(service)) == 2


async def test_without_find_each_occurrence_is_one_task(tmp_path: Path) -> None:
    here = world(tmp_path, '\n[[recurring]]\nname = "weekly"\ncron = "0 15 * * *"\nprompt = "Look around."\n')
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        (task,) = await known(service)
        assert (task.title, task.claims, task.requirements) == ("weekly", ("**",), "Look around.")


async def test_only_what_changed_is_looked_at_where_that_is_asked(tmp_path: Path) -> None:
    here = world(tmp_path, WRITER.replace('contains = "TODO"', "changed = true"))
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert len(await known(service)) == 2
        for task in await known(service):
            await service.parts.database.submit(
                lambda conn, task=task: tasks.move(  # type: ignore[misc]
                    conn, task.id, TaskState.CANCELLED, now=service.parts.clock.now()
                )
            )
        await look(service, 3 * HOUR)
        assert len(await known(service)) == 2
        (here.path / "scenes/b.txt").write_text("More.\n")
        here.commit("By hand")
        await look(service, 3 * HOUR)
        assert [task.title for task in await known(service)].count("Go on with scenes/b.txt") == 2
        assert len(await known(service)) == 3


async def test_what_has_not_become_a_task_still_counts_as_changed(tmp_path: Path) -> None:
    files = {**EMPTY, "scenes/a.txt": "TODO\n", "scenes/b.txt": "TODO\n"}
    only = WRITER.replace('contains = "TODO"', "changed = true").replace("find", "limit = 1\nfind")
    here = world(tmp_path, only, files=files)
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert (await last(service)).owed == ("scenes/b.txt",)
        await settle(service)
        await look(service, 3 * HOUR)
        assert (await last(service)).owed == ("scenes/a.txt",)  # its own task changed it
        await settle(service)
        await look(service, 3 * HOUR)
        assert sorted(task.title[-5:] for task in await known(service)) == ["a.txt", "a.txt", "b.txt"]
        assert (await last(service)).owed == ("scenes/b.txt",)


async def test_a_limit_keeps_no_target_back_for_ever(tmp_path: Path) -> None:
    files = {**EMPTY, "scenes/a.txt": "TODO\n", "scenes/b.txt": "TODO\n"}
    here = world(tmp_path, WRITER.replace("find", "limit = 1\nfind"), files=files)
    async with here.service() as service:
        await look(service)
        for _ in range(4):
            await look(service, 3 * HOUR)
            (task,) = [one for one in await known(service) if one.state is TaskState.QUEUED]
            await service.parts.database.submit(
                lambda conn, task=task: tasks.move(  # type: ignore[misc]
                    conn, task.id, TaskState.CANCELLED, now=service.parts.clock.now()
                )
            )
    assert [facts["title"][-5:] for facts in here.said("task.discovered")] == ["a.txt", "b.txt"] * 2  # type: ignore[index]


async def test_without_entries_no_timer_is_set(tmp_path: Path) -> None:
    async with world(tmp_path, "").service() as service:
        await look(service)
        assert "recurring" not in service.timers.names()


# --- commands

COMMAND = """
[[recurring]]
name = "asker"
every = "3h"
files = ["docs/answers.md"]
title = "Answer {{target}}"
find = {{ command = ["python3", "ask.py"] }}
"""


async def test_each_line_of_a_command_in_the_sandbox_is_a_target(tmp_path: Path) -> None:
    files = {**EMPTY, "ask.py": "import os\nprint('who')\nprint('why')\nprint(os.environ.get('HOME'))\n"}
    here = world(tmp_path, COMMAND, files=files, repo='sandbox = "none"\n')
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        titles = [task.title for task in await known(service)]
        assert titles[:2] == ["Answer who", "Answer why"]
        assert str(Path.home()) not in titles[2]
        assert await service.repos[RepoName("repo")].vcs.worktree_names() == []


async def test_a_command_that_fails_has_found_nothing_and_says_so(tmp_path: Path) -> None:
    files = {**EMPTY, "ask.py": "print('who')\nraise SystemExit('no idea')\n"}
    here = world(tmp_path, COMMAND, files=files, repo='sandbox = "none"\n')
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert await known(service) == []
        assert (await last(service, "asker")).fault == "python3 ask.py ended with 1: no idea"
        await look(service, HOUR)

    assert len(here.said("recurring.failed")) == 1


async def test_without_a_sandbox_no_command_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path, COMMAND, files={**EMPTY, "ask.py": "print('who')\n"})
    async with here.service() as service:
        await look(service)
        monkeypatch.setattr("shutil.which", lambda _: None)
        monkeypatch.setattr("watchbill.workspace.landlock.version", lambda: 0)
        await look(service, 3 * HOUR)
        assert await known(service) == []
        assert "bwrap is not installed" in (await last(service, "asker")).fault


async def test_a_command_that_takes_too_long_has_found_nothing(tmp_path: Path) -> None:
    slow = COMMAND.replace('"ask.py"]', '"ask.py"], timeout = "0.3s"')
    here = world(tmp_path, slow, files={**EMPTY, "ask.py": "import time\ntime.sleep(60)\n"}, repo='sandbox = "none"\n')
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert "ran into its time-out" in (await last(service, "asker")).fault


async def test_targets_that_are_no_paths_are_named_where_they_had_to_be(tmp_path: Path) -> None:
    files = {**EMPTY, "ask.py": "print('**')\nprint('docs/a.md')\n"}
    here = world(tmp_path, COMMAND.replace("docs/answers.md", "{{target}}"), files=files, repo='sandbox = "none"\n')
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert [task.claims for task in await known(service)] == [("docs/a.md",)]
        assert (await last(service, "asker")).fault.startswith("1 of the targets are no paths")


# --- what goes wrong


async def test_a_pattern_that_never_ends_cannot_stop_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**EMPTY, "scenes/a.txt": "a" * 60 + "b\n"}
    here = world(tmp_path, WRITER.replace('"TODO"', '"(a+)+$"'), files=files)
    monkeypatch.setattr("watchbill.daemon.tallying.COUNTING", timedelta(seconds=0.5))
    async with here.service() as service:
        await look(service)
        await look(service, 3 * HOUR)
        assert "make the pattern simpler" in (await last(service)).fault


async def test_an_entry_of_a_broken_repository_waits_and_then_makes_up_for_it(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        here.path.rename(tmp_path / "gone")
        await look(service, 3 * HOUR)
        assert (await last(service)).seen == START
        (tmp_path / "gone").rename(here.path)
        await look(service, HOUR)
        assert len(await known(service)) == 1


async def test_a_repository_that_cannot_be_read_is_tried_again_and_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        repo = service.repos[RepoName("repo")].vcs

        async def unreadable(_: object) -> None:
            raise GitError("the object is damaged")

        with monkeypatch.context() as patch:
            patch.setattr(repo, "read_tree", unreadable)
            await service.ticker.refresh(service.orders.standing)
            service.parts.clock._start += 3 * HOUR  # type: ignore[attr-defined]
            await service.recurrences.look()
            await service.recurrences.look()
        assert [facts["why"] for facts in here.said("recurring.failed")] == ["the object is damaged"]
        await look(service)
        assert len(await known(service)) == 1


async def test_a_look_that_breaks_is_reported_and_the_next_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await look(service)
        with monkeypatch.context() as patch:
            patch.setattr(recurring, "all_recurrences", lambda _: 1 / 0)
            job = asyncio.create_task(service.recurrences.run())
            service.recurrences.wake()
            await here.hears("daemon.fault", where="recurring")
        service.parts.clock._start += 3 * HOUR  # type: ignore[attr-defined]
        service.recurrences.wake()
        await here.hears("recurring.found")
        job.cancel()


# --- the whole daemon


async def test_a_serving_daemon_looks_at_the_time_and_does_what_it_finds(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.rate = 3600
    stop = asyncio.Event()
    async with here.built() as service:
        serving = asyncio.create_task(service.serve(stop))
        await here.hears("task.landed")
        stop.set()
        await serving
    assert here.show("scenes/a.txt") == "All is said.\n"


async def test_a_single_tick_looks_before_it_plans(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.built() as service:
        await service.once()
    async with here.built() as service:
        service.parts.clock._start += 3 * HOUR  # type: ignore[attr-defined]
        done = await service.once()
    assert [name.startswith("writer-a-") for name in done.done] == [True]
