"""Merges and commits by plumbing: no worktree, no index of anybody's, no merge driver."""

from collections.abc import Sequence

from watchbill.domain.ids import Commit
from watchbill.domain.ports import Merge
from watchbill.workspace.gitcmd import Git

_CONFLICTS = 1  # merge-tree's exit code for them


async def commit_tree(git: Git, tree: str, parents: Sequence[str], message: str) -> Commit:
    sides = [word for parent in parents for word in ("-p", parent)]
    return Commit(await git.text("commit-tree", tree, *sides, "-F", "-", stdin=message.encode(errors="replace")))


async def tree_of(git: Git, commit: str) -> str:
    return await git.text("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}")


async def merge_onto(git: Git, onto: Commit, commit: Commit, base: Commit, message: str) -> Merge:
    """What commit changed since base, as one commit on top of onto."""
    tree, conflicts = await _merged(git, onto, commit, base)
    if conflicts:
        return Merge(commit=None, tree=tree, conflicts=conflicts)
    return Merge(commit=await commit_tree(git, tree, [onto], message), tree=tree)


async def copy_onto(git: Git, commit: Commit, onto: Commit) -> Merge:
    """The same commit upon another one, with its author, date and words: the same copy each time. `onto` itself where that
    has all of it already."""
    tree, conflicts = await _merged(git, onto, commit, Commit(await git.text("rev-parse", f"{commit}^1")))
    if conflicts:
        return Merge(commit=None, tree=tree, conflicts=conflicts)
    if tree == await tree_of(git, onto):
        return Merge(commit=onto, tree=tree)
    told = (await git.run("cat-file", "commit", commit)).stdout
    header, _, words = told.partition(b"\n\n")
    kept = [line for line in header.split(b"\n") if line.startswith((b"author ", b"committer ", b"encoding "))]
    lines = [b"tree " + tree.encode(), b"parent " + onto.encode(), *kept]
    made = await git.text("hash-object", "-t", "commit", "-w", "--stdin", stdin=b"\n".join(lines) + b"\n\n" + words)
    return Merge(commit=Commit(made), tree=tree)


async def collisions(git: Git, onto: Commit, commit: Commit, base: Commit) -> tuple[str, ...]:
    """The paths in which the change since base would not merge onto the other; nothing is committed."""
    _, conflicts = await _merged(git, onto, commit, base)
    return conflicts


async def join(git: Git, ours: Commit, theirs: Commit, message: str) -> Merge:
    """A commit that has both histories: one of the two where it already has the other, else a merge commit."""
    if await is_ancestor(git, theirs, ours):
        return Merge(commit=ours, tree=await tree_of(git, ours))
    if await is_ancestor(git, ours, theirs):
        return Merge(commit=theirs, tree=await tree_of(git, theirs))
    tree, conflicts = await _merge_tree(git, ours, theirs)
    if conflicts:
        return Merge(commit=None, tree=tree, conflicts=conflicts)
    return Merge(commit=await commit_tree(git, tree, [ours, theirs], message), tree=tree)


async def is_ancestor(git: Git, commit: Commit, of: Commit) -> bool:
    result = await git.run("merge-base", "--is-ancestor", commit, of, allowed=(0, 1))
    return result.code == 0


async def _merged(git: Git, onto: Commit, commit: Commit, base: Commit) -> tuple[str, tuple[str, ...]]:
    trees = (await git.text("rev-parse", *(f"{side}^{{tree}}" for side in (onto, commit, base)))).split()
    if trees[0] == trees[2]:
        return trees[1], ()  # nothing happened meanwhile
    if await _bases(git, onto, commit) == [base]:
        return await _merge_tree(git, onto, commit)
    # merge-tree takes its base only from the history (git 2.40 would be told), so it is given one that says so
    root = await commit_tree(git, trees[2], [], "base")
    ours = await commit_tree(git, trees[0], [root], "ours")
    theirs = await commit_tree(git, trees[1], [root], "theirs")
    return await _merge_tree(git, ours, theirs)


async def _bases(git: Git, one: Commit, other: Commit) -> list[str]:
    unrelated = 1
    result = await git.run("merge-base", "--all", one, other, allowed=(0, unrelated))
    return result.stdout.decode().split()


async def _merge_tree(git: Git, ours: Commit, theirs: Commit) -> tuple[str, tuple[str, ...]]:
    """The merged tree's id and the paths that conflict."""
    result = await git.run(
        "-c",
        "merge.conflictStyle=diff3",  # the base is shown, too
        "merge-tree",
        "--write-tree",
        "--allow-unrelated-histories",
        "--no-messages",
        "--name-only",
        "-z",
        ours,
        theirs,
        allowed=(0, _CONFLICTS),
    )
    tree, *paths = result.stdout.decode(errors="surrogateescape").split("\0")
    return tree, tuple(path for path in paths if path) if result.code == _CONFLICTS else ()
