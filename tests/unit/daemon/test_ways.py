"""The ways of a task through the daemon: delivery, local automation, recovery, heads, queues, ticks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import BROKEN, WRITE, steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon import recovery
from watchbill.daemon.service import Service
from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit, ProviderName, RepoName, RunId, TaskId
from watchbill.domain.outcomes import Setback, SetbackKind, StintDone
from watchbill.domain.ports import ProbeResult, Workbench
from watchbill.domain.tasks import Task, TaskState
from watchbill.operator.faults import NotFound
from watchbill.providers.scripted import Script, finish, say, use
from watchbill.scheduling import replay
from watchbill.state import decisions, intents, runs
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio

DONE = steps(WRITE, finish("done"))


def queue(*entries: str) -> Mapping[str, str]:
    return {**FILES, "docs/AI_TASK_QUEUE.md": "# Queue\n\n## PRIORITY 1\n\n" + "\n".join(entries) + "\n"}


def world(tmp_path: Path, script: Script = DONE, **more: object) -> World:
    return World(root=tmp_path, scripts={"claude": script}, **more).make()  # type: ignore[arg-type]


ONE = "- [ ] Do one thing [id:: one] [files:: notes.md]"
TWO = "- [ ] Do another [id:: two] [files:: other.md]"


# --- delivery


def both(scene: object) -> object:
    path = "notes.md" if scene.purpose.task == "one" else "other.md"  # type: ignore[attr-defined]
    return steps(say("", use("write_file", path=path, content="# Text\n")), finish("done"))(scene)  # type: ignore[arg-type]


async def test_tasks_that_ran_side_by_side_land_one_on_the_other(tmp_path: Path) -> None:
    here = world(tmp_path, both, files=queue(ONE, TWO), daemon="max_parallel = 2")
    here.scripts = {"claude": both, "gpt": both}  # type: ignore[dict-item]
    async with here.service() as service:
        await settle(service)
    assert len(here.said("landing.committed")) == 2
    assert here.show("notes.md") == here.show("other.md") == "# Text\n"
    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "2"


async def test_the_owners_commit_meanwhile_is_taken_in(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ONE, TWO + " [after:: one]"))
    here.scripts = {"claude": both}  # type: ignore[dict-item]
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.idle()
        (here.path / "by_hand.md").write_text("mine\n")
        here.commit("By hand")
        await settle(service)
    assert here.show("by_hand.md") == "mine\n"
    assert here.show("other.md") == "# Text\n"


async def head(service: Service) -> Commit:
    repo = service.repos[RepoName("repo")]
    found = await repo.vcs.resolve(repo.target_ref)
    assert found is not None
    return found


@pytest.mark.parametrize("delivery", ["branch", "land", "patch"])
async def test_each_delivery_puts_the_work_where_it_says(tmp_path: Path, delivery: str) -> None:
    here = world(tmp_path, repo=f'delivery = "{delivery}"')
    here.git("switch", "--quiet", "-c", "elsewhere")  # nobody has main checked out
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
        patch = service.folder.patches / "repo" / "one.patch"
        assert patch.exists() is (delivery == "patch")
    place = {"branch": "watchbill/one", "land": "main"}.get(delivery)
    if place:
        assert here.show("notes.md", place) == "# Notes\n"
    assert here.git("branch", "--show-current").strip() == "elsewhere"


async def test_a_branch_that_is_checked_out_is_not_moved_and_that_is_said_once(tmp_path: Path) -> None:
    here = world(tmp_path, repo='delivery = "land"')
    async with here.service() as service:
        await settle(service)
        await service.ticker.tick()
    assert len(here.said("landing.put_off")) == 1
    assert not (here.path / "notes.md").exists()


async def test_low_autonomy_waits_and_lands_without_another_call_once_accepted(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ONE + "\n  - **AI Autonomy:** LOW"))
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        calls = len(here.said("run.turn"))
        await service.control.accept(TaskId("one"))
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert len(here.said("run.turn")) == calls
    assert here.show("notes.md") == "# Notes\n"


# --- local automation


async def test_a_check_that_finds_nothing_is_verified_for_free(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue("- [ ] Run the checks #validate [id:: one] [files:: src/**]"))
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("local", "verified")]
    assert "- [x] Run the checks" in here.queue.read_text()


async def test_a_check_tells_of_tasks_that_an_earlier_look_proposed(tmp_path: Path) -> None:
    checks = (
        "- [ ] Run the checks #validate [id:: one] [files:: src/**]",
        "- [ ] Again #validate [id:: two] [files:: src/bad.py]",
    )
    here = world(tmp_path, files={**queue(*checks), "src/bad.py": "def (:\n"})
    async with here.service() as service:
        await settle(service)
        notes = [(await task_of(service, name)).note for name in ("one", "two")]
    assert len(here.said("task.proposed")) == 1
    assert notes[0].endswith("; 1 task proposed")
    assert notes[1].endswith("; 0 tasks proposed, 1 is known already")


async def test_a_check_that_finds_something_proposes_tasks_that_a_human_accepts(tmp_path: Path) -> None:
    files = {**queue("- [ ] Run the checks #validate [id:: one] [files:: src/**]"), "src/bad.py": "def (:\n"}
    here = world(
        tmp_path, steps(say("", use("write_file", path="src/bad.py", content="x = 1\n")), finish("mended")), files=files
    )
    async with here.service() as service:
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.REVIEW
        (proposed,) = {facts["task"] for facts in here.said("task.proposed")}
        await service.control.accept(TaskId(str(proposed)))
        await settle(service)
        assert (await task_of(service, str(proposed))).state is TaskState.LANDED
    assert here.show("src/bad.py") == "x = 1\n"


async def test_formatting_lands_like_any_other_work(tmp_path: Path) -> None:
    files = {**queue("- [ ] Format the settings #format [id:: one] [files:: src/**]"), "src/a.json": '{"a":1}   \n\n'}
    here = world(tmp_path, files=files)
    async with here.service() as service:
        await settle(service)
        assert await ends_of(service, "one") == [("local", "landed")]
    assert here.show("src/a.json") != files["src/a.json"]


class Agent:
    """An agent that leaves a file behind and ends as it is told."""

    def __init__(self, name: ProviderName, end: StintDone | Setback, text: str | None) -> None:
        self.name = name
        self._end = end
        self._text = text

    async def stint(self, task: Task, bench: Workbench) -> StintDone | Setback:
        if self._text is not None:
            await bench.write_file("notes.md", self._text)
        return self._end

    async def probe(self) -> ProbeResult:
        return ProbeResult(well=True, message="")

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(
    ("end", "text", "state"),
    [
        (StintDone(summary="done"), "[gone](nowhere.md)\n", "rejected"),
        (StintDone(summary="done"), None, "review"),
        (Setback(kind=SetbackKind.BAD_REQUEST, message="no"), None, "failed"),
        (StintDone(summary="done"), "# Notes\n", "landed"),
    ],
)
async def test_an_agents_word_is_not_taken_for_its_work(
    tmp_path: Path, end: StintDone | Setback, text: str | None, state: str
) -> None:
    here = world(tmp_path, daemon="max_parallel = 1")
    async with here.service() as service:
        agent = Agent(ProviderName("claude"), end, text)
        service.providers[ProviderName("claude")] = agent  # type: ignore[index]
        await service.ticker.tick()
        await service.dispatcher.idle()
        assert (await ends_of(service, "one"))[0] == ("claude", state)


# --- recovery


async def begin(service: Service, ttl: timedelta = timedelta(minutes=2)) -> runs.Run:
    """A run as a dead daemon leaves it: begun, and nobody working on it."""
    await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))  # the queue is read, nothing starts
    repo = service.repos[RepoName("repo")]
    base = await repo.start_point()
    return await service.parts.database.submit(
        lambda conn: runs.begin(
            conn,
            task_id=TaskId("one"),
            provider=ProviderName("claude"),
            model="scripted-claude",
            base=base,
            claims=("notes.md",),
            now=service.parts.clock.now(),
            ttl=ttl,
        )
    )


async def recover(service: Service) -> None:
    parts = service.parts
    await recovery.recover(
        database=parts.database, clock=parts.clock, events=parts.events, repos=service.repos, deliverer=parts.deliverer
    )


async def intend(service: Service, run: runs.Run) -> intents.Intent:
    """The run's work as it stands right before the branch moves."""
    repo = service.repos[RepoName("repo")]
    assert run.base is not None
    root = await repo.vcs.open_worktree(run.id, run.base)
    (root / "notes.md").write_text("# Notes\n")
    commit = await repo.vcs.snapshot(run.id, run.base, "work")
    intent = intents.Intent(
        run=run.id,
        task=run.task,
        repo=run.repo,
        commit=commit,
        tree=await repo.vcs.tree_of(commit),
        target_ref=repo.integration_ref,
        old=None,
        delivery="integration",  # type: ignore[arg-type]
    )
    await service.parts.database.submit(lambda conn: intents.store(conn, run, intent, now=service.parts.clock.now()))
    return intent


