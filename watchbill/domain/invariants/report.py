"""What a check of the invariants says: violations, and which rules had the evidence to be checked at all."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One breach of one invariant, with the facts that show it."""

    invariant: str  # "I1" to "I20"
    what: str
    facts: Mapping[str, object]

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={fact}" for name, fact in self.facts.items())
        return f"{self.invariant}: {self.what} ({facts})"


def breach(invariant: str, what: str, /, **facts: object) -> Violation:
    return Violation(invariant=invariant, what=what, facts=facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An invariant without its evidence is never passed: it stands in not_checked."""

    violations: tuple[Violation, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]

    @property
    def broken(self) -> frozenset[str]:
        return frozenset(violation.invariant for violation in self.violations)

    def __str__(self) -> str:
        lines = [str(violation) for violation in self.violations] or ["no violation"]
        lines.append(f"not checked: {', '.join(self.not_checked) or 'nothing'}")
        return "\n".join(lines)
