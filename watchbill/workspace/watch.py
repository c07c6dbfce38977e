"""Watching files: tells which of them changed, within about a second, whatever way they are saved, moved or missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from watchbill.workspace.notices import notices

_Mark = tuple[int, int, int] | None  # inode, modification time in ns, size; None: not there
_SETTLE = 0.03  # seconds after a notice in which the rest of a save arrives
_LOOK_ANYWAY = timedelta(seconds=1)  # on file systems that tell nothing, and for folders made anew


async def changes(
    paths: Sequence[Path],
    stop: asyncio.Event,
    *,
    folders: Sequence[Path] = (),
    look_anyway: timedelta = _LOOK_ANYWAY,
) -> AsyncIterator[frozenset[Path]]:
    """Yields the paths whose file changed, appeared or vanished, and the folders that got or lost an entry, until stop is set.

    The system's notices only say when to look; what changed is told by looking. So nothing is missed that lasts.
    """
    watched = (*paths, *folders)
    seen = _look(watched)
    came = asyncio.Event()
    stopping = asyncio.create_task(stop.wait())
    stopping.add_done_callback(lambda _: came.set())
    try:
        while not stop.is_set():
            places = _places(paths, folders)
            with notices(places, came):
                # where a folder was made anew, the notices are about the old one
                while not stop.is_set() and _places(paths, folders) == places:
                    now = _look(watched)
                    changed = frozenset(path for path in watched if now[path] != seen[path])
                    seen = now
                    if changed:
                        yield changed
                    await _next(came, look_anyway)
    finally:
        stopping.cancel()


async def _next(came: asyncio.Event, look_anyway: timedelta) -> None:
    """The next moment to look: right after a notice, or when there was none for so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(look_anyway.total_seconds()):
            await came.wait()
        await asyncio.sleep(_SETTLE)
    came.clear()


def _places(paths: Sequence[Path], folders: Sequence[Path]) -> Mapping[Path, int | None]:
    """Where notices can come from: the folder of each path and of what it links to, or the nearest one above it."""
    places = {place for path in paths for place in (path.parent, _home(path))} | set(folders)
    marks = _look([_nearest(place) for place in places])
    return {folder: mark and mark[0] for folder, mark in marks.items()}


def _home(path: Path) -> Path:
    """The folder of what it links to."""
    try:
        return path.resolve().parent
    except (OSError, RuntimeError):  # the second: links in a circle, before Python 3.13
        return path.parent


def _nearest(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if _is_folder(place)), Path("/"))


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:  # above it is a folder that we may not enter
        return False


def _look(paths: Sequence[Path]) -> dict[Path, _Mark]:
    return {path: _mark(path) for path in paths}


def _mark(path: Path) -> _Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
