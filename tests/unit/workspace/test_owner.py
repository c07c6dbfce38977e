"""Rules of the owner's repository: it is read and shown branches, and nothing that it configures ever runs."""

import os
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from owners import OWNER_ENV, OwnerRepository

from tests import hostile
from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit
from watchbill.workspace.owner import branch_files, user_state
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio
OURS = "refs/heads/watchbill/main"


async def started(repository: Repository) -> Commit:
    await repository.ensure()
    await repository.fetch()
    head = await repository.resolve(repository.target_ref)
    assert head
    return head


async def changed(repository: Repository, base: Commit, text: str = "changed\n") -> Commit:
    place = await repository.open_worktree("run-1", base)
    (place / "a.txt").write_text(text)
    return await repository.snapshot("run-1", base, "Change")


async def test_a_branch_is_shown_and_moved_on(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)
    one = await changed(repository, head, "1")
    two = await changed(repository, one, "2")

    await repository.publish(OURS, one)
    assert owner.git("rev-parse", OURS) == one
    await repository.publish(OURS, two)
    assert owner.git("rev-parse", OURS) == two
    await repository.publish(OURS, two)
    assert await repository.resolve("refs/remotes/owner/watchbill/main") == two


async def test_our_own_branch_may_be_replaced(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)
    one, other = await changed(repository, head, "1"), await changed(repository, head, "2")
    await repository.publish(OURS, one)

    await repository.publish(OURS, other)

    assert owner.git("rev-parse", OURS) == other


async def test_a_branch_that_somebody_moved_is_left_alone(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)
    one, other = await changed(repository, head, "1"), await changed(repository, head, "2")
    await repository.publish(OURS, one)
    owner.git("update-ref", OURS, head)

    with pytest.raises(GitError, match="cannot show"):  # not seen yet: the lease holds
        await repository.publish(OURS, other)
    await repository.publish(OURS, one)
    owner.git("branch", "-f", "watchbill/main", owner.commit({"b.txt": "theirs"}))
    await repository.fetch()
    with pytest.raises(GitError, match="moved by somebody else"):
        await repository.publish(OURS, other)


async def test_a_branch_that_the_owner_deleted_is_shown_again(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository))
    await repository.publish(OURS, one)
    owner.git("branch", "-D", "watchbill/main")
    await repository.fetch()

    await repository.publish(OURS, one)

    assert owner.git("rev-parse", OURS) == one


async def test_only_branches_are_shown(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)

    with pytest.raises(GitError, match="only branches"):
        await repository.publish("refs/tags/v1", head)


@pytest.mark.parametrize("theirs", ["watchbill", "watchbill/main/more"])
async def test_a_branch_in_the_way_is_named(owner: OwnerRepository, repository: Repository, theirs: str) -> None:
    owner.commit({"a.txt": "a\n"})
    owner.git("branch", theirs)
    one = await changed(repository, await started(repository))

    with pytest.raises(GitError, match=f"a branch `{theirs}`, so git cannot hold a branch `watchbill/main`"):
        await repository.publish(OURS, one)


async def test_a_checked_out_branch_is_never_moved(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository))
    before = user_state(owner.root)

    with pytest.raises(GitError, match="`main` is checked out"):
        await repository.publish("refs/heads/main", one)

    assert user_state(owner.root) == before


async def test_a_branch_of_a_linked_worktree_is_never_moved(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)
    one = await changed(repository, head)
    await repository.publish(OURS, head)
    owner.git("worktree", "add", "-q", str(tmp_path / "x y\nlinked"), "watchbill/main")

    with pytest.raises(GitError, match="`watchbill/main` is checked out"):
        await repository.publish(OURS, one)


async def test_a_branch_that_is_being_rebased_is_never_moved(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "a\n"})
    owner.git("checkout", "-q", "-b", "side")
    side = owner.commit({"a.txt": "side\n"})
    owner.git("checkout", "-q", "-b", "other", base)
    owner.commit({"a.txt": "other\n"})
    with pytest.raises(subprocess.CalledProcessError):
        owner.git("rebase", "other", "side")
    await started(repository)

    with pytest.raises(GitError, match="`side` is checked out"):
        await repository.publish("refs/heads/side", await changed(repository, side))


