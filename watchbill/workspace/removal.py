"""Removal of folders that hostile code has filled: closed ones, links, and folders inside one another without end.

What lies deeper is moved up before it is removed, so neither the length of a path nor Python's recursion ends it. For the small
programs too: standard library, quick to load.
"""

from __future__ import annotations

import posix as os  # see kernel

TYPE_CHECKING = False  # typing's own would have to be loaded first
if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OWN = 0o700


def remove(root: Path | str) -> None:
    """Delete a folder, if it is there, and all below. Links are deleted, never followed. Raises OSError for what stays."""
    try:
        top = _opened(str(root), None)
    except FileNotFoundError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    os.rmdir(root)


def _empty(top: int) -> None:
    mark, moved = f".{os.urandom(8).hex()}-", 0
    while here := _inside(top):
        for name, is_folder in here:
            if is_folder:
                moved = _taken_apart(top, name, mark, moved)
            else:
                os.unlink(name, dir_fd=top)


def _taken_apart(top: int, folder: str, mark: str, moved: int) -> int:
    """Remove one folder; those inside it stand beside it afterwards. How many were moved by now."""
    at = _opened(folder, top)
    try:
        for name, is_folder in _inside(at):
            if is_folder:
                os.close(_opened(name, at))  # moving a folder writes into it
                os.rename(name, f"{mark}{moved}", src_dir_fd=at, dst_dir_fd=top)
                moved += 1
            else:
                os.unlink(name, dir_fd=at)
    finally:
        os.close(at)
    os.rmdir(folder, dir_fd=top)
    return moved


def _inside(folder: int) -> list[tuple[str, bool]]:
    with os.scandir(folder) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]


def _opened(name: str, above: int | None) -> int:
    """A folder's descriptor, and its permissions its owner's again."""
    try:
        folder = os.open(name, _FOLDER, dir_fd=above)
    except PermissionError:
        os.chmod(name, _OWN, dir_fd=above)
        folder = os.open(name, _FOLDER, dir_fd=above)
    try:
        os.fchmod(folder, _OWN)
    except OSError:
        os.close(folder)
        raise
    return folder
