"""Boxes: folders in which each markdown file is one thing. Files are dropped and moved whole, and none is ever lost."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from watchbill.domain import regular

_HALF = ".watchbill-part"
_ASIDE = frozenset({"readme.md"})  # explains the folder to people


class Mark(NamedTuple):
    """What tells whether a file is still the one that was looked at."""

    inode: int
    changed_ns: int
    size: int


def look(folder: Path) -> dict[str, Mark]:
    """The folder's files by name; nothing where it is not there. Links, hidden files and README.md are none of ours.

    Raises OSError when the folder cannot be read.
    """
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    marks = {}
    for entry in found:
        if _is_ours(entry.name) and (mark := mark_of(folder / entry.name)) is not None:
            marks[entry.name] = mark
    return marks


def strange(folder: Path) -> list[str]:
    """Names of what lies there and is never looked at: no regular .md file. Folders are people's own, unless named .md.

    Raises OSError when the folder cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if _is_strange(entry))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_strange(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name.endswith("~") or entry.name.casefold() in _ASIDE:  # ~: an editor's copy
        return False
    if _is_ours(entry.name):
        return not entry.is_file(follow_symlinks=False)
    return not entry.is_dir(follow_symlinks=False)


def _is_ours(name: str) -> bool:
    folded = name.casefold()
    return folded.endswith(".md") and not folded.startswith(".") and folded not in _ASIDE


def mark_of(path: Path) -> Mark | None:
    """None for what is not there or no plain file."""
    try:
        seen = path.lstat()
    except OSError:
        return None
    return Mark(seen.st_ino, seen.st_mtime_ns, seen.st_size) if stat.S_ISREG(seen.st_mode) else None


def read(path: Path, at_most: int) -> bytes:
    """At most one byte more than asked, so that the caller sees what is too long. Follows no link. Raises OSError."""
    with regular.opened(path, follow=False) as file:
        return file.read(at_most + 1)


def drop(folder: Path, name: str, data: bytes) -> Path:
    """Put a new file there, whole at once, under this name or the next free one. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = _reserve(folder, name)
    _fill(place, data)
    return place


def put_away(path: Path, to: Path, rewrite: Callable[[bytes], bytes] | None = None) -> Path:
    """Move the file into the folder `to`, under a name that is free there. Raises OSError; the file is then where it was.

    It is moved before it is rewritten, so that whatever a person saves meanwhile goes along or stays a file of its own.
    """
    to.mkdir(exist_ok=True)
    place = _reserve(to, path.name)
    try:
        path.rename(place)  # over our own empty file only
    except BaseException:
        place.unlink()
        raise
    _sync(path.parent)
    if rewrite is not None:
        _fill(place, rewrite(regular.read(place)))
    else:
        _sync(to)
    return place


def _reserve(folder: Path, name: str) -> Path:
    """An empty file of ours under a name that nobody has: NAME.md, NAME-2.md, NAME-3.md …"""
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 1
    while True:
        place = folder / (name if number == 1 else f"{stem}-{number}{suffix}")
        try:
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            number += 1
        else:
            return place


def _fill(place: Path, data: bytes) -> None:
    """Replace what stands there in one step; a crash leaves the old or the new."""
    half = place.with_name(f".{place.name}{_HALF}")
    with half.open("wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode))
        os.fsync(file.fileno())
    half.replace(place)
    _sync(place.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
