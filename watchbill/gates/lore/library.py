"""The library: a repository's canon files, in either form, as one judge; and which of its files are texts to be judged."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from watchbill.domain.claims import covers
from watchbill.domain.errors import ConfigError
from watchbill.gates.lore import waivers
from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.sources import yaml_files
from watchbill.gates.lore.waivers import Waiver

if TYPE_CHECKING:
    from watchbill.gates.lore.checking import Judge

YAML, MARKDOWN = frozenset((".yaml", ".yml")), frozenset((".md", ".markdown"))
PROSE = frozenset((".md", ".markdown", ".txt"))
# Of no story: what a repository says of itself.
NO_STORY = bag(
    "readme changelog license licence contributing agents claude todo authors notice security ai_worker_rules ai_task_queue code_of_conduct"
)
STARTUP = "startup.txt"
_CREATE = re.compile(r"^[ \t]*\*create(?:_array)?[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A canon file that cannot be read."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    judge: "Judge"
    waivers: tuple[Waiver, ...]
    problems: tuple[Problem, ...]


def is_canon(path: str, patterns: Iterable[str]) -> bool:
    file = PurePosixPath(path)
    return file.suffix.lower() in YAML | MARKDOWN and file.name != waivers.FILE and covers(patterns, path)


def is_story(path: str, patterns: Iterable[str]) -> bool:
    """Whether a file is a text of the world: of these patterns, and none of those that a repository keeps for itself."""
    file = PurePosixPath(path)
    if (
        file.suffix.lower() not in PROSE
        or file.stem.lower() in NO_STORY
        or any(part.startswith(".") for part in file.parts)
    ):
        return False
    return covers(patterns, path)


def waiver_path(canon_paths: Sequence[str]) -> str:
    """Where a canon's waivers are kept: beside its first file."""
    return str(PurePosixPath(min(canon_paths)).parent / waivers.FILE) if canon_paths else waivers.FILE


def open_library(files: Mapping[str, str], waiver_text: str | None = None, waiver_file: str = waivers.FILE) -> Library:
    """The canon of these files by path. It is built once for the same words."""
    return _opened(tuple(sorted(files.items())), waiver_text, waiver_file)


@lru_cache(maxsize=4)
def _opened(files: tuple[tuple[str, str], ...], waiver_text: str | None, waiver_file: str) -> Library:
    from watchbill.gates.lore.checking import Judge  # noqa: PLC0415 - the same
    from watchbill.gates.lore.sources import markdown_form, yaml_form  # noqa: PLC0415 - seven megabytes, for who has a canon only

    problems, raws = [], []
    for path, text in files:
        try:
            raws.append(
                yaml_files.load(text, path)
                if PurePosixPath(path).suffix.lower() in YAML
                else markdown_form.draft(text).raw
            )
        except ConfigError as error:
            problems.append(Problem(path=path, message=str(error)))
    kept: list[Waiver] = []
    try:
        kept = waivers.read(waiver_text, waiver_file) if waiver_text else []
    except ConfigError as error:
        problems.append(Problem(path=waiver_file, message=str(error)))
    return Library(
        judge=Judge(yaml_form.canon_of(yaml_files.merged(raws))), waivers=tuple(kept), problems=tuple(problems)
    )


def declared_in(text: str) -> frozenset[str]:
    """The variables that a game's startup.txt declares, lower case."""
    return frozenset(found.lower() for found in _CREATE.findall(text))
