"""The world of a change: the canon and the changed texts, for a reviewer who shall judge by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watchbill.domain.ports import Tree
from watchbill.gates.lore import excerpt as lore
from watchbill.gates.lore.judging import believed
from watchbill.gates.lore.library import Library, is_canon, is_story, open_library, waiver_path


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    library: Library
    texts: Mapping[str, str]  # by path

    @property
    def excerpt(self) -> str:
        """What of the canon concerns the changed texts."""
        return lore.excerpt(self.library.judge, self.texts.values())

    def contradictions(self, said: object) -> list[str]:
        """What a reviewer named, as comments for whoever drafted; what cannot be looked up is dropped."""
        return [
            f"{one.path}:{one.line}: {one.quote!r} does not go with the canon ({one.canon_id}): {one.canon}"
            for one in believed(self.library, said, self.texts)
        ]


def world_of(tree: Tree, changed: Sequence[str], patterns: Sequence[str]) -> World | None:
    """None where there is no canon, or no changed text of its world."""
    canon = [path for path in tree.paths() if is_canon(path, patterns)]
    texts = {path: _text(tree, path) for path in changed if is_story(path, ("**",)) and path not in canon}
    present = {path: text for path, text in texts.items() if text is not None}
    if not canon or not present:
        return None
    beside = waiver_path(canon)
    files = {path: text for path in canon if (text := _text(tree, path)) is not None}
    return World(library=open_library(files, _text(tree, beside), beside), texts=present)


def _text(tree: Tree, path: str) -> str | None:
    try:
        return tree.read(path).decode("utf-8", "replace")
    except KeyError:
        return None
