"""Rules of the repository: raw checkout and commit, merges by plumbing, refs by compare-and-swap."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from owners import FakeClock, OwnerRepository

from tests import hostile
from watchbill.domain.errors import GitError, NotCommittable
from watchbill.domain.ids import Commit, RunId, TaskId, Token
from watchbill.domain.ports import Vcs
from watchbill.workspace import checkout
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.messages import trailers
from watchbill.workspace.proc import OsProc
from watchbill.workspace.repository import Repository

pytestmark = pytest.mark.anyio

ODD_NAMES = ["a b.txt", "-n.txt", "línea ☂.txt", "new\nline.txt", 'qu"ote.txt', "tab\t.txt", "deep/er/-x y.txt"]


async def started(repository: Repository) -> Commit:
    await repository.ensure()
    await repository.fetch()
    head = await repository.resolve(repository.target_ref)
    assert head
    return head


def test_the_repository_is_a_vcs(repository: Repository) -> None:
    vcs: Vcs = repository

    assert vcs is repository


async def test_a_fetch_brings_all_branches(owner: OwnerRepository, repository: Repository) -> None:
    head = owner.commit({"a.txt": "a"})
    owner.git("branch", "other")

    await started(repository)

    assert await repository.resolve("refs/remotes/owner/main") == head
    assert await repository.resolve("refs/remotes/owner/other") == head


async def test_a_fetch_follows_rewritten_and_deleted_branches(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    owner.git("branch", "x")
    await started(repository)
    owner.git("commit", "-q", "--amend", "-m", "Other")
    owner.git("branch", "-D", "x")
    owner.git("branch", "x/y")

    await repository.fetch()

    assert await repository.resolve("refs/remotes/owner/main") == owner.git("rev-parse", "main")
    assert await repository.resolve("refs/remotes/owner/x") is None
    assert await repository.resolve("refs/remotes/owner/x/y") is not None


async def test_an_empty_repository_is_fetched_as_one_without_branches(
    owner: OwnerRepository, repository: Repository
) -> None:
    await repository.ensure()

    await repository.fetch()

    assert await repository.resolve(repository.target_ref) is None


async def test_a_deleted_repository_is_said_in_clear_words(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    await started(repository)
    owner.root.rename(owner.root.with_name("moved"))

    with pytest.raises(GitError, match="no git repository, or it was moved or deleted"):
        await repository.fetch()


async def test_a_broken_repository_is_said_in_clear_words(owner: OwnerRepository, repository: Repository) -> None:
    head = owner.commit({"a.txt": "a"})
    (owner.root / ".git" / "objects" / head[:2] / head[2:]).unlink()
    await repository.ensure()

    with pytest.raises(GitError, match=r"cannot read the branches of .*novel"):
        await repository.fetch()


async def test_a_worktree_holds_the_trees_bytes_whatever_attributes_say(
    owner: OwnerRepository, repository: Repository
) -> None:
    raw = {
        "crlf.txt": b"one\r\ntwo\r\n",
        "mixed.txt": b"one\ntwo\r\n",
        "lf.txt": b"one\ntwo\n",
        "id.c": b"$Id$\n",
        "latin.txt": b"caf\xe9\n",
    }
    owner.commit(raw)
    attributes = "* text=auto eol=crlf ident filter=x\nlatin.txt working-tree-encoding=UTF-16\n"
    owner.write({".gitattributes": attributes})
    owner.git("add", ".gitattributes")
    owner.git("commit", "-q", "-m", "Attributes")
    head = await started(repository)

    place = await repository.open_worktree("run-1", head)

    assert {path: (place / path).read_bytes() for path in raw} == raw
    assert await repository.snapshot("run-1", head, "Nothing") == head


async def test_a_snapshot_commits_the_bytes_as_they_are(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({".gitattributes": "* text eol=lf filter=x ident\n", "a.txt": "a\n"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "a.txt").write_bytes(b"one\r\n$Id: x$\r\n")

    commit = await repository.snapshot("run-1", head, "Change")

    assert (await repository.read_tree(commit)).read("a.txt") == b"one\r\n$Id: x$\r\n"
    assert await repository.changed_paths(head, commit) == ["a.txt"]


async def test_links_modes_and_odd_names_survive_the_round_trip(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit(dict.fromkeys(ODD_NAMES, "x\n"))
    (owner.root / "run.sh").write_text("#!/bin/sh\n")
    (owner.root / "run.sh").chmod(0o755)
    (owner.root / "link").symlink_to("../outside \u2602")
    owner.commit()
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    for name in ODD_NAMES:
        (place / name).write_text("y\n")

    commit = await repository.snapshot("run-1", head, "Change")

    assert str((place / "link").readlink()) == "../outside \u2602"
    assert os.access(place / "run.sh", os.X_OK)
    assert await repository.changed_paths(head, commit) == sorted(ODD_NAMES)
    assert (await repository.read_tree(commit)).paths() == sorted([*ODD_NAMES, "run.sh"])


async def test_a_snapshot_sees_new_deleted_renamed_and_executable_files(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"gone.txt": "g\n", "old.txt": "long enough to be a rename\n" * 9, "tool": "t\n", "file": "f\n"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "gone.txt").unlink()
    (place / "old.txt").rename(place / "new.txt")
    (place / "tool").chmod(0o755)
    (place / "file").unlink()
    (place / "file").symlink_to("tool")
    (place / "sub").mkdir()
    (place / "sub" / "x").write_text("x")

    commit = await repository.snapshot("run-1", head, "Change")

    assert await repository.changed_paths(head, commit) == ["file", "gone.txt", "new.txt", "old.txt", "sub/x", "tool"]
    assert "old mode 100644\nnew mode 100755" in await repository.diff(head, commit)


async def test_a_snapshot_follows_no_link(owner: OwnerRepository, repository: Repository, tmp_path: Path) -> None:
    owner.commit({"sub/a.txt": "a"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.txt").write_text("canary")
    (place / "sub" / "a.txt").unlink()
    (place / "sub").rmdir()
    (place / "sub").symlink_to(tmp_path / "secret")

    commit = await repository.snapshot("run-1", head, "Change")

    assert await repository.changed_paths(head, commit) == ["sub", "sub/a.txt"]
    assert "canary" not in await repository.diff(head, commit)


async def test_a_snapshot_leaves_out_git_ignored_and_half_written_files(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({".gitignore": "*.pyc\nbuild/\n", "a.py": "a"})
    owner.write({"kept.pyc": "k"})
    owner.git("add", "-f", "kept.pyc")
    owner.git("commit", "-q", "-m", "Keep")
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    for name in (".git/config", "a.pyc", "build/out", ".watchbill-tmp-1", "sub/.watchbill-tmp-2", "kept.pyc", "b.py"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text("made")

    commit = await repository.snapshot("run-1", head, "Change")

    assert await repository.changed_paths(head, commit) == ["b.py", "kept.pyc"]


@pytest.mark.parametrize("inside", ["sub/.git/HEAD", "sub/.GIT/config", "sub/.git"])
async def test_a_nested_repository_is_refused(owner: OwnerRepository, repository: Repository, inside: str) -> None:
    owner.commit({"a.txt": "a"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / inside).parent.mkdir(parents=True)
    (place / inside).write_text("x")

    with pytest.raises(GitError, match="a repository inside the worktree"):
        await repository.snapshot("run-1", head, "Change")


async def test_a_new_name_that_is_not_utf8_is_refused(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / os.fsdecode(b"caf\xe9")).write_text("x")

    with pytest.raises(GitError, match="not UTF-8"):
        await repository.snapshot("run-1", head, "Change")


async def test_a_submodule_is_kept_and_never_filled(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    owner.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib/dep")
    owner.git("commit", "-q", "-m", "Submodule")
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "a.txt").write_text("b")

    commit = await repository.snapshot("run-1", head, "Change")

    assert await repository.changed_paths(head, commit) == ["a.txt"]
    assert "lib/dep" not in (await repository.read_tree(commit)).paths()
    (place / "lib" / "dep" / "x").write_text("x")
    with pytest.raises(GitError, match="a repository inside"):
        await repository.snapshot("run-1", head, "Change")


@pytest.mark.parametrize(
    ("bound", "told"), [("LARGEST_FILE", "'b.txt' has more than 3 bytes"), ("_MOST_CHANGED", "more than 3")]
)
async def test_more_than_fits_into_memory_is_not_committed(
    owner: OwnerRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch, bound: str, told: str
) -> None:
    owner.commit()
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "b.txt").write_text("four")
    monkeypatch.setattr(checkout, bound, 3)

    with pytest.raises(NotCommittable, match=told):
        await repository.snapshot("run-1", head, "Too much")


async def test_folders_inside_one_another_without_end_are_not_committed_and_are_dropped(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit()
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    at = os.open(place, os.O_RDONLY)
    for _ in range(2_200):  # a path of that many parts is longer than the kernel takes
        os.mkdir("d", dir_fd=at)
        above, at = at, os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(above)
    os.close(at)

    with pytest.raises(NotCommittable, match="inside one another without end"):
        await repository.snapshot("run-1", head, "Deep")
    await repository.drop_worktree("run-1")

    assert not place.exists()


async def test_a_removed_submodule_is_removed(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    owner.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},dep")
    owner.git("commit", "-q", "-m", "Submodule")
    head = await started(repository)
    (await repository.open_worktree("run-1", head) / "dep").rmdir()

    commit = await repository.snapshot("run-1", head, "Change")

    assert await repository.changed_paths(head, commit) == ["dep"]


async def test_a_tree_that_leaves_the_worktree_is_refused(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    await started(repository)
    blob = owner.git("hash-object", "-w", "a.txt")
    for name in ("..", ".git", ".GIT"):
        inner = owner.plumb("mktree", stdin=f"100644 blob {blob}\tx\n".encode()).decode().strip()
        tree = owner.plumb("mktree", stdin=f"040000 tree {inner}\t{name}\n".encode()).decode()
        owner.git("update-ref", "refs/heads/evil", owner.git("commit-tree", tree.strip(), "-m", "Evil"))
        await repository.fetch()
        evil = await repository.resolve("refs/remotes/owner/evil")
        assert evil

        with pytest.raises(GitError, match="which no worktree may hold"):
            await repository.open_worktree("run-1", evil)


async def test_a_worktree_that_is_opened_again_forgets_everything(
    owner: OwnerRepository, repository: Repository
) -> None:
    owner.commit({"a.txt": "a"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "a.txt").write_text("b")
    (place / "locked").mkdir()
    (place / "locked" / "x").write_text("x")
    (place / "locked").chmod(0)

    again = await repository.open_worktree("run-1", head)

    assert again == place
    assert list(place.iterdir()) == [place / "a.txt"]
    await repository.drop_worktree("run-1")
    assert not place.exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "-x", "a\nb"])
async def test_a_worktrees_name_is_plain(repository: Repository, name: str) -> None:
    with pytest.raises(GitError, match="cannot name a worktree"):
        await repository.drop_worktree(name)


async def test_squash_keeps_the_tree_and_drops_the_history(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "1"})
    owner.commit({"a.txt": "2"})
    head = owner.commit({"a.txt": "3"})
    await started(repository)

    commit = await repository.squash(head, base, trailers("Done", task=TaskId("t-1"), run=RunId("r-1"), token=Token(7)))

    assert await repository.tree_of(commit) == await repository.tree_of(head)
    assert await repository.resolve(f"{commit}^") == base
    assert await repository.is_ancestor(base, commit)
    assert not await repository.is_ancestor(head, commit)


async def test_commits_carry_our_name_and_the_clocks_time(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "1"})
    head = owner.commit({"a.txt": "2"})
    await started(repository)

    commit = await repository.squash(head, base, "One")

    patch = await repository.write_patch(base, commit)
    assert b"From: watchbill <watchbill@localhost>\nDate: Tue, 24 Nov 2026 12:00:00 +0000" in patch
    assert await repository.squash(head, base, "One") == commit  # same input, same time: same commit


async def test_a_change_moves_onto_a_newer_commit(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "a\n", "b.txt": "b\n"})
    change = owner.commit({"a.txt": "A\n"})
    owner.git("reset", "-q", "--hard", base)
    onto = owner.commit({"b.txt": "B\n"})
    owner.git("branch", "-f", "change", change)
    await started(repository)

    merge = await repository.merge_onto(onto, change, base, "Moved")

    assert merge.commit
    assert merge.conflicts == ()
    assert await repository.resolve(f"{merge.commit}^") == onto
    tree = await repository.read_tree(merge.commit)
    assert (tree.read("a.txt"), tree.read("b.txt")) == (b"A\n", b"B\n")


async def test_a_change_onto_its_own_base_is_taken_as_it_is(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "a\n"})
    change = owner.commit({"a.txt": "A\n"})
    await started(repository)

    merge = await repository.merge_onto(base, change, base, "Moved")

    assert merge.tree == await repository.tree_of(change)


async def test_a_conflict_names_its_paths_and_makes_no_commit(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a b.txt": "a\n", "ok.txt": "o\n"})
    change = owner.commit({"a b.txt": "ours\n", "ok.txt": "O\n"})
    owner.git("branch", "change")
    owner.git("reset", "-q", "--hard", base)
    onto = owner.commit({"a b.txt": "theirs\n"})
    await started(repository)

    merge = await repository.merge_onto(onto, change, base, "Moved")

    assert merge.commit is None
    assert merge.conflicts == ("a b.txt",)


async def test_a_name_that_is_not_utf8_is_merged_by_us_and_edited_by_nobody(
    owner: OwnerRepository, repository: Repository
) -> None:
    name = os.fsdecode(b"caf\xe9")
    head = owner.commit({name: "a\n"})
    await started(repository)

    merged = await repository.with_files(head, {name: b"b\n"}, head, "Both")

    assert (await repository.read_tree(merged.commit or head)).read(name) == b"b\n"
    with pytest.raises(GitError, match="control character"):
        await repository.with_edits(head, {name: b"b\n"}, "Mine")


async def test_a_base_that_is_no_merge_base_is_honoured(owner: OwnerRepository, repository: Repository) -> None:
    first = owner.commit({"a.txt": "1\n", "b.txt": "1\n"})
    second = owner.commit({"a.txt": "2\n"})
    third = owner.commit({"b.txt": "2\n"})
    owner.git("branch", "third")
    owner.git("reset", "-q", "--hard", first)
    onto = owner.commit({"c.txt": "c\n"})
    await started(repository)

    merge = await repository.merge_onto(onto, third, second, "Only the third")

    assert merge.commit
    assert await repository.changed_paths(onto, merge.commit) == ["b.txt"]


async def test_a_revert_undoes_one_commit_and_keeps_later_ones(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "1\n", "b.txt": "1\n"})
    bad = owner.commit({"a.txt": "2\n"})
    head = owner.commit({"b.txt": "2\n"})
    await started(repository)

    merge = await repository.revert(bad, head, "Revert")

    assert merge.commit
    tree = await repository.read_tree(merge.commit)
    assert (tree.read("a.txt"), tree.read("b.txt")) == (b"1\n", b"2\n")


async def test_the_first_commit_cannot_be_reverted(owner: OwnerRepository, repository: Repository) -> None:
    head = owner.commit({"a.txt": "1\n"})
    await started(repository)

    with pytest.raises(GitError, match="nothing to revert to"):
        await repository.revert(head, head, "Revert")


async def test_keeping_up_takes_the_nearest_way(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "1\n"})
    newer = owner.commit({"b.txt": "1\n"})
    owner.git("branch", "newer")
    owner.git("reset", "-q", "--hard", base)
    ours = owner.commit({"c.txt": "1\n"})
    await started(repository)

    assert (await repository.keep_up(base, newer)).commit == newer
    assert (await repository.keep_up(newer, base)).commit == newer
    merge = await repository.keep_up(ours, newer)
    assert merge.commit
    assert await repository.resolve(f"{merge.commit}^1") == ours
    assert await repository.resolve(f"{merge.commit}^2") == newer
    assert (await repository.read_tree(merge.commit)).paths() == ["a.txt", "b.txt", "c.txt"]


async def test_keeping_up_reports_conflicts(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "1\n"})
    newer = owner.commit({"a.txt": "2\n"})
    owner.git("branch", "newer")
    owner.git("reset", "-q", "--hard", base)
    ours = owner.commit({"a.txt": "3\n"})
    await started(repository)

    merge = await repository.keep_up(ours, newer)

    assert (merge.commit, merge.conflicts) == (None, ("a.txt",))


async def test_a_ref_moves_only_from_where_it_was_seen(owner: OwnerRepository, repository: Repository) -> None:
    one = owner.commit({"a.txt": "1"})
    two = owner.commit({"a.txt": "2"})
    await started(repository)
    ref = repository.integration_ref

    assert await repository.move_ref(ref, one, None)
    assert not await repository.move_ref(ref, two, None)
    assert not await repository.move_ref(ref, one, two)
    assert await repository.move_ref(ref, two, one)
    assert not await repository.move_ref(ref, None, one)
    assert await repository.move_ref(ref, None, two)
    assert not await repository.move_ref(ref, one, two)
    assert await repository.move_ref(ref, None, None)
    assert await repository.resolve(ref) is None


async def test_a_ref_that_cannot_be_is_an_error_not_a_lost_race(owner: OwnerRepository, repository: Repository) -> None:
    one = owner.commit({"a.txt": "1"})
    await started(repository)
    await repository.move_ref("refs/heads/watchbill", one, None)

    with pytest.raises(GitError, match="watchbill"):
        await repository.move_ref("refs/heads/watchbill/main", one, None)


async def test_a_patch_is_what_git_am_takes(owner: OwnerRepository, repository: Repository, tmp_path: Path) -> None:
    base = owner.commit({"a.txt": b"caf\xe9\r\n", "bin": bytes(range(256))})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "a.txt").write_bytes(b"th\xe9\r\n")
    (place / "bin").write_bytes(bytes(reversed(range(256))))
    commit = await repository.snapshot("run-1", base, trailers("Tëa", task=TaskId("t"), run=RunId("r"), token=Token(1)))

    (tmp_path / "p").write_bytes(await repository.write_patch(base, commit))

    owner.git("am", "--keep-cr", "-q", str(tmp_path / "p"))
    assert owner.git("rev-parse", "HEAD^{tree}") == await repository.tree_of(commit)
    assert owner.git("log", "-1", "--format=%B") == "Tëa\n\nTask-Id: t\nRun-Id: r\nToken: 1"


async def test_a_diff_shows_bytes_that_are_no_text(owner: OwnerRepository, repository: Repository) -> None:
    base = owner.commit({"a.txt": "a\n"})
    head = owner.commit({"a.txt": b"caf\xe9\n"})
    await started(repository)

    assert "+caf\ufffd\n" in await repository.diff(base, head)


async def test_a_start_mends_what_a_kill_left(owner: OwnerRepository, repository: Repository, tmp_path: Path) -> None:
    head = owner.commit({"a.txt": "a"})
    await started(repository)
    bare = tmp_path / "state" / "novel.git"
    await repository.move_ref("refs/watchbill/x", head, None)
    (bare / "refs" / "watchbill" / "x.lock").write_text("")
    (bare / "packed-refs.lock").write_text("")
    (bare / "config").write_text("[core]\n\tfsmonitor = /bin/evil\n")
    (bare / "HEAD").unlink()
    (bare / "watchbill" / "snapshot-x").mkdir()
    (tmp_path / "state" / "worktrees" / ".run-1.filling").mkdir()

    await repository.ensure()

    assert await repository.move_ref("refs/watchbill/x", None, head)
    assert "evil" not in (bare / "config").read_text()
    assert list((bare / "watchbill").iterdir()) == []
    assert list((tmp_path / "state" / "worktrees").iterdir()) == []


async def test_an_unknown_object_is_a_git_error(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    await started(repository)

    assert await repository.resolve("refs/heads/none") is None
    with pytest.raises(GitError, match="tree"):
        await repository.tree_of(Commit("1" * 40))


async def test_changed_paths_tell_their_modes(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"gone.txt": "g", "tool\n2": "t", "same.txt": "s"})
    head = await started(repository)
    place = await repository.open_worktree("run-1", head)
    (place / "gone.txt").unlink()
    (place / "tool\n2").chmod(0o755)
    (place / "link").symlink_to("x")
    commit = await repository.snapshot("run-1", head, "Change")

    changes = await repository.changes(head, commit)

    assert [(one.path, one.old_mode, one.new_mode) for one in changes] == [
        ("gone.txt", "100644", None),
        ("link", None, "120000"),
        ("tool\n2", "100644", "100755"),
    ]


async def test_worktrees_are_named_and_half_made_ones_are_not(owner: OwnerRepository, repository: Repository) -> None:
    assert await repository.worktree_names() == []
    owner.commit({"a.txt": "a"})
    head = await started(repository)
    place = await repository.open_worktree("run-2", head)
    await repository.open_worktree("run-1", head)
    (place.parent / ".run-3.filling").mkdir()

    assert await repository.worktree_names() == ["run-1", "run-2"]


async def test_a_worktree_that_cannot_be_read_is_a_git_error(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit({"a.txt": "a"})
    head = await started(repository)

    with pytest.raises(GitError, match="cannot read the worktree run-9"):
        await repository.snapshot("run-9", head, "Change")


async def test_a_large_tree_is_written_in_batches(
    owner: OwnerRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.commit({f"{number}.txt": f"text {number}" for number in range(9)})
    head = await started(repository)
    monkeypatch.setattr(checkout, "_BATCH_BYTES", 15)

    place = await repository.open_worktree("run-1", head)

    assert {path.name: path.read_text() for path in place.iterdir()} == {f"{n}.txt": f"text {n}" for n in range(9)}


async def test_an_empty_tree_is_an_empty_worktree(owner: OwnerRepository, repository: Repository) -> None:
    owner.commit()
    head = await started(repository)

    place = await repository.open_worktree("run-1", head)

    assert list(place.iterdir()) == []
    assert await repository.snapshot("run-1", head, "Nothing") == head


async def test_a_command_that_never_ends_is_stopped(tmp_path: Path, clock: FakeClock) -> None:
    git = Git(OsProc(), tmp_path, clock)

    with pytest.raises(GitError, match=r"git -c alias.x=!sleep 9 x failed \(124\): it was stopped after 0:00:00.2"):
        await git.run("-c", "alias.x=!sleep 9", "x", patience=timedelta(seconds=0.2))


async def test_output_over_the_cap_is_an_error(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watchbill.workspace.gitcmd._MOST_BYTES", 4)

    with pytest.raises(GitError, match="it says more than 4 bytes"):
        await Git(OsProc(), tmp_path, clock).run("version")


async def test_more_files_than_anybody_works_on_are_refused_once_and_at_once(
    owner: OwnerRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.commit({"a.txt": "a\n"})
    hostile.bomb(owner.root)
    monkeypatch.setattr("watchbill.workspace.gitcmd._LISTING_BYTES", 1 << 16)
    head = await started(repository)

    for _ in range(2):
        with pytest.raises(GitError, match="says more than 65536 bytes"):
            await repository.read_tree(head)
        monkeypatch.setattr(OsProc, "run_raw", None)  # it is not asked again


@pytest.mark.parametrize(
    ("limit", "why"), [("LARGEST_FILE", "'a.txt' has 2 bytes"), ("_LARGEST_TREE", "3 bytes together")]
)
async def test_files_that_would_fill_memory_or_disk_are_refused(
    owner: OwnerRepository, repository: Repository, monkeypatch: pytest.MonkeyPatch, limit: str, why: str
) -> None:
    owner.commit({"a.txt": "a\n", "b.txt": "b"})
    monkeypatch.setattr(f"watchbill.workspace.gitcmd.{limit}", 1)
    head = await started(repository)

    with pytest.raises(GitError, match=why):
        await repository.open_worktree("run-1", head)


async def test_what_a_git_that_was_killed_left_half_made_is_removed_at_the_start(
    owner: OwnerRepository, repository: Repository, tmp_path: Path
) -> None:
    owner.commit({"a.txt": "a"})
    await started(repository)
    objects = tmp_path / "state/novel.git/objects"
    halves = [objects / "pack/tmp_pack_Ab12", objects / "pack/.tmp-7-pack-1f.pack", objects / "1f/tmp_obj_Ab12"]
    for half in halves:
        half.parent.mkdir(exist_ok=True)
        half.write_bytes(b"PACK")

    await repository.ensure()

    assert [half.name for half in halves if half.exists()] == []
