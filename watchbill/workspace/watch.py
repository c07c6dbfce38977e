"""Watching files: tells which of them changed, within about a second, whatever way they are saved, moved or missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from watchfiles import awatch

_Mark = tuple[int, int, int] | None  # inode, modification time in ns, size; None: not there
_DEBOUNCE = timedelta(milliseconds=100)
_STEP = timedelta(
    milliseconds=40
)  # its thread wakes so often, also while nothing happens; a notice takes one to two of them
_LOOK_ANYWAY = timedelta(seconds=2)  # on file systems that tell nothing, and for folders made anew


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
    while not stop.is_set():
        places = _places(paths, folders)
        async for _ in _notices(list(places), stop, look_anyway):
            now = _look(watched)
            changed = frozenset(path for path in watched if now[path] != seen[path])
            seen = now
            if changed:
                yield changed
            if _places(paths, folders) != places:
                break  # a folder was made anew: the notices are about the old one


async def _notices(places: Sequence[Path], stop: asyncio.Event, look_anyway: timedelta) -> AsyncIterator[None]:
    """One at the start, one at each notice, and one every so often."""
    yield
    with suppress(FileNotFoundError):  # the folder vanished just now: the next look finds the one above it
        async for _ in awatch(
            *places,
            watch_filter=None,  # what matters is ours to say
            recursive=False,
            debounce=_milliseconds(_DEBOUNCE),
            step=_milliseconds(_STEP),
            rust_timeout=_milliseconds(look_anyway),
            yield_on_timeout=True,
            stop_event=stop,
        ):
            yield


def _places(paths: Sequence[Path], folders: Sequence[Path]) -> Mapping[Path, _Mark]:
    """Where notices can come from: the folder of each path and of what it links to, or the nearest one above it."""
    places = {place for path in paths for place in (path.parent, path.resolve().parent)} | set(folders)
    return {folder: (folder.stat().st_ino, 0, 0) for folder in map(_nearest, places)}


def _nearest(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _look(paths: Sequence[Path]) -> dict[Path, _Mark]:
    return {path: _mark(path) for path in paths}


def _mark(path: Path) -> _Mark:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
