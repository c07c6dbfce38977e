"""What landed and breaks a later check is found, reverted with the evidence, and its task told; nobody else's work is."""

from pathlib import Path

import pytest

from tests.unit.daemon.test_dialogue import steps
from tests.unit.daemon.words import REPO, queue, writes
from tests.worlds import World, settle, task_of
from watchbill.daemon import validating
from watchbill.daemon.service import Service
from watchbill.domain.errors import IllegalMove
from watchbill.domain.ids import Commit, RunId, TaskId
from watchbill.domain.tasks import TaskState
from watchbill.domain.undoings import Undoing, UndoState
from watchbill.operator.faults import NotFound
from watchbill.providers.scripted import Say, Scene, finish, say, use
from watchbill.state import sessions, undoing, undoings, validations
from watchbill.workspace.proc import OsProc

pytestmark = pytest.mark.anyio

# Red where a file of words and a file of rules do not agree: what a person writes later may turn what landed red.
CHECK = """
sandbox = "none"
[[repo.commands]]
name = "rules"
argv = ["sh", "-c", "for w in $(cat rules.txt 2>/dev/null); do ! grep -rqw $w words || { echo found $w; exit 1; }; done"]
"""


def world(tmp_path: Path, *names: str, repo: str = CHECK) -> World:
    return World(root=tmp_path, scripts={"claude": writes}, files=queue(*names), repo=repo).make()


async def landed(service: Service) -> None:
    """Everything is done and the line was looked at."""
    await settle(service)
    await service.ticker.validate_heads()


async def looked(service: Service) -> None:
    """What the owner pushed is seen, and the line looked at."""
    await service.ticker.refresh(service.orders.standing)
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
        await looked(service)
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


@pytest.mark.parametrize("name", ["alpha", "beta"])
async def test_landing_that_broke_it_is_found_however_many_landed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(validating, "FIRST_SUSPECTS", 1)
    here = world(tmp_path, "alpha", "beta", "gamma")
    async with here.service() as service:
        await landed(service)
        forbid(here, name)
        await looked(service)

    assert [facts["task"] for facts in here.said("task.reverted")] == [name]


