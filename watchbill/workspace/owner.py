"""The owner's repository: branches are read from it and shown in it; nothing that it configures is ever run."""

import asyncio
import hashlib
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from watchbill.domain.errors import GitError
from watchbill.domain.ids import Commit
from watchbill.domain.ports import Clock
from watchbill.workspace import beneath, merging, refs
from watchbill.workspace.beneath import Folder
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.proc import OsProc

HEADS = "refs/heads/"
TRACKED = "refs/remotes/owner/"  # the owner's branches as of the last fetch, in our clone
SHOWN = "refs/watchbill/shown/"  # what we last put there
SEEN = "refs/watchbill/seen/"  # how far their branch's news is taken in
TRANSFER = timedelta(hours=1)  # the longest that a fetch or a push may take
QUIET = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=true",  # a program of that name, which does nothing
    "receive.autogc=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "safe.directory=*",  # the owner may be another user than the daemon; they configured this repository
)


class CheckedOut(GitError):
    """The owner works on the branch that was to be moved."""


class Owner:
    """The owner's repository, seen from our clone."""

    def __init__(self, proc: OsProc, source: Path, git: Git, clock: Clock) -> None:
        self._proc = proc
        self._source = source.absolute()
        self._git = git
        self._clock = clock
        self._fetched: object = None  # how their repository looked at the last fetch

    async def fetch(self) -> None:
        """Bring all branches over, unless they are here. Raises GitError when the repository is gone or damaged."""
        try:
            folder = common_folder(git_folder(self._source))
            sight = await asyncio.to_thread(_sight, folder)
            if sight and sight == self._fetched and await asyncio.to_thread(self._is_brought, folder):
                return
            self._fetched = None
            await self._git.run(
                "fetch",
                "--quiet",
                "--no-tags",
                "--prune",
                "--force",
                "--no-auto-maintenance",
                "--no-recurse-submodules",
                "--no-write-fetch-head",
                "--update-shallow",
                f"--upload-pack={_program('upload-pack')}",
                str(self._source),
                f"+{HEADS}*:{TRACKED}*",
                patience=TRANSFER,
            )
        except (GitError, OSError) as error:
            raise GitError(
                f"cannot read the branches of {self._source}: {error}. Work on it waits until the repository can be "
                "read again; if it moved, change its path in watchbill.toml"
            ) from error
        self._fetched = sight

    def _is_brought(self, folder: Path) -> bool:
        """Whether our clone has exactly their branches, so that git need not be started to hear that nothing is new."""
        theirs, ours = refs.read_all(folder, HEADS), refs.read_all(self._git.folder, TRACKED)
        same = {TRACKED + ref.removeprefix(HEADS): held for ref, held in theirs.items()} == ours
        return same and all(refs.is_id(held) for held in theirs.values())  # not where one branch is another's name

    async def publish(self, ref: str, commit: Commit) -> None:
        """Move the owner's branch to the commit, unless it is checked out there or somebody else moved it."""
        branch = ref.removeprefix(HEADS)
        if branch == ref:
            raise GitError(f"only branches are shown in the owner's repository, not {ref}")
        now = self._held(TRACKED + branch)
        if now != commit:
            await self._refuse_strangers()
            self._refuse_collision(branch)
            await self._refuse_moved(branch, now, commit)
            await self._push(branch, now, commit, await self._policy(branch, commit))
        await self._record(branch, commit)

    async def paths(self, branch: str) -> Sequence[str]:
        """Every path of their branch, asked of their repository. Raises GitError where there is none."""
        try:
            return list(await self._theirs().entries(HEADS + branch))
        except OSError as error:
            raise GitError(f"cannot read {self._source}: {error}") from error

    def _theirs(self) -> Git:
        """Git on their repository, for questions that run nothing of it."""
        return Git(self._proc, git_folder(self._source), self._clock, configuration=QUIET)

    def _held(self, ref: str) -> Commit | None:
        held = refs.read(self._git.folder, ref)
        return None if held is None else Commit(held)

    async def _refuse_strangers(self) -> None:
        """What another user writes into a repository can stop its owner from ever committing again."""
        folder = git_folder(self._source)
        if folder.stat().st_uid == os.geteuid():
            return
        shared = await self._theirs().run("config", "--get", "core.sharedRepository", allowed=(0, 1))
        if shared.stdout.strip().lower() in (b"", b"0", b"false", b"umask"):
            raise GitError(
                f"{self._source} belongs to another user, who could not use what watchbill writes there: run watchbill as "
                "that user, or share the repository (git config core.sharedRepository group)"
            )

    def _refuse_collision(self, branch: str) -> None:
        """Git keeps branches as files, so a branch cannot lie below another one."""
        theirs = [name.removeprefix(TRACKED) for name in sorted(refs.read_all(self._git.folder, TRACKED))]
        for other in theirs:
            if branch.startswith(f"{other}/") or other.startswith(f"{branch}/"):
                raise GitError(
                    f"{self._source} has a branch `{other}`, so git cannot hold a branch `{branch}` beside it: "
                    f"rename yours (git branch -m {other} …) or configure another name for watchbill's"
                )

    async def _refuse_moved(self, branch: str, now: Commit | None, commit: Commit) -> None:
        if now is None or now == self._held(SHOWN + branch):
            return
        if not await merging.is_ancestor(self._git, now, commit):
            raise GitError(
                f"`{branch}` in {self._source} was moved by somebody else to {now[:12]}, which {commit[:12]} does not "
                "contain: it is left as it is until the next merge of both"
            )

    async def _policy(self, branch: str, commit: Commit) -> str:
        """What receive-pack may do with a branch that is checked out. Raises GitError where we must not even ask."""
        theirs = self._theirs()
        if branch not in await busy(theirs, self._source):
            return "refuse"
        chosen = await theirs.run("config", "--get", "receive.denyCurrentBranch", allowed=(0, 1))
        if chosen.stdout.strip().lower() != b"updateinstead":
            raise CheckedOut(
                f"`{branch}` is checked out in {self._source}: moving it there would make its owner's next commit undo "
                f"ours. Switch to another branch, or let git update clean worktrees itself: git -C {self._source} "
                "config receive.denyCurrentBranch updateInstead"
            )
        await self._refuse_filters(theirs, branch, commit)
        return "updateInstead"

    async def _refuse_filters(self, theirs: Git, branch: str, commit: Commit) -> None:
        """Updating a worktree would run its filters (or, without them, write what they should have changed)."""
        configured = await theirs.run("config", "--get-regexp", r"^filter\.", allowed=(0, 1))
        named = [side for side in (HEADS + branch, commit) if await self._names_filters(theirs, side)]
        if configured.stdout or named:
            raise GitError(
                f"`{branch}` is checked out in {self._source}, whose files pass through git filters: watchbill runs "
                "none of them. Switch to another branch there, or merge its branch yourself"
            )

    async def _names_filters(self, theirs: Git, side: str) -> bool:
        git = theirs if side.startswith(HEADS) else self._git
        attributes = (":(top,glob)**/.gitattributes",)
        found = await git.run(
            "grep", "--quiet", "--no-textconv", "-e", "filter=", side, "--", *attributes, allowed=(0, 1)
        )
        return found.code == 0

    async def _push(self, branch: str, now: Commit | None, commit: Commit, policy: str) -> None:
        receive = _program("receive-pack", f"receive.denyCurrentBranch={policy}")
        try:
            await self._git.run(
                "push",
                "--quiet",
                "--no-verify",
                "--no-follow-tags",
                "--no-signed",
                "--recurse-submodules=no",
                f"--receive-pack={receive}",
                f"--force-with-lease={HEADS}{branch}:{now or ''}",
                str(self._source),
                f"{commit}:{HEADS}{branch}",
                patience=TRANSFER,
            )
        except GitError as error:
            raise GitError(f"cannot show `{branch}` in {self._source}; it is tried again. {error}") from error

    async def _record(self, branch: str, commit: Commit) -> None:
        lines = "".join(f"update {known}{branch}\0{commit}\0\0" for known in (TRACKED, SHOWN, SEEN))
        await self._git.run("update-ref", "-z", "--stdin", stdin=lines.encode())


