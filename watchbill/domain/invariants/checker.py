"""The checker: every invariant with the evidence that it needs. Used by tests, the simulator and the torture harness."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from watchbill.domain.invariants import delivering, spending, surroundings, working
from watchbill.domain.invariants.evidence import Evidence
from watchbill.domain.invariants.report import Report, Violation


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant: its name, the parts of the evidence that its check is given by name, and that check."""

    name: str
    needs: tuple[str, ...]
    check: Callable[..., Iterable[Violation]]

    @property
    def says(self) -> str:
        """The rule in words."""
        return (self.check.__doc__ or "").partition("\n")[0]


RULES: tuple[Rule, ...] = (
    Rule("I1", ("calls", "requests", "runs"), spending.is_attributed),
    Rule("I2", ("calls", "requests"), spending.is_recorded),
    Rule("I3", ("calls", "ledger", "windows", "caps", "tasks", "unmetered"), spending.is_within_caps),
    Rule("I4", ("calls", "requests", "unmetered"), spending.is_one_request),
    Rule("I5", ("calls", "ledger"), spending.is_balanced),
    Rule("I6", ("calls", "windows", "sums"), spending.is_summed),
    Rule("I7", ("delivered", "verdicts"), delivering.is_judged),
    Rule("I8", ("delivered", "intents", "runs", "tasks", "rides", "taken_back"), delivering.is_landed_once),
    Rule("I9", ("edits",), delivering.is_kept),
    Rule("I10", ("claims", "leases", "runs", "delivered"), working.is_fenced),
    Rule("I11", ("tasks", "runs", "rides"), working.is_ordered),
    Rule("I12", ("tasks", "queue"), working.is_conserved),
    Rule("I13", ("take_ups",), working.is_continued),
    Rule("I14", ("tenures",), surroundings.is_alone),
    Rule("I15", ("runs", "calls", "rota"), working.is_on_watch),
    Rule("I16", ("user_sides",), surroundings.is_untouched),
    Rule("I17", ("secrets",), surroundings.is_secret),
    Rule("I18", ("tasks", "runs", "rides", "calls", "intents", "taken_back", "rest"), working.is_finished),
    Rule("I19", ("calls", "runs", "requests"), working.is_needed),
    Rule("I20", ("integrity",), surroundings.is_sound),
)


def check(evidence: Evidence) -> Report:
    """Every violation of every invariant whose evidence is there; the others are named as not checked."""
    known = [rule for rule in RULES if all(getattr(evidence, need) is not None for need in rule.needs)]
    found = [
        violation
        for rule in known
        for violation in rule.check(**{need: getattr(evidence, need) for need in rule.needs})
    ]
    return Report(
        violations=tuple(found),
        checked=tuple(rule.name for rule in known),
        not_checked=tuple(rule.name for rule in RULES if rule not in known),
    )