async def test_update_instead_moves_a_clean_worktree(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    owner.git("config", "receive.denyCurrentBranch", "updateInstead")
    one = await changed(repository, await started(repository))

    await repository.publish("refs/heads/main", one)

    assert (owner.root / "a.txt").read_text() == "changed\n"
    assert owner.git("status", "--porcelain") == ""


async def test_update_instead_leaves_a_dirty_worktree(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    owner.git("config", "receive.denyCurrentBranch", "updateInstead")
    one = await changed(repository, await started(repository))
    owner.write({"a.txt": "mine\n"})

    with pytest.raises(GitError, match="cannot show `main`"):
        await repository.publish("refs/heads/main", one)

    assert (owner.root / "a.txt").read_text() == "mine\n"


@pytest.mark.parametrize("where", ["config", "attributes"])
async def test_update_instead_is_refused_where_filters_would_run(
    owner: OwnerRepository, repository: Repository, where: str
) -> None:
    owner.commit({"a.txt": "a\n"})
    if where == "attributes":
        owner.commit({"sub/.gitattributes": "*.bin filter=lfs\n"})
    else:
        owner.git("config", "filter.x.smudge", "false")
    owner.git("config", "receive.denyCurrentBranch", "updateInstead")
    one = await changed(repository, await started(repository))

    with pytest.raises(GitError, match="pass through git filters"):
        await repository.publish("refs/heads/main", one)


async def test_promotion_moves_a_target_that_nobody_has_checked_out(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a\n"})
    head = await started(repository)
    one = await changed(repository, head)
    await repository.move_ref(OURS, one, None)
    owner.git("checkout", "-q", "--detach")

    merge = await repository.promote("main", "watchbill/main")

    assert merge.commit == one
    assert owner.git("rev-parse", "main") == one


async def test_promotion_merges_where_both_moved(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository))
    await repository.move_ref(OURS, one, None)
    theirs = owner.commit({"b.txt": "b\n"})
    owner.git("checkout", "-q", "--detach")

    merge = await repository.promote("main", "watchbill/main")

    assert owner.git("rev-parse", "main^1", "main^2").split() == [theirs, one]
    assert owner.git("rev-parse", "main") == merge.commit


async def test_promotion_of_a_conflict_moves_nothing(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository))
    await repository.move_ref(OURS, one, None)
    theirs = owner.commit({"a.txt": "theirs\n"})
    owner.git("checkout", "-q", "--detach")

    merge = await repository.promote("main", "watchbill/main")

    assert (merge.commit, merge.conflicts) == (None, ("a.txt",))
    assert owner.git("rev-parse", "main") == theirs


async def test_who_has_the_target_checked_out_is_told_to_merge_it_there(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a\n"})
    await repository.move_ref(OURS, await changed(repository, await started(repository)), None)

    with pytest.raises(GitError, match=r"is checked out in .* merge it there yourself: git merge watchbill/main"):
        await repository.promote("main", "watchbill/main")


async def test_promotion_of_an_unknown_branch_is_an_error(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    await started(repository)

    with pytest.raises(GitError, match="there is no refs/heads/none"):
        await repository.promote("main", "none")


@pytest.mark.parametrize("kind", ["bare", "linked"])
async def test_bare_and_linked_repositories_are_served_too(
    owner: OwnerRepository, make_repository: Callable[[Path], Repository], tmp_path: Path, kind: str
) -> None:
    owner.commit({"a.txt": "a\n"})
    source = tmp_path / "other"
    if kind == "bare":
        owner.git("clone", "-q", "--bare", str(owner.root), str(source))
    else:
        owner.git("worktree", "add", "-q", "-b", "side", str(source))
    repository = make_repository(source)
    one = await changed(repository, await started(repository))

    await repository.publish(OURS, one)

    assert OwnerRepository(source).git("rev-parse", OURS) == one
    assert user_state(source).refs[OURS] == one


async def test_a_shallow_repository_is_served_too(
    owner: OwnerRepository, make_repository: Callable[[Path], Repository], tmp_path: Path
) -> None:
    owner.commit({"a.txt": "1\n"})
    owner.commit({"a.txt": "2\n"})
    source = tmp_path / "shallow"
    owner.git("clone", "-q", "--depth=1", owner.root.as_uri(), str(source))
    repository = make_repository(source)
    one = await changed(repository, await started(repository))

    await repository.publish(OURS, one)

    assert OwnerRepository(source).git("rev-parse", OURS) == one


def give_away(root: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    for path in (root, *root.rglob("*")):
        os.chown(path, 1234, 1234)


async def test_a_repository_of_another_user_is_read_but_not_written(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a\n"})
    give_away(owner.root)
    one = await changed(repository, await started(repository))

    with pytest.raises(GitError, match="belongs to another user"):
        await repository.publish(OURS, one)


async def test_a_shared_repository_of_another_user_is_written(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a\n"})
    owner.git("config", "core.sharedRepository", "group")
    give_away(owner.root)
    one = await changed(repository, await started(repository))

    await repository.publish(OURS, one)

    assert user_state(owner.root).refs[OURS] == one


async def test_branches_that_the_owner_does_not_see_yet_are_named(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository))
    assert await repository.unpublished() == []

    await repository.move_ref(OURS, one, None)
    assert await repository.unpublished() == [(OURS, one)]
    await repository.publish(OURS, one)
    assert await repository.unpublished() == []


def alternates(owner: OwnerRepository, tmp_path: Path) -> None:
    other = tmp_path / "alternate.git"
    subprocess.run(["git", "clone", "-q", "--bare", owner.root, other], env=OWNER_ENV, check=True)
    (owner.root / ".git" / "objects" / "info" / "alternates").write_text(f"{other}/objects\n")


def test_the_traps_do_spring_for_the_owners_own_git(owner: OwnerRepository, tmp_path: Path) -> None:
    owner.commit({"a.txt": "a\n"})
    log = hostile.arm(owner.root, tmp_path)

    owner.write({"a.txt": "b\n"})
    subprocess.run(["git", "-C", owner.root, "add", "-A"], env=OWNER_ENV, capture_output=True, check=False)
    subprocess.run(["git", "-C", owner.root, "update-ref", "refs/x", "HEAD"], env=OWNER_ENV, check=False)
    subprocess.run(["git", "-C", owner.root, "diff", "HEAD"], env=OWNER_ENV, capture_output=True, check=False)

    sprung = log.read_text()
    assert "fsmonitor" in sprung
    assert "hook reference-transaction" in sprung
    assert "process" in sprung  # the filter


async def test_nothing_that_the_owner_configures_runs(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit({"a.txt": "a\nb\nc\n", ".gitattributes": "* filter=trap merge=trap diff=trap\n"})
    owner.git("checkout", "-q", "-b", "side")
    theirs = owner.commit({"a.txt": "a\nb\nC\n"})
    owner.git("checkout", "-q", "main")
    alternates(owner, tmp_path)
    log = hostile.arm(owner.root, tmp_path)
    before = user_state(owner.root)

    head = await started(repository)
    ours = await changed(repository, head, "A\nb\nc\n")
    merge = await repository.merge_onto(theirs, ours, head, "Merge")
    joined = await repository.keep_up(ours, theirs)
    assert merge.commit
    assert joined.commit
    await repository.revert(theirs, joined.commit, "Revert")
    await repository.diff(head, merge.commit)
    await repository.write_patch(head, merge.commit)
    await repository.changed_paths(head, merge.commit)
    await repository.publish(OURS, joined.commit)
    await repository.publish("refs/heads/side", merge.commit)
    await repository.fetch()
    with pytest.raises(GitError):
        await repository.promote("main", "watchbill/main")
    with pytest.raises(GitError):
        await repository.publish("refs/heads/main", joined.commit)

    assert not log.exists(), log.read_text()
    after = user_state(owner.root)
    assert (after.head, after.index, after.files) == (before.head, before.index, before.files)


async def test_update_instead_runs_no_hook_and_no_monitor(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit({"a.txt": "a\n"})
    log = hostile.arm(owner.root, tmp_path)
    config = owner.root / ".git" / "config"
    kept = [
        line for line in config.read_text().replace('[filter "trap"]', "[nothing]").splitlines() if "lter=" not in line
    ]
    config.write_text("\n".join(kept) + "\n[receive]\n\tdenyCurrentBranch = updateInstead\n")
    (owner.root / ".git" / "info" / "attributes").unlink()
    one = await changed(repository, await started(repository))

    await repository.publish("refs/heads/main", one)

    assert (owner.root / "a.txt").read_text() == "changed\n"
    assert not log.exists(), log.read_text()


async def test_missing_objects_of_a_partial_clone_are_not_fetched(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit({"a.txt": "a\n"})
    log = hostile.arm(owner.root, tmp_path)
    blob = owner.plumb("rev-parse", "HEAD:a.txt").decode().strip()
    (owner.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    await repository.ensure()

    with pytest.raises(GitError, match="cannot read the branches"):
        await repository.fetch()

    assert not log.exists(), log.read_text()


def test_the_users_state_tells_every_kind_of_touch(owner: OwnerRepository) -> None:
    owner.commit({"a.txt": "a\n", "b.txt": "b\n"})
    (owner.root / "link").symlink_to("a.txt")
    owner.write({"b.txt": "stashed\n"})
    owner.git("stash")
    owner.git("pack-refs", "--all")
    seen = [user_state(owner.root)]

    for touch in (
        lambda: owner.write({"a.txt": "x"}),
        lambda: owner.git("add", "a.txt"),
        lambda: owner.git("branch", "new"),
        lambda: owner.git("stash"),
        lambda: owner.git("checkout", "-q", "new"),
    ):
        touch()
        seen.append(user_state(owner.root))

    assert user_state(owner.root) == seen[-1]
    assert all(one != other for one, other in pairwise(seen))


async def test_a_branch_that_the_owner_deleted_is_not_shown_again_until_it_has_something_new(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a\n"})
    one = await changed(repository, await started(repository), "1")
    await repository.move_ref(OURS, one, None)
    await repository.publish(OURS, one)
    assert not await repository.is_dropped(OURS)

    owner.git("branch", "-D", "watchbill/main")
    await repository.fetch()

    assert await repository.is_dropped(OURS)
    assert await repository.unpublished() == []
    two = await changed(repository, one, "2")
    await repository.move_ref(OURS, two, one)
    assert await repository.unpublished() == [(OURS, two)]


@pytest.mark.parametrize("moves", [("commit", "--allow-empty", "--message", "More"), ("pack-refs", "--all")])
def test_a_branch_that_moves_is_seen_in_one_of_its_files(owner: OwnerRepository, moves: tuple[str, ...]) -> None:
    def seen() -> list[bytes | None]:
        return [path.read_bytes() if path.exists() else None for path in branch_files(owner.root, "main")]

    before = seen()
    owner.git(*moves)

    assert seen() != before


def test_a_repository_that_is_gone_has_no_files_of_a_branch(tmp_path: Path) -> None:
    assert branch_files(tmp_path / "gone", "main") == []