async def test_landing_that_others_wrote_over_hides_no_other_one_that_breaks(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta")
    async with here.service() as service:
        await landed(service)
        here.git("merge", "--quiet", "watchbill/main")
        (here.path / "words/alpha.txt").write_text("mine\n")
        forbid(here, "beta")
        await looked(service)

    assert [facts["task"] for facts in here.said("task.reverted")] == ["beta"]


def stubborn(scene: Scene) -> Say:
    step = steps(say("", use("write_file", path="words/alpha.txt", content="alpha\n")), finish("written"))(scene)
    assert isinstance(step, Say)
    return step


async def test_reverted_work_is_held_to_the_command_that_reverted_it_whatever_paths_that_matches(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, "alpha", repo=f'{CHECK}match = ["rules.txt"]\n')
    here.scripts = {"claude": stubborn}
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha")
        await looked(service)
        await landed(service)

        assert (await task_of(service, "alpha")).state is not TaskState.LANDED
    assert [facts["task"] for facts in here.said("task.reverted")] == ["alpha"]
    assert "words/alpha.txt" not in here.git("ls-tree", "-r", "--name-only", "watchbill/main")


async def test_persons_commit_that_is_at_fault_is_told_and_nothing_is_reverted(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta")
    async with here.service() as service:
        await landed(service)
        (here.path / "words/mine.txt").write_text("alas\n")
        here.commit("Write alas")
        forbid(here, "alas")
        await looked(service)
        blamed = await service.parts.database.submit(validations.blamed)
        (here.path / "words/mine.txt").write_text("hurrah\n")
        here.commit("Write hurrah instead")
        await looked(service)

        assert await undone(service) == []
        assert [(one.blame.who, "Forbid alas" in one.blame.why) for one in blamed if one.blame] == [("The owner", True)]
        assert await service.parts.database.submit(validations.blamed) == []
    assert not here.said("task.reverted")


def adds(scene: Scene) -> Say:
    """Each task changes the same line, after the other."""
    text = "alpha\n" if scene.purpose.task == "alpha" else "alpha and omega\n"
    step = steps(say("", use("write_file", path="words/alpha.txt", content=text)), finish("written"))(scene)
    assert isinstance(step, Say)
    return step


async def test_what_cannot_be_taken_back_by_itself_waits_for_a_person(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.scripts = {"claude": adds}
    here.queue.write_text(
        "# Queue\n\n- [ ] Write alpha [id:: alpha] [files:: words/alpha.txt]\n"
        "- [ ] Add omega [id:: omega] [after:: alpha] [files:: words/alpha.txt]\n"
    )
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha")
        await looked(service)
        (blamed,) = await service.parts.database.submit(validations.blamed)

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
        assert blamed.blame is not None
        assert "run-1 landed alpha" in blamed.blame.why
        assert "cannot be taken back by itself" in blamed.blame.why
    assert [facts["task"] for facts in here.said("landing.undo_failed")] == ["alpha"]
    assert not here.said("task.reverted")


async def test_break_that_either_of_two_landings_makes_is_told_and_neither_is_reverted(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "omega")
    async with here.service() as service:
        await landed(service)
        (here.path / "rules.txt").write_text("alpha\nomega\n")
        here.commit("Forbid both")
        await looked(service)
        (blamed,) = await service.parts.database.submit(validations.blamed)

        assert blamed.blame is not None
        assert blamed.blame.commit is None
        assert "no single change" in blamed.blame.why
    assert not here.said("task.reverted")


async def test_line_of_two_branches_that_do_not_merge_is_left_to_its_owner(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        (here.path / "words").mkdir(exist_ok=True)
        (here.path / "words/alpha.txt").write_text("mine\n")
        here.commit("Write it too")
        await looked(service)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert done.state is UndoState.DONE  # on our branch, without the target's news
    assert here.said("landing.parted")


async def test_repository_whose_target_is_gone_has_no_line(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='target = "nowhere"')
    async with here.service() as service:
        await service.ticker.tick()
        service.ticker.broken.clear()
        await service.ticker.validate_heads()

        assert await service.parts.database.submit(lambda conn: validations.last(conn, REPO)) is None


async def test_command_that_fails_once_is_a_flake_and_nothing_follows(tmp_path: Path) -> None:
    flaky = """
sandbox = "none"
[[repo.commands]]
name = "moody"
argv = ["sh", "-c", "test -e rules.txt || exit 0; mkdir TMP 2>/dev/null || exit 0; exit 1"]
""".replace("TMP", str(tmp_path / "once"))
    here = world(tmp_path, "alpha", repo=flaky)
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha")
        await looked(service)
        last = await service.parts.database.submit(lambda conn: validations.last(conn, REPO))

        assert last is not None
        assert [(one.gate, one.rule) for one in last.flakes] == [("moody", "failed")]
        assert last.blame is None
    (told,) = here.said("gate.flaky")
    assert told["gates"] == ["moody"]
    assert "ended with exit code 1" in str(told["said"])
    assert not here.said("task.reverted")


async def test_latent_break_that_a_later_landing_shows_is_taken_back_and_the_later_one_stays(tmp_path: Path) -> None:
    """Nobody pushes anything: the second task's own run is the later check."""
    lazy = CHECK.replace('name = "rules"', 'name = "rules"\nmatch = ["words/omega.txt"]')
    here = world(tmp_path, "beta", repo=lazy)
    forbid(here, "beta")
    async with here.service() as service:
        await landed(service)
        here.queue.write_text(queue("beta", "omega")["docs/AI_TASK_QUEUE.md"])
        await landed(service)

        assert (await task_of(service, "omega")).state is TaskState.LANDED
    assert [facts["task"] for facts in here.said("task.reverted")] == ["beta"]
    assert here.show("words/omega.txt") == "omega\n"


TWO = """
sandbox = "none"
[[repo.commands]]
name = "alphas"
argv = ["sh", "-c", "! grep -qw alpha rules.txt || ! grep -rqwx alpha words"]
[[repo.commands]]
name = "betas"
argv = ["sh", "-c", "! grep -qw beta rules.txt || ! grep -rqwx beta words"]
"""


async def test_two_landings_that_break_two_checks_at_once_are_both_taken_back(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta", repo=TWO)
    (here.path / "rules.txt").write_text("none\n")
    here.commit("Rules")
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha beta")
        await looked(service)
        last = await service.parts.database.submit(lambda conn: validations.last(conn, REPO))

    assert sorted(str(facts["task"]) for facts in here.said("task.reverted")) == ["alpha", "beta"]
    assert last is not None
    assert (last.findings, last.blame) == ((), None)


async def test_flake_beside_a_break_hides_nobody_who_broke_something(tmp_path: Path) -> None:
    """The moody one is red at its first two looks at the broken line, and while the other is looked for."""
    moody = f"""
[[repo.commands]]
name = "moody"
argv = ["sh", "-c", "grep -qw alpha rules.txt || exit 0; echo >> {tmp_path}/looks; ! expr $(wc -l < {tmp_path}/looks) : '[1256]$' > {tmp_path}/said"]
"""
    here = world(tmp_path, "alpha", "beta", repo=TWO + moody)
    (here.path / "rules.txt").write_text("none\n")
    here.commit("Rules")
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha")
        await looked(service)

    assert [facts["task"] for facts in here.said("task.reverted")] == ["alpha"]
    assert not here.said("head.broken")


async def test_gate_that_is_red_now_and_then_has_nobodys_work_reverted(tmp_path: Path) -> None:
    """Red, red, green without it, red: as a break looks at four looks. More of them tell a flake."""
    moods = f"echo >> {tmp_path}/looks; case $(wc -l < {tmp_path}/looks) in 1|2|5|7|8) exit 1;; esac"
    moody = f"""
sandbox = "none"
[[repo.commands]]
name = "moody"
argv = ["sh", "-c", "test -e rules.txt || exit 0; {moods}"]
"""
    here = world(tmp_path, "alpha", repo=moody)
    async with here.service() as service:
        await landed(service)
        forbid(here, "alpha")
        await looked(service)

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
    assert not here.said("task.reverted")


async def test_check_that_is_new_finds_debt_and_nobody_is_blamed_for_it(tmp_path: Path) -> None:
    here = world(tmp_path, "beta", repo="")
    forbid(here, "beta")
    async with here.service() as service:
        await landed(service)
    here.repo = CHECK
    async with here.service() as service:
        await service.ticker.validate_heads()
        (here.path / "words/mine.txt").write_text("innocent\n")
        here.commit("Write on")
        await looked(service)

        assert await service.parts.database.submit(validations.blamed) == []
        assert (await task_of(service, "beta")).state is TaskState.LANDED
    assert not here.said("task.reverted")


async def test_look_at_a_line_that_did_not_move_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        begun: list[object] = []
        monkeypatch.setattr(OsProc, "run_raw", lambda *words, **_: begun.append(words))
        await service.ticker.validate_heads()

    assert begun == []


async def test_work_that_lands_on_the_target_itself_is_taken_back_there(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", "beta", repo=f'delivery = "land"\n{CHECK}')
    here.git("switch", "--quiet", "-c", "elsewhere")
    async with here.service() as service:
        await landed(service)
        await service.ticker.tick()
        here.git("switch", "--quiet", "main")
        forbid(here, "beta")
        here.git("switch", "--quiet", "elsewhere")
        await looked(service)
        await landed(service)

        assert (await task_of(service, "beta")).state is TaskState.LANDED
    assert here.show("words/beta.txt", "main") == "betterbeta\n"
    assert here.git("log", "--format=%s", "--grep=^Revert", "main").splitlines() == ['Revert "Write beta"']


async def test_what_a_person_pushes_while_work_waits_for_the_target_is_joined_with_it(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='delivery = "land"')
    async with here.service() as service:
        await landed(service)  # the target is checked out: what landed waits to be shown
        (here.path / "mine.md").write_text("mine\n")
        here.commit("Push meanwhile")
        here.git("switch", "--quiet", "-c", "elsewhere")
        await looked(service)
        await service.ticker.tick()

    assert here.show("mine.md", "main") == "mine\n"
    assert here.show("words/alpha.txt", "main") == "alpha\n"


# --- by hand


async def test_what_its_owner_took_back_already_is_reverted_without_a_commit(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        here.git("merge", "--quiet", "--no-edit", "watchbill/main")
        here.git("rm", "--quiet", "words/alpha.txt")
        here.commit("No alpha")
        await service.ticker.refresh(service.orders.standing)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert (done.state, done.revert) == (UndoState.DONE, None)
        assert "nothing of" in done.said
        assert (await task_of(service, "alpha")).state is TaskState.REVERTED


async def test_branch_that_its_owner_dropped_needs_no_commit(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='delivery = "branch"')
    async with here.service() as service:
        await landed(service)
        await service.ticker.write_back()
        here.git("branch", "--quiet", "-D", "watchbill/alpha")
        await service.ticker.refresh(service.orders.standing)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)
        await service.ticker.write_back()

        assert (done.state, done.revert) == (UndoState.DONE, None)
    assert here.git("branch", "--format=%(refname:short)").split() == ["main"]


async def test_branch_that_was_merged_and_deleted_comes_again_with_the_opposite(tmp_path: Path) -> None:
    for how in ("merge", "squash"):
        root = tmp_path / how
        root.mkdir()
        here = world(root, "alpha", repo='delivery = "branch"')
        async with here.service() as service:
            await landed(service)
            await service.ticker.write_back()
            here.git("merge", "--quiet", *(["--squash"] if how == "squash" else []), "watchbill/alpha")
            if how == "squash":
                here.git("commit", "--quiet", "-m", "Take alpha in")
            here.git("branch", "--quiet", "-D", "watchbill/alpha")
            await service.ticker.refresh(service.orders.standing)
            found = await service.control.desk.landing(RunId("run-1"))
            done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)
            await service.ticker.write_back()

            assert (found.on_target, done.state) == (True, UndoState.DONE)
        here.git("merge", "--quiet", "watchbill/alpha")
        assert not (here.path / "words/alpha.txt").exists()


async def test_branch_that_was_squashed_gives_its_files_back_though_it_is_still_there(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='delivery = "branch"')
    async with here.service() as service:
        await landed(service)
        await service.ticker.write_back()
        here.git("merge", "--quiet", "--squash", "watchbill/alpha")
        here.git("commit", "--quiet", "-m", "Take alpha in")
        await service.ticker.refresh(service.orders.standing)

        assert [facts["task"] for facts in here.said("landing.taken")] == ["alpha"]


@pytest.mark.parametrize("is_seen_between", [True, False])
async def test_line_that_its_owner_took_in_squashed_and_wrote_on_does_not_part_from_it(
    tmp_path: Path, is_seen_between: bool
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        await looked(service)
        here.git("merge", "--quiet", "--squash", "watchbill/main")
        here.git("commit", "--quiet", "-m", "Take alpha in")
        if is_seen_between:
            await looked(service)
        for more in ("mine", "and more"):
            (here.path / "words/alpha.txt").write_text(f"alpha, and {more}\n")
            here.commit("Write on")
        await looked(service)

        assert not await service.repos[REPO].parted()
        assert not here.said("head.broken")


async def test_target_that_parted_from_what_waits_for_it_is_met_again_by_taking_that_back(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='delivery = "land"')
    async with here.service() as service:
        await landed(service)
        (here.path / "words/alpha.txt").write_text("mine\n")
        here.commit("Write it too")
        here.git("switch", "--quiet", "-c", "elsewhere")
        await looked(service)
        await service.ticker.write_back()
        (why,) = service.parts.deliverer.put_off.values()
        assert "your commit or run-1 (watchbill run rollback run-1 --retry" in why
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)
        await looked(service)
        await service.ticker.write_back()

        assert done.state is UndoState.DONE
        assert not service.parts.deliverer.put_off
    assert here.show("words/alpha.txt", "main") == "mine\n"
    assert here.git("log", "--format=%s", "-1", "main").strip() == "Take in the target branch's new commits"


async def test_branch_that_others_move_every_time_leaves_the_wish_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        vcs = type(service.repos[REPO].vcs)
        move = vcs.move_ref

        async def late(self: object, ref: str, new: Commit | None, old: Commit | None) -> bool:
            return False if ref.startswith("refs/heads/") else await move(self, ref, new, old)  # type: ignore[arg-type]

        monkeypatch.setattr(vcs, "move_ref", late)
        wanted = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)
        monkeypatch.setattr(vcs, "move_ref", move)
        await service.ticker.validate_heads()

        assert (wanted.state, wanted.revert) == (UndoState.WANTED, None)
        assert (await task_of(service, "alpha")).state is TaskState.REVERTED


async def test_landed_run_is_taken_back_by_hand_for_every_delivery(tmp_path: Path) -> None:
    for delivery, ref in (("integration", "watchbill/main"), ("branch", "watchbill/alpha"), ("land", "main")):
        root = tmp_path / delivery
        root.mkdir()
        here = world(root, "alpha", repo=f'delivery = "{delivery}"')
        here.git("switch", "--quiet", "-c", "elsewhere")
        async with here.service() as service:
            await landed(service)
            found = await service.control.desk.landing(RunId("run-1"))
            done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)
            await service.ticker.tick()

            assert [(one.path, one.added) for one in found.changes] == [("words/alpha.txt", 1)]
            assert done.state is UndoState.DONE
            assert (await task_of(service, "alpha")).state is TaskState.REVERTED
            with pytest.raises(IllegalMove, match="undone already"):
                await service.control.rollback(RunId("run-1"), who="me", why="again", retry=False)
        assert here.git("ls-tree", "-r", "--name-only", ref, "words").split() == ["words/seed.txt"]
        assert "me takes it back: not so" in here.git("log", "-1", "--format=%B", ref)


async def test_patch_that_is_taken_back_says_what_it_cannot(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='delivery = "patch"')
    async with here.service() as service:
        await landed(service)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert "git apply -R" in done.said
        assert (await task_of(service, "alpha")).state is TaskState.REVERTED


async def test_task_of_a_landing_that_was_taken_back_is_done_anew_on_wish_and_told_why(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        await service.control.rollback(RunId("run-1"), who="me", why="say it better", retry=True)
        await landed(service)

        assert (await task_of(service, "alpha")).state is TaskState.LANDED
        assert (await task_of(service, "alpha")).attempts == 0
    assert here.show("words/alpha.txt") == "betteralpha\n"


def grows(scene: Scene) -> Say:
    """Each task changes one sentence of the same text; gamma the one that alpha changed."""
    old, new = {"alpha": ("One.", "First."), "beta": ("Two.", "Second."), "gamma": ("First.", "Primo.")}[
        scene.purpose.task
    ]
    step = steps(say("", use("edit_file", path="text.md", old_text=old, new_text=new)), finish("written"))(scene)
    assert isinstance(step, Say)
    return step


def text_of(tmp_path: Path, *names: str) -> World:
    first, second = (f"- [ ] Write {name} [id:: {name}] [files:: text.md]" for name in names)
    entries = f"{first}\n{second} [after:: {names[0]}]"
    files = {**queue(*names), "text.md": "One. Two. Three.\n", "docs/AI_TASK_QUEUE.md": f"# Queue\n\n{entries}\n"}
    return World(root=tmp_path, scripts={"claude": grows}, files=files).make()


async def test_landing_whose_line_others_changed_elsewhere_is_taken_back_by_the_sentence(tmp_path: Path) -> None:
    here = text_of(tmp_path, "alpha", "beta")
    async with here.service() as service:
        await landed(service)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        await service.ticker.write_back()

        assert done.state is UndoState.DONE
    assert here.show("text.md") == "One. Second. Three.\n"


async def test_landing_that_later_ones_changed_names_them_and_both_ways_out(tmp_path: Path) -> None:
    here = text_of(tmp_path, "alpha", "gamma")
    async with here.service() as service:
        await landed(service)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert done.state is UndoState.CONFLICTS
        assert "take back run-2 first (watchbill run rollback run-2), or git revert" in done.said
    assert here.show("text.md") == "Primo. Two. Three.\n"


async def test_landing_that_others_built_on_is_not_taken_back_and_that_is_said(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        here.git("merge", "--quiet", "--no-edit", "watchbill/main")
        (here.path / "words/alpha.txt").write_text("alpha, and more of mine\n")
        here.commit("Build on it")
        await service.ticker.refresh(service.orders.standing)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert done.state is UndoState.CONFLICTS
        assert "words/alpha.txt" in done.said
        assert (await task_of(service, "alpha")).state is TaskState.LANDED


async def test_landing_whose_absence_the_gates_refuse_is_not_taken_back(tmp_path: Path) -> None:
    needy = CHECK.replace("; done", "; done; test ! -e words/omega.txt || test -e words/alpha.txt")
    here = world(tmp_path, "alpha", "omega", repo=needy)
    async with here.service() as service:
        await landed(service)
        done = await service.control.rollback(RunId("run-1"), who="me", why="not so", retry=False)

        assert done.state is UndoState.REFUSED
        assert (await task_of(service, "alpha")).state is TaskState.LANDED


async def test_landing_is_wanted_back_once_and_ends_once(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        wish = (await service.control.desk.landing(RunId("run-1"))).wish
        wanted = await service.control.undoer.want(wish)
        with pytest.raises(IllegalMove, match="undone already"):
            await service.control.undoer.want(wish)
        await service.control.undoer.carry_out(service.repos[REPO], wanted)
        with pytest.raises(IllegalMove, match="not wanted any more"):
            await service.parts.database.submit(
                lambda conn: undoings.end(conn, wanted, UndoState.REFUSED, said="", now=here.start)
            )


async def test_run_that_landed_nothing_has_nothing_to_be_taken_back(tmp_path: Path) -> None:
    here = world(tmp_path, "alpha", repo='autonomy = "low"')
    async with here.service() as service:
        await landed(service)
        with pytest.raises(IllegalMove, match="landed nothing"):
            await service.control.desk.landing(RunId("run-1"))
        with pytest.raises(NotFound):
            await service.control.desk.landing(RunId("run-9"))


async def test_undoing_whose_daemon_died_before_the_swap_puts_the_same_commit_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        wanted = await service.control.desk.want_back(RunId("run-1"), who="me", why="so", retry=False)
        vcs = type(service.repos[REPO].vcs)
        move = vcs.move_ref
        monkeypatch.setattr(vcs, "move_ref", dies)
        with pytest.raises(RuntimeError, match="it died"):
            await service.control.undoer.carry_out(service.repos[REPO], wanted)
        monkeypatch.setattr(vcs, "move_ref", move)
        (pending,) = await undone(service)
    async with here.service() as service:
        await service.ticker.validate_heads()
        await service.ticker.write_back()

    assert pending.state is UndoState.PENDING
    assert here.git("rev-parse", "watchbill/main").strip() == pending.revert


async def test_undoing_whose_daemon_died_between_swap_and_row_is_concluded_without_a_second_commit(
    tmp_path: Path,
) -> None:
    here = world(tmp_path, "alpha")
    async with here.service() as service:
        await landed(service)
        end, undoer = undoing.finish, service.control.undoer
        undoing.finish = dies  # type: ignore[assignment]
        try:
            with pytest.raises(RuntimeError, match="it died"):
                await undoer.carry_out(
                    service.repos[REPO],
                    await service.control.desk.want_back(RunId("run-1"), who="me", why="so", retry=False),
                )
        finally:
            undoing.finish = end
    async with here.service() as service:
        await service.ticker.validate_heads()
        await service.ticker.write_back()

        assert (await task_of(service, "alpha")).state is TaskState.REVERTED
    assert here.git("log", "--format=%s", "watchbill/main").splitlines().count('Revert "Write alpha"') == 1


def dies(*_: object, **__: object) -> None:
    raise RuntimeError("it died")
