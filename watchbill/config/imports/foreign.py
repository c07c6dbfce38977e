"""Foreign files: which kind each is, what becomes of every key of theirs, and the settings that follow."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from watchbill.config.imports import automation, berths, multi_ai, workflows
from watchbill.config.imports.leaves import Document, Leaf, read
from watchbill.config.imports.models import CURRENT
from watchbill.config.imports.rules import Berth, Merge, Outcome, Piece, Rule, Seen, Verdict, World, lookup
from watchbill.config.imports.targets import PROVIDER, At, Unfit, is_default
from watchbill.config.problems import BadConfig, Problem

BerthsOf = Callable[[Document, World], Mapping[str, Berth]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of foreign file, told by the names at its top."""

    name: str
    rules: Mapping[str, Rule]
    berths: BerthsOf

    @property
    def tops(self) -> frozenset[str]:
        return frozenset(pattern.split(".")[0] for pattern in self.rules) - _COMMON


def _no_berths(_document: Document, _world: World) -> Mapping[str, Berth]:
    return {}


_COMMON = frozenset({"version", "last_updated", "description"})
KINDS = (
    Kind(name="multi-ai-config.json", rules=multi_ai.RULES, berths=berths.berths_of),
    Kind(name="automation-settings.json", rules=automation.RULES, berths=_no_berths),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one key."""

    file: str
    line: int  # 1-based
    key: str
    verdict: Verdict
    to: str  # the key of ours, "" where there is none
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Settings out of foreign files."""

    lines: tuple[Line, ...]  # every leaf key of every file, once
    values: Mapping[At, object]  # what differs from the defaults, but for the providers' kinds
    berths: tuple[Berth, ...]  # the providers that have a kind, in their file's order


def import_files(texts: Sequence[tuple[str, str]], world: World) -> Imported:
    """Everything that these files (name and text) say. Raises BadConfig, with file and line, for what cannot be read."""
    found: list[tuple[Line, Outcome]] = []
    placed: dict[str, Berth] = {}
    for name, text in texts:
        document = read(name, text)
        kind = _kind_of(document)
        here = kind.berths(document, world)
        placed |= {berth.name: berth for berth in here.values() if berth.kind}
        found += _judge(kind, document, world, here)
    merged = _Merged(found)
    values = workflows.whole({**_needed(placed.values()), **merged.values})
    kept = {at: value for at, value in values.items() if at[-1] == "kind" or not is_default(at, value)}
    return Imported(lines=merged.lines, values=kept, berths=tuple(placed.values()))


def _kind_of(document: Document) -> Kind:
    best = max(KINDS, key=lambda kind: len(kind.tops & document.tops))
    if best.tops & document.tops:
        return best
    known = " nor ".join(kind.name for kind in KINDS)
    raise BadConfig(
        [Problem(where=document.name, line=1, key="the file", wrong=f"is neither {known}, by the names at its top")]
    )


def _judge(kind: Kind, document: Document, world: World, here: Mapping[str, Berth]) -> Iterator[tuple[Line, Outcome]]:
    named = workflows.names_of(document)
    for leaf in document.leaves:
        rule, names = lookup(kind.rules, leaf.path)
        outcome = _ask(rule, Seen(leaf=leaf, names=names, world=world, berths=here, workflows=named))
        yield _line(document, leaf, outcome), outcome


def _ask(rule: Rule, seen: Seen) -> Outcome:
    try:
        return rule(seen)
    except Unfit as error:
        return Outcome(verdict=Verdict.NONE, why=str(error))


def _line(document: Document, leaf: Leaf, outcome: Outcome) -> Line:
    return Line(
        file=document.name, line=leaf.line, key=leaf.key, verdict=outcome.verdict, to=outcome.to, why=outcome.why
    )


class _Merged:
    """Every key of ours once. Where several of theirs mean it, the piece's own rule says which counts."""

    def __init__(self, found: Sequence[tuple[Line, Outcome]]) -> None:
        self.values: dict[At, object] = {}
        self._from: dict[At, str] = {}
        for line, outcome in found:
            for piece in outcome.pieces:
                if piece.at not in self.values or _wins(piece, self.values[piece.at]):
                    self.values[piece.at] = piece.value
                    self._from[piece.at] = line.key
        self.lines = tuple(self._settled(line, outcome.pieces) for line, outcome in found)

    def _settled(self, line: Line, pieces: Sequence[Piece]) -> Line:
        """The line, with whose value counts instead where none of its own does."""
        others = [self._from[piece.at] for piece in pieces if self.values[piece.at] != piece.value]
        if not pieces or len(others) < len(pieces):
            return line
        merge = pieces[0].merge
        counts = f"{merge} counts, and that is {', '.join(dict.fromkeys(others))}"
        return replace(
            line,
            verdict=Verdict.NONE if merge is Merge.FIRST else Verdict.IMPORTED,
            why="; ".join(filter(None, (line.why, counts))),
        )


def _wins(piece: Piece, held: object) -> bool:
    if piece.merge is Merge.FIRST:
        return False
    assert isinstance(held, int | float), "only numbers are compared"
    assert isinstance(piece.value, int | float), "only numbers are compared"
    return piece.value < held if piece.merge is Merge.LEAST else piece.value > held


def _needed(placed: Iterable[Berth]) -> dict[At, object]:
    """What a provider cannot be without, whether its file says so or not."""
    needed: dict[At, object] = {}
    for berth in placed:
        needed[PROVIDER, berth.name, "kind"] = berth.kind
        if berth.kind in CURRENT:
            needed[PROVIDER, berth.name, "api_key"] = f"env:{berths.KEY_BY_KIND[berth.kind]}"
            needed[PROVIDER, berth.name, "models"] = [{"id": CURRENT[berth.kind]}]
    return needed
