"""Checkout and commit, raw: the bytes in a worktree are the bytes in the tree, whatever attributes and filters say."""

import asyncio
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchbill.domain.errors import GitError, NotCommittable
from watchbill.domain.filenames import is_git
from watchbill.workspace.beneath import Folder, Found, Opener
from watchbill.workspace.gitcmd import LARGEST_FILE, LINK_MODE, SMALL, SUBMODULE_MODE, Entry, Git

_FILE_MODE = 0o100644
_PROGRAM_MODE = 0o100755
_MOST_CHANGED = 2 * LARGEST_FILE  # bytes of all that a worktree changed; the gates hold them in memory
_BATCH_BYTES = 64 << 20  # how much of a tree is in memory at once


async def fill(root: Path, commit: str, git: Git) -> None:
    """Write a commit's files into an empty folder. Raises GitError for names that would leave it or mean git's own."""
    entries = await git.entries(commit)
    await asyncio.to_thread(_make_folders, root, entries)
    for batch in _batches(entries):
        contents = await git.blobs([entry.blob for _, entry in batch])
        await asyncio.to_thread(_write, root, batch, contents)


def _make_folders(root: Path, entries: Mapping[str, Entry]) -> None:
    """All folders come before the first link, so that no file is ever written through one."""
    folders = {path if entry.mode == SUBMODULE_MODE else path.rpartition("/")[0] for path, entry in entries.items()}
    for path in entries:
        if any(part in ("", ".", "..") or is_git(part) for part in path.split("/")):
            raise GitError(f"the tree holds {path!r}, which no worktree may hold: remove it from the repository")
    for folder in sorted(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)


def _batches(entries: Mapping[str, Entry]) -> Iterator[list[tuple[str, Entry]]]:
    batch: list[tuple[str, Entry]] = []
    size = 0
    for path, entry in entries.items():
        if entry.mode == SUBMODULE_MODE:
            continue
        if batch and size + entry.size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append((path, entry))
        size += entry.size
    if batch:
        yield batch


def _write(root: Path, batch: Sequence[tuple[str, Entry]], contents: Sequence[bytes]) -> None:
    for (path, entry), content in zip(batch, contents, strict=True):
        if entry.mode == LINK_MODE:
            (root / path).symlink_to(os.fsdecode(content))
            continue
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(root / path, flags, 0o755 if entry.mode & 0o100 else 0o644), "wb") as file:
            file.write(content)


async def tree_of_folder(
    root: Path, parent: str, git: Git, opener: Opener, scratch: Path
) -> tuple[str, Mapping[str, Entry]] | None:
    """Write the folder as a tree, through a private index, and say what it holds; None when that is just what parent holds.

    New files that the repository's .gitignore files name are left out. Raises NotCommittable for a repository inside it, names
    that are no UTF-8, and more than fits into memory.
    """
    known = await git.entries(parent)
    with tempfile.TemporaryDirectory(prefix="snapshot-", dir=scratch) as folder:
        spool = Path(folder)
        here = await asyncio.to_thread(_look, root, opener, known)
        ignored = await _ignored(root, here.files, known, git)
        wanted = [found for found in here.files if found.path not in ignored]
        taken = await asyncio.to_thread(_take, root, opener, wanted, known, spool)
        blobs = await _hash(spool, len(taken.spooled), git)
        await asyncio.to_thread(_remember, spool, taken.spooled, blobs, git)
        entries = {**here.submodules, **taken.kept, **_named(taken.spooled, blobs)}
        return (await _write_tree(entries, spool / "index", git), entries) if entries != known else None


@dataclass(frozen=True, slots=True)
class _Here:
    """What a worktree holds: files and links, and the submodules of the parent that are still there, empty."""

    files: list[Found]
    submodules: dict[str, Entry]


def _look(root: Path, opener: Opener, known: Mapping[str, Entry]) -> _Here:
    submodules = {path: entry for path, entry in known.items() if entry.mode == SUBMODULE_MODE}
    with Folder(root, opener) as folder:
        files = [found for found in folder.walk() if found.is_file or found.is_link]
        still = {path: entry for path, entry in submodules.items() if stat.S_ISDIR(folder.mode(path) or 0)}
    for found in files:
        _refuse_nested(found.path, submodules)
        if found.path not in known:
            _refuse_unreadable(found.path)
    return _Here(files, still)


