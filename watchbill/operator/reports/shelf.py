"""The shelf: the folder of written reports. Each is whole or not there, and none is ever in anybody's git."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RUNS, SCENES, STANDING = "multi-ai", "scene-progress", "agent-management"
FOLDERS = (RUNS, SCENES, STANDING)
_ENDINGS = ("json", "md", "html")
_HALF = ".half"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One report in one or more forms."""

    name: str
    folder: str
    formats: tuple[str, ...]
    size: int  # bytes of all its forms
    at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    root: Path

    def put(self, folder: str, name: str, texts: Mapping[str, str], now: datetime) -> list[Path]:
        """Write the texts by their ending; what stood there is replaced. Raises OSError, and leaves no half of a file."""
        place = self._made(folder)
        return [_put(place / f"{name}.{ending}", text, now) for ending, text in texts.items()]

    def has(self, folder: str, name: str) -> bool:
        return (self.root / folder / f"{name}.json").exists()

    def listing(self) -> list[Written]:
        """The newest first."""
        found = [one for folder in FOLDERS for one in self._in(folder)]
        return sorted(found, key=lambda one: (one.at, one.name), reverse=True)

    def read(self, name: str, ending: str) -> str | None:
        """None where there is no such report in that form. A name is looked for among what is there, never a path."""
        for one in self.listing():
            if one.name == name and ending in one.formats:
                return (self.root / one.folder / f"{name}.{ending}").read_text(encoding="utf-8")
        return None

    def prune(self, *, before: datetime, size: int) -> tuple[int, int]:
        """Remove what is older, and then the oldest until the rest is no larger. How many reports, and their bytes."""
        sum_of_newer, gone, freed = 0, 0, 0
        for one in self.listing():
            sum_of_newer += one.size
            if one.at < before or sum_of_newer > size:
                self._remove(one)
                gone, freed = gone + 1, freed + one.size
        return gone, freed

    def _remove(self, one: Written) -> None:
        for ending in one.formats:
            (self.root / one.folder / f"{one.name}.{ending}").unlink(missing_ok=True)

    def _in(self, folder: str) -> Iterator[Written]:
        by_name: dict[str, list[Path]] = {}
        place = self.root / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path.suffix[1:] in _ENDINGS and not path.is_symlink():
                by_name.setdefault(path.stem, []).append(path)
        for name, paths in by_name.items():
            seen = [path.stat() for path in paths]
            yield Written(
                name=name,
                folder=folder,
                formats=tuple(path.suffix[1:] for path in paths),
                size=sum(each.st_size for each in seen),
                at=datetime.fromtimestamp(max(each.st_mtime for each in seen), UTC),
            )

    def _made(self, folder: str) -> Path:
        """With a .gitignore that hides it, itself included, where it lies in somebody's repository."""
        place = self.root / folder
        if not place.is_dir():
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            (place / ".gitignore").write_text("*\n", encoding="utf-8")
        return place


def _put(path: Path, text: str, now: datetime) -> Path:
    """Dated by the daemon's clock, as everything else is."""
    half = path.with_name(path.name + _HALF)
    try:
        with half.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.utime(half, times=(now.timestamp(),) * 2)
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    return path
