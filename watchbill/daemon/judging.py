"""The world of a repository: its canon and texts of it, for a model that shall judge by it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchbill.domain.ports import Tree
from watchbill.gates.lore import excerpt as lore
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.gate import LoreGate
from watchbill.gates.lore.judging import believed, beyond
from watchbill.gates.lore.library import Library, is_canon, open_library, waiver_path


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    library: Library
    files: Mapping[str, str]  # of the canon, by path
    texts: Mapping[str, str]  # by path, sorted

    @property
    def excerpt(self) -> str:
        """What of the canon concerns the texts."""
        return lore.excerpt(self.library.judge, self.texts.values())

    def contradictions(self, said: object) -> list[Contradiction]:
        """What a model named; what cannot be looked up is dropped."""
        return believed(self.library, said, self.texts)

    def beyond(self, found: list[Contradiction]) -> list[Contradiction]:
        """Those that the checks do not find themselves."""
        return beyond(self.library, found, self.texts)

    def comments(self, said: object) -> list[str]:
        """The same, for whoever drafted the texts."""
        return [
            f"{one.path}:{one.line}: {one.quote!r} does not go with the canon ({one.canon_id}): {one.canon}"
            for one in self.contradictions(said)
        ]


def world_of(tree: Tree, paths: Iterable[str], gate: LoreGate) -> World | None:
    """None where there is no canon, or no text of its world among the paths."""
    canon = [path for path in tree.paths() if is_canon(path, gate.canon)]
    texts = {path: _text(tree, path) for path in sorted(paths) if gate.is_text(path)}
    present = {path: text for path, text in texts.items() if text is not None}
    if not canon or not present:
        return None
    beside = waiver_path(canon)
    files = {path: text for path in canon if (text := _text(tree, path)) is not None}
    return World(library=open_library(files, _text(tree, beside), beside), files=files, texts=present)


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except KeyError:
        return None
