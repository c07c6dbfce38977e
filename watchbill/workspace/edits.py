"""Edits: a tree with other files in it, made by plumbing through a private index. No worktree is touched."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from watchbill.domain.errors import GitError, PathRefused
from watchbill.domain.ids import Commit
from watchbill.workspace import names
from watchbill.workspace.gitcmd import SUBMODULE_MODE, Git

_FILE_MODE = "100644"


async def with_files(git: Git, tree: str, files: Mapping[str, bytes | None], scratch: Path) -> str:
    """The id of the tree (or a commit's) with these files in their new form, None: without them. Names are git's own.

    A file keeps its mode; a new one is a plain file. Raises GitError for what is there and is no file.
    """
    known = await git.entries(tree)
    lines = []
    for path, content in sorted(files.items()):
        before = known.get(path)
        if before is not None and not before.is_file:
            kind = "a submodule" if before.mode == SUBMODULE_MODE else "a link"
            raise GitError(f"{path} is {kind}, which cannot be edited here")
        if content is None:
            lines.append(f"0 {'0' * 40}\t{path}\0")
            continue
        blob = await git.text("hash-object", "-w", "--no-filters", "--stdin", stdin=content)
        lines.append(f"{_FILE_MODE if before is None else f'{before.mode:o}'} {blob}\t{path}\0")
    async with _index_of(git, tree, scratch) as index:
        await git.run("update-index", "-z", "--index-info", stdin=os.fsencode("".join(lines)), index=index)
        return await git.text("write-tree", index=index)


def named_by_a_person(files: Mapping[str, bytes | None]) -> Mapping[str, bytes | None]:
    """The files by the names that git would give them. Raises GitError for names that nobody may write."""
    try:
        return {"/".join(names.parts_of(name)): content for name, content in files.items()}
    except PathRefused as error:
        raise GitError(str(error)) from error


async def with_patch(git: Git, commit: Commit, patch: bytes, scratch: Path) -> str:
    """The tree's id. Raises GitError where the patch does not apply, or names what no tree may hold."""
    async with _index_of(git, commit, scratch) as index:
        await git.run("apply", "--cached", "--whitespace=nowarn", "-", stdin=patch, index=index)
        return await git.text("write-tree", index=index)


@asynccontextmanager
async def _index_of(git: Git, tree: str, scratch: Path) -> AsyncIterator[Path]:
    with tempfile.TemporaryDirectory(prefix="edit-", dir=scratch) as folder:
        index = Path(folder) / "index"
        await git.run("read-tree", tree, index=index)
        yield index
