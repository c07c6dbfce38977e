"""Findings: what a gate saw. A gate judges the change: what the base tree already had is debt, what is new blocks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


def split_debt(base: Iterable[Finding], found: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Split what was found into (new, debt). A finding that occurs more often than on the base is new for the surplus."""
    known = Counter(finding.identity for finding in base)
    new, debt = [], []
    for finding in found:
        if known[finding.identity] > 0:
            known[finding.identity] -= 1
            debt.append(finding)
        else:
            new.append(finding)
    return tuple(new), tuple(debt)
