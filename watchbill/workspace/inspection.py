"""Inspection: what the owner's repository would let us do, found out without changing a byte of it."""

import os
from dataclasses import dataclass
from pathlib import Path

from watchbill.domain.ports import Clock
from watchbill.workspace.gitcmd import Git
from watchbill.workspace.owner import HEADS, QUIET, busy, common_folder, git_folder
from watchbill.workspace.proc import OsProc

_SHARED_WITH_NOBODY = ("", "0", "false", "umask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    branches: frozenset[str]
    checked_out: frozenset[str]  # in any worktree, or being rebased there
    updates_worktrees: bool  # the owner lets git move a branch under a clean worktree
    is_writable: bool  # objects and branches
    is_strangers: bool  # it belongs to another user, who could not use what we write


async def inspect(source: Path, proc: OsProc, clock: Clock) -> Inspection:
    """Raises GitError when there is no repository, or it cannot be read."""
    folder = git_folder(source)
    git = Git(proc, folder, clock, configuration=QUIET)
    listing = await git.text("for-each-ref", "--format=%(refname)", HEADS)
    chosen = await _setting(git, "receive.denyCurrentBranch")
    shared = await _setting(git, "core.sharedRepository")
    common = common_folder(folder)
    return Inspection(
        branches=frozenset(name.removeprefix(HEADS) for name in listing.splitlines()),
        checked_out=await busy(git, source),
        updates_worktrees=chosen == "updateinstead",
        is_writable=all(os.access(common / name, os.W_OK | os.X_OK) for name in ("objects", "refs/heads")),
        is_strangers=folder.stat().st_uid != os.geteuid() and shared in _SHARED_WITH_NOBODY,
    )


async def _setting(git: Git, name: str) -> str:
    said = await git.run("config", "--get", name, allowed=(0, 1))
    return said.stdout.decode(errors="replace").strip().lower()
