"""People decide about what they were shown: it lands as it is, is done anew with their words, or lands as they left it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.unit.daemon.test_dialogue import steps
from tests.worlds import FILES, World, ends_of, settle, task_of
from watchbill.daemon import commands
from watchbill.daemon.service import Once, Service
from watchbill.domain.errors import GitError, IllegalMove
from watchbill.domain.ids import ProviderName, RepoName, TaskId
from watchbill.domain.outcomes import StintDone
from watchbill.domain.ports import ProbeResult, StintRequest, Workbench
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import UndoState
from watchbill.operator.cli.root import group
from watchbill.operator.deciding import Change, Work
from watchbill.operator.faults import BadQuestion, NotFound, NotShown
from watchbill.providers.scripted import Say, Scene, finish, say, use
from watchbill.state import approvals, claims, sessions, verdicts

pytestmark = pytest.mark.anyio

ONE = TaskId("one")
ENTRY = "- [ ] Write it down [id:: one] [files:: notes.md]\n  - **AI Autonomy:** LOW\n"


def queue(entry: str = ENTRY) -> Mapping[str, str]:
    return {**FILES, "docs/AI_TASK_QUEUE.md": f"# Queue\n\n## PRIORITY 1\n\n{entry}"}


def writes(scene: Scene) -> Say:
    text = "# As you want it\n" if "rejected it" in scene.brief else "# Draft\n\nOne line.\n"
    step = steps(say("", use("write_file", path="notes.md", content=text)), finish("written"))(scene)
    assert isinstance(step, Say)
    return step


def world(tmp_path: Path, **more: object) -> World:
    return World(root=tmp_path, scripts={"claude": writes}, **{"files": queue(), **more}).make()  # type: ignore[arg-type]


async def waiting(service: Service) -> Work:
    """A draft that waits for its person."""
    await settle(service)
    assert (await task_of(service, "one")).state is TaskState.REVIEW
    work = await service.control.desk.work(ONE)
    assert work is not None
    return work


async def test_approved_work_lands_just_as_it_was_shown_and_nobody_is_asked(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="fine")
        waits = await task_of(service, "one")
        await settle(service)

        assert waits.state is TaskState.REVIEW
        assert await ends_of(service, "one") == [("claude", "review"), ("(person)", "landed")]
        assert await service.parts.database.submit(approvals.given) == []
    assert len(here.said("run.turn")) == 2
    assert here.show("notes.md") == "# Draft\n\nOne line.\n"


async def test_approving_something_else_than_what_was_shown_is_refused(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await waiting(service)
        with pytest.raises(NotShown, match="not what was shown"):
            await service.control.approve(ONE, "0" * 40, who="me", said="")
        with pytest.raises(NotShown):
            await service.control.amend(ONE, "", Change(files={"notes.md": b"x\n"}), who="me", said="")


async def test_what_is_approved_is_approved_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        with pytest.raises(IllegalMove, match="approved already"):
            await service.control.approve(ONE, work.tree, who="me", said="")


async def test_rejected_work_is_done_anew_and_told_the_words(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        await waiting(service)
        with pytest.raises(BadQuestion, match="say what to do instead"):
            await service.control.reject(ONE, who="me", why=" ")
        await service.control.reject(ONE, who="me", why="do it as I want it")
        told = await service.parts.database.submit(lambda conn: sessions.get(conn, ONE))
        work = await waiting(service)
        text = await service.control.desk.diff(ONE)

        assert told is not None
        assert "do it as I want it" in told.handoff.why
        assert [(one.path, one.added, one.removed) for one in work.changes] == [("notes.md", 1, 0)]
        assert "+# As you want it" in text


async def test_taking_an_approval_back_by_rejecting_leaves_nothing_that_lands(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        await service.control.reject(ONE, who="me", why="no, do it as I want it")
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.REVIEW
        assert not (await task_of(service, "one")).accepted
    assert not here.said("task.landed")


async def test_edited_work_is_gated_anew_and_lands_as_it_was_left(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        files = await service.control.desk.files(ONE)
        await service.control.amend(ONE, work.tree, Change(files={"notes.md": b"# Mine\n"}), who="me", said="")
        await settle(service)
        (run,) = [run for run in here.said("run.ended") if run["state"] == "landed"]
        judged = await service.parts.database.submit(lambda conn: verdicts.of_run(conn, run["run"]))

        assert dict(files) == {"notes.md": b"# Draft\n\nOne line.\n"}
        assert judged[-1].tree != work.tree
    assert here.show("notes.md") == "# Mine\n"


BROKEN = b"<<<<<<< mine\na\n=======\nb\n>>>>>>> theirs\n"


async def test_edit_outside_of_the_tasks_files_is_refused_at_once(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        with pytest.raises(BadQuestion, match=r"src/a.json is not among the files of one \(notes.md\)"):
            await service.control.amend(ONE, work.tree, Change(files={"src/a.json": b"{}\n"}), who="me", said="")


async def test_edit_that_the_gates_refuse_comes_back_to_its_person(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.amend(ONE, work.tree, Change(files={"notes.md": BROKEN}), who="me", said="")
        await settle(service)
        back = await task_of(service, "one")

        assert back.state is TaskState.REVIEW
        assert "approved, but the gates refuse it" in back.note
        assert not back.accepted
    assert not here.said("task.landed")


async def test_patch_onto_the_shown_work_lands_with_it(tmp_path: Path) -> None:
    patch = b"--- a/notes.md\n+++ b/notes.md\n@@ -1,3 +1,3 @@\n # Draft\n \n-One line.\n+Another line.\n"
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        with pytest.raises(BadQuestion, match="does not fit"):
            await service.control.amend(ONE, work.tree, Change(files={}, patch=b"nonsense"), who="me", said="")
        await service.control.amend(ONE, work.tree, Change(files={}, patch=patch), who="me", said="")
        await settle(service)
    assert here.show("notes.md") == "# Draft\n\nAnother line.\n"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"notes.md": b"# Draft\n\nOne line.\n"}, "nothing was changed"),
        ({"notes.md": None}, "nothing would be left"),
    ],
)
async def test_edit_that_leaves_nothing_to_land_is_refused(
    tmp_path: Path, files: Mapping[str, bytes | None], why: str
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        with pytest.raises(BadQuestion, match=why):
            await service.control.amend(ONE, work.tree, Change(files=files), who="me", said="")
        with pytest.raises(GitError, match=r"climbs with"):
            await service.control.amend(ONE, work.tree, Change(files={"../x": b""}), who="me", said="")


async def test_agents_work_is_not_done_again_when_it_was_approved(tmp_path: Path) -> None:
    """An agent asked again would make something else than what was shown, and be paid for it."""

    class Agent:
        name = ProviderName("local")
        stints = 0

        async def stint(self, request: StintRequest, bench: Workbench) -> StintDone:
            Agent.stints += 1
            (request.worktree / "notes.md").write_text(f"# The {Agent.stints}. try\n")
            return StintDone(summary="done", is_work=True)

        async def probe(self) -> ProbeResult:
            return ProbeResult(well=True, message="")

        async def aclose(self) -> None: ...

    here = world(tmp_path)
    async with here.service() as service:
        service.orders.standing.providers[ProviderName("claude")] = Agent()  # type: ignore[index]
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        await settle(service)

        assert (await task_of(service, "one")).state is TaskState.LANDED
        assert Agent.stints == 1
    assert here.show("notes.md") == "# The 1. try\n"


async def test_what_waits_for_nobody_cannot_be_decided_about(tmp_path: Path) -> None:
    here = world(tmp_path, files=queue(ENTRY.replace("LOW", "HIGH")))
    async with here.service() as service:
        await settle(service)
        with pytest.raises(IllegalMove, match="does not wait for review"):
            await service.control.desk.work(ONE)
        with pytest.raises(NotFound):
            await service.control.desk.work(TaskId("nobody"))


async def test_work_that_changed_nothing_cannot_be_approved(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.scripts = {"claude": steps(finish("I did it, believe me"))}
    async with here.service() as service:
        await settle(service)
        assert await service.control.desk.work(ONE) is None
        with pytest.raises(IllegalMove, match="nothing was changed"):
            await service.control.approve(ONE, "", who="me", said="")


async def test_draft_that_changes_while_it_is_being_edited_is_not_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        desk = service.control.desk
        vcs = type(desk.vcs(RepoName("repo")))
        edited = vcs.with_edits

        async def meanwhile(self: object, *parts: object) -> object:
            await service.control.reject(ONE, who="another", why="do it as I want it")
            await settle(service)
            return await edited(self, *parts)  # type: ignore[arg-type]

        monkeypatch.setattr(vcs, "with_edits", meanwhile)
        with pytest.raises(NotShown, match="changed in this very moment"):
            await desk.amend(ONE, work.tree, Change(files={"notes.md": b"# Mine\n"}), who="me", said="")
        assert await service.parts.database.submit(approvals.given) == []


async def test_work_that_waits_for_an_answer_waits_for_no_review(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.scripts = {"claude": steps(say("", use("ask", title="Which?", issue="?", options=["one"], recommendation="")))}
    async with here.service() as service:
        await settle(service)
        with pytest.raises(IllegalMove, match="waits for the answer to Q-1"):
            await service.control.desk.work(ONE)


async def test_run_that_is_asked_to_stop_lands_later_what_was_approved(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        (approval,) = await service.parts.database.submit(approvals.given)
        await service.dispatcher.start_approved(approval)
        service.dispatcher.halt()
        await service.dispatcher.idle()
        between = await task_of(service, "one")
        again = await service.dispatcher.start_approved(approval)
        twice = await service.dispatcher.start_approved(approval)
        await service.dispatcher.idle()

        assert (between.state, between.accepted) == (TaskState.QUEUED, True)
        assert again is not None
        assert twice is None

        assert (await task_of(service, "one")).state is TaskState.LANDED


async def test_approved_work_that_conflicts_comes_back_to_its_person(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        (here.path / "notes.md").write_text("# Mine\n")
        here.commit("Write it myself")
        await service.ticker.refresh(service.orders.standing)
        foreseen = await service.control.desk.foreseen(ONE)
        assert foreseen is not None
        assert foreseen.overtaken == ("notes.md",)
        await service.control.approve(ONE, work.tree, who="me", said="")
        await settle(service)
        back = await task_of(service, "one")

        assert (back.state, back.accepted) == (TaskState.REVIEW, False)
        assert "approved, but it does not merge" in back.note
        shown = (await service.control.desk.files(ONE))["notes.md"]
        assert shown is not None
        assert shown.startswith(b"<<<<<<<")


async def test_landing_of_approved_work_holds_what_the_work_was_granted_beside_its_claims(tmp_path: Path) -> None:
    ask = say("", use("claim", path="other.md", why="a link"))
    both = say("", use("write_file", path="notes.md", content="x\n"), use("write_file", path="other.md", content="x\n"))
    here = world(tmp_path, repo='widen = "free"')
    here.scripts = {"claude": steps(ask, both, finish("written"))}
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        (approval,) = await service.parts.database.submit(approvals.given)
        await service.dispatcher.start_approved(approval)
        held = await service.parts.database.submit(claims.live)
        await service.dispatcher.idle()

        assert {claim.pattern for claim in held} == {"notes.md", "other.md"}


async def test_draft_that_is_what_was_there_before_is_nothing_to_decide_about(tmp_path: Path) -> None:
    there_and_back = (
        say("", use("write_file", path="notes.md", content="# New\n")),
        say("", use("write_file", path="notes.md", content="# Old\n")),
    )
    here = world(tmp_path, files={**queue(), "notes.md": "# Old\n"})
    here.scripts = {"claude": steps(*there_and_back, finish("done"))}
    async with here.service() as service:
        await settle(service)

        assert await service.control.desk.work(ONE) is None
        assert await service.control.desk.files(ONE) == {}


async def test_approval_whose_draft_is_another_by_now_is_void(tmp_path: Path) -> None:
    here = world(tmp_path)
    async with here.service() as service:
        work = await waiting(service)
        await service.control.approve(ONE, work.tree, who="me", said="")
        (approval,) = await service.parts.database.submit(approvals.given)
        begun = await service.dispatcher.start_approved(replace(approval, tree="0" * 40))

        assert begun is None
        assert await service.parts.database.submit(approvals.given) == []


# --- the command line, where no daemon runs


def asked(here: World, *words: str) -> object:
    done = CliRunner().invoke(group, ["--config", str(here.root / "watchbill.toml"), *words, "--json"])
    return json.loads(done.stdout) if done.exit_code == 0 else done.exit_code


async def drafted(here: World) -> None:
    async with here.service() as service:
        await waiting(service)


async def landed(here: World) -> None:
    async with here.service() as service:
        await settle(service)


async def test_a_person_decides_while_no_daemon_runs_and_the_next_one_lands_it(tmp_path: Path) -> None:
    import anyio.to_thread

    here = world(tmp_path)
    await drafted(here)
    look = anyio.to_thread.run_sync
    (line,) = (await look(asked, here, "review", "list"))["reviews"]  # type: ignore[index]
    card = await look(asked, here, "review", "show", "one")
    stale = await look(asked, here, "review", "approve", "one", "--tree", "abc123")
    approved = await look(asked, here, "review", "approve", "one", "--tree", line["tree"][:10], "-m", "fine")
    await landed(here)
    effect = await look(asked, here, "run", "rollback", "run-2", "--yes", "-m", "not so")
    between = await look(asked, here, "status")
    done = await rolled_back(here)

    assert isinstance(card, dict)
    assert card["changes"] == [{"path": "notes.md", "added": 3, "removed": 0}]
    assert card["asked_by"] == {"kind": "autonomy", "what": "LOW"}
    assert card["approving"][0].startswith("lands on watchbill/main")
    assert [run["id"] for run in card["from"]["runs"]] == ["run-1"]
    assert stale == 6
    assert isinstance(approved, dict)
    assert "once a daemon works" in approved["note"]
    assert isinstance(effect, dict)
    assert effect["state"] == "wanted"
    assert isinstance(between, dict)
    assert [(one["id"], one["task"]) for one in between["taking_back"]] == [("undo-1", "one")]
    assert [(one.wish.task, one.state) for one in done.undone] == [("one", UndoState.DONE)]
    assert "run-2 (one)" in commands._said(done, None)
    assert here.git("log", "--format=%s", "watchbill/main").splitlines()[0] == 'Revert "Write it down"'


async def rolled_back(here: World) -> Once:
    async with here.built() as service:
        done = await service.once()
        assert (await task_of(service, "one")).state is TaskState.REVERTED
        return done
