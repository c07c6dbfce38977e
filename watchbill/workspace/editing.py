"""Editing: which files a person has under their hands, as their worktree shows. Reads files only; starts no program."""

import hashlib
import os
import re
import stat
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from watchbill.domain.claims import EVERYTHING, covers, normal

LEFT_BEHIND = 24 * 3600.0  # seconds after which an editor's mark is one of an editor that crashed
READ = 32 << 20  # bytes of a file that is compared; a larger one that was touched counts as changed
_MARKS = (
    re.compile(r"\.(?P<name>.+)\.sw[a-p]"),  # vim, nano
    re.compile(r"\.(?P<name>.+)\.kate-swp"),
    re.compile(r"\.#(?P<name>.+)"),  # Emacs: a link to nowhere
    re.compile(r"#(?P<name>.+)#"),
    re.compile(r"\.~lock\.(?P<name>.+)#"),  # LibreOffice
    re.compile(r"~\$(?P<name>.+)"),  # Microsoft Office, which leaves out two letters of a long name
)


@dataclass(frozen=True, slots=True)
class Worktree:
    """An owner's files: where they are, and the blobs that the commit under them has, by path."""

    root: Path
    blobs: Mapping[str, str]


def edited(
    worktree: Worktree, patterns: Collection[str], *, since: float, now: float, but: Collection[str] = ()
) -> dict[str, float]:
    """When each file inside the patterns was last touched by a person, in unix seconds, as far as that is after `since`.

    That is: it changed since then and is not what is committed, or an editor's mark beside it says that it is open. What
    a checkout or a pull wrote is nobody's edit. `but`: paths that are not looked at, since we write them.
    """
    wanted = _Wanted(patterns)
    found: dict[str, float] = {}
    for folder in sorted(_folders(worktree.blobs, wanted)):
        for name, status in _inside(worktree.root / folder):
            path = str(PurePosixPath(folder, name))
            opened = _opened(path, worktree)
            if opened is None and status.st_mtime >= since and _is_changed(path, status, worktree, wanted):
                found[path] = max(found.get(path, 0.0), min(status.st_mtime, now))
            elif opened is not None and now - status.st_mtime < LEFT_BEHIND and wanted.holds(opened):
                found[opened] = now
    return {path: at for path, at in found.items() if path not in but}


class _Wanted:
    """Many patterns, asked of many paths."""

    def __init__(self, patterns: Collection[str]) -> None:
        every = {normal(pattern) for pattern in patterns}
        self.everything = EVERYTHING in every
        self.plain = frozenset(pattern for pattern in every if not any(mark in pattern for mark in "*?"))
        self._globs = tuple(every - self.plain - {EVERYTHING})

    def holds(self, path: str) -> bool:
        return self.everything or self.names(path)

    def names(self, path: str) -> bool:
        """Whether it lies inside a pattern that says something of where."""
        parts = normal(path).split("/")
        above = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
        return any(each in self.plain for each in above) or covers(self._globs, path)


def _folders(blobs: Mapping[str, str], wanted: _Wanted) -> set[str]:
    """Where files inside the patterns are or would be, "" for the root."""
    by_folder: defaultdict[str, list[str]] = defaultdict(list)
    for path in blobs:
        by_folder[path.rpartition("/")[0]].append(path)
    told = {pattern.rpartition("/")[0] for pattern in wanted.plain}
    spelt = {folder for folder in by_folder if folder and normal(folder) in told} | ({""} & told)
    return spelt | {folder for folder, paths in by_folder.items() if any(map(wanted.holds, paths))}


def _inside(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if not stat.S_ISDIR(status.st_mode):
                    yield entry.name, status
    except OSError:
        return  # gone, or not ours to see: whoever works there will hear of it


def _opened(path: str, worktree: Worktree) -> str | None:
    """The file that an editor's mark stands for; None for what is no mark, or a file of the repository's own."""
    folder, _, name = path.rpartition("/")
    if path in worktree.blobs:
        return None
    names = (found["name"] for mark in _MARKS if (found := mark.fullmatch(name)))
    return next((f"{folder}/{each}" if folder else each for each in names), None)


def _is_changed(path: str, status: os.stat_result, worktree: Worktree, wanted: _Wanted) -> bool:
    known = worktree.blobs.get(path)
    # what nobody committed and nobody names may be anything that a program leaves behind
    is_meant = wanted.holds(path) if known is not None else wanted.names(path)
    return stat.S_ISREG(status.st_mode) and is_meant and _differs(worktree.root / path, status.st_size, known)


def _differs(place: Path, size: int, blob: str | None) -> bool:
    if blob is None or size > READ:
        return True
    try:
        data = place.read_bytes()
    except OSError:
        return False
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() != blob