async def test_a_dead_holders_run_is_rescued_and_its_worktree_dropped(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        run = await begin(service)
        await service.repos[RepoName("repo")].vcs.open_worktree(run.id, run.base or Commit(""))
        await recover(service)
        assert await ends_of(service, "one") == [("claude", "lost")]
        assert await service.repos[RepoName("repo")].vcs.worktree_names() == []
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


@pytest.mark.parametrize("moved", [False, True])
async def test_an_intent_is_concluded_with_its_own_commit_before_and_after_the_branch_moved(
    tmp_path: Path, moved: bool
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        run = await begin(service)
        intent = await intend(service, run)
        repo = service.repos[RepoName("repo")]
        if moved:
            assert await repo.vcs.move_ref(intent.target_ref, intent.commit, None)
        await recover(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
        assert await repo.vcs.resolve(repo.integration_ref) == intent.commit


async def test_an_intent_whose_branch_went_elsewhere_is_dropped_and_the_task_done_again(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        run = await begin(service)
        intent = await intend(service, run)
        repo = service.repos[RepoName("repo")]
        assert await repo.vcs.move_ref(intent.target_ref, run.base, None)
        await recover(service)
        assert await ends_of(service, "one") == [("claude", "lost")]
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_landing_that_git_leaves_undecided_is_decided_by_the_next_tick(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        with monkeypatch.context() as patch:
            real = Repository.move_ref

            async def moves_and_fails(self: Repository, ref: str, new: Commit | None, old: Commit | None) -> bool:
                moved = await real(self, ref, new, old)
                if ref.startswith("refs/heads/"):
                    raise GitError("the disk is full")
                return moved

            patch.setattr(Repository, "move_ref", moves_and_fails)
            await service.ticker.tick()
            await service.dispatcher.idle()
            assert await ends_of(service, "one") == [("claude", "running")]
        await settle(service)
        assert await ends_of(service, "one") == [("claude", "landed")]
    assert here.git("rev-list", "--count", "main..watchbill/main").strip() == "1"


async def test_an_intent_of_a_repository_that_is_not_configured_waits(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await intend(service, await begin(service))
        parts = service.parts
        await recovery.recover(
            database=parts.database, clock=parts.clock, events=parts.events, repos={}, deliverer=parts.deliverer
        )
        assert len(await parts.database.submit(intents.pending)) == 1
        assert await ends_of(service, "one") == [("claude", "running")]


async def test_a_run_whose_lease_lapsed_is_rescued_by_the_next_tick(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await begin(service, ttl=timedelta(0))
        await settle(service)
        assert (await ends_of(service, "one"))[:1] == [("claude", "lost")]
        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_a_run_whose_lease_was_taken_stops_and_writes_nothing(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("list_files"), takes=timedelta(minutes=5)), WRITE, finish("done")))
    async with here.service() as service:
        await service.ticker.tick()
        (run,) = await service.parts.database.submit(runs.live)
        await service.parts.database.submit(
            lambda conn: runs.rescue(conn, run, service.parts.clock.now(), "taken over")
        )
        await service.dispatcher.idle()
        assert await ends_of(service, "one") == [("claude", "lost")]
    assert here.said("lease.lost")[0]["run"] == "run-1"


# --- heads, queues, ticks


async def test_every_new_head_is_checked_and_what_is_new_is_proposed(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue())
    async with here.service() as service:
        await service.ticker.tick()
        await service.ticker.validate_heads()
        await service.ticker.validate_heads()
        (here.path / "docs/more.md").write_text("[gone](nowhere.md)\n")
        here.commit("By hand")
        await service.ticker.tick()
        await service.ticker.validate_heads()
    assert [facts["new"] for facts in here.said("head.validated")] == [0, 1]
    assert "docs/more.md" in str(here.said("task.proposed")[0]["title"])


async def test_a_deleted_entry_cancels_only_when_the_file_still_says_so_at_the_next_look(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ONE, TWO), budget="daily_usd = 0.0001")
    async with here.service() as service:
        await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))
        here.queue.write_text(here.queue.read_text().replace(ONE + "\n", ""))
        await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))
        assert (await task_of(service, "one")).state is TaskState.QUEUED
        await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))
        assert (await task_of(service, "one")).state is TaskState.CANCELLED