def _program(name: str, *more: str) -> str:
    """A shell line for the other side: git starts it itself, after taking its own variables out of the environment."""
    settings = " ".join(f"-c {shlex.quote(setting)}" for setting in (*QUIET, *more))
    return f"GIT_NO_LAZY_FETCH=1 GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/nonexistent git {settings} {name}"


async def busy(theirs: Git, source: Path) -> frozenset[str]:
    """Branches that are checked out or being rebased in any worktree of the owner's."""
    listing = (await theirs.run("worktree", "list", "--porcelain", "-z")).stdout.decode(errors="surrogateescape")
    heads = [line.removeprefix("branch ") for line in listing.split("\0") if line.startswith("branch ")]
    return frozenset(name.removeprefix(HEADS) for name in (*heads, *_rebased(git_folder(source))))


def git_folder(source: Path) -> Path:
    """Where the repository keeps its own files. Raises GitError when there is no repository."""
    inside = source / ".git"
    if inside.is_file():  # a linked worktree or a submodule: the file names the folder
        return source / inside.read_text().removeprefix("gitdir:").strip()
    for folder in (inside, source):
        if (folder / "HEAD").is_file():
            return folder
    raise GitError(f"{source} is no git repository, or it was moved or deleted")


def head_of(source: Path) -> str | None:
    """What is checked out in a worktree: a branch's full name, or a commit; None where there is no worktree, or no HEAD."""
    folder = git_folder(source)
    head = folder / "HEAD"
    if folder == source or not head.is_file():
        return None
    return head.read_text().strip().removeprefix("ref:").strip()


