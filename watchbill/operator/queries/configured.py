"""The configuration as an answer: every value in force with where it comes from, and what a changed file would bring."""

from collections.abc import Iterator, Mapping
from typing import Any

from watchbill.config import changes
from watchbill.config.lines import Path
from watchbill.config.load import Loaded
from watchbill.config.places import Places
from watchbill.config.problems import BadConfig, dotted
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook

_SECRET = "[not shown]"  # noqa: S105 - what stands in its place
_HIDDEN = "env"  # of agents: what programs are given may be a key


def configuration(outlook: Outlook, force: Loaded, file: Loaded | BadConfig, places: Places) -> Plain:
    """`file` is what a reload would find now. Keys of vendors are shown as where they come from, never as themselves."""
    now = dict(_values(force))
    return {
        "generated_at": plain.stamp(outlook.now),
        "path": str(force.path),
        "places": {"config": str(places.config), "state_dir": str(places.state_dir), "socket": str(places.socket)},
        "values": [{"key": dotted(path), "value": value, **_source(force, path)} for path, value in now.items()],
        "pending": [] if isinstance(file, BadConfig) else list(_pending(now, dict(_values(file)), force, file)),
        "problems": [str(problem) for problem in file.problems] if isinstance(file, BadConfig) else [],
        "status": plain.configuration(outlook.configuration) if outlook.configuration else None,
    }


def _pending(now: Mapping[Path, Any], then: Mapping[Path, Any], force: Loaded, file: Loaded) -> Iterator[Plain]:
    restarts = changes.restarts(force.settings, file.settings)
    for path in dict.fromkeys((*now, *then)):
        if now.get(path) != then.get(path):
            key = dotted(path)
            yield {
                "key": key,
                "in_force": now.get(path),
                "in_file": then.get(path),
                "needs_restart": key in restarts,
            }


def _values(loaded: Loaded) -> Iterator[tuple[Path, Any]]:
    yield from _leaves((), loaded.settings.model_dump(mode="json"))


def _leaves(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            hidden = path[-1:] == (_HIDDEN,)
            yield from _leaves((*path, name), _SECRET if hidden else inner)
    elif isinstance(value, list) and any(isinstance(each, dict) for each in value):
        for place, inner in enumerate(value):
            yield from _leaves((*path, place), inner)
    else:
        yield path, value


def _source(loaded: Loaded, path: Path) -> Plain:
    """The line that says it, or the table around it; what no line says is a default."""
    line = loaded.source.lines.get(path)
    return {"source": "default" if line is None else f"{loaded.source.name}:{line}", "line": line}
