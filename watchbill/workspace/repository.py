"""One repository: our own bare clone, worktrees for runs, commits by plumbing, refs by compare-and-swap."""

import asyncio
import errno
import re
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from watchbill.domain.errors import GitError, NotCommittable
from watchbill.domain.ids import Commit, TaskId
from watchbill.domain.ports import Clock, Merge, Tree
from watchbill.workspace import (
    beneath,
    checkout,
    clone,
    editing,
    edits,
    grounds,
    history,
    merging,
    refs,
    removal,
    tidying,
)
from watchbill.workspace.gitcmd import Entry, Git
from watchbill.workspace.history import Counts
from watchbill.workspace.memory import Memory
from watchbill.workspace.owner import HEADS, SEEN, SHOWN, TRACKED, CheckedOut, Owner, branch_files, head_of
from watchbill.workspace.proc import OsProc
from watchbill.workspace.trees import GitTree

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_NOTHING = "0" * 40  # update-ref's word for "it must not exist"
_REMEMBERED = 256  # facts about commits
_COMPARED = 4  # pairs of commits whose differences are kept
_SHOWN = 40  # characters of a path that is too long
_PLAIN = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileModes:
    """One changed path and its modes, for instance 100644; None where there is no file."""

    path: str
    old_mode: str | None
    new_mode: str | None

    @classmethod
    def of(cls, path: str, old: Entry | None, new: Entry | None) -> "FileModes":
        """
        >>> FileModes.of("a.md", Entry(0o100644, "1f7a", 9), None)
        FileModes(path='a.md', old_mode='100644', new_mode=None)
        """
        old_mode, new_mode = (None if side is None else f"{side.mode:06o}" for side in (old, new))
        return cls(path=path, old_mode=old_mode, new_mode=new_mode)


