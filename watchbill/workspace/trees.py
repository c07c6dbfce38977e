"""Trees of files to be checked: a folder as it stands now, or a commit's. Only regular files count."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from watchbill.workspace import beneath
from watchbill.workspace.beneath import Folder, Opener
from watchbill.workspace.gitcmd import Entry

_AHEAD_FILES = 256  # read at once: a gate that reads one file often reads its neighbours
_AHEAD_BYTES = 4 << 20


class FolderTree:
    """A folder's files, read when asked for."""

    def __init__(self, root: Path, *, opener: Opener | None = None) -> None:
        self._root = root
        self._opener = opener or beneath.best_opener()

    def paths(self) -> Sequence[str]:
        with Folder(self._root, self._opener) as folder:
            return sorted(found.path for found in folder.walk() if found.is_file)

    def read(self, path: str) -> bytes:
        try:
            with Folder(self._root, self._opener) as folder:
                return folder.read(path)
        except OSError as error:
            raise KeyError(path) from error


class GitTree:
    """A commit's files: the listing is read once, the blobs in batches when one of them is asked for."""

    def __init__(self, entries: Mapping[str, Entry], blobs: Callable[[Sequence[str]], Sequence[bytes]]) -> None:
        self._entries = {path: entry for path, entry in sorted(entries.items()) if entry.is_file}
        self._paths = list(self._entries)
        self._place_by_path = {path: place for place, path in enumerate(self._paths)}
        self._blobs = blobs
        self._bytes_by_id: dict[str, bytes] = {}

    def paths(self) -> Sequence[str]:
        return list(self._paths)

    def read(self, path: str) -> bytes:
        wanted = self._entries[path].blob
        if wanted not in self._bytes_by_id:
            batch = self._batch_from(self._place_by_path[path])
            self._bytes_by_id.update(zip(batch, self._blobs(batch), strict=True))
        return self._bytes_by_id[wanted]

    def _batch_from(self, place: int) -> list[str]:
        """The file at this place and those after it, as far as the batch reaches; each blob once."""
        batch: dict[str, None] = {}
        room = _AHEAD_BYTES
        for path in self._paths[place : place + _AHEAD_FILES]:
            entry = self._entries[path]
            room -= entry.size
            if batch and room < 0:
                break
            if entry.blob not in self._bytes_by_id:
                batch[entry.blob] = None
        return list(batch)
