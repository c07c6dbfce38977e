"""Edits: a tree with a person's changes in it, made by plumbing through a private index. No worktree is touched."""

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from watchbill.domain.errors import GitError, PathRefused
from watchbill.domain.ids import Commit
from watchbill.workspace import names
from watchbill.workspace.gitcmd import SUBMODULE_MODE, Git

_FILE_MODE = "100644"


async def with_files(git: Git, commit: Commit, files: Mapping[str, bytes | None], scratch: Path) -> str:
    """The tree's id. A file keeps its mode; a new one is a plain file. Raises GitError for paths that no tree may hold."""
    known = await git.entries(commit)
    lines = []
    for name, content in sorted(files.items()):
        path = _plain(name)
        before = known.get(path)
        if before is not None and not before.is_file:
            kind = "a submodule" if before.mode == SUBMODULE_MODE else "a link"
            raise GitError(f"{path} is {kind}, which cannot be edited here")
        if content is None:
            lines.append(f"0 {'0' * 40}\t{path}\0")
            continue
        blob = await git.text("hash-object", "-w", "--no-filters", "--stdin", stdin=content)
        lines.append(f"{_FILE_MODE if before is None else f'{before.mode:o}'} {blob}\t{path}\0")
    async with _index_of(git, commit, scratch) as index:
        await git.run("update-index", "-z", "--index-info", stdin="".join(lines).encode(), index=index)
        return await git.text("write-tree", index=index)


async def with_patch(git: Git, commit: Commit, patch: bytes, scratch: Path) -> str:
    """The tree's id. Raises GitError where the patch does not apply, or names what no tree may hold."""
    async with _index_of(git, commit, scratch) as index:
        await git.run("apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, index=index)
        return await git.text("write-tree", index=index)


@asynccontextmanager
async def _index_of(git: Git, commit: Commit, scratch: Path) -> AsyncIterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edit-", dir=scratch) as folder:
        index = Path(folder) / "index"
        await git.run("read-tree", commit, index=index)
        yield index


def _plain(name: str) -> str:
    try:
        return "/".join(names.parts_of(name))
    except PathRefused as error:
        raise GitError(str(error)) from error
