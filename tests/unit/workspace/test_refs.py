"""Rules of reading refs: what the files say is what git says, and git is not started to hear that nothing is new."""

import shutil
from pathlib import Path

import pytest
from owners import OwnerRepository

from watchbill.domain.errors import GitError
from watchbill.workspace import refs
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio


@pytest.fixture
def started_gits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that were started."""
    started: list[str] = []
    run = Git.run

    async def counted(git: Git, *argv: str, **options: object) -> object:
        started.append(argv[0])
        return await run(git, *argv, **options)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Git, "run", counted)
    return started


def told(owner: OwnerRepository) -> dict[str, str]:
    listing = owner.git("for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ", 1) for line in listing.splitlines())


def test_the_files_say_what_git_says_packed_or_not(owner: OwnerRepository) -> None:
    owner.commit()
    for name in ("a", "b/c", "d"):
        owner.git("branch", name)
    owner.git("tag", "-a", "-m", "One", "v1")
    owner.git("pack-refs", "--all")
    owner.commit()
    owner.git("branch", "-D", "d")
    owner.git("branch", "e")

    common = owner.root / ".git"

    assert refs.read_all(common) == told(owner)
    assert {ref: refs.read(common, ref) for ref in told(owner)} == told(owner)
    assert set(refs.read_all(common, "refs/heads/b/")) == {"refs/heads/b/c"}


def test_what_is_no_ref_holds_nothing(owner: OwnerRepository) -> None:
    owner.commit()
    owner.git("branch", "a/b")
    common = owner.root / ".git"

    asked = ("refs/heads/none", "refs/heads/a", "refs/heads/a/b/c")

    assert [refs.read(common, ref) for ref in asked] == [None, None, None]
    assert refs.read_all(common, "refs/heads/none/") == {}


def test_a_branch_that_is_being_written_is_not_read_twice(owner: OwnerRepository) -> None:
    owner.commit()
    lock = owner.root / ".git/refs/heads/main.lock"
    lock.touch()

    assert set(refs.read_all(owner.root / ".git")) == {"refs/heads/main"}


def test_refs_that_cannot_be_read_are_an_error(owner: OwnerRepository) -> None:
    heads = owner.root / ".git/refs/heads"
    shutil.rmtree(heads)
    heads.symlink_to("heads")  # a loop

    with pytest.raises(OSError, match="symbolic links"):
        refs.read_all(owner.root / ".git", "refs/heads/")


async def test_nothing_is_fetched_while_no_branch_moved(
    owner: OwnerRepository, repository: Repository, started_gits: list[str]
) -> None:
    owner.commit()
    await repository.ensure()
    await repository.fetch()
    started_gits.clear()

    await repository.fetch()
    assert started_gits == []
    assert await repository.unpublished() == []
    moved = owner.commit()
    await repository.fetch()

    assert started_gits == ["fetch"]
    assert await repository.resolve(repository.target_ref) == moved


async def test_a_branch_that_our_clone_lost_is_fetched_again(owner: OwnerRepository, repository: Repository) -> None:
    head = owner.commit()
    await repository.ensure()
    await repository.fetch()
    assert await repository.move_ref(repository.target_ref, None, head)

    await repository.fetch()

    assert await repository.resolve(repository.target_ref) == head


async def test_a_repository_that_became_unreadable_is_said_though_no_branch_moved(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit()
    await repository.ensure()
    await repository.fetch()
    (owner.root / ".git/config").write_text("[core\n")

    for _ in range(2):
        with pytest.raises(GitError, match="cannot read the branches"):
            await repository.fetch()


@pytest.mark.parametrize("strange", ["reftable", "a branch that is another's name"])
async def test_where_files_do_not_tell_git_is_asked_each_time(
    owner: OwnerRepository, repository: Repository, started_gits: list[str], strange: str
) -> None:
    owner.commit()
    if strange == "reftable":
        (owner.root / ".git/reftable").mkdir()
    else:
        owner.git("symbolic-ref", "refs/heads/other", "refs/heads/main")
    await repository.ensure()
    await repository.fetch()
    started_gits.clear()

    await repository.fetch()

    assert started_gits == ["fetch"]


async def test_a_ref_that_holds_nonsense_stands_for_no_commit(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit()
    await repository.ensure()
    place = tmp_path / "state/novel.git/refs/heads/torn"
    place.write_text("4b825d")

    assert await repository.resolve("refs/heads/torn") is None


async def test_branches_that_cannot_be_read_are_told_with_the_mend(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit()
    await repository.ensure()
    shutil.rmtree(owner.root / ".git/objects")

    with pytest.raises(GitError, match="Work on it waits until the repository can be read again"):
        await repository.fetch()
