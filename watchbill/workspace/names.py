"""Names of paths: what a path inside a repository may look like. Pure; whether something is there is another question."""

import unicodedata
from collections.abc import Sequence

from watchbill.domain.errors import PathRefused
from watchbill.domain.filenames import folded, is_git

TEMPORARY = ".watchbill-tmp-"  # how our half-written files begin; never listed, never committed
_NAME_BYTES = 255


def parts_of(path: str) -> tuple[str, ...]:
    """The path's parts, without empty ones and dots. Raises PathRefused for what could name something else or outside.

    >>> parts_of("./scenes//dunes.txt")
    ('scenes', 'dunes.txt')
    """
    if path.startswith("/"):
        raise PathRefused(f"`{path}` is absolute: give the path relative to the repository's root.")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if not parts:
        raise PathRefused("The path is empty: name a file, relative to the repository's root.")
    for part in parts:
        _check(part, path)
    return parts


def _check(part: str, path: str) -> None:
    if part == "..":
        raise PathRefused(f"`{path}` climbs with `..`: give the path from the repository's root instead.")
    if "\\" in part or any(unicodedata.category(mark) in ("Cc", "Cs") for mark in part):
        shown = path.encode(errors="backslashreplace").decode()
        raise PathRefused(f"{shown!r} holds a backslash or a control character: use `/` and plain characters.")
    if len(part.encode()) > _NAME_BYTES:
        raise PathRefused(f"A part of the path is longer than {_NAME_BYTES} bytes: choose a shorter name.")
    if is_git(part):
        raise PathRefused(f"`{path}` is git's own folder, which nobody edits: work on the repository's files instead.")
    if part.startswith(TEMPORARY):
        raise PathRefused(f"Names that begin with `{TEMPORARY}` are watchbill's own: choose another name.")


def twin_of(part: str, names: Sequence[str]) -> str | None:
    """The existing name that is another one only to some file systems, or None; None too where the name itself exists."""
    if part in names:
        return None
    return next((name for name in names if folded(name) == folded(part)), None)
