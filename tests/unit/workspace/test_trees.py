"""Rules of trees: sorted regular files, bytes as they are, KeyError for everything else."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from owners import OwnerRepository

from watchbill.domain.errors import GitError
from watchbill.domain.ids import RunId, TaskId, Token
from watchbill.domain.ports import Tree
from watchbill.workspace.gitcmd import SMALL, Entry, Git
from watchbill.workspace.messages import trailers
from watchbill.workspace.repository import Repository
from watchbill.workspace.trees import FolderTree, GitTree

pytestmark = pytest.mark.anyio


async def both(owner: OwnerRepository, repository: Repository) -> list[Tree]:
    owner.write({"b.txt": "b", "a/x y.txt": "x", "copy.txt": "b", "bin": bytes(range(256))})
    (owner.root / "link").symlink_to("b.txt")
    head = owner.commit()
    await repository.ensure()
    await repository.fetch()
    return [await repository.read_tree(head), FolderTree(await repository.open_worktree("run-1", head))]


async def test_both_trees_show_the_same(owner: OwnerRepository, repository: Repository) -> None:
    for tree in await both(owner, repository):
        assert tree.paths() == ["a/x y.txt", "b.txt", "bin", "copy.txt"]
        assert [tree.read(path) for path in tree.paths()] == [b"x", b"b", bytes(range(256)), b"b"]


@pytest.mark.parametrize("path", ["none", "link", "a", "../x", "/etc/passwd", "b.txt/x"])
async def test_what_is_no_regular_file_is_a_key_error(
    owner: OwnerRepository, repository: Repository, path: str
) -> None:
    for tree in await both(owner, repository):
        with pytest.raises(KeyError):
            tree.read(path)


def test_neighbours_are_read_in_one_batch_and_each_blob_once() -> None:
    asked: list[list[str]] = []

    def blobs(ids: Sequence[str]) -> list[bytes]:
        asked.append(list(ids))
        return [name.encode() for name in ids]

    sizes = {"a": 10, "b": 10, "c": 5 << 20, "d": 5 << 20, "e": 1}
    tree = GitTree({path: Entry(0o100644, f"id-{path}", size) for path, size in sizes.items()}, blobs)

    assert [tree.read(path) for path in ("b", "b", "a", "c", "d", "e")] == [
        b"id-b",
        b"id-b",
        b"id-a",
        b"id-c",
        b"id-d",
        b"id-e",
    ]
    assert asked == [["id-b"], ["id-a"], ["id-c"], ["id-d"], ["id-e"]]


async def test_a_tree_over_a_damaged_clone_says_so(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    head = owner.commit({"b.txt": "b"})
    await repository.ensure()
    await repository.fetch()
    tree = await repository.read_tree(head)
    bare = tmp_path / "state" / "novel.git"
    blob = owner.git("rev-parse", "HEAD:b.txt")
    (bare / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(GitError, match=f"lacks the object {blob}"):
        tree.read("b.txt")
    (bare / "HEAD").unlink()
    with pytest.raises(GitError, match="cat-file"):
        tree.read("b.txt")


def test_a_commit_message_ends_with_its_trailers() -> None:
    text = trailers("Polish\n\nRun-ID : fake\nBody\0\x1b[1m\n", task=TaskId("t-1"), run=RunId("r-2"), token=Token(3))

    assert text == "Polish\n\n> Run-ID : fake\nBody[1m\n\nTask-Id: t-1\nRun-Id: r-2\nToken: 3\n"


def test_a_commit_of_several_tasks_names_each() -> None:
    names = [TaskId("t-2"), TaskId("t-3")]
    text = trailers("Polish", task=TaskId("t-1"), riders=names, run=RunId("r-2"), token=Token(3))

    assert text == "Polish\n\nTask-Id: t-1\nTask-Id: t-2\nTask-Id: t-3\nRun-Id: r-2\nToken: 3\n"


def test_an_empty_commit_message_is_given_a_subject() -> None:
    assert trailers(" \n", task=TaskId("t"), run=RunId("r"), token=Token(1)).startswith("Change made for a task\n\n")


async def test_what_a_snapshot_wrote_is_known_without_asking_git(
    owner: OwnerRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = owner.commit({"b.txt": "b", "a.txt": "a"})
    await repository.ensure()
    await repository.fetch()
    place = await repository.open_worktree("run-1", head)
    (place / "a b.txt").write_text("new")
    (place / "large.bin").write_bytes(bytes(SMALL + 1))
    commit = await repository.snapshot("run-1", head, "Write")

    async def no_git(*_: object, **__: object) -> None:
        raise AssertionError("git was started")

    with monkeypatch.context() as without:
        without.setattr(Git, "run", no_git)
        changes = await repository.changes(head, commit)
        tree = await repository.read_tree(commit)
        read = {path: tree.read(path) for path in ("a.txt", "a b.txt", "b.txt")}

    assert [(one.path, one.old_mode, one.new_mode) for one in changes] == [
        ("a b.txt", None, "100644"),
        ("large.bin", None, "100644"),
    ]
    assert read == {"a.txt": b"a", "a b.txt": b"new", "b.txt": b"b"}
    assert tree.read("large.bin") == bytes(SMALL + 1)
