"""What owners take off their branches stays off, what they commit on ours is taken in, and what landed stays accounted for."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.daemon.test_evidence import sources
from tests.unit.daemon.words import REPO, queue, writes
from tests.worlds import World, settle, task_of
from watchbill.daemon.evidence import collect
from watchbill.daemon.following import Follower
from watchbill.daemon.service import Service
from watchbill.domain.errors import GitError
from watchbill.domain.invariants.checker import check
from watchbill.domain.tasks import TaskState
from watchbill.state import engine
from watchbill.workspace.owner import user_state

pytestmark = pytest.mark.anyio

LAND = 'delivery = "land"'


def world(tmp_path: Path, *names: str, repo: str = "") -> World:
    """The owner is elsewhere, so that every branch can be moved."""
    here = World(root=tmp_path, scripts={"claude": writes}, files=queue(*names), repo=repo).make()
    here.git("switch", "--quiet", "-c", "elsewhere")
    return here


async def landed(service: Service) -> None:
    """Everything is done, shown and looked at."""
    await settle(service)
    await service.ticker.validate_heads()
    await service.ticker.write_back()


async def followed(service: Service) -> None:
    """What the owner did is seen and followed."""
    await service.ticker.refresh(service.orders.standing)
    await service.ticker.validate_heads()
    await service.ticker.write_back()


def words(here: World, ref: str) -> list[str]:
    return [name.removeprefix("words/") for name in here.git("ls-tree", "-r", "--name-only", ref, "words").split()]


def subjects(here: World, ref: str) -> list[str]:
    return here.git("log", "--format=%s", ref).splitlines()


async def breaches(here: World) -> Sequence[str]:
    """Of the rules that delivered work keeps to."""
    with closing(engine.connect(here.root / "state" / "watchbill.db")) as conn:
        report = check(await collect(conn, sources(here, user_state(here.path), queue=b"")))
    return [str(one) for one in report.violations if one.invariant in ("I7", "I8")]


def secret(here: World) -> None:
    """On the target, and then everything that is done is done upon it."""
    here.git("switch", "--quiet", "main")
    (here.path / "words/secret.txt").write_text("hunter2\n")
    here.commit("Oops")
    here.git("switch", "--quiet", "elsewhere")


@pytest.mark.parametrize(("repo", "branch"), [(LAND, "main"), ("", "watchbill/main")])
async def test_what_its_owner_takes_off_the_branch_stays_off_and_its_task_is_reverted(
    tmp_path: Path, repo: str, branch: str
) -> None:
    here = world(tmp_path, "alpha", "beta", repo=repo)
    async with here.service() as service:
        await landed(service)
        here.git("branch", "--force", branch, f"{branch}~1")
        await followed(service)

        assert subjects(here, branch) == ["Write alpha", "Begin"]
        assert (await task_of(service, "alpha")).state is TaskState.LANDED
        beta = await task_of(service, "beta")
        assert beta.state is TaskState.REVERTED
        assert f"was taken off {branch} by its owner" in beta.note
        here.queue.write_text(queue("alpha", "gamma")["docs/AI_TASK_QUEUE.md"])
        await landed(service)
    assert words(here, branch) == ["alpha.txt", "gamma.txt", "seed.txt"]
    assert [facts["gone"] for facts in here.said("landing.rewritten")] == [["run-2"]]
    assert await breaches(here) == []


@pytest.mark.parametrize(("repo", "branch"), [(LAND, "main"), ("", "watchbill/main")])
async def test_commit_that_its_owner_purged_by_force_is_brought_back_by_no_merge_and_what_landed_stays(
    tmp_path: Path, repo: str, branch: str
) -> None:
    here = world(tmp_path, "alpha", repo=repo)
    secret(here)
    async with here.service() as service:
        await landed(service)
        if branch == "main":
            here.git("switch", "--quiet", "main")
            here.git("rebase", "--quiet", "--autostash", "--onto", "main~2", "main~1")
            here.git("switch", "--quiet", "elsewhere")
        else:
            here.git("branch", "--force", "main", "main~1")
        await followed(service)

        assert subjects(here, branch) == ["Write alpha", "Begin"]
        assert (await task_of(service, "alpha")).state is TaskState.LANDED
        assert await service.parts.database.submit(lambda conn: list(conn.execute("SELECT * FROM undoings"))) == []
    assert words(here, branch) == ["alpha.txt", "seed.txt"]
    assert await breaches(here) == []


async def test_landing_that_does_not_fit_upon_a_rewritten_target_is_done_anew(tmp_path: Path) -> None:
    here = world(tmp_path, "secret")
    secret(here)
    async with here.service() as service:
        await landed(service)
        here.git("branch", "--force", "main", "main~1")
        await followed(service)

        task = await task_of(service, "secret")
        assert task.state is TaskState.QUEUED
        assert "does not fit upon what it has now" in task.note
        await landed(service)
        assert (await task_of(service, "secret")).state is TaskState.LANDED
    assert subjects(here, "watchbill/main") == ["Write secret", "Begin"]


async def test_daemon_that_dies_between_the_new_line_and_its_rows_puts_them_right_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, "alpha")
    secret(here)

    async def dies(*_: object) -> None:
        raise GitError("the power went")

    async with here.service() as service:
        await landed(service)
        here.git("branch", "--force", "main", "main~1")
        with monkeypatch.context() as patched:
            patched.setattr(Follower, "_put_right", dies)
            await followed(service)
    async with here.service() as service:
        await followed(service)

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
    assert subjects(here, "watchbill/main") == ["Write alpha", "Begin"]
    assert await breaches(here) == []


async def test_what_its_owner_amended_or_squashed_stays_landed(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta", repo=LAND)
    async with here.service() as service:
        await landed(service)
        here.git("switch", "--quiet", "main")
        here.git("reset", "--quiet", "--soft", "main~2")
        here.git("commit", "--quiet", "-m", "All words at once")
        here.git("switch", "--quiet", "elsewhere")
        await followed(service)

        assert [(await task_of(service, name)).state for name in ("alpha", "beta")] == [TaskState.LANDED] * 2
    assert subjects(here, "main") == ["All words at once", "Begin"]


async def test_what_a_person_commits_on_our_branch_is_taken_in_and_shown_with_what_landed_since(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        here.git("switch", "--quiet", "watchbill/main")
        (here.path / "words/mine.txt").write_text("mine\n")
        here.commit("Mine")
        here.git("switch", "--quiet", "elsewhere")
        here.queue.write_text(queue("alpha", "beta")["docs/AI_TASK_QUEUE.md"])
        await service.ticker.tick()
        await service.dispatcher.idle()
        await followed(service)

        assert words(here, "watchbill/main") == ["alpha.txt", "beta.txt", "mine.txt", "seed.txt"]
        done = await service.control.promote(REPO)
    assert words(here, done.commit) == ["alpha.txt", "beta.txt", "mine.txt", "seed.txt"]


async def test_persons_commit_on_our_branch_that_does_not_merge_with_what_landed_is_told_with_its_mend(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        here.git("switch", "--quiet", "watchbill/main")
        (here.path / "words/beta.txt").write_text("mine\n")
        here.commit("Mine")
        here.git("switch", "--quiet", "elsewhere")
        here.queue.write_text(queue("alpha", "beta")["docs/AI_TASK_QUEUE.md"])
        await settle(service)  # it lands before anybody looked at the branch
        await followed(service)

        (told,) = [facts for facts in here.said("landing.put_off") if "does not merge" in str(facts["why"])]
        assert f"git -C {here.path} branch -D watchbill/main" in str(told["why"])
        with pytest.raises(GitError, match="ask again in a moment"):
            await service.control.promote(REPO)
        assert list(service.parts.deliverer.put_off) == [(REPO, "refs/heads/watchbill/main")]
        here.git("branch", "-D", "watchbill/main")
        await followed(service)
        assert not service.parts.deliverer.put_off
    assert words(here, "watchbill/main") == ["alpha.txt", "beta.txt", "seed.txt"]


async def test_history_that_is_cut_off_tells_nobody_what_was_rewritten(tmp_path: Path) -> None:
    whole = world(tmp_path / "whole", "alpha")
    here = World(root=tmp_path, scripts={"claude": writes})
    secret(whole)
    whole.git("clone", "--quiet", "--depth=1", "--branch=main", f"file://{whole.path}", str(here.path))
    here.git("switch", "--quiet", "-c", "elsewhere")
    async with here.service() as service:
        await landed(service)
        whole.git("switch", "--quiet", "main")
        (whole.path / "words/more.txt").write_text("more\n")
        whole.commit("More")
        here.git("fetch", "--quiet", "--depth=1", "origin", "+main:main", "--update-head-ok")
        await followed(service)

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
        assert not here.said("landing.rewritten")