def _refuse_nested(path: str, submodules: Mapping[str, Entry]) -> None:
    parts = path.split("/")
    above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    if any(is_git(part) for part in parts) or not above.isdisjoint(submodules):
        raise NotCommittable(
            f"{path!r} lies in a repository inside the worktree: remove that, or move its files out of it"
        )


def _refuse_unreadable(path: str) -> None:
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path)
        raise NotCommittable(f"the new file {shown!r} has a name that is not UTF-8: choose another name") from None


async def _ignored(root: Path, files: Sequence[Found], known: Mapping[str, Entry], git: Git) -> frozenset[str]:
    """The new files that the folder's own rules leave out; our clone has no rules besides them."""
    paths = [found.path for found in files if found.path not in known]
    if not paths or not any(found.path.rpartition("/")[2] == ".gitignore" for found in files):
        return frozenset()
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    none_of_them = 1
    result = await git.run(
        "check-ignore", "-z", "--stdin", "--no-index", stdin=asked, worktree=root, allowed=(0, none_of_them)
    )
    return frozenset(os.fsdecode(path) for path in result.stdout.split(b"\0") if path)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Files that the parent has just so, and (path, mode) of those whose bytes lie in the spool, in its order."""

    kept: dict[str, Entry]
    spooled: list[tuple[str, int, int]]  # path, mode, size


def _take(root: Path, opener: Opener, wanted: Sequence[Found], known: Mapping[str, Entry], spool: Path) -> _Taken:
    """Read every file once, without following links: what is compared is what is committed. Raises NotCommittable for too much."""
    taken = _Taken({}, [])
    changed = 0
    with Folder(root, opener) as folder:
        for found in wanted:
            content = folder.link(found.path) if found.is_link else folder.read(found.path, most=LARGEST_FILE + 1)
            if len(content) > LARGEST_FILE:
                raise NotCommittable(f"{found.path!r} has more than {LARGEST_FILE} bytes: remove or shorten it")
            mode = LINK_MODE if found.is_link else _PROGRAM_MODE if found.mode & 0o100 else _FILE_MODE
            before = known.get(found.path)
            if before and before.mode & 0o170100 == mode & 0o170100 and before.blob == _blob_id(content):
                taken.kept[found.path] = before
                continue
            changed += len(content)
            if changed > _MOST_CHANGED:
                raise NotCommittable(f"what changed has more than {_MOST_CHANGED} bytes: remove what nobody asked for")
            (spool / str(len(taken.spooled))).write_bytes(content)
            taken.spooled.append((found.path, mode, len(content)))
    return taken


def _blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


async def _hash(spool: Path, count: int, git: Git) -> list[str]:
    """Files of ours with names of ours, so that neither names nor races matter to git."""
    if not count:
        return []
    listing = "".join(f"{number}\n" for number in range(count)).encode()
    return (await git.text("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listing, worktree=spool)).split()


def _remember(spool: Path, spooled: Sequence[tuple[str, int, int]], blobs: Sequence[str], git: Git) -> None:
    """The gates ask for them next."""
    for number, ((_, _, size), blob) in enumerate(zip(spooled, blobs, strict=True)):
        if size <= SMALL:
            git.knows_blob(blob, (spool / str(number)).read_bytes())


def _named(spooled: Sequence[tuple[str, int, int]], blobs: Sequence[str]) -> dict[str, Entry]:
    return {path: Entry(mode, blob, size) for (path, mode, size), blob in zip(spooled, blobs, strict=True)}


async def _write_tree(entries: Mapping[str, Entry], index: Path, git: Git) -> str:
    lines = (b"%o %s\t%s\0" % (entry.mode, entry.blob.encode(), os.fsencode(path)) for path, entry in entries.items())
    await git.run("update-index", "-z", "--index-info", stdin=b"".join(lines), index=index)
    return await git.text("write-tree", index=index)