def common_folder(folder: Path) -> Path:
    """The folder that all worktrees of a repository share."""
    named = folder / "commondir"
    return folder / named.read_text().strip() if named.is_file() else folder


def branch_files(source: Path, branch: str) -> list[Path]:
    """The files of which one changes when a branch moves; none where there is no repository at present."""
    try:
        common = common_folder(git_folder(source))
    except (GitError, OSError, UnicodeDecodeError):
        return []
    return [common / HEADS / branch, common / "packed-refs"]


def _sight(folder: Path) -> tuple[object, ...] | None:
    """What, besides its branches, decides whether and what a repository lets us fetch; None where its files do not tell."""
    if (folder / "reftable").exists():
        return None
    files = [path.stat() for path in (folder / name for name in ("HEAD", "config", "shallow")) if path.exists()]
    objects = (folder / "objects").stat()
    return (objects.st_ino, objects.st_mode, *((found.st_ino, found.st_size, found.st_mtime_ns) for found in files))


def _rebased(folder: Path) -> Iterator[str]:
    common = common_folder(folder)
    for place in (common, *common.glob("worktrees/*")):
        for name in ("rebase-merge/head-name", "rebase-apply/head-name"):
            if (place / name).is_file():
                yield (place / name).read_text().strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserState:
    """Everything of the owner's that watchbill must not touch. Two equal values: nothing was touched."""

    head: str
    refs: Mapping[str, str]  # ref -> id; symbolic ones as written
    index: str  # SHA-256 of the index file, "" without one
    stash: str  # SHA-256 of the stash's log
    files: Mapping[str, str]  # path -> mode and SHA-256 of the bytes, for everything in the worktree


def user_state(source: Path) -> UserState:
    """Read it from the files themselves, starting no program. For checkers: reads the whole worktree."""
    folder = git_folder(source)
    common = common_folder(folder)
    return UserState(
        head=(folder / "HEAD").read_text().strip(),
        refs=refs.read_all(common),
        index=_digest(folder / "index"),
        stash=_digest(common / "logs" / "refs" / "stash"),
        files={} if folder == source else _files(source),
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _files(source: Path) -> dict[str, str]:
    files = {}
    with Folder(source, beneath.best_opener()) as folder:
        for found in folder.walk():
            content = folder.link(found.path) if found.is_link else folder.read(found.path) if found.is_file else b""
            files[found.path] = f"{found.mode:o} {hashlib.sha256(content).hexdigest()}"
    return files