class Repository:
    """Implements domain.ports.Vcs. Refs are full names; the owner's branches are under refs/remotes/owner/ here."""

    def __init__(
        self, *, proc: OsProc, source: Path, bare: Path, worktrees: Path, target: str, integration: str, clock: Clock
    ) -> None:
        self._source = source.absolute()
        self._bare = bare.absolute()
        self._worktrees = worktrees.absolute()
        self._git = Git(proc, self._bare, clock)
        self._owner = Owner(proc, source, self._git, clock)
        self._opener = beneath.best_opener()
        self._commits: Memory[Commit | None] = Memory(_REMEMBERED)
        self._trees: Memory[str] = Memory(_REMEMBERED)
        self._changes: Memory[Sequence[FileModes]] = Memory(_COMPARED)
        self._ancestors: Memory[bool] = Memory(_REMEMBERED)
        self._contents: Memory[bool] = Memory(_REMEMBERED)
        self.target_ref = TRACKED + target  # the owner's branch as of the last fetch
        self.integration_ref = HEADS + integration  # ours; publish() shows it under the same name

    async def ensure(self) -> None:
        """Make the clone or put it right after a crash. Before anything else, and by one process only."""
        await clone.ensure(self._bare, self._git)
        self._worktrees.mkdir(parents=True, exist_ok=True)
        for leftover in (*self._worktrees.glob(".*"), *self._scratch.iterdir()):
            await asyncio.to_thread(removal.remove, leftover)

    async def fetch(self) -> None:
        """Bring the owner's branches here. Raises GitError when their repository is gone or damaged."""
        await self._owner.fetch()

    async def publish(self, ref: str, commit: Commit) -> None:
        """Show a branch (refs/heads/…) in the owner's repository, as of the last fetch. Raises GitError where it is
        checked out (unless the owner chose updateInstead and it is clean), was moved by others, or its name is taken."""
        await self._owner.publish(ref, commit)

    async def unpublished(self) -> Sequence[tuple[str, Commit]]:
        """Our branches that the owner's repository does not show as they are, as of the last fetch or publish.

        One that they deleted is not among them until it has something new.
        """
        ours, tracked, shown = [
            await asyncio.to_thread(refs.read_all, self._bare, of) for of in (HEADS, TRACKED, SHOWN)
        ]
        names = {ref: ref.removeprefix(HEADS) for ref in ours}
        known = {ref: tracked.get(TRACKED + name) or shown.get(SHOWN + name) for ref, name in names.items()}
        return [(ref, Commit(held)) for ref, held in sorted(ours.items()) if known[ref] != held]

    async def is_dropped(self, ref: str) -> bool:
        """Whether the owner deleted this branch of ours (refs/heads/…) after it was shown, as of the last fetch."""
        name = ref.removeprefix(HEADS)
        return await self.resolve(SHOWN + name) is not None and await self.resolve(TRACKED + name) is None

    async def owners_paths(self) -> Sequence[str]:
        """What is on the target in the owner's repository itself, for whoever looks before there is a clone. Raises GitError."""
        return await self._owner.paths(self.target_ref.removeprefix(TRACKED))

    async def seen(self, branch: str) -> tuple[Commit | None, Commit | None]:
        """Where the owner's branch stood when its news was taken in last, and where it stands as of the last fetch."""
        return await self.resolve(SEEN + branch), await self.resolve(TRACKED + branch)

    async def took_in(self, branch: str, was: Commit | None, now: Commit) -> bool:
        """Remember that the branch's news is taken in. False when somebody was faster."""
        return await self.move_ref(SEEN + branch, now, was)

    async def replaces(self, branch: str, now: Commit) -> None:
        """What the owner's repository shows of a branch of ours as of the last fetch is to be replaced by the next publish()."""
        await self.move_ref(SHOWN + branch, now, await self.resolve(SHOWN + branch))

    @property
    def is_shallow(self) -> bool:
        """Whether the owner's history is cut off somewhere, so that nobody can tell what comes from what."""
        return (self._bare / "shallow").exists()

    async def ground(self) -> str:
        """What its files are shared under with other repositories: see grounds. Raises GitError when it is gone."""
        return await asyncio.to_thread(grounds.ground_of, self._source)

    async def edited(
        self, patterns: Collection[str], *, within: timedelta, but: Collection[str] = ()
    ) -> Mapping[str, timedelta]:
        """Files inside the patterns that a person touched in their worktree within this span, and how long ago: see editing."""
        head = await asyncio.to_thread(head_of, self._source)
        if head is None:
            return {}
        commit = await self.resolve(TRACKED + head.removeprefix(HEADS) if head.startswith(HEADS) else head)
        entries = await self._git.entries(commit) if commit else {}
        worktree = editing.Worktree(self._source, {path: entry.blob for path, entry in entries.items()})
        now = time.time()  # files bear the machine's own time
        since = now - within.total_seconds()
        found = await asyncio.to_thread(editing.edited, worktree, patterns, since=since, now=now, but=but)
        return {path: timedelta(seconds=now - at) for path, at in found.items()}

    async def resolve(self, ref: str) -> Commit | None:
        """The commit that a full ref name or an id stands for."""
        held = refs.read(self._bare, ref) if ref.startswith("refs/") else ref
        if held is None or not refs.is_id(held):
            return None if held is None else await self._peel(held)
        return await self._commits.ask(held, partial(self._peel, held), keep=bool)

    async def _peel(self, name: str) -> Commit | None:
        command = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        result = await self._git.run(*command, allowed=(0, 1))
        return Commit(result.stdout.decode().strip()) if result.code == 0 else None

    async def tree_of(self, commit: Commit) -> str:
        return await self._trees.ask(commit, partial(merging.tree_of, self._git, commit))

    async def read_tree(self, commit: Commit) -> Tree:
        return GitTree(await self._git.entries(commit), self._git.blobs_now)

    async def is_ancestor(self, commit: Commit, of: Commit) -> bool:
        """A yes is remembered; a no can become a yes when the owner deepens a shallow clone."""
        question = partial(merging.is_ancestor, self._git, commit, of)
        return await self._ancestors.ask(f"{commit} {of}", question, keep=bool)

    async def has(self, tip: Commit, commit: Commit) -> bool:
        """Whether a history has a commit: itself, or, squashed or rebased into others, all that it changed."""
        return await self.is_ancestor(commit, tip) or await self._contents.ask(
            f"{commit} {tip}", partial(self._has_contents, tip, commit)
        )

    async def _has_contents(self, tip: Commit, commit: Commit) -> bool:
        return (await merging.copy_onto(self._git, commit, tip)).commit == tip

    async def changed_paths(self, base: Commit, commit: Commit) -> Sequence[str]:
        """Sorted; a rename is a deletion and an addition."""
        return [one.path for one in await self.changes(base, commit)]

    async def changes(self, base: Commit, commit: Commit) -> Sequence[FileModes]:
        """The changed paths with git's modes on both sides, in octal; None where the file is not there. Sorted."""
        return await self._changes.ask(f"{base} {commit}", partial(self._compare, base, commit))

    async def _compare(self, base: Commit, commit: Commit) -> Sequence[FileModes]:
        old, new = await self._git.entries(base), await self._git.entries(commit)
        paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        return [FileModes.of(path, old.get(path), new.get(path)) for path in paths]

    async def diff(self, base: str, commit: str, paths: Sequence[str] = ()) -> str:
        """Between two commits or trees. Unified, for people and models: bytes that are not UTF-8 are shown as U+FFFD. `paths`: of these files only."""
        only = ("--", *(f":(literal){path}" for path in paths)) if paths else ()
        result = await self._git.run("diff-tree", "-r", "-p", *_PLAIN, base, commit, *only)
        return result.stdout.decode(errors="replace")

    async def counts(self, base: Commit, commit: Commit) -> Sequence[Counts]:
        """Lines added and removed in each changed path; None on both sides for what is no text. Sorted."""
        return await history.counts(self._git, base, commit)

    async def first_parents(self, since: Commit, until: Commit, *, most: int) -> Sequence[Commit]:
        """The commits of until's own line that since does not have, the oldest first; none where there are more than most."""
        return await history.first_parents(self._git, since, until, most=most)

    async def commits(self, until: Commit, *, but: Sequence[Commit] = ()) -> Sequence[history.Made]:
        """Every commit that until has and none of the others, the oldest first."""
        return await history.commits(self._git, until, but=but)

    async def author_of(self, commit: Commit) -> history.Author:
        return await history.author_of(self._git, commit)

    async def with_edits(self, commit: Commit, files: Mapping[str, bytes | None], message: str) -> Commit:
        """The commit's tree with these files in their new form (None: without them), as a commit on it.

        Raises GitError for paths that no tree may hold.
        """
        named = edits.named_by_a_person(files)
        return await self._commit(await edits.with_files(self._git, commit, named, self._scratch), commit, message)

    async def patched(self, commit: Commit, patch: bytes, message: str) -> Commit:
        """The commit's tree with a patch applied to it, as a commit on it. Raises GitError where it does not apply."""
        return await self._commit(await edits.with_patch(self._git, commit, patch, self._scratch), commit, message)

    async def write_patch(self, base: Commit, commit: Commit) -> bytes:
        """The commits between as `git am` reads them: raw bytes, binary files included."""
        options = ("--stdout", "--binary", "--full-index", "--no-signature", "--no-stat")
        return (await self._git.run("format-patch", *options, *_PLAIN, f"{base}..{commit}")).stdout

    async def open_worktree(self, name: str, commit: Commit) -> Path:
        """A fresh folder with the commit's files, raw. What was there under this name is gone: it belongs to one run."""
        place = self._place(name)
        filling = self._worktrees / f".{name}.filling"
        await self.drop_worktree(name)
        await asyncio.to_thread(removal.remove, filling)
        filling.mkdir(parents=True)
        await checkout.fill(filling, commit, self._git)
        filling.rename(place)
        return place

    def branch_files(self, branch: str) -> Sequence[Path]:
        """The owner's files of which one changes when that branch of theirs moves."""
        return branch_files(self._source, branch)

    async def reset_worktree(self, name: str, commit: Commit) -> Path:
        """The same folder, made anew: no file of before is trusted."""
        return await self.open_worktree(name, commit)

    async def drop_worktree(self, name: str) -> None:
        place = self._place(name)
        dropped = self._worktrees / f".{name}.dropped"
        await asyncio.to_thread(removal.remove, dropped)
        if place.exists():
            place.rename(dropped)
            await asyncio.to_thread(removal.remove, dropped)

    async def worktree_names(self) -> Sequence[str]:
        """The worktrees that are there, whoever made them."""
        found = self._worktrees.iterdir() if self._worktrees.is_dir() else ()
        return sorted(place.name for place in found if _NAME.fullmatch(place.name))

    async def snapshot(self, name: str, parent: Commit, message: str) -> Commit:
        """Commit the worktree as it is onto parent, raw; the same commit again when nothing differs from parent.

        New files that the repository ignores are left out. Raises NotCommittable for what no commit can hold, and GitError.
        """
        try:
            made = await checkout.tree_of_folder(self._place(name), parent, self._git, self._opener, self._scratch)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                told = f"'{str(error.filename)[:_SHOWN]}…' holds folders inside one another without end: remove it"
                raise NotCommittable(told) from error
            raise GitError(f"cannot read the worktree {name}: {error}. Reset it to the last checkpoint") from error
        if made is None:
            return parent
        tree, entries = made
        commit = await self._commit(tree, parent, message)
        self._git.knows(commit, entries)
        return commit

    async def squash(self, commit: Commit, parent: Commit, message: str) -> Commit:
        """The commit's tree as one commit on parent."""
        return await self._commit(await self.tree_of(commit), parent, message)

    async def _commit(self, tree: str, parent: Commit, message: str) -> Commit:
        commit = await merging.commit_tree(self._git, tree, [parent], message)
        self._trees.put(commit, tree)
        return commit

    async def merge_onto(self, onto: Commit, commit: Commit, base: Commit, message: str) -> Merge:
        """What commit changed since base, as one commit on onto; its conflicts where it does not fit."""
        return await merging.merge_onto(self._git, onto, commit, base, message)

    async def copy_onto(self, commit: Commit, onto: Commit) -> Merge:
        """The same commit upon another one; `onto` itself where that has all of it already, its conflicts where it does not fit."""
        return await merging.copy_onto(self._git, commit, onto)

    async def join(self, ours: Commit, theirs: Commit, message: str) -> Merge:
        """Both histories; the one of the two that has the other, where one does."""
        return await merging.join(self._git, ours, theirs, message)

    async def collisions(self, onto: Commit, commit: Commit, base: Commit) -> Sequence[str]:
        """The paths in which what commit changed since base would not merge onto the other."""
        return await merging.collisions(self._git, onto, commit, base)

    async def with_files(self, tree: str, contents: Mapping[str, bytes], parent: Commit, message: str) -> Merge:
        """A commit on parent of the tree with other bytes in some of its files."""
        made = await edits.with_files(self._git, tree, contents, self._scratch)
        return Merge(commit=await self._commit(made, parent, message), tree=made)

    async def commit_of_tree(self, tree: str, parent: Commit, message: str) -> Commit:
        return await self._commit(tree, parent, message)

    async def revert(self, commit: Commit, onto: Commit, message: str) -> Merge:
        """The opposite of what commit did to its first parent, as one commit on onto."""
        return await merging.merge_onto(self._git, onto, await self.parent_of(commit), commit, message)

    async def keep_up(self, integration_head: Commit, target_head: Commit) -> Merge:
        """Bring the target's new commits into the integration branch: the head itself where nothing is new."""
        return await self.join(integration_head, target_head, "Take in the target branch's new commits\n")

    async def promote(self, target: str, integration: str) -> Merge:
        """Move the owner's target branch on to what is on the integration branch, by a merge commit where both moved.

        Branch names. Raises GitError like publish(): above all where somebody has the target checked out.
        """
        await self.fetch()
        theirs, ours = await self._known(TRACKED + target), await self._known(HEADS + integration)
        merge = await merging.join(self._git, theirs, ours, f"Merge {integration} into {target}\n")
        if merge.commit:
            try:
                await self.publish(HEADS + target, merge.commit)
            except CheckedOut as error:
                raise GitError(f"{error}. Or merge it there yourself: git merge {integration}") from error
        return merge

    async def move_ref(self, ref: str, new: Commit | None, old: Commit | None) -> bool:
        """Compare-and-swap; old None means that it must not exist, new None deletes. False when somebody was faster."""
        if new is None and old is None:
            return await self.resolve(ref) is None
        command = ("-d", ref, old) if new is None else (ref, new, old or _NOTHING)
        try:
            await self._git.run("update-ref", *(word for word in command if word))
        except GitError:
            if await self.resolve(ref) == old:
                raise  # nobody was faster: a broken name, a branch in the way, a full disk
            return False
        return True

    async def kept_tasks(self) -> frozenset[TaskId]:
        """The tasks of which our clone has checkpoints or both sides of a conflict."""
        return await tidying.kept(self._git)

    async def forget(self, tasks: Collection[TaskId]) -> int:
        """Drop the refs to those of these tasks, which are over; how many there were. Their commits stay."""
        return await tidying.forget(self._git, tasks)

    async def pack(self) -> None:
        """Put what work left as single files into packs. Nothing is deleted; it may take as long as a fetch of everything."""
        await tidying.pack(self._git)

    @property
    def _scratch(self) -> Path:
        return self._bare / clone.SCRATCH

    def _place(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise GitError(f"{name!r} cannot name a worktree: letters, digits, dot, dash and underscore only")
        return self._worktrees / name

    async def _known(self, ref: str) -> Commit:
        commit = await self.resolve(ref)
        if commit is None:
            raise GitError(f"there is no {ref} in our clone: is the branch's name right in watchbill.toml?")
        return commit

    async def parent_of(self, commit: Commit) -> Commit:
        """Its first. Raises GitError for the first commit of a history."""
        parent = await self.resolve(f"{commit}^1")
        if parent is None:
            raise GitError(f"{commit} is the first commit of its history: there is nothing to revert to")
        return parent