async def test_a_human_reopens_what_landed(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await settle(service)
        here.queue.write_text(here.queue.read_text().replace("[x]", "[ ]"))
        await service.ticker.tick(narrow=lambda seen: replace(seen, tasks=()))
        assert (await task_of(service, "one")).state is TaskState.QUEUED


async def test_unreadable_lines_are_said_once_with_path_and_line(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ONE, "- [ ] Bad [priority:: soon] [files:: b.md]"))
    async with here.service() as service:
        await service.ticker.tick()
        here.queue.write_text(here.queue.read_text() + "\n")
        await service.ticker.tick()
        await service.dispatcher.idle()
    (said,) = here.said("queue.unreadable")
    assert (said["path"], said["line"]) == ("docs/AI_TASK_QUEUE.md", 6)


async def test_unreadable_lines_that_only_moved_are_not_said_again(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue("- [ ] Two [id:: two] [after:: four]", "- [ ] Four [id:: four] [after:: two]"))
    async with here.service() as service:
        await service.ticker.tick()
        told = here.said("queue.unreadable")
        here.queue.write_text("A word before.\n\n" + here.queue.read_text())
        await service.ticker.tick()
        moved = here.said("queue.unreadable")
        here.queue.write_text(here.queue.read_text() + "- [ ] Bad [priority:: soon]\n- [ ] Worse [priority:: soon]\n")
        await service.ticker.tick()
    assert (len(told), moved) == (1, told)
    assert len(here.said("queue.unreadable")) == 3


