"""Refs as git's files hold them, read without starting git: what is asked at every look must cost next to nothing.

Loose files are read before packed-refs, since git packs a ref before it removes its file.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{40}")


def is_id(held: str) -> bool:
    return _ID.fullmatch(held) is not None


def read(common: Path, ref: str) -> str | None:
    """What a ref (refs/…) holds: an id, or `ref: ` and the name of another; None where there is no such ref."""
    with suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return (common / ref).read_text(errors="replace").strip()
    return _packed(common).get(ref)


def read_all(common: Path, prefix: str = "refs/") -> dict[str, str]:
    """Every ref below the prefix (refs/…/) and what it holds. Raises OSError where a folder cannot be read."""
    loose = dict(_loose(common, prefix))
    return {ref: held for ref, held in _packed(common).items() if ref.startswith(prefix)} | loose


def _loose(common: Path, prefix: str) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(common / prefix, onerror=_complain):
        for path in (Path(folder, name) for name in names if not name.endswith(".lock")):
            with suppress(FileNotFoundError):  # deleted or packed just now
                yield path.relative_to(common).as_posix(), path.read_text(errors="replace").strip()


def _complain(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _packed(common: Path) -> dict[str, str]:
    try:
        lines = (common / "packed-refs").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split(" ", 1) for line in lines if line and line[0] not in "#^")
    return {name: held for held, name in pairs}
