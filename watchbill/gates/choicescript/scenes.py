"""What a scene declares, and the game that it belongs to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from watchbill.domain.ports import Tree
from watchbill.gates.choicescript.lexer import Line, lex
from watchbill.gates.source import Source, open_source

STARTUP = "startup.txt"
STARTUP_SIGNS = frozenset({"scene_list", "title", "create", "author", "achievement"})
SCENE_SIGNS = frozenset({"choice", "fake_choice", "goto", "goto_scene", "label", "set", "temp", "finish", "page_break"})
NO_SCENES = frozenset({"readme", "license", "licence", "copying", "notice", "authors", "changelog", "requirements"})
OLD_STATS = re.compile(r"\bstats\s*=\s*\{\s*\w")  # how games declared variables before *create
ELEMENT = re.compile(r"(\w+)_(\d+|count)", re.ASCII)
FLOW_VARIABLE = "implicit_control_flow"


@dataclass(slots=True, kw_only=True)
class Names:
    """Variables that exist: by name, and as arrays whose elements are name_1 … name_n and name_count."""

    plain: set[str] = field(default_factory=set)
    arrays: dict[str, int | None] = field(default_factory=dict)  # None: as long as it may be

    def has(self, name: str) -> bool:
        if name in self.plain:
            return True
        element = ELEMENT.fullmatch(name)
        if element is None or element[1] not in self.arrays:
            return False
        length = self.arrays[element[1]]
        return element[2] == "count" or length is None or 1 <= int(element[2]) <= length

    def has_elements(self, array: str) -> bool:
        return array in self.arrays or any(name.startswith(f"{array}_") for name in (*self.plain, *self.arrays))


@dataclass(slots=True, kw_only=True)
class Scene:
    name: str
    source: Source
    lines: list[Line]
    labels: dict[str, int] = field(default_factory=dict)  # first line of each, by name in lower case
    temps: Names = field(default_factory=Names)


@dataclass(slots=True, kw_only=True)
class Game:
    startup: Scene | None
    scenes: Mapping[str, Scene]  # by name
    stats: Names | None  # permanent variables; None: they are declared where we cannot read them
    achievements: frozenset[str] = frozenset()
    implicit: bool = False


def could_be_scene(path: str) -> bool:
    file = PurePosixPath(path)
    return file.suffix == ".txt" and file.stem.lower() not in NO_SCENES


class Games:
    """The games of a tree, each read once."""

    def __init__(self, gate: str, tree: Tree) -> None:
        self._gate = gate
        self._tree = tree
        self._paths = frozenset(path for path in tree.paths() if could_be_scene(path))
        self._games: dict[str, Game | None] = {}

    def of(self, path: str) -> Game | None:
        """The game that a path is a scene of; None when it is of none."""
        home = self._home(PurePosixPath(path))
        if home is None:
            return None
        if str(home) not in self._games:
            self._games[str(home)] = self._read(home)
        return self._games[str(home)]

    def _home(self, path: PurePosixPath) -> PurePosixPath | None:
        """The folder whose startup.txt it belongs to; a folder `scenes` without one still holds scenes."""
        for folder in path.parents:
            if self._is_startup(folder / STARTUP):
                return folder if _name_in(folder, path) else None
            if folder.name == "scenes" and not self._is_startup(folder.parent / STARTUP):
                return folder
        return None

    def _is_startup(self, path: PurePosixPath) -> bool:
        if str(path) not in self._paths:
            return False
        return any(line.command in STARTUP_SIGNS for line in lex(self._source(str(path)).lines))

    def _source(self, path: str) -> Source:
        return open_source(self._gate, self._tree, path) or Source(gate=self._gate, path=path, data=b"")

    def _read(self, home: PurePosixPath) -> Game | None:
        named = ((_name_in(home, PurePosixPath(path)), path) for path in sorted(self._paths))
        scenes = {name: read_scene(name, self._source(path)) for name, path in named if name}
        visited = {line.data.split()[0] for scene in scenes.values() for line in scene.lines if _visits(line)}
        # a folder inside holds scenes only when somebody goes there; else it is drafts and the like
        scenes = {name: scene for name, scene in scenes.items() if "/" not in name or name in visited}
        startup = scenes.get("startup") if self._is_startup(home / STARTUP) else None
        if startup is None and not any(
            line.command in SCENE_SIGNS for scene in scenes.values() for line in scene.lines
        ):
            return None
        return Game(
            startup=startup,
            scenes=scenes,
            stats=None if startup is None or self._has_old_stats(home) else _stats(startup.lines),
            achievements=frozenset() if startup is None else frozenset(_achievements(startup.lines)),
            implicit=any(_sets_implicit_flow(line) for scene in scenes.values() for line in scene.lines),
        )

    def _has_old_stats(self, home: PurePosixPath) -> bool:
        """Older games declare their variables in mygame.js, beside the folder of their scenes."""
        sources = (open_source(self._gate, self._tree, str(folder / "mygame.js")) for folder in (home, home.parent))
        return any(OLD_STATS.search(source.text) for source in sources if source is not None)


def _name_in(home: PurePosixPath, path: PurePosixPath) -> str:
    """How the game at home names this scene: its path from the folder of scenes, without .txt; "" if it is none."""
    parts = path.with_suffix("").parts[len(home.parts) :] if path.is_relative_to(home) else ()
    if parts[:1] == ("scenes",):
        parts = parts[1:]
    elif home.name != "scenes":
        parts = parts if len(parts) == 1 else ()
    return "/".join(parts)


def _visits(line: Line) -> bool:
    return line.command in ("goto_scene", "gosub_scene", "redirect_scene") and bool(line.data)


def read_scene(name: str, source: Source) -> Scene:
    scene = Scene(name=name, source=source, lines=lex(source.lines))
    for line in scene.lines:
        if line.command == "label":
            scene.labels.setdefault(line.data.lower(), line.number)
        _declare(scene.temps, line, "temp")
        if line.command == "params":
            scene.temps.plain |= {word.lower() for word in re.findall(r"\w+", line.data)}
            scene.temps.arrays["param"] = None
    return scene


def _declare(names: Names, line: Line, command: str) -> None:
    name, length = variable_of(line.data), line.data.split()[1:2]
    if line.command == command:
        names.plain.add(name)
    elif line.command == f"{command}_array":
        names.arrays[name] = int(length[0]) if length and length[0].isdecimal() else None


def variable_of(data: str) -> str:
    """The name at the beginning of what follows *create or *temp, lower case."""
    match = re.match(r"\w*", data, re.ASCII)
    return match.group().lower() if match else ""


def _stats(lines: Sequence[Line]) -> Names:
    names = Names()
    for line in lines:
        _declare(names, line, "create")
    return names


def _achievements(lines: Sequence[Line]) -> Iterator[str]:
    return (line.data.split()[0] for line in lines if line.command == "achievement" and line.data)


def _sets_implicit_flow(line: Line) -> bool:
    """Any of them may have been played before a scene is, so one is enough to let all scenes fall through."""
    is_set = line.command in ("create", "set", "temp") and variable_of(line.data) == FLOW_VARIABLE
    return is_set and not line.data.lower().endswith("false")


def is_built_in(name: str) -> bool:
    return name in ("true", "false", FLOW_VARIABLE) or name.startswith("choice_") or name.isdecimal()
