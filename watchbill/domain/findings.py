"""Findings: what a gate saw. A gate judges the change: what the base tree already had is debt, what is new blocks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # blocks when new
    WARNING = "warning"  # reported, never blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    gate: str  # which gate saw it, for instance "choicescript"
    rule: str  # which rule of it, for instance "unknown-label"
    path: str
    line: int  # 1-based; 0 when it concerns the whole file
    message: str  # what is wrong and how to mend it
    text: str = ""  # the line as it stands, for telling the same finding at another line
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """Where it is, to stand before what is said: `a.py:3: `, `a.py: ` of a whole file, nothing of the whole tree."""
        line = f":{self.line}" if self.line else ""
        return f"{self.path}{line}: " if self.path else ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two findings the same although lines moved: gate, rule, path, and text with its white space folded."""
        return (self.gate, self.rule, self.path, " ".join(self.text.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gates say of one exact tree against its base."""

    tree: str  # the git tree's id that was judged
    base: str  # the base tree's id
    new: tuple[Finding, ...]
    debt: tuple[Finding, ...]
    gates: tuple[str, ...]  # which gates looked

    @property
    def passes(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.new)


# What no repair by a model can settle: a human looks, and accepting the task waives it.
FOR_A_HUMAN = frozenset({"protected-path", "needs-review", "deleted-together"})


def waits_for_a_human(findings: Iterable[Finding]) -> bool:
    """Whether all that blocks is for a human to decide."""
    blocking = [finding for finding in findings if finding.severity is Severity.ERROR]
    return bool(blocking) and all(finding.rule in FOR_A_HUMAN for finding in blocking)


def waived(verdict: Verdict) -> Verdict:
    """The verdict as it counts once a human has accepted what was for them to decide."""
    decided = tuple(finding for finding in verdict.new if finding.rule in FOR_A_HUMAN)
    left = tuple(finding for finding in verdict.new if finding.rule not in FOR_A_HUMAN)
    return replace(verdict, new=left, debt=(*verdict.debt, *decided))


def split_debt(base: Iterable[Finding], found: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split what was found into (new, debt). A finding that occurs more often than on the base is new for the surplus.

    One that is gone from its file and is in another one now went there with its text: files are renamed, and taken apart.
    """
    before = list(base)
    known: Counter[tuple[str, ...]] = Counter(finding.identity for finding in before)
    stayed = _taken(known, [finding.identity for finding in found])
    gone = Counter(_content(finding) for finding in before)
    gone -= Counter(_content(finding) for finding, stays in zip(found, stayed, strict=True) if stays)
    moved = iter(_taken(gone, [_content(finding) for finding, stays in zip(found, stayed, strict=True) if not stays]))
    is_debt = [stays or next(moved) for stays in stayed]
    new, debt = (
        tuple(one for one, old in zip(found, is_debt, strict=True) if old is wanted) for wanted in (False, True)
    )
    return new, debt


def _content(finding: Finding) -> tuple[str, ...]:
    """What it is of, wherever that stands: its line, or its words where it quotes none. What is said of a whole file stays there."""
    gate, rule, path, text = finding.identity
    return gate, rule, text or finding.message, "" if finding.line else path


def _taken(known: Counter[tuple[str, ...]], asked: Iterable[tuple[str, ...]]) -> list[bool]:
    """Whether each is among the known ones, each of which is used up once."""
    answers = []
    for one in asked:
        answers.append(known[one] > 0)
        known[one] -= answers[-1]
    return answers
