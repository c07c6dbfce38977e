"""The world of a repository: its canon and texts of it, for a model that shall judge by it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchbill.daemon.repositories import ManagedRepo
from watchbill.domain.brief import estimate
from watchbill.domain.ports import Tree
from watchbill.gates.lore import excerpt as lore
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.judging import believed, beyond
from watchbill.gates.lore.library import Library, is_canon, open_library, waiver_path

CANON_SHARE = 2  # of a brief, at the most, is the canon where a model judges by it


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    library: Library
    texts: Mapping[str, str]  # by path, sorted
    canon: str  # as the model is told it

    def contradictions(self, said: object, texts: Mapping[str, str]) -> list[Contradiction]:
        """What a model named that was told these texts, or parts of them; what cannot be looked up there is dropped."""
        return believed(self.library, said, texts, self.canon)

    def beyond(self, found: Iterable[Contradiction]) -> list[Contradiction]:
        """Those that the checks do not find themselves."""
        return beyond(self.library, found, self.texts)

    def comments(self, said: object) -> list[str]:
        """What a model named, for whoever drafted the texts."""
        return [
            f"{one.path}:{one.line}: {one.quote!r} does not go with the canon ({one.canon_id}): {one.canon}"
            for one in self.contradictions(said, self.texts)
        ]


def world_of(tree: Tree, paths: Iterable[str], repo: ManagedRepo) -> World | None:
    """None where there is no canon, or no text of its world among the paths.

    The canon is told as its authors wrote it; one that takes too much of a brief, as far as it concerns the texts.
    """
    canon = [path for path in tree.paths() if is_canon(path, repo.lore.canon)]
    texts = _texts(tree, sorted(path for path in paths if repo.lore.is_text(path)))
    if not canon or not texts:
        return None
    files, beside = _texts(tree, canon), waiver_path(canon)
    library = open_library(files, _texts(tree, [beside]).get(beside), beside)
    whole = "\n\n".join(text.strip() for text in files.values())
    fits = estimate(whole) <= repo.brief_tokens // CANON_SHARE
    return World(library=library, texts=texts, canon=whole if fits else lore.excerpt(library.judge, texts.values()))


def _texts(tree: Tree, paths: Iterable[str]) -> dict[str, str]:
    """Those that are there, by path."""
    found = {}
    for path in paths:
        try:
            found[path] = tree.read(path).decode("utf-8", "replace")
        except KeyError:
            continue
    return found
