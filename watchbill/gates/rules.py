"""The repository's own rules: patterns that changed files must have, must not have, or must keep as they are.

Pure. The matches are found elsewhere, in a program that can be killed; here is decided which are wanted and what they mean.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.domain import claims
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ids import TaskType
from watchbill.domain.ports import Tree
from watchbill.gates.commands import OnFail

GATE = "rule"
MOST_BYTES = 1 << 20  # of a file; more is not searched, and said so
MOST_TOLD = 20  # of what a file lost or gained by one rule


class Demand(StrEnum):
    REQUIRE = "require"
    FORBID = "forbid"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    demand: Demand
    pattern: str  # a regular expression, matched line by line
    paths: tuple[str, ...] = (claims.EVERYTHING,)
    exclude: tuple[str, ...] = ()
    types: tuple[TaskType, ...] = ()  # of the tasks that it holds for; none: all
    at_least: int = 1  # matches that `require` asks for
    each: str = ""  # `require` asks for them in each part of the file that begins with a line of this pattern
    why: str = ""  # told with a finding
    on_fail: OnFail = OnFail.ROLLBACK

    def holds_for(self, type_: TaskType) -> bool:
        return not self.types or type_ in self.types

    def covers(self, path: str) -> bool:
        return claims.covers(self.paths, path) and not claims.covers(self.exclude, path)

    @property
    def told(self) -> str:
        """For the brief: what the work will be held to."""
        words = {
            Demand.REQUIRE: f"must have at least {self.at_least} of",
            Demand.FORBID: "must not have",
            Demand.KEEP: "must keep, all of them and no more,",
        }
        part = f" in each part that begins with a line like {self.each}" if self.each else ""
        why = f" ({self.why})" if self.why else ""
        return (
            f"{self.name}: {', '.join(self.paths)} {words[self.demand]} lines or words like {self.pattern}{part}{why}"
        )


@dataclass(frozen=True, slots=True)
class Match:
    line: int  # 1-based
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One file under a rule. None: there was no such file, or it is none any more."""

    path: str
    old: str | None
    new: str | None

    @property
    def texts(self) -> tuple[str, str]:
        return self.old or "", self.new or ""


def texts(rule: Rule, base: Tree, head: Tree, paths: Sequence[str]) -> tuple[list[Text], list[Finding]]:
    """These files, and a word on those that are too big to be searched."""
    found, left_out = [], []
    for path in paths:
        old, new = _read(base, path), _read(head, path)
        if new is not None and len(new) > MOST_BYTES:
            told = f"was not checked: it has more than {MOST_BYTES} bytes"
            left_out.append(_finding(rule, path, 0, told, severity=Severity.WARNING))
            continue
        found.append(Text(path=path, old=_decoded(old), new=_decoded(new)))
    return found, left_out


def _read(tree: Tree, path: str) -> bytes | None:
    try:
        return tree.read(path)
    except KeyError:
        return None


def _decoded(data: bytes | None) -> str | None:
    return None if data is None else data[:MOST_BYTES].decode(errors="replace")


def judged(
    rule: Rule, text: Text, old: Sequence[Match], new: Sequence[Match], parts: Sequence[Sequence[Match]] = ((), ())
) -> tuple[list[Finding], list[Finding]]:
    """What it finds wrong in a file's base and in its head. `parts` are the lines of base and head at which parts begin."""
    match rule.demand:
        case Demand.FORBID:
            return list(_forbidden(rule, text.path, old)), list(_forbidden(rule, text.path, new))
        case Demand.REQUIRE:
            before = [] if text.old is None else list(_required(rule, text.path, old, parts[0]))
            return before, [] if text.new is None else list(_required(rule, text.path, new, parts[1]))
        case Demand.KEEP:
            return [], [] if text.old is None else list(_kept(rule, text.path, old, new))


def _forbidden(rule: Rule, path: str, matches: Sequence[Match]) -> Iterator[Finding]:
    for match in matches:
        yield _finding(rule, path, match.line, f"must not have {match.text.strip()!r}", text=match.text)


def _required(rule: Rule, path: str, matches: Sequence[Match], parts: Sequence[Match]) -> Iterator[Finding]:
    wanted = f"at least {rule.at_least} of {rule.pattern}"
    if not rule.each:
        if len(matches) < rule.at_least:
            yield _finding(rule, path, 0, f"must have {wanted}, has {len(matches)}")
        return
    ends = [part.line for part in parts[1:]]
    for part, end in zip(parts, [*ends, None], strict=True):
        count = sum(part.line <= match.line and (end is None or match.line < end) for match in matches)
        if count < rule.at_least:
            told = f"the part that begins here must have {wanted}, has {count}"
            yield _finding(rule, path, part.line, told, text=part.text)


def _kept(rule: Rule, path: str, old: Sequence[Match], new: Sequence[Match]) -> Iterator[Finding]:
    before, after = _counted(old), _counted(new)
    told = 0
    for match in old:
        name = _folded(match.text)
        if after[name] < before[name] and told < MOST_TOLD:
            told += 1
            before[name] -= 1
            yield _finding(rule, path, 0, f"must stay, and is gone: {name} (line {match.line} of the base)", text=name)
    before = _counted(old)
    for match in reversed(new):
        name = _folded(match.text)
        if after[name] > before[name] and told < MOST_TOLD:
            told += 1
            after[name] -= 1
            yield _finding(rule, path, match.line, f"must stay as it was, and is new or changed: {name}", text=name)


def _counted(matches: Sequence[Match]) -> Counter[str]:
    return Counter(_folded(match.text) for match in matches)


def _folded(text: str) -> str:
    return " ".join(text.split())


def not_counted(rule: Rule, why: str) -> Finding:
    """A rule that could not be tried holds nothing: nothing that it covers may pass."""
    return _finding(rule, "", 0, f"could not be tried: {why}")


def _finding(
    rule: Rule, path: str, line: int, message: str, *, text: str = "", severity: Severity = Severity.ERROR
) -> Finding:
    if rule.on_fail is OnFail.WARN:
        severity = Severity.WARNING
    told = f"[{rule.name}] {message}{f'; {rule.why}' if rule.why else ''}"
    named = "needs-review" if rule.on_fail is OnFail.REVIEW and severity is Severity.ERROR else rule.name
    return Finding(gate=GATE, rule=named, path=path, line=line, message=told, text=text, severity=severity)
