"""Front matter: defaults for a whole queue file, between two lines of dashes at its very beginning."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from watchbill.intake.entries import fold_key

_KEY = re.compile(r"[A-Za-z_][\w ]{0,60}:(?:\s|$)")  # without one in its first line it is a rule, or a text between two
MAX_CHARACTERS = 8_000  # PyYAML takes quadratic time for nested brackets
MAX_BRACKETS = 100
MAX_LINES = 200  # what is longer is no front matter but a rule at the top of a text


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    lines: int = 0  # how many lines it takes, dashes included
    defaults: Mapping[str, str] = field(default_factory=dict)  # by folded key
    why: str = ""  # why it could not be read


def read_front_matter(lines: Sequence[str]) -> FrontMatter:
    end = _end(lines)
    if end is None:
        return FrontMatter()
    text = "\n".join(lines[1:end])
    if len(text) > MAX_CHARACTERS or sum(text.count(mark) for mark in "[{") > MAX_BRACKETS:
        return FrontMatter(lines=end + 1, why="the front matter is too large for defaults: its defaults are not used")
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2026-99-99 is a ValueError
        return FrontMatter(
            lines=end + 1, why=f"the front matter is no YAML ({_short(error)}): its defaults are not used"
        )
    defaults = said.get("defaults") if isinstance(said, dict) else None
    if defaults is not None and not isinstance(defaults, dict):
        return FrontMatter(
            lines=end + 1, why="`defaults` in the front matter is no mapping: write {type: write, priority: 3}"
        )
    return FrontMatter(lines=end + 1, defaults=_scalars(defaults or {}))


def _end(lines: Sequence[str]) -> int | None:
    if not lines or lines[0].rstrip() != "---" or not _KEY.match(next(iter(lines[1:2]), "")):
        return None
    return next((n for n, line in enumerate(lines[1:MAX_LINES], start=1) if line.rstrip() in ("---", "...")), None)


def _scalars(said: Mapping[object, object]) -> dict[str, str]:
    return {fold_key(str(key)): str(value) for key, value in said.items() if isinstance(value, str | int | float)}


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
