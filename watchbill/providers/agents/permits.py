"""Permits: which paths an agent may write, told to it before the gates would refuse its whole work."""

import os
from collections.abc import Sequence
from pathlib import Path

from watchbill.domain import claims


def refusal(path: str, *, worktree: Path, claimed: Sequence[str]) -> str | None:
    """Why the path may not be written; None when it may. Relative ones count from the worktree; links are followed.

    >>> refusal("a.txt", worktree=Path("/w"), claimed=["a.txt"])
    >>> refusal("/w/b.txt", worktree=Path("/w"), claimed=["a.txt"])
    'b.txt is not one of the files of this task (a.txt)'
    >>> refusal("../x", worktree=Path("/w"), claimed=["**"])
    '../x lies outside of the repository'
    """
    root = os.path.realpath(worktree)
    place = os.path.realpath(os.path.join(root, path))  # noqa: PTH118 - an absolute path replaces the root
    if os.path.commonpath((root, place)) != root:
        return f"{path} lies outside of the repository"
    relative = os.path.relpath(place, root)
    if relative == ".git" or relative.startswith(".git/"):
        return "git's own files are not yours to change"
    if not claims.covers(claimed, relative):
        return f"{relative} is not one of the files of this task ({', '.join(claimed)})"
    return None
