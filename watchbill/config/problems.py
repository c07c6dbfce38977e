"""Problems: what is wrong with a configuration, each with file, line, key, cause and a guess at what was meant."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from watchbill.config.lines import Path
from watchbill.config.settings import Settings
from watchbill.domain.errors import ConfigError

_WORDS = {
    "extra_forbidden": "is no key here",
    "missing": "is required",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "tuple_type": "must be a list in [ ]",
    "model_type": "must be a table in { }",
    "dict_type": "must be a table in { }",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    where: str  # the file, or "environment"
    line: int  # 1-based; 0 when it concerns no line
    key: str  # dotted, with array positions from 1: repo[2].name
    wrong: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        return " ".join(filter(None, (f"{place}: {self.key}: {self.wrong}.", self.hint)))


class BadConfig(ConfigError):
    """The configuration cannot be used; carries every problem at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.where, problem.line)))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file that problems point into."""

    name: str
    lines: Mapping[Path, int]

    def problem(self, path: Path, wrong: str, hint: str = "") -> Problem:
        return Problem(where=self.name, line=self._line(path), key=dotted(path), wrong=wrong, hint=hint)

    def of(self, error: ValidationError) -> Iterator[Problem]:
        """One problem for each thing that the models refuse. What was written is never repeated: it may be a secret."""
        for detail in error.errors(include_url=False):
            path = self._written(detail["loc"])
            yield self.problem(path, _wrong(detail["type"], detail["msg"]), _hint(path, detail))

    def _written(self, path: Path) -> Path:
        """The path without what pydantic adds to it (a mapping's `[key]`)."""
        return tuple(part for part in path if part != "[key]")

    def _line(self, path: Path) -> int:
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 0)


def dotted(path: Path) -> str:
    """A key for people.

    >>> dotted(("repo", 0, "name"))
    'repo[1].name'
    """
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the file"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A guess for people, or nothing. Case is no difference."""
    by_folded = {name.lower(): name for name in known}
    close = [by_folded[name] for name in difflib.get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)]
    return f"Did you mean {close[0]}?" if close else ""


def _wrong(kind: str, message: str) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    text = message.removeprefix("Value error, ").removeprefix("Input ")
    return re.sub("^should", "must", text[0].lower() + text[1:])


def _hint(path: Path, detail: Mapping[str, Any]) -> str:
    if detail["type"] == "extra_forbidden":
        return _key_hint(path)
    if detail["type"] == "enum" and isinstance(detail["input"], str):
        return did_you_mean(
            detail["input"], detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        )
    return ""


def _key_hint(path: Path) -> str:
    model = _model_at(path[:-1])
    key = str(path[-1])
    guess = did_you_mean(key, model.model_fields)
    if guess:
        return guess
    elsewhere = [home for home, section in _sections() if key in section.model_fields]
    if elsewhere:
        return f"It belongs into {' or '.join(elsewhere)}."
    return f"Known here: {', '.join(model.model_fields)}."


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    for name, info in Settings.model_fields.items():
        yield {"repo": "[[repo]]", "provider": "[provider.NAME]"}.get(name, f"[{name}]"), _model_in(info.annotation)


def _model_at(path: Path) -> type[BaseModel]:
    """The model of the section at a path, read off the annotations; positions and names of mappings are stepped over."""
    model: type[BaseModel] = Settings
    is_name = False  # of a mapping, which may be called as a key is
    for part in path:
        if part in model.model_fields and not is_name:
            annotation = model.model_fields[str(part)].annotation
            model = _model_in(annotation)
            is_name = get_origin(annotation) is Mapping
        else:
            is_name = False
    return model


def _model_in(annotation: Any) -> type[BaseModel]:
    """The one model inside an annotation such as tuple[Repo, ...] or Mapping[str, Provider] or Price | None."""
    found = next(_models(annotation), None)
    assert found, "only sections have keys"
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
