"""Loading: find watchbill.toml, read it once, and give back settings or every problem at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import InitSettingsSource

from watchbill.config.checks import cross_checks
from watchbill.config.lines import lines_of
from watchbill.config.places import FILE_NAME, PREFIX, VARIABLES, Places, locate, places_at, stray
from watchbill.config.problems import BadConfig, Problem, Source, did_you_mean
from watchbill.config.settings import Settings
from watchbill.domain import installed, regular

SCRIPTED = "scripted"  # the shipped double of a provider: never an entry point, so never installed by accident


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings and the file that they come from: relative paths in them start at its folder."""

    settings: Settings
    path: Path
    source: Source = field(default_factory=lambda: _source("", FILE_NAME), compare=False)  # what advice points into

    def places(self, environ: Mapping[str, str]) -> Places:
        """Where it keeps its things."""
        return places_at(self.path, self.settings.daemon.state_dir, environ)


def load(path: Path | None, environ: Mapping[str, str], *, cwd: Path) -> Loaded:
    """The configuration at `path`, else the one that find() finds. Raises BadConfig with all of its problems."""
    strays = tuple(stray_variables(environ))
    found = locate(path, environ, cwd=cwd)
    if found is None:
        raise BadConfig((*strays, _nowhere(cwd)))
    try:
        text = regular.read(found).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig((*strays, _unreadable(found, error))) from error
    try:
        settings = parse(text, name=_shown(found, cwd))
    except BadConfig as error:
        raise BadConfig((*strays, *error.problems)) from error
    if strays:
        raise BadConfig(strays)
    return Loaded(settings=settings, path=found, source=_source(text, _shown(found, cwd)))


def parse(text: str, *, name: str = FILE_NAME) -> Settings:
    """Settings from TOML text; `name` is what problems call the file. Raises BadConfig with all of its problems."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([_no_toml(name, text, error)]) from error
    except (RecursionError, ValueError, ArithmeticError) as error:  # Python's own limits of depth and digits
        why = "is nested too deeply" if isinstance(error, RecursionError) else "holds a number that is too long"
        raise BadConfig([Problem(where=name, line=0, key="the file", wrong=why)]) from error
    source = _source(text, name)
    try:
        # the sources are given: pydantic-settings then reads neither the environment nor a .env of the working folder
        settings = Settings(_build_sources=((InitSettingsSource(Settings, data),), {}))  # type: ignore[call-arg] # its __init__ takes it
    except ValidationError as error:
        raise BadConfig(source.of(error)) from error
    problems = [source.problem(*complaint) for complaint in cross_checks(settings, known_kinds(), known_gates())]
    if problems:
        raise BadConfig(problems)
    return settings


def known_kinds() -> Collection[str]:
    """The kinds of providers that are installed."""
    return {SCRIPTED, *installed.points(installed.PROVIDERS)}


def known_gates() -> Collection[str]:
    """The gates that are installed."""
    return installed.points(installed.GATES).keys()


def stray_variables(environ: Mapping[str, str]) -> Iterator[Problem]:
    """A WATCHBILL_ variable that nothing reads is a mistake that would stay silent."""
    for name in stray(environ):
        guess = did_you_mean(name[len(PREFIX) :], [known.removeprefix(PREFIX) for known in VARIABLES])
        hint = guess.replace("mean ", f"mean {PREFIX}") or "Settings stand in watchbill.toml."
        yield Problem(where="environment", line=0, key=name, wrong="is read by nothing", hint=hint)


def _nowhere(cwd: Path) -> Problem:
    return Problem(
        where=str(cwd),
        line=0,
        key=FILE_NAME,
        wrong="is neither here, nor upwards to the git repository's root, nor in ~/.config/watchbill",
        hint="Make one: watchbill init",
    )


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> Problem:
    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
    return Problem(where=str(path), line=0, key="the file", wrong=f"cannot be read: {why}")


def _source(text: str, name: str) -> Source:
    return Source(name=name, lines=lines_of(text.replace("\r\n", "\n")))


def _no_toml(name: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    message, _, place = str(error).partition(" (at ")
    stated = re.match(r"line (\d+)", place)
    line = int(stated[1]) if stated else text.count("\n") + 1  # else it says "at end of document"
    return Problem(where=name, line=line, key="the file", wrong=f"is no TOML: {message}")


def _shown(path: Path, cwd: Path) -> str:
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)