async def test_a_queue_that_cannot_be_written_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        with monkeypatch.context() as patch:
            patch.setattr("watchbill.workspace.swap.compare_and_swap", lambda *_: False)
            await settle(service)
            assert "- [ ] Do one thing" in here.queue.read_text()
            await service.ticker.tick()
            assert len(here.said("queue.write_put_off")) == 1
        await service.ticker.tick()
    assert "somebody is editing it" in str(here.said("queue.write_put_off")[0]["why"])
    assert "- [x] Do one thing" in here.queue.read_text()


async def test_a_broken_repository_stops_only_itself_and_comes_back(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        here.path.rename(tmp_path / "away")
        await settle(service)
        assert "repo" in service.ticker.broken
        (tmp_path / "away").rename(here.path)
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED
    assert [facts["where"] for facts in here.said("daemon.fault")] == ["repo"]


async def test_changed_decisions_are_journaled_with_inputs_that_replay_to_the_same(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ONE, TWO + " [after:: one]"))
    here.scripts = {"claude": both}  # type: ignore[dict-item]
    async with here.service() as service:
        await settle(service)
        kept = await service.parts.database.submit(lambda conn: list(decisions.replayable(conn)))
    assert len(kept) >= 2
    for plan in kept:
        replayed = {getattr(decision, "task", None) for decision in replay.replay(plan.inputs).decisions}
        assert {subject for subject, *_ in plan.decisions} <= {str(name) for name in replayed}


async def test_no_ready_work_is_an_idle_tick_without_run_or_call(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue())
    async with here.service() as service:
        await settle(service)
        assert await service.parts.database.submit(runs.live) == []
    assert here.said("daemon.tick_idle")
    assert here.said("run.started") == []


async def test_an_idle_daemon_looks_less_and_less_often_until_work_waits(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(), rate=0.001)
    async with here.service() as service:
        pauses = [await pause_after_a_tick(here, service) for _ in range(4)]
        here.queue.write_text(here.queue.read_text() + "- [ ] Two [id:: two] [after:: nobody]\n")
        with_work = await pause_after_a_tick(here, service)
    assert [round(longer / shorter) for shorter, longer in pairwise(pauses)] == [2, 2, 2]
    assert with_work < pauses[0]


async def pause_after_a_tick(here: World, service: Service) -> timedelta:
    await service.ticker.tick()
    moment = here.said("daemon.tick_idle")[-1]["next"]
    assert isinstance(moment, datetime)
    return moment - service.parts.clock.now()


