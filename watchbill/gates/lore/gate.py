"""The gate of lore: what a change says that its own tree's canon contradicts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from watchbill.domain.claims import covers
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.lore import CANON, TEXTS
from watchbill.domain.ports import Tree
from watchbill.gates.lore import waivers
from watchbill.gates.lore.contradictions import MAX_TEXT, Contradiction
from watchbill.gates.lore.library import STARTUP, Library, declared_in, is_canon, is_story, open_library, waiver_path
from watchbill.gates.source import QUOTE_LIMIT, open_source

NAME = "lore"
NO_TEXTS = ("docs/**",)


class Mode(StrEnum):
    BLOCK = "block"  # a contradiction goes back to whoever wrote it
    REVIEW = "review"  # a human decides whether it lands all the same
    WARN = "warn"  # reported only


@dataclass(slots=True, kw_only=True)  # not frozen: the Gate port has a plain attribute `name`
class LoreGate:
    canon: tuple[str, ...] = CANON
    texts: tuple[str, ...] = TEXTS
    apart: tuple[str, ...] = NO_TEXTS  # patterns of what is no text of the world: documentation, queues
    mode: Mode = Mode.BLOCK
    name: str = field(default=NAME)

    def applies(self, path: str) -> bool:
        """Texts, and the canon itself: whoever changes that answers for every text."""
        return is_canon(path, self.canon) or self.is_text(path)

    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        present = tree.paths()
        canon = [path for path in present if is_canon(path, self.canon)]
        if not canon:
            return []
        library = self._open(tree, canon)
        wanted = present if any(path in canon for path in paths) else paths
        texts = [path for path in wanted if self.is_text(path) and path not in canon]
        declared = self._declared(tree, present)
        return [
            *_problems(library),
            *(finding for path in texts for finding in self._look(library, tree, path, declared)),
        ]

    def is_text(self, path: str) -> bool:
        """Whether it is a text of the canon's world."""
        return is_story(path, self.texts) and not covers(self.apart, path) and not is_canon(path, self.canon)

    def _open(self, tree: Tree, canon: Sequence[str]) -> Library:
        sources = [source for path in canon if (source := open_source(self.name, tree, path)) is not None]
        beside = open_source(self.name, tree, waiver_path(canon))
        return open_library(
            {one.path: one.text for one in sources}, beside.text if beside else None, waiver_path(canon)
        )

    def _declared(self, tree: Tree, present: Sequence[str]) -> frozenset[str]:
        """The variables of the tree's games."""
        starts = [path for path in present if path.rpartition("/")[2] == STARTUP]
        sources = (open_source(self.name, tree, path) for path in starts)
        return frozenset(name for source in sources if source is not None for name in declared_in(source.text))

    def _look(self, library: Library, tree: Tree, path: str, declared: frozenset[str]) -> Iterator[Finding]:
        source = open_source(self.name, tree, path)
        if source is None:
            return
        found, _ = waivers.split(library.judge.check(path, source.text, declared=declared), library.waivers)
        for one in found:
            yield finding_of(one, self.mode)
        if len(source.text) > MAX_TEXT:
            yield source.finding(
                "too-long",
                0,
                f"only its first {MAX_TEXT:,} characters were held against the canon",
                severity=Severity.WARNING,
            )


def finding_of(one: Contradiction, mode: Mode = Mode.BLOCK) -> Finding:
    """A contradiction in the words of all gates."""
    return Finding(
        gate=NAME,
        rule="needs-review" if mode is Mode.REVIEW else one.rule,
        path=one.path,
        line=one.line,
        message=f"{one.rule}: {_short(one.quote)!r} does not go with the canon ({one.canon_id}): {_short(one.canon)}",
        text=f"{one.canon_id}: {_short(one.quote)}",
        severity=Severity.WARNING if mode is Mode.WARN else Severity.ERROR,
    )


GATE = LoreGate()


def _problems(library: Library) -> Iterator[Finding]:
    for one in library.problems:
        yield Finding(gate=NAME, rule="canon", path=one.path, line=0, message=one.message)


def _short(text: str) -> str:
    folded = " ".join(text.split())
    return folded if len(folded) <= QUOTE_LIMIT else f"{folded[: QUOTE_LIMIT - 1]}…"
