"""The line of a branch: who waits there lands together, one look of the commands for all, and only what is bad is put out."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.unit.daemon.words import REPO, queue, writes
from tests.worlds import AUTHOR, World, ends_of, settle, task_of
from watchbill.daemon.service import Service
from watchbill.domain.ids import TaskId, TaskType
from watchbill.domain.tasks import Task, TaskState
from watchbill.providers.scripted import Say, Scene, finish, say, use
from watchbill.state import intents, tasks

pytestmark = pytest.mark.anyio

NAMES = ("alpha", "beta", "gamma", "delta")
# One word for each look, in the order of the looks; red where a file says so.
CHECK = """
sandbox = "none"
[[repo.commands]]
name = "looks"
argv = ["sh", "-c", "ls words | tr '\\n' ' ' >> LOG; echo >> LOG; SAYS"]
"""


def world(tmp_path: Path, says: str = "true", **more: str) -> World:
    check = CHECK.replace("LOG", str(tmp_path / "looks")).replace("SAYS", says)
    return World(
        root=tmp_path,
        scripts=dict.fromkeys(("claude", "gpt", "third", "fourth"), writes),
        files=queue(*NAMES),
        repo=check,
        daemon="max_parallel = 4\n",
        **more,
    ).make()


async def together(service: Service, of: int = len(NAMES)) -> None:
    """Everybody finishes while the line is held, so that all wait in it."""
    repo = service.repos[REPO]
    async with service.parts.deliverer.alone(repo, repo.integration_ref):
        await service.ticker.tick()
        line = service.parts.deliverer._line_by_branch[REPO, repo.integration_ref]
        async with asyncio.timeout(60):
            while len(line) < of:
                await asyncio.sleep(0.02)
        (service.folder.root.parent / "looks").write_text("")
    await service.dispatcher.idle()


def looks(here: World) -> list[list[str]]:
    """Whose files each look of the command saw."""
    lines = (here.root / "looks").read_text().splitlines()
    return [[word.removesuffix(".txt") for word in line.split() if word != "seed.txt"] for line in lines]


async def test_runs_that_wait_together_land_together_after_one_look_at_the_last_tree(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await together(service)
        await service.ticker.write_back()
        assert {(await task_of(service, name)).state for name in NAMES} == {TaskState.LANDED}
        landed = [await service.parts.database.submit(lambda c, n=name: intents.landed(c, TaskId(n))) for name in NAMES]

    seen = looks(here)
    assert len(seen) == 1
    assert sorted(seen[0]) == sorted(NAMES)
    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "4"
    assert len({one.old for one in landed if one}) == 1
    assert sum(one.tip is None for one in landed if one) == 1


async def test_bad_one_among_them_is_found_and_put_out_and_the_others_land(tmp_path: Path) -> None:
    here = world(
        tmp_path, "test $(ls words | grep -c -e beta -e gamma) -lt 2"
    )  # each alone passes, both together do not
    async with here.service() as service:
        await together(service)
        states = {name: (await task_of(service, name)).state for name in NAMES}
        ends = {name: [end for _, end in await ends_of(service, name)] for name in NAMES}

    out = [name for name in NAMES if states[name] is not TaskState.LANDED]
    assert out in (["beta"], ["gamma"])
    assert ends[out[0]] == ["rejected"]
    assert [facts["task"] for facts in here.said("landing.put_out")] == out


async def test_command_that_is_red_only_once_puts_nobody_out(tmp_path: Path) -> None:
    here = world(
        tmp_path, f"test $(ls words | wc -l) -lt 5 || test -e {tmp_path}/was || {{ touch {tmp_path}/was; false; }}"
    )
    async with here.service() as service:
        await together(service)
        assert {(await task_of(service, name)).state for name in NAMES} == {TaskState.LANDED}

    assert not here.said("landing.put_out")
    assert here.said("gate.flaky")


def links(scene: Scene) -> Say:
    """One renames a heading, the other links to it as it was: each passes alone, whoever is second does not."""
    written = {"alpha": "# Anew\n", "beta": "[See](alpha.md#before)\n"}
    task = scene.purpose.task
    script = steps(say("", use("write_file", path=f"words/{task}.md", content=written[task])), finish("written"))
    step = script(scene)
    assert isinstance(step, Say)
    return step


async def test_one_that_does_not_fit_on_the_others_has_its_turn_after_them(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.scripts = dict.fromkeys(("claude", "gpt"), links)
    here.queue.write_text(queue("alpha", "beta")["docs/AI_TASK_QUEUE.md"].replace(".txt", ".md"))
    (here.path / "words/alpha.md").write_text("# Before\n")
    here.commit("Write before")
    async with here.service() as service:
        await together(service, of=2)
        ends = [end for name in ("alpha", "beta") for _, end in await ends_of(service, name)]

    assert sorted(ends) == ["landed", "rejected"]
    assert not here.said("landing.put_out")


async def test_cancelled_one_leaves_the_line_and_the_others_land(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        repo = service.repos[REPO]
        async with service.parts.deliverer.alone(repo, repo.integration_ref):
            await service.ticker.tick()
            line = service.parts.deliverer._line_by_branch[REPO, repo.integration_ref]
            async with asyncio.timeout(60):
                while len(line) < len(NAMES):
                    await asyncio.sleep(0.02)
            await service.control.cancel(TaskId("beta"), "no longer wanted")
        await service.dispatcher.idle()
        states = {name: (await task_of(service, name)).state for name in NAMES}

    assert states == {**dict.fromkeys(NAMES, TaskState.LANDED), "beta": TaskState.CANCELLED}


async def test_batch_whose_daemon_died_before_the_swap_lands_whole_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        vcs = type(service.repos[REPO].vcs)
        move = vcs.move_ref
        fault = RuntimeError("it died")

        async def dies(self: object, ref: str, new: object, old: object) -> bool:
            if ref.startswith("refs/heads/"):
                raise fault
            return await move(self, ref, new, old)  # type: ignore[arg-type]

        monkeypatch.setattr(vcs, "move_ref", dies)
        await together(service)
        pending = await service.parts.database.submit(intents.pending)
        monkeypatch.setattr(vcs, "move_ref", move)
    assert len(pending) == len(NAMES)
    async with here.service() as service:
        await service.ticker.write_back()
        assert {(await task_of(service, name)).state for name in NAMES} == {TaskState.LANDED}
    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "4"


async def test_line_of_a_branch_that_others_move_every_time_lets_its_runs_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        vcs = type(service.repos[REPO].vcs)
        move = vcs.move_ref

        async def late(self: object, ref: str, new: object, old: object) -> bool:
            return False if ref.startswith("refs/heads/") else await move(self, ref, new, old)  # type: ignore[arg-type]

        monkeypatch.setattr(vcs, "move_ref", late)
        await together(service)
        ends = [await ends_of(service, name) for name in NAMES]
        waits = await task_of(service, "alpha")

    assert [[state for _, state in each] for each in ends] == [["deferred"]] * 4
    assert "was moved by others every time" in waits.note


async def test_one_that_is_broken_off_at_the_last_moment_lands_nothing(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        deliverer = service.parts.deliverer
        line = deliverer._line_by_branch[REPO, service.repos[REPO].integration_ref]
        green = deliverer._stacker.green

        async def meanwhile(*parts: object) -> object:
            for one in line:
                if one.work.task.id == "beta":
                    one.has_left = True
            return await green(*parts)  # type: ignore[arg-type]

        deliverer._stacker.green = meanwhile  # type: ignore[method-assign, assignment]
        await together(service)
        landed = {
            name: await service.parts.database.submit(lambda c, n=name: intents.landed(c, TaskId(n))) for name in NAMES
        }

    assert landed["beta"] is None
    assert all(landed[name] for name in ("alpha", "gamma", "delta"))


async def test_run_that_was_cancelled_in_the_line_lands_nothing_and_stops(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.queue.write_text(queue("alpha")["docs/AI_TASK_QUEUE.md"])
    async with here.service() as service:
        repo = service.repos[REPO]
        async with service.parts.deliverer.alone(repo, repo.integration_ref):
            await service.ticker.tick()
            line = service.parts.deliverer._line_by_branch[REPO, repo.integration_ref]
            async with asyncio.timeout(60):
                while not line:
                    await asyncio.sleep(0.02)
            await service.control.cancel(TaskId("alpha"), "no longer wanted")
        await service.dispatcher.idle()

        assert (await task_of(service, "alpha")).state is TaskState.CANCELLED
    assert not here.said("landing.committed")


@pytest.mark.parametrize(("delivery", "end"), [("integration", TaskState.LANDED), ("land", TaskState.REVIEW)])
async def test_work_beside_a_target_that_parted_from_ours(tmp_path: Path, delivery: str, end: TaskState) -> None:
    """The integration branch goes on without its news; on the target itself only its owner can decide."""
    here = world(tmp_path)
    here.repo = f'delivery = "{delivery}"'
    here.queue.write_text(queue("alpha")["docs/AI_TASK_QUEUE.md"])
    async with here.service() as service:
        await settle(service)
        (here.path / "words/alpha.txt").write_text("mine\n")
        here.queue.write_text(queue("alpha", "beta")["docs/AI_TASK_QUEUE.md"])
        here.commit("Write it too")
        await settle(service)

        assert (await task_of(service, "beta")).state is end
    assert here.said("landing.conflict")


async def test_shared_repository_without_a_worktree_is_pushed_to_with_a_lease_beside_its_people(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.repo = 'delivery = "land"'
    here.path.rename(tmp_path / "mine")
    git(tmp_path, "clone", "--quiet", "--bare", "mine", "repo")
    git(tmp_path / "mine", "remote", "add", "origin", str(here.path))
    task = Task(id=TaskId("alpha"), repo=REPO, title="Write alpha", type=TaskType("write"), claims=("words/alpha.txt",))
    async with here.service() as service:
        await service.parts.database.submit(lambda conn: tasks.insert(conn, task, here.start))
        await service.ticker.tick()
        (tmp_path / "mine/mine.md").write_text("mine\n")
        git(tmp_path / "mine", "add", "--all")
        git(tmp_path / "mine", "commit", "--quiet", "-m", "Push meanwhile")
        git(tmp_path / "mine", "push", "--quiet", "origin", "main")
        await service.dispatcher.idle()
        await settle(service)
        await service.ticker.validate_heads()
        await service.ticker.tick()

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
    assert here.show("mine.md", "main") == "mine\n"
    assert here.show("words/alpha.txt", "main") == "alpha\n"


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *AUTHOR, *words], cwd=folder, check=True, capture_output=True)
