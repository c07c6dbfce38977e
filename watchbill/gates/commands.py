"""The repository's own commands as gates: which changes call for one, and what its result says. The daemon runs it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from watchbill.domain import claims
from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import ProcResult

TAIL_LINES = 40
TAIL_CHARS = 4000


class OnFail(StrEnum):
    ROLLBACK = "rollback"  # its failure refuses the change
    REVIEW = "review"  # a human decides whether it lands all the same
    WARN = "warn"  # reported only


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGate:
    name: str
    argv: tuple[str, ...]
    match: tuple[str, ...] = (claims.EVERYTHING,)  # globs of the paths whose change calls for it
    timeout: timedelta = field(default=timedelta(minutes=5))
    on_fail: OnFail = OnFail.ROLLBACK

    def is_wanted(self, changed: Iterable[str]) -> bool:
        return any(claims.covers(self.match, path) for path in changed)

    def findings(self, result: ProcResult) -> tuple[Finding, ...]:
        """None, or one about the whole tree. It quotes no text, so that a command which fails on the base too is debt."""
        if result.code == 0 and not result.timed_out:
            return ()
        rule, how = (
            ("timeout", f"did not end within {self.timeout}") if result.timed_out else ("failed", _ended(result))
        )
        if self.on_fail is OnFail.REVIEW:
            rule = "needs-review"
        severity = Severity.WARNING if self.on_fail is OnFail.WARN else Severity.ERROR
        message = f"{' '.join(self.argv)} {how}\n{_tail(result)}".rstrip()
        return (Finding(gate=self.name, rule=rule, path="", line=0, message=message, severity=severity),)


def _ended(result: ProcResult) -> str:
    return f"was killed by signal {-result.code}" if result.code < 0 else f"ended with exit code {result.code}"


def _tail(result: ProcResult) -> str:
    """The end of what it said: there test runners put their summary."""
    said = "\n".join(part.rstrip() for part in (result.stdout, result.stderr) if part.strip())
    return "\n".join(said.split("\n")[-TAIL_LINES:])[-TAIL_CHARS:]