async def test_a_task_that_used_up_its_attempts_has_failed_and_retry_gives_it_all_of_them_again(tmp_path: Path) -> None:
    here = world(tmp_path, steps(BROKEN, finish("done")), files=queue(ONE), repo="max_repairs = 0")
    async with here.service() as service:
        await settle(service, rounds=20)
        assert (await task_of(service, "one")).state is TaskState.FAILED
        again = await service.control.retry(TaskId("one"))
        assert (again.state, again.attempts) == (TaskState.QUEUED, 0)


async def test_a_drain_leaves_running_work_at_its_checkpoint(tmp_path: Path) -> None:
    here = world(tmp_path, steps(WRITE, say("", use("list_files"), takes=timedelta(minutes=5)), finish("done")))
    async with here.service() as service:
        await service.ticker.tick()
        await service.dispatcher.drain(timedelta(seconds=30))
        assert await ends_of(service, "one") == [("claude", "handed_off")]


async def test_a_drain_that_takes_too_long_cancels_and_the_next_start_rescues(tmp_path: Path) -> None:
    here = world(tmp_path, steps(say("", use("list_files"), takes=timedelta(hours=50)), WRITE, finish("done")))
    async with here.service() as service:
        await service.ticker.tick()
        await here.turn_begins(service)
        await service.dispatcher.drain(timedelta(seconds=0.2))
        assert service.dispatcher.running == ()
    here.scripts = {"claude": DONE}
    async with here.service() as service:
        assert await ends_of(service, "one") == [("claude", "lost")]
        await settle(service)
        assert (await task_of(service, "one")).state is TaskState.LANDED


# --- control


async def test_cancelling_by_hand_stops_a_running_task_and_ends_a_waiting_one(tmp_path: Path) -> None:
    slow = steps(say("", use("list_files"), takes=timedelta(minutes=5)), WRITE, finish("done"))
    here = world(tmp_path, slow, files=queue(ONE, TWO + " [after:: one]"))
    async with here.service() as service:
        await service.ticker.tick()
        await service.control.cancel(TaskId("one"), "not now")
        cancelled = await service.control.cancel(TaskId("two"), "not now")
        assert cancelled.state is TaskState.CANCELLED
        await service.dispatcher.idle()
        assert (await task_of(service, "one")).state is TaskState.CANCELLED
        with pytest.raises(NotFound):
            await service.control.cancel(TaskId("nobody"), "")


async def test_promote_brings_the_integration_branch_onto_the_target_where_nobody_has_it(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.git("switch", "--quiet", "-c", "elsewhere")
    async with here.service() as service:
        await settle(service)
        done = await service.control.promote(RepoName("repo"))
        with pytest.raises(NotFound):
            await service.control.promote(RepoName("nobody"))
        diff = await service.control.run_diff(RunId("run-1"))
        with pytest.raises(NotFound):
            await service.control.run_diff(RunId("run-99"))
        await service.control.refresh()
    assert done.commit is not None
    assert here.show("notes.md", "main") == "# Notes\n"
    assert "+# Notes" in diff


async def test_a_sync_tells_what_the_owner_committed(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        first = await service.control.sync(RepoName("repo"))
        for number in range(12):
            (here.path / "said.md").write_text(f"# {number}\n")
            here.commit(f"Say {number}")
        came = await service.control.sync(RepoName("repo"))
        here.git("reset", "--quiet", "--hard", "HEAD~2")
        back = await service.control.sync(RepoName("repo"))
        here.git("switch", "--quiet", "-c", "elsewhere")
        here.git("branch", "--quiet", "-D", "main")
        gone = await service.control.sync(RepoName("repo"))

    assert (first.was, first.count, first.rewritten) == (None, 1, False)
    assert (came.was, came.count, came.rewritten) == (first.now, 12, False)
    assert [subject for _, subject in came.commits] == [f"Say {number}" for number in range(11, 1, -1)]
    assert (back.was, back.count, back.rewritten) == (came.now, 0, True)
    assert (gone.now, gone.commits) == (None, ())


async def test_a_restart_does_not_tell_again_why_a_task_waits(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(f"{ONE} [after:: two]", f"{TWO} [provider:: nobody]"))
    for _ in range(2):
        async with here.service() as service:
            await settle(service)

    assert sorted(str(facts["task"]) for facts in here.said("task.waiting")) == ["one", "two"]
