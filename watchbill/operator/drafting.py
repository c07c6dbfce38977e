"""Drafting: the watchbill.toml that follows from a survey and from imported files. Short, commented, and it loads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from watchbill.config import reference
from watchbill.config.imports.foreign import Imported
from watchbill.config.imports.rules import Berth
from watchbill.config.imports.targets import PROVIDER, RECURRING
from watchbill.config.provider import Provider
from watchbill.config.recurring import Recurring
from watchbill.operator.survey import QUEUES, VENDORS, Survey

NOTHING = Imported(lines=(), values={}, berths=())

_HEAD = "# watchbill: who works on this repository, when, and for how much. All keys: watchbill config example"
_ZONE = "# Hours below are read in this zone."
_MONEY = "# US dollars over everything. A cap that is reached lets paid work wait; nothing is shrunk to fit."
_LOCAL = """\
# Checks and formatting on this machine; costs nothing, stands by at every hour.
[provider.local]
kind = "local\""""


def toml_of(found: Survey, imported: Imported = NOTHING, environ: Mapping[str, str] | None = None) -> str:
    """The text. `environ` says which keys are there; they are only looked for, never read."""
    blocks = [
        _daemon(imported),
        _budget(imported),
        *_routing(imported),
        *_retention(imported),
        repo(found, imported),
        *_providers(found, imported, environ or {}),
        *_recurring(imported),
    ]
    return "\n\n".join(blocks) + "\n"


def section(imported: Imported, *path: str) -> dict[str, object]:
    """The imported values of a section, those of a mapping in it together."""
    found: dict[str, object] = {}
    for at, value in imported.values.items():
        key, *entry = at[len(path) :] if at[: len(path)] == path else ("",)
        if entry:
            inner = found.setdefault(key, {})
            assert isinstance(inner, dict), "a key has entries or a value, not both"
            inner[entry[0]] = value
        elif key:
            found[key] = value
    return found


def _lines(values: Mapping[str, object]) -> list[str]:
    return [f"{key} = {reference.toml(value)}" for key, value in values.items()]


def _ordered(values: Mapping[str, object], model: type[BaseModel]) -> dict[str, object]:
    """In the order of the reference."""
    return {key: values[key] for key in model.model_fields if key in values}


def _daemon(imported: Imported) -> str:
    values = {"zone": "UTC", **section(imported, "daemon")}
    files = ", ".join(dict.fromkeys(Path(line.file).name for line in imported.lines))
    told = [f"# Taken over from {files}. What is not here is as by default there too, or nothing that watchbill does."]
    return "\n".join([_HEAD, *(told if files else []), "", "[daemon]", _ZONE, *_lines(values)])


def _budget(imported: Imported) -> str:
    values = {"daily_usd": 5.0, "monthly_usd": 100.0, **section(imported, "budget")}
    return "\n".join(["[budget]", _MONEY, *_lines(values)])


def _retention(imported: Imported) -> Iterator[str]:
    values = section(imported, "retention")
    if values:
        yield "\n".join(["[retention]", *_lines(values)])


def _routing(imported: Imported) -> Iterator[str]:
    values = section(imported, "routing")
    if values:
        yield "\n".join(["[routing]", *_lines(values)])


def repo(found: Survey, imported: Imported = NOTHING, *, path: str = ".") -> str:
    """The table of the repository alone; `path` is where it is, seen from the file."""
    lines = [
        "[[repo]]",
        f"name = {reference.toml(found.name)}",
        f"path = {reference.toml(path)}",
        f"target = {reference.toml(found.target)}",
    ]
    lines.append("# Work lands on this branch; you merge it when you like, or: watchbill promote")
    lines.append('integration = "watchbill/main"')
    if not found.queues:
        lines.append("# Not there yet: write tasks into it as `- [ ] What is to be done`")
    lines.append(f"queue = {reference.toml(found.queues or QUEUES[:1])}")
    if found.rules:
        lines.append(f"rules = {reference.toml(found.rules)}")
    if found.canon:
        lines.append("# Facts that work must not contradict.")
        lines.append(f"canon = {reference.toml(found.canon)}")
    return "\n".join([*lines, *_lines(section(imported, "repo")), *_commands(found.tests)])


def _commands(tests: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Proposed, not switched on: only the owner knows whether they pass in a sandbox without network."""
    if not tests:
        return []
    lines = ["", "# Uncomment what has to pass before anything lands. It runs in a sandbox, without network."]
    for name, argv in tests:
        lines += ["# [[repo.commands]]", f"# name = {reference.toml(name)}", f"# argv = {reference.toml(argv)}"]
    return lines


def _providers(found: Survey, imported: Imported, environ: Mapping[str, str]) -> Iterator[str]:
    if not imported.berths:
        yield from _vendors(found)
    for berth in imported.berths:
        yield _berth(berth, section(imported, PROVIDER, berth.name), environ)
    if all(berth.kind != "local" for berth in imported.berths):
        yield _LOCAL


def _vendors(found: Survey) -> Iterator[str]:
    shown = found.vendors or VENDORS
    for place, vendor in enumerate(shown):
        lines = [f"[provider.{vendor.name}]", *_lines(dict(vendor.lines))]
        if len(shown) > 1:
            lines.append(f'hours = "{place}-23/{len(shown)}"')
        if vendor not in found.vendors:
            lines.insert(0, _unused(vendor.variable))
        yield "\n".join(lines)


def _berth(berth: Berth, values: Mapping[str, object], environ: Mapping[str, str]) -> str:
    lines = [f"[provider.{berth.name}]", *_lines(_ordered(values, Provider))]
    if not berth.is_ready:
        told = f"# Not in use: {berth.lacks}; until then its hours go to the others."
        return "\n".join([told, *(f"# {line}" for line in lines)])
    variable = str(values.get("api_key", "")).removeprefix("env:")
    if variable and not environ.get(variable) and values.get("enabled", True):
        lines.insert(0, _unused(variable))
    return "\n".join(lines)


def _unused(variable: str) -> str:
    return f"# Not in use until ${variable} is set; its hours go to the others."


def _recurring(imported: Imported) -> Iterator[str]:
    names: Iterable[str] = dict.fromkeys(at[1] for at in imported.values if at[0] == RECURRING)
    for name in names:
        values = section(imported, RECURRING, name)
        yield "\n".join(["[[recurring]]", *_lines({"name": name, **_ordered(values, Recurring)})])
